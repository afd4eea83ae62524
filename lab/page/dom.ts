// Elements in one expression each.

type Child = Node | string | null | undefined | false;
type Props = Record<string, string | number | boolean | ((event: never) => void) | undefined>;

function fill<E extends Element>(element: E, props: Props, children: Child[]): E {
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(key, value as EventListener);
    else if (key === 'value' && 'value' in element) (element as unknown as { value: string }).value = String(value);
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return element;
}

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), props, children);
}

export function s<K extends keyof SVGElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): SVGElementTagNameMap[K] {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children);
}

export function replace(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
}

let fields = 0;

/// A labelled control.
export function field(label: string, control: HTMLElement, hint = ''): HTMLElement {
  if (!control.id) control.id = `field-${++fields}`;
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, hint ? h('small', {}, hint) : null);
}

export function select(options: readonly (readonly [string, string])[], value: string, change: (value: string) => void): HTMLSelectElement {
  const element = h('select', { change: () => change(element.value) }, ...options.map(([id, name]) => h('option', { value: id }, name)));
  element.value = value;
  return element;
}

/// A text field that answers to Enter, to leaving it, and to a pause in typing.
export function text(value: string, change: (value: string) => void, more: Props = {}): HTMLInputElement {
  let timer = 0;
  const input = h('input', { type: 'text', value, spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off',
    input: () => { clearTimeout(timer); timer = window.setTimeout(() => change(input.value), 350); },
    change: () => { clearTimeout(timer); change(input.value); }, ...more });
  return input;
}

/// Sets a control's value unless somebody is typing in it.
export function put(control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, value: string): void {
  if (document.activeElement !== control || control instanceof HTMLSelectElement) control.value = value;
}
