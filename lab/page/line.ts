// The number line: members of a format around a result, from the whole range down to two neighbours. Members come from the
// engine's list where the format is small, else from its facts (precision, smallest step, range): then a stretch where they
// stand too close for ticks is a band, the darker the closer.
import { s } from './dom';
import { Rational } from './rational';
import { words } from './words';

export interface Facts {
  format: string;
  bits: number;
  lowest: Rational;
  highest: Rational;
  step: Rational;
  precision: number;
  uniform: boolean;
  normal: Rational | null;
  overflow: string;
  infinity: boolean;
  /// All finite members in increasing order, where there are few.
  members: Rational[] | null;
}

export interface Mark {
  at: Rational;
  kind: 'exact' | 'result' | 'operand' | 'below' | 'above';
  label: string;
}

/// Of the drawing; on a phone it is narrower, so that its letters keep their size.
export const width = globalThis.innerWidth < 760 ? 480 : 1000, height = 230, axis = 130;

export class Window {
  constructor(readonly low: Rational, readonly high: Rational) {}
  /// The place of a number on the screen, cut off a little outside.
  x(value: Rational): number {
    const part = value.minus(this.low).over(this.high.minus(this.low));
    if (part.compare(new Rational(-1n)) < 0) return -width;
    if (part.compare(new Rational(2n)) > 0) return 2 * width;
    return part.toNumber() * width;
  }
  at(x: number): Rational {
    return this.low.plus(this.high.minus(this.low).times(Rational.of(x / width)));
  }
}

/// The window of a zoom from 0 (all of the range) to 1 (two neighbours wide) around a number.
export function windowOf(facts: Facts, centre: Rational, gap: Rational, zoom: number): Window {
  const whole = facts.highest.minus(facts.lowest).over(new Rational(2n)).times(new Rational(21n, 20n));
  const close = gap.times(new Rational(5n, 4n));
  const logarithm = (x: Rational) => x.exponent() + Math.log2(x.over(Rational.power(x.exponent())).toNumber());
  const wide = (1 - zoom) ** 2;  // more of the slider for what is close
  const e = logarithm(whole) * wide + logarithm(close) * (1 - wide);
  const half = Rational.power(Math.floor(e)).times(Rational.of(2 ** (e - Math.floor(e))));
  const middle = facts.highest.plus(facts.lowest).over(new Rational(2n));
  let low = centre.minus(half), high = centre.plus(half);
  const least = middle.minus(whole), most = middle.plus(whole);
  if (low.compare(least) < 0) { high = high.plus(least.minus(low)); low = least; }
  if (high.compare(most) > 0 && centre.compare(most) < 0) { low = low.minus(high.minus(most)); high = most; }
  return new Window(low, high);
}

/// The distance of members at a number.
export function gapAt(facts: Facts, value: Rational): Rational {
  if (facts.uniform || value.n === 0n) return facts.step;
  const gap = Rational.power(value.exponent() - facts.precision + 1);
  return gap.compare(facts.step) > 0 ? gap : facts.step;
}

interface Stretch { low: Rational; high: Rational; gap: Rational; }

function stretches(facts: Facts, window: Window): Stretch[] {
  const low = window.low.compare(facts.lowest) > 0 ? window.low : facts.lowest;
  const high = window.high.compare(facts.highest) < 0 ? window.high : facts.highest;
  if (low.compare(high) > 0) return [];
  if (facts.uniform) return [{ low, high, gap: facts.step }];
  const list: Stretch[] = [];
  const least = facts.step.exponent() + facts.precision - 1;  // of normal numbers
  const finest = Math.max(least, window.high.minus(window.low).exponent() - 14);
  for (const sign of [-1, 1]) {
    const near = sign > 0 ? (low.sign > 0 ? low : Rational.zero) : high.sign < 0 ? high.negated() : Rational.zero;
    const far = sign > 0 ? high : low.negated();
    if (far.sign <= 0) continue;
    const put = (a: Rational, b: Rational, gap: Rational) => {
      const from = a.compare(near) > 0 ? a : near, to = b.compare(far) < 0 ? b : far;
      if (from.compare(to) < 0) list.push(sign > 0 ? { low: from, high: to, gap } : { low: to.negated(), high: from.negated(), gap });
    };
    const first = near.n === 0n ? finest : Math.max(finest, near.exponent());
    put(Rational.zero, Rational.power(first), gapAt(facts, Rational.power(Math.max(least, first - 1))));
    for (let e = first; e <= far.exponent(); ++e) put(Rational.power(e), Rational.power(e + 1), gapAt(facts, Rational.power(e)));
  }
  return list;
}

function ticks(facts: Facts, window: Window): SVGElement[] {
  const shapes: SVGElement[] = [];
  const tick = (value: Rational, tall: number) => {
    const x = window.x(value);
    if (x >= -1 && x <= width + 1) shapes.push(s('line', { class: 'tick', x1: x, x2: x, y1: axis - tall, y2: axis + tall }));
  };
  if (facts.members) {
    for (const member of facts.members) tick(member, 9);
    return shapes;
  }
  for (const { low, high, gap } of stretches(facts, window)) {
    const from = window.x(low), to = window.x(high);
    const distance = window.x(window.low.plus(gap));
    if (to - from < 0.4) continue;
    if (distance < 3.5) {
      const dark = Math.min(0.75, 0.16 + 0.07 * Math.max(0, -Math.log2(Math.max(distance, 1e-9) / 3.5)));
      shapes.push(s('rect', { class: 'band', x: from, y: axis - 9, width: Math.max(0.5, to - from), height: 18, opacity: dark.toFixed(2) }));
      continue;
    }
    let k = low.over(gap).floor();
    if (new Rational(k).times(gap).compare(low) < 0) ++k;
    for (let value = new Rational(k).times(gap), count = 0; value.compare(high) <= 0 && count < 600; value = value.plus(gap), ++count)
      tick(value, 9);
  }
  return shapes;
}

