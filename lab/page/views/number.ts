// One rounding: an operation in a format, on the number line between its neighbours, with the bits of its code.
import { failure, type Context, type State, type View } from '../context';
import { field, h, put, replace, s, select, text } from '../dom';
import { axis, draw, gapAt, height, width, Window, windowOf, type Facts, type Mark } from '../line';
import { apart, Rational, shown } from '../rational';
import { formatField } from '../formats';
import { words } from '../words';
import { bitCells, layoutOf } from '../bits';

const operations = ['round', 'add', 'sub', 'mul', 'div', 'fma', 'sqrt', 'rsqrt', 'exp', 'log', 'tanh', 'sigmoid', 'silu', 'gelu', 'erf'] as const;
const arity = (op: string) => (op === 'fma' ? 3 : ['add', 'sub', 'mul', 'div'].includes(op) ? 2 : 1);
const places = ['x', 'y', 'z'] as const;

export interface Evaluated {
  value: string;
  code: string | null;
  flags: string;
  decimal: string;
  exact_decimal: string;
  exact: string | null;
  below: string | null;
  above: string | null;
}

const known = new Map<string, Facts>();

/// What the engine says of a format, for a picture of it.
export async function factsOf(context: Context, format: string): Promise<Facts | string> {
  const found = known.get(format);
  if (found) return found;
  const answer = await context.ask({ words: ['formats', format, '--json'], channel: 'facts' });
  if (!answer) return '';
  if (answer.code !== 0) return failure(answer);
  const d = JSON.parse(answer.out);
  if (d.bits === undefined) return words.number.noFormat(format);
  const number = (t: string | null) => (t ? Rational.parse(t) : null);
  const step = number(d.smallest_step) ?? new Rational(1n), lowest = number(d.lowest)!, highest = number(d.highest)!;
  const facts: Facts = {
    format: d.format, bits: d.bits, lowest, highest, step, precision: d.precision,
    uniform: d.exponent_min === null, normal: number(d.min_normal), overflow: d.overflow, infinity: d.infinity, members: null,
  };
  if (d.bits <= 9) {
    const values = await context.ask({ words: ['formats', format, '--values', '--json'] });
    if (values && values.code === 0) {
      const list = (JSON.parse(values.out).values as { value: string }[]).map((v) => number(v.value)).filter((v): v is Rational => v !== null);
      facts.members = list.sort((a, b) => a.compare(b));
    }
  }
  known.set(format, facts);
  return facts;
}

