// The map: bits against the number of digits, or a knob of the construction against it; every cell is a verdict over all
// inputs, computed here. A refuted cell opens its counterexample.
import { constructions, type Construction } from '../constructions';
import { failure, type State, type View } from '../context';
import { field, h, put, replace, select } from '../dom';
import { dialOf } from '../formats_of';
import { words } from '../words';

/// The most digits of which all pairs are run in a moment.
const practical = (base: number) => String(Math.max(1, Math.min(4, Math.floor(Math.log(1e5) / (2 * Math.log(Math.max(2, base)))))));

interface Verdict {
  verdict: 'holds' | 'certified' | 'refuted' | 'unknown';
  covered: number | string; of: number | string; width: number; bits: number; format: string;
  counterexample?: { input: string; got: string; want: string };
}
type Cell = Verdict | { refused: string } | null;

export const mapView: View = {
  id: 'map',
  defaults: { name: 'add-hinge', p: '2', most: '4', by: 'bits', cell: '', task: '' },

  mount(root, context) {
    let state: State = {}, list: Construction[] = [], round = 0;
    const kept = new Map<string, Cell>();
    const cellOf = new Map<string, HTMLButtonElement>();
    const owns = new Map<string, string | null>();

    const name = select([], '', (value) => context.set({ name: value, cell: undefined, by: undefined }));
    const base = h('input', { type: 'number', min: 2, max: 16, change: () => context.set({ p: base.value, most: practical(Number(base.value)), cell: undefined }) });
    const most = h('input', { type: 'number', min: 1, max: 12, change: () => context.set({ most: most.value, cell: undefined }) });
    const by = select([['bits', words.map.bits]], 'bits', (value) => context.set({ by: value, cell: undefined }));
    const progress = h('p', { class: 'quiet', role: 'status' });
    const stop = h('button', { type: 'button', hidden: true, click: () => { ++round; context.drop('map'); void context.stop(); stop.hidden = true; replace(progress, words.map.stopped); } }, words.map.stop);
    const picture = h('div', { class: 'map' });
    const detail = h('div', { class: 'blame', 'aria-live': 'polite' });
    root.append(h('p', { class: 'lead' }, words.map.lead),
      h('div', { class: 'controls' }, field(words.transformer.construction, name), field(words.transformer.base, base), field(words.map.most, most), field(words.map.rows, by)),
      h('div', { class: 'row' }, progress, stop), picture,
      h('ul', { class: 'legend' }, ...(['holds', 'refuted', 'refused', 'unknown'] as const).map((kind) => h('li', { class: kind }, words.map.legend[kind]))), detail);

    const isModel = (now: State) => context.model(now['name']!) !== undefined;
    const filesOf = (now: State) => { const model = context.model(now['name']!); return model === undefined ? {} : { files: { [now['name']!]: model } }; };
    const counts = (now: State) => ['majority', 'parity'].includes(list.find((c) => c.name === now['name'])?.task ?? '');

    function sized(now: State, n: number): string[] {
      const asked = [now['name']!];
      if (!isModel(now)) asked.push('--p', now['p']!);
      if (now['task']) asked.push('--task', now['task']);
      asked.push(counts(now) ? '--k' : '--n', String(n));
      return asked;
    }

    /// Rows of the map: what is said to the command, and how it is called.
    function question(now: State, row: number, n: number, own: string | null): { words: string[]; label: string } | null {
      if (now['by'] !== 'bits') return { words: ['verify', ...sized(now, n), '--set', `${now['by']}=${row}`, '--method', 'exhaustive'], label: `${now['by']} ${row}` };
      const dial = own ? dialOf(own, own) : null;
      if (!dial) return null;
      const value = row - (dial.total(0));
      if (value < dial.least) return null;
      return { words: ['verify', ...sized(now, n), '--format', dial.at(value), '--round-weights', '--method', 'exhaustive'], label: words.transformer.bitCount(row) };
    }

    async function own(now: State, n: number): Promise<string | null> {
      const key = sized(now, n).join(' ');
      if (owns.has(key)) return owns.get(key)!;
      const answer = await context.ask({ words: ['verify', ...sized(now, n), '--json', '--method', 'sample', '--count', '1'], ...filesOf(now), channel: 'map own' });
      if (!answer) return null;
      const format = answer.code <= 1 && answer.out ? (JSON.parse(answer.out).format as string) : null;
      if (!format) replace(progress, failure(answer));
      owns.set(key, format);
      return format;
    }

    async function show(now: State): Promise<void> {
      const before = state;
      state = now;
      if (list.length === 0) list = await constructions(context);
      const models = context.models(), found = list.find((c) => c.name === now['name']);
      replace(name, ...models.map((m) => h('option', { value: m }, m)), ...list.map((c) => h('option', { value: c.name }, c.name)));
      name.value = now['name']!;
      put(base, now['p']!);
      base.disabled = isModel(now);
      put(most, now['most']!);
      replace(by, h('option', { value: 'bits' }, words.map.bits), ...Object.keys(found?.knobs ?? {}).map((k) => h('option', { value: k }, words.map.knob(k))));
      by.value = now['by']!;
      const same = ['name', 'p', 'most', 'by', 'task'].every((key) => before[key] === now[key]);
      if (!same) await compute(now, found);
      choose(now);
    }

    async function compute(now: State, found: Construction | undefined): Promise<void> {
      const turn = ++round;
      context.drop('map');
      const counted = counts(now), from = 1;
      const sizes = Array.from({ length: Math.max(1, Math.min(12, Number(now['most']) || 4)) }, (_, i) => i + from);
      replace(progress, words.map.computing);
      replace(detail);
      const formats: (string | null)[] = [];
      for (const n of sizes) formats.push(await own(now, n));
      if (turn !== round) return;
      let low = 2, high = 2;
      const knob = found?.knobs[now['by']!];
      if (now['by'] === 'bits') {
        const dials = formats.map((f) => (f ? dialOf(f, f) : null)).filter((d) => d !== null);
        if (dials.length === 0) { replace(progress, words.map.noDial); replace(picture); return; }
        low = Math.min(...dials.map((d) => d.total(d.least)));
        high = Math.max(...dials.map((d) => d.total(d.most - 1)));
      } else if (knob) { low = knob.least; high = knob.most; }
      const rows = Array.from({ length: high - low + 1 }, (_, i) => high - i);
      cellOf.clear();
      replace(picture, h('table', {}, h('caption', { class: 'sr' }, words.map.caption(now['name']!, now['p']!)),
        h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, now['by'] === 'bits' ? words.map.bitsHead : now['by']!), ...sizes.map((n) => h('th', { scope: 'col' }, counted ? `k = ${n}` : `n = ${n}`)))),
        h('tbody', {}, ...rows.map((row) => h('tr', {}, h('th', { scope: 'row' }, now['by'] === 'bits' ? words.transformer.bitCount(row) : `${now['by']} = ${row}`),
          ...sizes.map((n) => {
            const cell = h('button', { type: 'button', class: 'cell waiting', 'aria-label': words.map.cellAlt(row, n, '…'), click: () => context.set({ cell: `${row},${n}` }) }, '');
            cellOf.set(`${row},${n}`, cell);
            return h('td', {}, cell);
          }))))));
      const commands: string[][] = [];
      let done = 0;
      stop.hidden = false;
      for (const [j, n] of sizes.entries())
        for (const row of [...rows].reverse()) {
          const asked = question(now, row, n, formats[j]!);
          const place = `${row},${n}`, element = cellOf.get(place)!;
          if (!asked) { element.className = 'cell none'; element.disabled = true; continue; }
          const key = asked.words.join(' ');
          if (!kept.has(key)) {
            const answer = await context.ask({ words: [...asked.words, '--json'], ...filesOf(now), channel: `map ${place}` });
            if (turn !== round || !answer) return;
            kept.set(key, answer.out && (answer.code <= 1 || answer.code === 5) ? (JSON.parse(answer.out) as Cell) : { refused: failure(answer) });
          }
          const cell = kept.get(key)!;
          element.className = `cell ${kindOf(cell)}`;
          element.textContent = now['by'] !== 'bits' && cell && 'width' in cell ? String(cell.width) : { holds: '✓', refuted: '×', refused: '–', unknown: '?' }[kindOf(cell)];
          element.setAttribute('aria-label', words.map.cellAlt(row, n, words.map.legend[kindOf(cell)]!));
          if (commands.length < 3) commands.push(asked.words);
          replace(progress, words.map.progress(++done));
        }
      replace(progress, words.map.done(done));
      stop.hidden = true;
      context.commands(commands);
      choose(state);
    }

    function kindOf(cell: Cell): 'holds' | 'refuted' | 'refused' | 'unknown' {
      if (!cell) return 'unknown';
      if ('refused' in cell) return 'refused';
      return cell.verdict === 'certified' ? 'holds' : cell.verdict;
    }

    function choose(now: State): void {
      for (const [place, element] of cellOf) element.classList.toggle('chosen', place === now['cell']);
      if (!now['cell']) return;
      const [row, n] = now['cell']!.split(',').map(Number) as [number, number];
      const asked = question(now, row, n, owns.get(sized(now, n).join(' ')) ?? null);
      const cell = asked ? kept.get(asked.words.join(' ')) : null;
      if (!asked || !cell) return;
      context.commands([asked.words]);
      if ('refused' in cell) { replace(detail, h('p', { class: 'strong' }, words.map.refused), h('p', {}, cell.refused)); return; }
      const wrong = cell.counterexample;
      replace(detail, h('p', { class: 'strong' }, words.map.verdict(cell.verdict, String(cell.covered), String(cell.of), cell.format, cell.width)),
        wrong ? h('p', {}, words.map.counterexample(wrong.input, wrong.got, wrong.want)) : null,
        wrong ? h('button', { type: 'button', class: 'primary', click: () => context.go('transformer', { name: now['name']!, p: now['p']!, task: now['task']!, input: wrong.input,
          ...(now['by'] === 'bits' ? { format: cell.format } : { set: `${now['by']}=${row}` }) }) }, words.map.open) : null);
    }
    return (now) => { void show(now); };
  },
};
