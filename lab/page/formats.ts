// The field for a format: presets, and any notation; what is wrong with it stands below.
import { h, text } from './dom';
import { words } from './words';

let lists = 0;

export function formatField(change: (value: string) => void, label = words.format.label): { input: HTMLInputElement; box: HTMLElement; fault(why: string): void } {
  const id = `formats-${++lists}`;
  const input = text('', change, { list: id, id: `${id}-input`, class: 'format', 'aria-describedby': `${id}-fault` });
  const fault = h('small', { class: 'fault', id: `${id}-fault`, role: 'status' });
  const box = h('div', { class: 'field' }, h('label', { for: input.id }, label), input,
    h('datalist', { id }, ...words.format.presets.map(([name, what]) => h('option', { value: name }, what))), fault);
  return { input, box, fault(why) { fault.textContent = why; input.setAttribute('aria-invalid', why ? 'true' : 'false'); } };
}
