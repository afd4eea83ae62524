// A sum unfolding: the same terms added in several orders, addition by addition, with absorbed addends marked; and softmax.
import { failure, type State, type View } from '../context';
import { field, h, put, replace, s, select, text } from '../dom';
import { formatField } from '../formats';
import { Rational, shown } from '../rational';
import { words } from '../words';
import type { Evaluated } from './number';

interface Partial { sum: string; term: string; result: string; flags: string; absorbed: boolean; }
interface Sum extends Evaluated { partial_sums: Partial[]; }

const most = 400;

/// The terms of a generator, as words of the engine.
export function termsOf(state: State): string[] {
  const count = Math.max(1, Math.min(most, Math.round(Number(state['count']) || 1)));
  const each = (make: (i: number) => string) => Array.from({ length: count }, (_, i) => make(i));
  switch (state['terms']) {
    case 'ones': return each(() => '1');
    case 'harmonic': return each((i) => (i === 0 ? '1' : `1/${i + 1}`));
    case 'alternating': return each((i) => (i === 0 ? '1' : `${i % 2 ? '-' : ''}1/${i + 1}`));
    case 'large': return ['256', ...each(() => '1')];
    case 'small': return [...each(() => '1'), '256'];
    default: return (state['terms'] ?? '').split(/[\s,;+]+/).filter(Boolean).slice(0, most);
  }
}