/// Round numbers to read the scale by.
function scale(window: Window): SVGElement[] {
  const span = window.high.minus(window.low).toNumber();
  const low = window.low.toNumber(), high = window.high.toNumber();
  if (!(span > 0) || !Number.isFinite(span) || span / Math.max(Math.abs(low), Math.abs(high)) < 1e-13) return [];
  const raw = span / (width / 160), power = 10 ** Math.floor(Math.log10(raw));
  const unit = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw)!;
  const shapes: SVGElement[] = [];
  for (let k = Math.ceil(low / unit); k * unit <= high; ++k) {
    const value = k * unit, x = ((value - low) / span) * width;
    if (x < 24 || x > width - 24) continue;
    const digits = Math.max(0, -Math.floor(Math.log10(unit)));
    const label = Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-4) ? value.toExponential(1) : value.toFixed(Math.min(20, digits));
    shapes.push(s('text', { class: 'scale', x, y: axis + 34 }, label));
  }
  return shapes;
}

/// Everything of the line but the marks that move; `zones` are the places of what is no ordinary number.
export function draw(facts: Facts, window: Window, marks: Mark[]): SVGElement[] {
  const shapes: SVGElement[] = [];
  const zone = (from: number, to: number, kind: string, label: string) => {
    const a = Math.max(0, from), b = Math.min(width, to);
    if (b - a < 1) return;
    shapes.push(s('rect', { class: `zone ${kind}`, x: a, y: axis - 46, width: b - a, height: 92 }));
    if (b - a > 60) shapes.push(s('text', { class: 'zone-label', x: (a + b) / 2, y: axis + 60 }, label));
  };
  const beyond = words.line.beyond(facts.overflow);
  zone(window.x(facts.highest), 2 * width, 'overflow', beyond);
  zone(-width, window.x(facts.lowest), 'overflow', beyond);
  if (facts.normal && !facts.uniform)
    zone(window.x(facts.lowest.sign < 0 ? facts.normal.negated() : Rational.zero), window.x(facts.normal), 'subnormal', words.line.subnormal);
  shapes.push(s('line', { class: 'axis', x1: 0, x2: width, y1: axis, y2: axis }));
  const zero = window.x(Rational.zero);
  if (zero >= 0 && zero <= width) shapes.push(s('line', { class: 'zero', x1: zero, x2: zero, y1: axis - 18, y2: axis + 18 }));
  shapes.push(...ticks(facts, window), ...scale(window));

  const exact = marks.find((mark) => mark.kind === 'exact'), result = marks.find((mark) => mark.kind === 'result');
  const below = marks.find((mark) => mark.kind === 'below'), above = marks.find((mark) => mark.kind === 'above');
  if (below && above) {
    const a = window.x(below.at), b = window.x(above.at);
    if (b - a > 12) {
      const middle = (a + b) / 2;
      shapes.push(s('rect', { class: 'between', x: a, y: axis - 9, width: b - a, height: 18 }));
      shapes.push(s('line', { class: 'middle', x1: middle, x2: middle, y1: axis - 14, y2: axis + 14 }));
      if (b - a > 200) shapes.push(s('text', { class: 'middle-label', x: middle, y: axis + 60 }, words.line.middle));
      if (b - a > 90 && a > -40 && b < width + 40) {
        shapes.push(s('text', { class: 'neighbour', x: Math.max(6, a - 10), y: axis - 20, 'text-anchor': a < 60 ? 'start' : 'end' }, below.label));
        shapes.push(s('text', { class: 'neighbour', x: Math.min(width - 6, b + 12), y: axis - 20, 'text-anchor': b > width - 60 ? 'end' : 'start' }, above.label));
      }
    }
  }
  for (const mark of marks.filter((mark) => mark.kind === 'operand')) {
    const x = window.x(mark.at);
    if (x < 0 || x > width) continue;
    shapes.push(s('path', { class: 'operand', d: `M${x},${axis + 46} l-7,14 h14 z` }));
    shapes.push(s('text', { class: 'operand-label', x, y: axis + 78 }, mark.label));
  }
  if (exact && result) {
    const from = window.x(exact.at), to = window.x(result.at);
    if (Math.abs(to - from) > 1.5) {
      const lift = 36 + Math.min(26, Math.abs(to - from) / 8);
      shapes.push(s('path', { class: 'fall', d: `M${from},${axis - 34} C${from},${axis - 34 - lift} ${to},${axis - 34 - lift} ${to},${axis - 14}`, 'marker-end': 'url(#arrow)' }));
    }
  }
  if (result) {
    const x = window.x(result.at);
    shapes.push(s('circle', { class: 'result', cx: x, cy: axis, r: 9 }));
  }
  return shapes;
}