export const numberView: View = {
  id: 'number',
  defaults: { format: 'e4m3', op: 'add', x: '16', y: '1.3', z: '1', zoom: '0.72', also: 'bfloat16 binary16 e5m2 fixed(4,3)' },

  mount(root, context) {
    let state: State = {}, facts: Facts | null = null, window_: Window | null = null, last: Evaluated | null = null;

    const format = formatField((value) => context.set({ format: value }));
    const op = select(operations.map((o) => [o, words.operations[o]!] as const), 'add', (value) => context.set({ op: value }));
    const operands = places.map((place) => {
      const input = text('', (value) => context.set({ [place]: value }), {
        keydown: (event: KeyboardEvent) => {
          if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
          event.preventDefault();
          step(place, event.key === 'ArrowUp' ? 1 : -1);
        },
      });
      const hint = h('small', { class: 'taken' }), box = field(words.number.operand(place), input);
      box.append(hint);
      return { place, input, hint, box };
    });
    const zoom = h('input', { type: 'range', min: 0, max: 1, step: 0.01, 'aria-label': words.number.zoom,
      input: () => context.set({ zoom: zoom.value }) });
    const title = s('title', {}, ''), scene = s('g', {}), needle = s('g', { class: 'needle' });
    const picture = s('svg', { viewBox: `0 0 ${width} ${height}`, class: 'line', role: 'img', 'aria-labelledby': 'line-title' },
      s('defs', {}, s('marker', { id: 'arrow', viewBox: '0 0 10 10', refX: 8, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' },
        s('path', { d: 'M0,0 L10,5 L0,10 z', class: 'arrow' }))), title, scene, needle);
    title.id = 'line-title';
    const handle = h('input', { type: 'range', min: 0, max: width, step: 1, class: 'handle', 'aria-label': words.number.drag,
      input: () => drag(Number(handle.value)) });
    const sentence = h('p', { class: 'sentence', 'aria-live': 'polite' });
    const sum = h('div', { class: 'results' });
    const bits = h('div', { class: 'bits' });
    const table = h('div', { class: 'also' });
    const also = text('', (value) => context.set({ also: value }));
    const presets = h('div', { class: 'chips', role: 'group', 'aria-label': words.number.presets },
      ...words.number.examples.map(([name, preset]) => h('button', { type: 'button', click: () => context.set({ ...preset }) }, name)));

    root.append(
      h('p', { class: 'lead' }, words.number.lead), presets,
      h('div', { class: 'controls' }, format.box, field(words.number.operation, op), ...operands.map((o) => o.box)),
      sum,
      h('figure', {}, h('div', { class: 'stage' }, picture, handle),
        h('div', { class: 'zoom' }, h('span', {}, words.number.wide), zoom, h('span', {}, words.number.close))),
      sentence, h('h2', {}, words.number.bits), bits,
      h('h2', {}, words.number.others), field(words.number.otherFormats, also), table);

    /// The operand that the needle moves, and what it has to be for an exact result there.
    function dragged(at: Rational): [string, Rational] | null {
      const x = Rational.parse(state['x'] ?? '');
      switch (state['op']) {
        case 'round': return ['x', at];
        case 'add': return x ? ['y', at.minus(x)] : null;
        case 'sub': return x ? ['y', x.minus(at)] : null;
        case 'mul': return x && x.n !== 0n ? ['y', at.over(x)] : null;
        default: return null;
      }
    }

    function drag(place: number): void {
      if (!window_ || !facts) return;
      const target = dragged(window_.at(place));
      if (!target) return;
      const fine = window_.high.minus(window_.low).over(new Rational(2000n));
      frozen = window_;
      context.set({ [target[0]]: target[1].text(fine) });
    }
    let frozen: Window | null = null;
    const thaw = () => { if (frozen) { frozen = null; show(state); } };
    handle.addEventListener('change', thaw);
    handle.addEventListener('blur', thaw);

    function step(place: string, direction: number): void {
      const value = Rational.parse(state[place] ?? '');
      if (!value || !facts) return;
      const gap = gapAt(facts, value);
      context.set({ [place]: value.plus(direction > 0 ? gap : gap.negated()).text() });
    }

    function asked(): string[] {
      return ['eval', state['format']!, state['op']!, ...places.slice(0, arity(state['op']!)).map((p) => state[p]!)];
    }

    async function show(now: State): Promise<void> {
      state = now;
      put(format.input, now['format']!);
      op.value = now['op']!;
      put(zoom, now['zoom']!);
      put(also, now['also']!);
      operands.forEach((o, i) => { put(o.input, now[o.place]!); o.box.hidden = i >= arity(now['op']!); });
      const question = asked();
      context.commands([[...question, '--explain'], ['formats', now['format']!]]);
      const found = await factsOf(context, now['format']!);
      if (typeof found === 'string') { if (found) wrong(found, true); return; }
      facts = found;
      const answer = await context.ask({ words: [...question, '--json'], channel: 'number' });
      if (!answer || now !== state) return;
      const document_ = answer.out ? JSON.parse(answer.out) : null;
      if (answer.code > 1 || !document_) return wrong(failure(answer), false);
      if (document_.trap) return wrong(document_.trap, false);
      format.fault('');
      last = document_ as Evaluated;
      picture_(now);
      await taken(now);
      await compare(now);
    }

    function wrong(why: string, inFormat: boolean): void {
      format.fault(inFormat ? why : '');
      sentence.className = 'sentence wrong';
      replace(sentence, why);
      scene.replaceChildren();
      needle.replaceChildren();
      replace(sum);
      replace(bits);
      replace(table);
    }

    function picture_(now: State): void {
      if (!facts || !last) return;
      const exact = last.exact ? Rational.parse(last.exact) : null;
      const result = Rational.parse(last.value);
      const below = last.below ? Rational.parse(last.below) : null, above = last.above ? Rational.parse(last.above) : null;
      const centre = exact ?? result ?? Rational.zero;
      const gap = below && above && below.compare(above) !== 0 ? above.minus(below) : gapAt(facts, result ?? centre);
      window_ = frozen ?? windowOf(facts, centre, gap, Number(now['zoom']));
      const marks: Mark[] = [];
      if (below) marks.push({ at: below, kind: 'below', label: last.above ? apart(last.below!, last.above)[0] : shown(last.below) });
      if (above) marks.push({ at: above, kind: 'above', label: last.below ? apart(last.below, last.above!)[1] : shown(last.above) });
      if (now['op'] !== 'round')
        for (const place of places.slice(0, arity(now['op']!))) {
          const value = Rational.parse(now[place]!);
          if (value) marks.push({ at: value, kind: 'operand', label: place });
        }
      if (exact) marks.push({ at: exact, kind: 'exact', label: 'exact' });
      if (result) marks.push({ at: result, kind: 'result', label: shown(last.value) });
      scene.replaceChildren(...draw(facts, window_, marks));
      needle.replaceChildren();
      const x = exact ? window_.x(exact) : -1;
      if (exact && x >= 0 && x <= width) {
        needle.append(s('line', { class: 'exact', x1: x, x2: x, y1: axis - 40, y2: axis + 16 }),
          s('circle', { class: 'exact-head', cx: x, cy: axis - 44, r: 8 }));
        const anchor = x < 120 ? 'start' : x > width - 120 ? 'end' : 'middle';
        needle.append(s('text', { class: 'exact-label', x, y: 24, 'text-anchor': anchor }, `${words.number.exact} ${exactShown(last.exact!)}`));
      }
      const movable = dragged(Rational.zero) !== null;
      handle.disabled = !movable || !exact;
      picture.classList.toggle('movable', movable);
      handle.value = String(Math.round(Math.max(0, Math.min(width, x))));
      handle.setAttribute('aria-valuetext', exact ? exactShown(last.exact!) : last.value);
      tell(exact, result, below, above);
      replace(bits, ...bitCells(last.code, layoutOf(facts), (code) => context.set({ op: 'round', x: code })));
    }

    function tell(exact: Rational | null, result: Rational | null, below: Rational | null, above: Rational | null): void {
      const e = last!, flags = e.flags === '-' ? [] : e.flags.split(',');
      let why: string;
      const tie = exact && below && above && below.compare(above) !== 0 && exact.minus(below).compare(above.minus(exact)) === 0;
      if (e.value === 'nan') why = words.number.nan;
      else if (flags.includes('saturated')) why = words.number.saturated(shown(e.value));
      else if (flags.includes('overflow')) why = words.number.overflow(shown(e.value));
      else if (!flags.includes('inexact')) why = words.number.member;
      else if (result && result.n === 0n) why = words.number.vanished;
      else if (!e.below || !e.above) why = words.number.between(shown(e.below), shown(e.above), shown(e.value));
      else {
        const [low, high] = apart(e.below, e.above);
        const to = e.value === e.below ? low : e.value === e.above ? high : shown(e.value);
        why = tie ? words.number.tie(low, high, to) : words.number.between(low, high, to);
      }
      const x = Rational.parse(state['x'] ?? ''), y = Rational.parse(state['y'] ?? '');
      if ((state['op'] === 'add' || state['op'] === 'sub') && x && y && result && y.n !== 0n && result.compare(x) === 0)
        why = words.number.absorbed(shown(state['y'] ?? '')) + ' ' + why;
      let error = '';
      if (exact && result && below && above && below.compare(above) !== 0)
        error = words.number.error(Number(result.minus(exact).over(above.minus(below)).toNumber().toPrecision(3)));
      sentence.className = 'sentence' + (flags.length ? ' inexact' : ' right');
      replace(sentence, why, error ? h('span', { class: 'error' }, ' ' + error) : null);
      title.textContent = words.number.alt(e.exact ? exactShown(e.exact) : '?', shown(e.value), why);
      replace(sum,
        h('div', {}, h('small', {}, words.number.exactResult), h('output', { class: 'is-exact' }, e.exact ? exactShown(e.exact) : words.number.none)),
        h('div', {}, h('small', {}, words.number.rounded(state['format']!)), h('output', { class: flags.length ? 'is-rounded' : 'is-same' }, shown(e.value))),
        h('div', {}, h('small', {}, words.number.flags), h('output', { class: 'is-flags' }, flags.length ? flags.join(', ') : words.number.noFlags)));
      for (const name of ['nan', 'inf', '-inf'])
        picture.classList.toggle(`is-${name.replace('-', 'minus-')}`, e.value === name);
    }

    /// What becomes of operands that are no numbers of the format, before the operation.
    async function taken(now: State): Promise<void> {
      const used = now['op'] === 'round' ? [] : operands.slice(0, arity(now['op']!));
      const answer = used.length ? await context.ask({ words: ['eval', '--stdin', '--json'], input: used.map((o) => `${now['format']} round ${now[o.place]}\n`).join(''), channel: 'operands' }) : null;
      if (now !== state) return;
      const results = answer?.out ? (JSON.parse(answer.out).results as Evaluated[]) : [];
      operands.forEach((o, i) => {
        const result = i < used.length ? results[i] : undefined;
        replace(o.hint, result?.flags && result.flags !== '-' ? words.number.taken(shown(result.value)) : '');
      });
    }

    async function compare(now: State): Promise<void> {
      const list = (now['also']!.match(/[^\s,(]+(\([^)]*\))?[^\s,]*/g) ?? []).filter((name) => name !== now['format']);
      const rest = asked().slice(2).join(' ');
      const input = [now['format']!, ...list].map((f) => `${f} ${rest}\n`).join('');
      const answer = await context.ask({ words: ['eval', '--stdin', '--json'], input, channel: 'also' });
      if (!answer || now !== state || !answer.out) return;
      const results = JSON.parse(answer.out).results as (Evaluated & { format?: string; error?: string; trap?: string })[];
      replace(table, h('table', {}, h('thead', {}, h('tr', {}, ...words.number.columns.map((c) => h('th', { scope: 'col' }, c)))),
        h('tbody', {}, ...results.map((r, i) => {
          const name = i === 0 ? now['format']! : list[i - 1]!;
          const fault = r.error ?? r.trap;
          const head = h('th', { scope: 'row' }, h('button', { type: 'button', class: 'link', click: () => context.set({ format: name }) }, name));
          if (fault) return h('tr', {}, head, h('td', { colspan: 3, class: 'wrong' }, fault.replace(/^eval: /, '')));
          const exact = r.exact ? Rational.parse(r.exact) : null, value = Rational.parse(r.value);
          const relative = exact && value && exact.n !== 0n ? value.minus(exact).over(exact.abs()).toNumber() : null;
          return h('tr', {}, head, h('td', { class: 'figure' }, shown(r.value)),
            h('td', { class: 'figure' }, relative === null ? '' : relative === 0 ? '0' : `${(100 * relative).toPrecision(2)} %`), h('td', {}, r.flags === '-' ? '' : r.flags.replace(/,/g, ', ')));
        }))));
    }

    function exactShown(exact: string): string {
      const value = Rational.parse(exact);
      if (!value) return exact;
      return exact.startsWith('[') ? '≈ ' + shown(exact.slice(1, exact.indexOf(','))) : shownExactly(value, exact);
    }
    function shownExactly(value: Rational, exact: string): string {
      const decimal = value.text();
      const same = Rational.parse(decimal);
      return same && same.compare(value) === 0 ? decimal : exact.length < 20 ? exact : '≈ ' + shown(exact);
    }

    return (now) => { void show(now); };
  },
};
