// A code as cells: sign, exponent and significand apart where the format has them. A click turns a bit over.
import { h } from './dom';
import type { Facts } from './line';
import { words } from './words';

export interface Layout { sign: number; exponent: number; fraction: number; integer: number; }

export function layoutOf(facts: Facts): Layout {
  const signed = facts.lowest.sign < 0 ? 1 : 0;
  if (facts.uniform) {
    const fraction = Math.max(0, -facts.step.exponent());
    return { sign: signed, exponent: 0, integer: Math.max(0, facts.bits - signed - fraction), fraction: Math.min(fraction, facts.bits - signed) };
  }
  if (/^posit|^nf4/.test(facts.format)) return { sign: signed, exponent: 0, integer: facts.bits - signed, fraction: 0 };
  const fraction = facts.precision - 1;
  return { sign: signed, exponent: Math.max(0, facts.bits - signed - fraction), integer: 0, fraction };
}

export function bitCells(code: string | null, layout: Layout, turn: (code: string) => void): HTMLElement[] {
  if (!code || !code.startsWith('#x')) return [h('p', { class: 'quiet' }, words.bits.none)];
  const width = layout.sign + layout.exponent + layout.integer + layout.fraction;
  const value = BigInt('0x' + code.slice(2));
  const groups: HTMLElement[] = [];
  let at = width;
  for (const [kind, count] of [['sign', layout.sign], ['exponent', layout.exponent], ['integer', layout.integer], ['fraction', layout.fraction]] as const) {
    if (count === 0) continue;
    const cells: HTMLElement[] = [];
    for (let i = 0; i < count; ++i) {
      const place = --at, bit = (value >> BigInt(place)) & 1n;
      const next = '#x' + (value ^ (1n << BigInt(place))).toString(16).padStart(Math.ceil(width / 4), '0');
      cells.push(h('button', { type: 'button', class: `bit ${kind}`, 'aria-label': words.bits.cell(words.bits.kinds[kind]!, place, Number(bit)), click: () => turn(next) }, String(bit)));
    }
    groups.push(h('div', { class: 'bit-group' }, h('div', { class: 'bit-row' }, ...cells), h('small', {}, `${words.bits.kinds[kind]} (${count})`)));
  }
  groups.push(h('div', { class: 'bit-group' }, h('code', { class: 'code' }, code), h('small', {}, words.bits.code)));
  return groups;
}