export const sumView: View = {
  id: 'sum',
  defaults: { format: 'bfloat16', terms: 'ones', count: '300', order: 'sequential', step: '', orders: 'sequential tree blocked:16 wide:binary32 exact', kind: 'sum' },

  mount(root, context) {
    let state: State = {}, shownSum: Sum | null = null;
    const format = formatField((value) => context.set({ format: value, step: undefined }));
    const kind = select([['sum', words.sum.asSum], ['softmax', words.sum.asSoftmax]], 'sum', (value) => context.set({ kind: value, step: undefined, ...(value === 'softmax' && !/\s/.test(state['terms'] ?? '') ? { terms: '0 -2 -5 -9 -20' } : {}) }));
    const generator = select(words.sum.generators, 'ones', (value) => context.set({ terms: value === 'own' ? termsOf({ ...state, count: '8' }).join(' ') : value, step: undefined }));
    const own = text('', (value) => context.set({ terms: value, step: undefined }));
    const ownBox = field(words.sum.terms, own);
    const count = h('input', { type: 'range', min: 2, max: most, step: 1, input: () => context.set({ count: count.value, step: undefined }) });
    const countLabel = h('output', {});
    const countBox = h('div', { class: 'field' }, h('label', {}, words.sum.count, ' ', countLabel, count));
    const orders = text('', (value) => context.set({ orders: value }));
    const rows = h('div', { class: 'orders' });
    const detail = h('div', { class: 'detail' });
    const stepper = h('input', { type: 'range', min: 0, max: 1, step: 1, 'aria-label': words.sum.step, input: () => context.set({ step: stepper.value }) });
    const sentence = h('p', { class: 'sentence', 'aria-live': 'polite' });
    const presets = h('div', { class: 'chips', role: 'group', 'aria-label': words.number.presets },
      ...words.sum.examples.map(([name, preset]) => h('button', { type: 'button', click: () => context.set({ step: undefined, ...preset }) }, name)));

    root.append(h('p', { class: 'lead' }, words.sum.lead), presets,
      h('div', { class: 'controls' }, format.box, field(words.sum.kind, kind), field(words.sum.generator, generator), ownBox, countBox, field(words.sum.orders, orders, words.sum.ordersHint)),
      sentence, rows, detail, h('div', { class: 'steps' }, button(-1, words.sum.back), stepper, button(1, words.sum.on)));

    function button(by: number, label: string): HTMLElement {
      return h('button', { type: 'button', click: () => {
        if (!shownSum) return;
        const now = state['step'] === '' ? firstAbsorbed(shownSum) : Number(state['step']);
        context.set({ step: String(Math.max(0, Math.min(shownSum.partial_sums.length - 1, now + by))) });
      } }, label);
    }
    const firstAbsorbed = (sum: Sum) => Math.max(0, sum.partial_sums.findIndex((p) => p.absorbed));

    async function show(now: State): Promise<void> {
      state = now;
      const terms = termsOf(now);
      const made = words.sum.generators.some(([id]) => id === now['terms']) && now['terms'] !== 'own';
      put(format.input, now['format']!);
      kind.value = now['kind']!;
      generator.value = made ? now['terms']! : 'own';
      put(own, now['terms']!);
      ownBox.hidden = made;
      countBox.hidden = !made;
      put(count, now['count']!);
      countLabel.textContent = now['count']!;
      put(orders, now['orders']!);
      if (now['kind'] === 'softmax') return softmax(now, terms);
      const list = now['orders']!.split(/\s+/).filter(Boolean);
      if (!list.includes(now['order']!)) now = { ...now, order: list[0] ?? 'sequential' };
      const said = terms.some((term) => term.startsWith('-')) ? ['--', ...terms] : terms;
      context.commands(list.map((order) => ['eval', now['format']!, 'sum', '--order', order, ...said]));
      const sums: [string, Sum | string][] = [];
      for (const order of list) {
        const answer = await context.ask({ words: ['eval', now['format']!, 'sum', '--json', '--order', order, '--', ...terms], channel: `sum ${order}` });
        if (!answer || state['format'] !== now['format'] || state['terms'] !== now['terms'] || state['count'] !== now['count']) return;
        const document_ = answer.out ? JSON.parse(answer.out) : null;
        sums.push([order, answer.code > 1 || !document_ ? failure(answer) : document_.trap ? String(document_.trap) : (document_ as Sum)]);
      }
      const faulty = sums.find(([, sum]) => typeof sum === 'string');
      format.fault(faulty && sums.every(([, sum]) => typeof sum === 'string') ? String(faulty[1]) : '');
      replace(rows, ...sums.map(([order, sum]) => row(now, order, sum)));
      const chosen = sums.find(([order]) => order === now['order'])?.[1];
      if (!chosen || typeof chosen === 'string') { shownSum = null; replace(detail); replace(sentence, faulty ? String(faulty[1]) : ''); sentence.className = 'sentence wrong'; return; }
      shownSum = chosen;
      tell(now, chosen);
    }

    function row(now: State, order: string, sum: Sum | string): HTMLElement {
      const chosen = order === now['order'];
      const name = h('button', { type: 'button', class: 'order-name', 'aria-pressed': chosen ? 'true' : 'false', click: () => context.set({ order, step: undefined }) }, words.sum.orderName(order));
      if (typeof sum === 'string') return h('div', { class: 'order' }, name, h('p', { class: 'wrong' }, sum));
      const exact = Rational.parse(sum.exact ?? ''), value = Rational.parse(sum.value);
      const off = exact && value ? value.minus(exact) : null;
      const absorbed = sum.partial_sums.filter((p) => p.absorbed).length;
      return h('div', { class: chosen ? 'order chosen' : 'order' }, name,
        h('div', { class: 'order-figures' }, h('output', { class: off && off.n !== 0n ? 'is-rounded' : 'is-same' }, shown(sum.value)),
          h('small', {}, off ? (off.n === 0n ? words.sum.right : words.sum.off(off.text(Rational.of(Math.abs(off.toNumber()) / 50 || 1)))) : '', absorbed ? ` · ${words.sum.absorbed(absorbed)}` : '')),
        strip(sum, Number(now['step'] || -1), chosen));
    }

    /// Additions as cells, from the left: exact, rounded, absorbed.
    function strip(sum: Sum, step: number, chosen: boolean): SVGSVGElement {
      const count = Math.max(1, sum.partial_sums.length), w = 1000 / count;
      const picture = s('svg', { class: 'strip', viewBox: '0 0 1000 34', preserveAspectRatio: 'none', role: 'img',
        'aria-label': words.sum.stripAlt(sum.partial_sums.length, sum.partial_sums.filter((p) => p.absorbed).length) });
      let at = 0;
      while (at < sum.partial_sums.length) {  // runs of the same kind are one shape
        const kindOf = (p: Partial) => (p.absorbed ? 'absorbed' : p.flags === '-' ? 'same' : 'rounded');
        const kind = kindOf(sum.partial_sums[at]!);
        let end = at + 1;
        if (count > 120) while (end < sum.partial_sums.length && kindOf(sum.partial_sums[end]!) === kind) ++end;
        picture.append(s('rect', { class: kind, x: at * w, y: 4, width: Math.max(0.8, (end - at) * w - Math.min(2, w / 5)), height: 26 }));
        at = end;
      }
      if (chosen && step >= 0) picture.append(s('rect', { class: 'cursor', x: step * w, y: 1, width: Math.max(3, w), height: 32 }));
      return picture;
    }

    function tell(now: State, sum: Sum): void {
      const steps = sum.partial_sums, first = steps.findIndex((p) => p.absorbed);
      const at = now['step'] === '' || now['step'] === undefined ? Math.max(0, first) : Math.min(steps.length - 1, Number(now['step']));
      stepper.max = String(Math.max(0, steps.length - 1));
      stepper.value = String(at);
      stepper.disabled = steps.length === 0;
      const stalls = first >= 0 && now['order'] === 'sequential' && steps.slice(first).every((p) => p.absorbed);
      sentence.className = first >= 0 ? 'sentence inexact' : 'sentence right';
      replace(sentence, steps.length === 0 ? words.sum.onePass : first < 0 ? words.sum.noneAbsorbed(steps.length) : stalls ? words.sum.stalls(first + 1, shown(steps[first]!.sum)) : words.sum.someAbsorbed(steps.filter((p) => p.absorbed).length, first + 1));
      const step = steps[at];
      replace(detail, step ? h('div', { class: step.absorbed ? 'addition absorbed' : 'addition' }, h('small', {}, words.sum.addition(at + 1, steps.length)),
        h('span', { class: 'figure' }, shown(step.sum)), h('span', { class: 'sign' }, '+'), h('span', { class: 'figure term' }, shown(step.term)),
        h('span', { class: 'sign' }, '='), h('span', { class: 'figure' }, shown(step.result)),
        h('small', {}, step.absorbed ? words.sum.leavesNoTrace : step.flags === '-' ? words.sum.isExact : step.flags.replace(/,/g, ', ')),
        h('button', { type: 'button', class: 'link', click: () => context.go('number', { format: now['format']!, op: 'add', x: shownFull(step.sum), y: shownFull(step.term), zoom: '0.97' }) }, words.sum.lookCloser)) : null,
        curve(sum, at));
    }
    const shownFull = (hex: string) => { const value = Rational.parse(hex); const decimal = value?.text(); return value && decimal && Rational.parse(decimal)!.compare(value) === 0 ? decimal : hex; };

    /// The partial sums of a sequential order as a staircase, with the exact ones behind.
    function curve(sum: Sum, at: number): Element | null {
      if (state['order'] !== 'sequential' || sum.partial_sums.length < 4) return null;
      const start = Rational.parse(sum.partial_sums[0]!.sum)?.toNumber();
      if (start === undefined) return null;
      const exact = [start], rounded = [start];
      for (const p of sum.partial_sums) {
        const term = Rational.parse(p.term)?.toNumber(), result = Rational.parse(p.result)?.toNumber();
        if (term === undefined || result === undefined) break;
        exact.push(exact[exact.length - 1]! + term);
        rounded.push(result);
      }
      const low = Math.min(...exact, ...rounded), high = Math.max(...exact, ...rounded);
      const x = (i: number) => 60 + (i / (exact.length - 1)) * 920, y = (v: number) => 220 - ((v - low) / (high - low || 1)) * 190;
      const path = (list: number[]) => list.map((v, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)},${y(v).toFixed(1)}`).join('');
      const steps = rounded.map((v, i) => (i ? `H${x(i).toFixed(1)}V${y(v).toFixed(1)}` : `M${x(0)},${y(v).toFixed(1)}`)).join('');
      return h('figure', {}, s('svg', { viewBox: '0 0 1000 250', class: 'curve', role: 'img', 'aria-label': words.sum.curveAlt(String(exact[exact.length - 1]), String(rounded[rounded.length - 1])) },
        s('line', { class: 'axis', x1: 60, x2: 980, y1: 226, y2: 226 }),
        s('path', { class: 'ideal', d: path(exact) }), s('path', { class: 'staircase', d: steps }),
        s('line', { class: 'now', x1: x(at + 1), x2: x(at + 1), y1: 20, y2: 226 }),
        s('text', { class: 'ideal-label', x: 976, y: Math.max(18, y(exact[exact.length - 1]!) - 8), 'text-anchor': 'end' }, words.sum.exactCurve),
        s('text', { class: 'stair-label', x: 976, y: Math.min(216, y(rounded[rounded.length - 1]!) + 44), 'text-anchor': 'end' }, words.sum.roundedCurve),
        s('text', { class: 'scale', x: 54, y: 30, 'text-anchor': 'end' }, high.toPrecision(4).replace(/\.?0+$/, '')), s('text', { class: 'scale', x: 54, y: 226, 'text-anchor': 'end' }, low.toPrecision(4).replace(/\.?0+$/, ''))));
    }

    async function softmax(now: State, terms: string[]): Promise<void> {
      shownSum = null;
      stepper.disabled = true;
      const question = ['eval', now['format']!, 'softmax', ...(terms.some((term) => term.startsWith('-')) ? ['--'] : []), ...terms.slice(0, 40)];
      context.commands([question]);
      const answer = await context.ask({ words: [...question.slice(0, 3), '--json', ...question.slice(3)], channel: 'softmax' });
      if (!answer || state['terms'] !== now['terms'] || state['kind'] !== 'softmax') return;
      const document_ = answer.out ? JSON.parse(answer.out) : null;
      replace(detail);
      if (answer.code > 1 || !document_ || document_.trap) {
        replace(rows);
        sentence.className = 'sentence wrong';
        replace(sentence, document_?.trap ?? failure(answer));
        return;
      }
      const results = (document_.results ?? [document_]) as Evaluated[];
      const zeros = results.filter((r) => Rational.parse(r.value)?.n === 0n).length;
      sentence.className = zeros ? 'sentence inexact' : 'sentence right';
      replace(sentence, zeros ? words.sum.zeroWeights(zeros) : words.sum.noZeroWeight);
      replace(rows, h('div', { class: 'weights' }, ...results.map((r, i) => {
        const value = Rational.parse(r.value)?.toNumber() ?? 0, exact = Rational.parse(r.exact ?? '')?.toNumber() ?? 0;
        return h('div', { class: 'weight' }, h('code', {}, terms[i]!),
          s('svg', { viewBox: '0 0 1000 26', preserveAspectRatio: 'none', role: 'img', 'aria-label': words.sum.weightAlt(terms[i]!, exact.toPrecision(3), shown(r.value)) },
            s('rect', { class: 'ideal-bar', x: 0, y: 3, width: Math.max(0.5, 1000 * exact), height: 20 }), s('rect', { class: 'bar', x: 0, y: 8, width: 1000 * value, height: 10 })),
          h('span', { class: value === 0 ? 'figure wrong' : 'figure' }, shown(r.value)), h('small', {}, `≈ ${exact.toPrecision(4)}`));
      })));
    }
    return (now) => { void show(now); };
  },
};
