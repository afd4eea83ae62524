// A transformer that computes: tokens across, stages of the computation one after the other, named registers as rows. Where
// it is wrong, the operation that decides it, as `explain` finds it.
import { constructions, exampleOf, type Construction } from '../constructions';
import { failure, type State, type View } from '../context';
import { field, h, put, replace, s, select, text } from '../dom';
import { explain, sentences, type Explained } from '../explain';
import { formatField } from '../formats';
import { dialOf, type Dial } from '../formats_of';
import { Rational, shown } from '../rational';
import { Trace, type Stage } from '../trace';
import { words } from '../words';

interface Run {
  input: string; tokens: string[]; answer: string; right: boolean; want: string; bits: number; width: number; format: string; trap?: string;
  task: { name: string; p: number; n: number; k: number }; settings: Record<string, number>;
}

const traceFile = 'trace.jsonl';

export const transformerView: View = {
  id: 'transformer',
  defaults: { name: 'add-hinge', p: '10', input: '099+001=', format: '', set: '', stage: '', pos: '', task: '' },

  mount(root, context) {
    let state: State = {}, trace: Trace | null = null, run: Run | null = null, blame: Explained | null = null, list: Construction[] = [];
    let dial: Dial | null = null, ownBits = 0, round = 0;
    const owns = new Map<string, string>();

    const name = select([], '', (value) => {
      const found = list.find((c) => c.name === value), p = Number(state['p']);
      const counts = ['majority', 'parity'].includes(found?.task ?? '');
      context.set({ name: value, set: undefined, format: undefined, stage: undefined, pos: undefined, ...(counts ? { p: '2' } : {}),
        ...(found && found.task !== list.find((c) => c.name === state['name'])?.task ? { input: exampleOf(found.task, counts ? 2 : p) } : {}) });
    });
    const base = h('input', { type: 'number', min: 2, max: 36, step: 1, change: () => {
      const found = list.find((c) => c.name === state['name']);
      context.set({ p: base.value, stage: undefined, pos: undefined, ...(found ? { input: exampleOf(found.task, Number(base.value)), format: undefined } : {}) });
    } });
    const input = text('', (value) => context.set({ input: value, stage: undefined, pos: undefined }), { class: 'question' });
    const format = formatField((value) => context.set({ format: value, stage: undefined, pos: undefined }), words.transformer.format);
    const knobs = h('div', { class: 'knobs' });
    const slider = h('input', { type: 'range', step: 1, 'aria-label': words.transformer.bits, input: () => {
      if (dial) context.set({ format: dial.at(Number(slider.value)), stage: undefined, pos: undefined });
    } });
    const pips = h('div', { class: 'pips', 'aria-hidden': 'true' });
    const fails = h('p', { class: 'fails' });
    const bitsLabel = h('output', { class: 'bits-label' });
    const bitsBox = h('div', { class: 'dial' }, h('div', { class: 'dial-head' }, h('span', {}, words.transformer.bits), bitsLabel),
      h('div', { class: 'dial-track' }, pips, slider), fails, h('small', {}, words.transformer.pips));
    const written = h('div', { class: 'written', 'aria-live': 'polite' });
    const verdict = h('p', { class: 'sentence' });
    const stageBar = h('div', { class: 'stages', role: 'group', 'aria-label': words.transformer.stages });
    const grid = h('div', { class: 'grid', tabindex: 0, role: 'region', 'aria-label': words.transformer.registers });
    const story = h('div', { class: 'story' });
    const side = h('div', { class: 'blame' });

    root.append(h('p', { class: 'lead' }, words.transformer.lead),
      h('div', { class: 'controls' }, field(words.transformer.construction, name), field(words.transformer.base, base), field(words.transformer.question, input), format.box, knobs),
      bitsBox, written, verdict, side,
      h('div', { class: 'steps' }, h('button', { type: 'button', click: () => move(-1) }, words.transformer.back), stageBar, h('button', { type: 'button', click: () => move(1) }, words.transformer.on)),
      story, grid);

    root.addEventListener('keydown', (event) => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
      if (event.key === 'ArrowRight') move(1);
      if (event.key === 'ArrowLeft') move(-1);
    });

    const isModel = (now: State) => context.model(now['name']!) !== undefined;

    /// The words behind the command: whose run, and how.
    function subject(now: State, withFormat: boolean): string[] {
      const asked = [now['name']!];
      if (!isModel(now)) asked.push('--p', now['p']!);
      if (now['task']) asked.push('--task', now['task']);
      for (const pair of (now['set'] ?? '').split(',').filter(Boolean)) asked.push('--set', pair);
      if (withFormat && now['format']) asked.push('--format', now['format'], '--round-weights');
      return asked;
    }
    const filesOf = (now: State) => { const model = context.model(now['name']!); return model === undefined ? {} : { files: { [now['name']!]: model } }; };

    function move(by: number): void {
      if (!trace) return;
      context.set({ stage: String(Math.max(0, Math.min(trace.stages.length - 1, stageAt() + by))) });
    }
    function stageAt(): number {
      if (!trace) return 0;
      if (state['stage']) return Math.min(trace.stages.length - 1, Number(state['stage']));
      const site = blame?.culprit?.site;
      if (site) return trace.stageOf(site.layer, site.site);
      const attention = trace.stages.map((each) => each.kind).lastIndexOf('attention');
      return run && !run.right ? trace.stages.length - 1 : Math.max(0, attention);
    }
    function positionAt(): number {
      if (!trace || !run) return 0;
      if (state['pos'] !== '' && state['pos'] !== undefined) return Math.min(trace.positions - 1, Number(state['pos']));
      if (blame?.culprit?.site.pos !== undefined) return blame.culprit.site.pos;
      return Math.max(0, run.tokens.indexOf('='));
    }

    async function show(asked: State): Promise<void> {
      if (list.length === 0) list = await constructions(context);
      const before = state, task = list.find((c) => c.name === asked['name'])?.task;
      // (the default question is one of decimal addition)
      const other = asked['input'] === transformerView.defaults['input'] && task && (task !== 'add' || asked['p'] !== '10');
      const now = other ? { ...asked, input: exampleOf(task, Number(asked['p'])) } : asked;
      state = now;
      controls(now);
      const question = [...subject(now, true), now['input']!];
      const sameRun = before['name'] === now['name'] && JSON.stringify(subject(before, true)) === JSON.stringify(subject(now, true)) && before['input'] === now['input'] && trace;
      context.commands([['run', ...question, '--steps'], ['explain', ...question]]);
      if (sameRun) { paint(); return; }
      const turn = ++round;
      const answer = await context.ask({ words: ['run', ...question, '--json', '--trace', traceFile], ...filesOf(now), read: traceFile, channel: 'run' });
      if (!answer || turn !== round) return;
      if (answer.code > 1 || !answer.out) return wrong(failure(answer));
      format.fault('');
      run = JSON.parse(answer.out) as Run;
      if (!run.tokens) return wrong((run as unknown as { trap?: string }).trap ?? failure(answer));
      trace = answer.file ? new Trace(answer.file) : null;
      blame = null;
      await owned(now);
      paint();
      if (!run.right && !run.trap) {
        const found = await explain(context, question, filesOf(now).files);
        if (turn !== round || !found) return;
        if (typeof found === 'string') replace(side, h('p', {}, found));
        else {
          blame = found.data;
          replace(side, h('h2', {}, words.transformer.why), ...sentences(found.text).map((line, i) => h('p', { class: i ? '' : 'strong' }, line)),
            blame.culprit ? h('button', { type: 'button', click: () => context.set({ stage: undefined, pos: undefined }) }, words.transformer.showIt) : null);
          paint();
        }
      }
      void scan(now, turn);
    }

    function wrong(why: string): void {
      trace = null;
      run = null;
      replace(written);
      replace(side);
      replace(stageBar);
      replace(grid);
      replace(story);
      verdict.className = 'sentence wrong';
      replace(verdict, why);
    }

    /// The construction's own format at this size, for the slider.
    async function owned(now: State): Promise<void> {
      const key = JSON.stringify([subject(now, false), run!.task.n, run!.task.k]);
      if (!now['format']) owns.set(key, run!.format);
      let own = owns.get(key);
      if (!own) {
        const answer = await context.ask({ words: ['run', ...subject(now, false), now['input']!, '--json'], ...filesOf(now) });
        own = answer && answer.code <= 1 && answer.out ? String(JSON.parse(answer.out).format) : run!.format;
        owns.set(key, own);
      }
      dial = dialOf(own, run!.format);
      ownBits = dialOf(own, own)?.value ?? 0;
      bitsBox.hidden = !dial;
      if (!dial) return;
      slider.min = String(dial.least);
      slider.max = String(dial.most);
      slider.value = String(dial.value);
      replace(bitsLabel, h('strong', {}, words.transformer.bitCount(run!.bits)), ` ${run!.format}`, run!.format === own ? h('em', {}, ` · ${words.transformer.own}`) : null);
    }

    /// Right or wrong at every number of bits, for this input.
    async function scan(now: State, turn: number): Promise<void> {
      if (!dial) return;
      const turned = dial;
      const cells = new Map<number, HTMLElement>();
      replace(pips, ...Array.from({ length: turned.most - turned.least + 1 }, (_, i) => { const cell = h('span', {}); cells.set(turned.least + i, cell); return cell; }));
      for (let bits = turned.most; bits >= turned.least; --bits) {
        const answer = await context.ask({ words: ['run', ...subject({ ...now, format: turned.at(bits) }, true), now['input']!, '--json'], ...filesOf(now), channel: 'scan' });
        if (turn !== round || !answer) return;
        const right = answer.code === 0;
        cells.get(bits)!.className = answer.code > 1 ? 'refused' : right ? 'right' : 'wrong';
      }
      const failing = [...cells.entries()].filter(([, cell]) => cell.className !== 'right').map(([bits]) => bits);
      const below = failing.filter((bits) => bits < ownBits), above = failing.filter((bits) => bits > ownBits);
      const told = below.length ? words.transformer.failsAt(turned.total(Math.max(...below)))
        : above.length ? words.transformer.failsAbove(turned.total(Math.min(...above))) : words.transformer.neverFails;
      replace(fails, told);
      context.say(told);
      slider.setAttribute('aria-valuetext', `${words.transformer.bitCount(run?.bits ?? 0)}. ${told}`);
    }

    function controls(now: State): void {
      const models = context.models();
      const key = list.length + ' ' + models.join();
      if (name.dataset['key'] !== key) {
        name.dataset['key'] = key;
        replace(name, ...(models.length ? [h('optgroup', { label: words.transformer.models }, ...models.map((m) => h('option', { value: m }, m)))] : []),
          ...[...new Set(list.map((c) => c.task))].map((task) => h('optgroup', { label: words.transformer.task(task) }, ...list.filter((c) => c.task === task).map((c) => h('option', { value: c.name }, c.name)))));
      }
      name.value = now['name']!;
      put(base, now['p']!);
      base.disabled = isModel(now);
      put(input, now['input']!);
      put(format.input, now['format']!);
      format.input.placeholder = words.transformer.own;
      const found = list.find((c) => c.name === now['name']);
      const chosen = new Map((now['set'] ?? '').split(',').filter(Boolean).map((pair) => pair.split('=') as [string, string]));
      replace(knobs, ...Object.entries(found?.knobs ?? {}).map(([knob, about]) => field(knob,
        h('input', { type: 'number', min: about.least, max: about.most, value: chosen.get(knob) ?? '', placeholder: String(run?.settings?.[knob] ?? about.default), title: about.summary,
          change: (event: Event) => {
            const value = (event.target as HTMLInputElement).value;
            if (value) chosen.set(knob, value); else chosen.delete(knob);
            context.set({ set: [...chosen].map(([k, v]) => `${k}=${v}`).join(',') || undefined, stage: undefined, pos: undefined });
          } }))));
    }

    function paint(): void {
      if (!run) return;
      const question = run.tokens.slice(0, run.tokens.length);
      const firstOut = Math.max(0, run.tokens.length - tokensOf(run.answer).length - (run.tokens.at(-1) === '<eos>' ? 1 : 0));
      const want = tokensOf(run.want);
      replace(written, ...question.map((token, i) => {
        const place = i - firstOut;
        if (place < 0) return h('span', { class: 'token' }, token);
        if (token === '<eos>') return h('span', { class: 'token end', title: words.transformer.eos }, '⏎');
        const good = want[place] === token;
        return h('span', { class: good ? 'token right' : 'token wrong' }, token, good ? null : h('small', {}, want[place] ?? ''));
      }));
      verdict.className = run.right ? 'sentence right' : 'sentence wrong';
      replace(verdict, run.trap ? words.transformer.traps(run.trap) : run.right ? words.transformer.right(run.width) : words.transformer.wrong(run.want));
      if (run.right) replace(side);
      if (!trace) { replace(stageBar); replace(grid); replace(story); return; }
      const at = stageAt(), position = positionAt(), stage = trace.stages[at]!, culprit = blame?.culprit;
      const culpritStage = culprit ? trace.stageOf(culprit.site.layer, culprit.site.site) : -1;
      replace(stageBar, ...trace.stages.map((each, i) => h('button', { type: 'button', 'aria-pressed': i === at ? 'true' : 'false', class: i === culpritStage ? 'culprit' : '',
        click: () => context.set({ stage: String(i) }) }, words.transformer.stage(each.kind, each.layer + 1))));
      if (stage.kind === 'choice') choice(position);
      else table(stage, at, position, culpritStage === at ? culprit ?? null : null);
      tell(stage, at, position);
    }

    const tokensOf = (answer: string) => (answer.includes(' ') ? answer.split(' ') : [...answer]);
    const tokenAt = (pos: number) => run!.tokens[pos] ?? '';

    function header(position: number): HTMLElement {
      return h('tr', {}, h('th', { scope: 'col' }, h('span', { class: 'sr' }, words.transformer.register)),
        ...Array.from({ length: trace!.positions }, (_, pos) => h('th', { scope: 'col', class: pos === position ? 'here' : '' },
          h('button', { type: 'button', 'aria-pressed': pos === position ? 'true' : 'false', 'aria-label': words.transformer.positionAt(pos, tokenAt(pos)), click: () => context.set({ pos: String(pos) }) }, tokenAt(pos)))));
    }

    function table(stage: Stage, at: number, position: number, culprit: Explained['culprit'] | null): void {
      const before = at > 0 ? trace!.stages[at - 1]! : null;
      const shownRows = trace!.registers.map((_, i) => i).filter((i) => trace!.registers.length <= 40 || Array.from({ length: trace!.positions }).some((__, pos) => { const v = trace!.stream(stage, pos, i); return v && !/^-?0x0p/.test(v.value); })).slice(0, 64);
      const body = shownRows.map((index) => h('tr', {}, h('th', { scope: 'row' }, trace!.registers[index] ?? `x${index}`),
        ...Array.from({ length: trace!.positions }, (_, pos) => {
          const entry = trace!.stream(stage, pos, index);
          if (!entry) return h('td', {});
          const old = before ? trace!.stream(before, pos, index)?.value : entry.value;
          const zero = /^-?0x0p/.test(entry.value);
          const isCulprit = culprit && culprit.site.pos === pos && (culprit.site.index === index || !['mid', 'out', 'emb', 'attn', 'ffn'].includes(culprit.site.site.replace(/ .*/, '')));
          const kinds = [zero ? 'zero' : '', old !== entry.value ? 'changed' : '', entry.exact ? 'inexact' : '', pos === position ? 'here' : '', isCulprit ? 'culprit' : ''].filter(Boolean).join(' ');
          return h('td', { class: kinds, ...(entry.exact ? { title: words.transformer.exactly(shownExact(entry.exact), shown(entry.value)) } : {}) }, brief(entry.value),
            entry.exact ? h('span', { class: 'sr' }, ` ${words.transformer.exactly(shownExact(entry.exact), shown(entry.value))}`) : null);
        })));
      const arcs = stage.kind === 'attention' ? arcRow(stage.layer, position) : null;
      replace(grid, h('table', { class: 'registers' }, h('caption', { class: 'sr' }, words.transformer.caption(words.transformer.stage(stage.kind, stage.layer + 1))),
        h('colgroup', {}, h('col', { class: 'names' }), ...Array.from({ length: trace!.positions }, () => h('col', {}))), h('thead', {}, arcs, header(position)), h('tbody', {}, ...body)));
    }

    /// Where the heads of a layer look from a position, as arcs over the tokens.
    function arcRow(layer: number, position: number): HTMLElement {
      const count = trace!.positions, x = (pos: number) => pos * 100 + 50, top = 120;
      const shapes: Element[] = [];
      const looks: string[] = [];
      for (const entry of trace!.at(layer, 'weight', position)) {
        const weight = Rational.parse(entry.value)?.toNumber() ?? 0;
        if (weight === 0 || entry.key === undefined) continue;
        const head = entry.head ?? 0, from = x(position), to = x(entry.key), lift = Math.min(112, 26 + Math.abs(from - to) * 0.13 + head * 7);
        looks.push(words.transformer.look(head + 1, entry.key, tokenAt(entry.key), shown(entry.value)));
        const thick = 1 + 5 * Math.min(1, Math.abs(weight));
        shapes.push(entry.key === position ? s('path', { class: `arc head-${head % 6}`, d: `M${from - 14},${top} C${from - 34},${top - 52} ${from + 34},${top - 52} ${from + 14},${top}`, 'stroke-width': thick })
          : s('path', { class: `arc head-${head % 6}`, d: `M${from},${top} C${from},${top - lift} ${to},${top - lift} ${to},${top}`, 'stroke-width': thick }));
      }
      return h('tr', { class: 'arcs' }, h('th', {}, h('small', {}, words.transformer.looks)), h('td', { colspan: count },
        s('svg', { viewBox: `0 0 ${count * 100} 124`, preserveAspectRatio: 'none', role: 'img', 'aria-label': looks.join('; ') || words.transformer.looksNowhere }, ...shapes)));
    }

    function choice(position: number): void {
      const outputs = Array.from({ length: trace!.positions }, (_, pos) => pos).filter((pos) => trace!.at(-1, 'logits', pos).length);
      const at = outputs.includes(position) ? position : outputs[0] ?? 0;
      const logits = trace!.at(-1, 'logits', at);
      const next = trace!.at(-1, 'next', at)[0]?.value;
      const numbers = logits.map((entry) => Rational.parse(entry.value)?.toNumber() ?? 0);
      const low = Math.min(...numbers, 0), high = Math.max(...numbers, 0), span = high - low || 1;
      const vocabulary = vocabularyOf(), culprit = blame?.culprit;
      replace(grid, h('div', { class: 'outputs', role: 'group', 'aria-label': words.transformer.outputs }, ...outputs.map((pos) => h('button', { type: 'button', 'aria-pressed': pos === at ? 'true' : 'false', click: () => context.set({ pos: String(pos) }) }, words.transformer.after(tokenAt(pos), trace!.at(-1, 'next', pos)[0]?.value ?? '')))),
        h('div', { class: 'logits' }, ...logits.map((entry, i) => h('div', { class: `logit${vocabulary[i] === next ? ' chosen' : ''}${culprit?.site.site === 'logits' && culprit.site.pos === at && culprit.site.index === i ? ' culprit' : ''}` }, h('code', {}, vocabulary[i] ?? String(i)),
          s('svg', { viewBox: '0 0 1000 20', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, s('rect', { x: ((Math.min(0, numbers[i]!) - low) / span) * 1000, y: 3, width: Math.max(2, (Math.abs(numbers[i]!) / span) * 1000), height: 14 })),
          h('span', { class: 'figure' }, shown(entry.value)), entry.exact ? h('small', {}, words.transformer.exactly(shownExact(entry.exact), shown(entry.value))) : null))));
    }

    /// Tokens in the order of logits: digits, the task's signs, <eos>, as far as this run shows them.
    function vocabularyOf(): string[] {
      return vocabulary.get(run!.task.name + run!.task.p) ?? [];
    }
    const vocabulary = new Map<string, string[]>();

    function tell(stage: Stage, at: number, position: number): void {
      const parts: (Node | string)[] = [words.transformer.tale(stage.kind, at)];
      const key = run!.task.name + run!.task.p;
      if (stage.kind === 'choice' && !vocabulary.has(key)) {
        vocabulary.set(key, []);
        void context.ask({ words: ['tasks', ...(isModel(state) ? [run!.task.name] : [run!.task.name]), '--p', String(run!.task.p), '--n', String(run!.task.n || 1), '--json'] }).then((answer) => {
          if (answer && answer.code === 0) { vocabulary.set(key, JSON.parse(answer.out).vocabulary ?? []); paint(); }
        });
      }
      if (stage.kind === 'attention') {
        const looks = trace!.at(stage.layer, 'weight', position).filter((e) => !/^-?0x0p/.test(e.value));
        const byHead = new Map<number, typeof looks>();
        for (const look of looks) byHead.set(look.head ?? 0, [...(byHead.get(look.head ?? 0) ?? []), look]);
        parts.push(h('ul', { class: 'looks' }, ...[...byHead].map(([head, each]) => h('li', { class: `head-${head % 6}` },
          each.length > 4 ? words.transformer.looksAtMany(head + 1, each.length, shown(each[0]!.value)) : each.map((e) => words.transformer.look(head + 1, e.key!, tokenAt(e.key!), shown(e.value))).join('; ')))));
      }
      replace(story, h('p', {}, ...parts.slice(0, 1)), ...parts.slice(1));
    }

    const shownExact = (exact: string) => (exact.startsWith('~') ? `≈ ${Number(exact.slice(1)).toPrecision(6)}` : shown(exact));
    const brief = (value: string) => { const t = shown(value); return t.length <= 7 ? t : String(Number(Number(t).toPrecision(3))); };
    return (now) => { void show(now); };
  },
};
