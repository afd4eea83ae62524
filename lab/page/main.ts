// The page: which view is shown, in which state, and what stands around it. The state is in the address (after #), so that
// any view can be linked: #number?format=e4m3&op=add&x=16&y=1.
import { line, type Context, type State, type View } from './context';
import { h, replace } from './dom';
import { Engine, unpack, type Answer, type Question } from './engine';
import { lessonPanel } from './lessons';
import { mapView } from './views/map';
import { numberView } from './views/number';
import { sumView } from './views/sum';
import { transformerView } from './views/transformer';
import { words } from './words';

const views: View[] = [numberView, sumView, transformerView, mapView];
const shows = new Map<string, (state: State) => void>();
const roots = new Map<string, HTMLElement>();
const models = new Map<string, string>();

let engine: Engine | null = null;
let view = views[0]!;
let own: State = {};  // what differs from the view's defaults
let lesson = '';
const waiting: (() => void)[] = [];

const status = h('p', { class: 'status', role: 'status' }, words.loading);
const said = h('p', { class: 'sr', 'aria-live': 'polite' });
const stage = h('div', { id: 'view', class: 'view-root', tabindex: -1 });
const nav = h('nav', { 'aria-label': words.title });
const panel = h('section', { class: 'lesson', 'aria-label': words.views['lessons']!, hidden: true });
const terminal = h('section', { class: 'terminal', 'aria-label': words.commands });

function stored(key: string): string {
  try { return localStorage.getItem(key) ?? ''; } catch { return ''; }
}
function store(key: string, value: string): void {
  try { localStorage.setItem(key, value); } catch { /* a page from a file may have no storage */ }
}

function address(id: string, state: State, lessonNow: string): string {
  const parameters = new URLSearchParams();
  const defaults = views.find((v) => v.id === id)?.defaults ?? {};
  for (const [key, value] of Object.entries(state)) if (value !== defaults[key]) parameters.set(key, value);
  if (lessonNow) parameters.set('lesson', lessonNow);
  const text = parameters.toString();
  return `#${id}${text ? '?' + text : ''}`;
}

function read(): { id: string; state: State; lesson: string } {
  const hash = location.hash.replace(/^#/, '');
  const cut = hash.indexOf('?');
  const id = cut < 0 ? hash : hash.slice(0, cut);
  const state: State = {};
  for (const [key, value] of new URLSearchParams(cut < 0 ? '' : hash.slice(cut + 1))) state[key] = value;
  const lessonNow = state['lesson'] ?? '';
  delete state['lesson'];
  return { id, state, lesson: lessonNow };
}

const context: Context = {
  set(change) {
    const next = { ...own };
    for (const [key, value] of Object.entries(change)) if (value === undefined) delete next[key]; else next[key] = value;
    own = next;
    history.replaceState(null, '', address(view.id, own, lesson));
    paint();
  },
  go(id, state) {
    history.pushState(null, '', address(id, state, lesson));
    restore();
    stage.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  },
  async ask(question: Question): Promise<Answer | null> {
    if (!engine) await new Promise<void>((done) => waiting.push(done));
    return engine!.ask(question);
  },
  drop(channel) { engine?.drop(channel); },
  async stop() { await engine?.stop(); },
  commands(lines) {
    const texts = lines.map(line);
    replace(terminal, h('h2', {}, words.commands), ...texts.map((command) => {
      const copy = h('button', { type: 'button', class: 'copy', 'aria-label': `${words.copy}: ${command}`, click: () => { void copyText(command, copy, words.copy, words.copied); } }, words.copy);
      return h('div', { class: 'command' }, h('code', { tabindex: 0 }, command), copy);
    }));
  },
  say(text) { said.textContent = text; },
  model: (name) => models.get(name),
  models: () => [...models.keys()],
};

async function copyText(value: string, button: HTMLElement, before: string, after: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    const area = h('textarea', { value });
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  button.textContent = after;
  context.say(after);
  setTimeout(() => { button.textContent = before; }, 1500);
}

function paint(): void {
  let show = shows.get(view.id);
  if (!show) {
    const root = h('div', { class: `view ${view.id}` });
    roots.set(view.id, root);
    show = view.mount(root, context);
    shows.set(view.id, show);
  }
  const root = roots.get(view.id)!;
  if (stage.firstElementChild?.nextElementSibling !== root) replace(stage, h('h1', {}, words.views[view.id]!), root);
  show({ ...view.defaults, ...own });
  for (const link of nav.querySelectorAll('a')) {
    if (link.dataset['view'] === view.id && !lesson) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  nav.querySelector('[data-view=lessons]')!.toggleAttribute('data-on', lesson !== '');
  if (lesson) nav.querySelector('[data-view=lessons]')!.setAttribute('aria-current', 'page');
  document.title = `${words.views[view.id]} · ${words.title}`;
}

function restore(): void {
  const asked = read();
  lesson = asked.lesson;
  if (asked.id === 'lessons') {
    lesson ||= '0';
    view = numberView;
    own = asked.state;
  } else {
    view = views.find((v) => v.id === asked.id) ?? numberView;
    own = asked.state;
  }
  lessonPanel(panel, lesson, asked.id === 'lessons', context, (number, id, state) => {
    lesson = number;
    history.pushState(null, '', address(id, state, lesson));
    restore();
  });
  document.body.classList.toggle('in-lessons', asked.id === 'lessons');
  paint();
}

async function load(file: File): Promise<void> {
  const content = await file.text();
  let good = false;
  try { good = Array.isArray(JSON.parse(content).layers); } catch { good = false; }
  const name = file.name.replace(/[^\w.-]/g, '_');
  status.hidden = false;
  replace(status, good ? words.dropped(name) : words.notModel(name));
  status.classList.toggle('wrong', !good);
  if (!good) return;
  models.set(name, content);
  const task = JSON.parse(content).task as { name?: string; p?: number; n?: number } | undefined;
  const digits = Math.max(1, Math.min(12, task?.n ?? 2));
  context.go('transformer', { name, ...(task?.p ? { p: String(task.p) } : {}), input: `${'0'.repeat(digits - 1)}1${task?.name === 'mul' ? '*' : '+'}${'0'.repeat(digits - 1)}1=` });
}

function shell(): void {
  for (const [id, name] of Object.entries(words.views)) nav.append(h('a', { href: `#${id}`, 'data-view': id }, name));
  const themes = ['auto', 'light', 'dark'];
  const theme = h('button', { type: 'button', click: () => setTheme(themes[(themes.indexOf(document.documentElement.dataset['theme'] ?? 'auto') + 1) % 3]!) });
  const setTheme = (name: string) => {
    document.documentElement.dataset['theme'] = name;
    theme.textContent = words.theme[name]!;
    store('theme', name);
  };
  const projector = h('button', { type: 'button', 'aria-pressed': 'false', click: () => {
    const on = document.body.classList.toggle('projector');
    projector.setAttribute('aria-pressed', String(on));
  } }, words.projector);
  const share = h('button', { type: 'button', click: () => { void copyText(location.href, share, words.link, words.linkCopied); } }, words.link);
  const chooser = h('input', { type: 'file', accept: '.json,application/json', class: 'sr', id: 'chooser', change: () => { const file = chooser.files?.[0]; if (file) void load(file); } });
  document.body.append(
    h('a', { href: '#view', class: 'skip', click: (event: Event) => { event.preventDefault(); stage.focus(); } }, words.skip),
    h('header', {}, h('div', { class: 'brand' }, h('strong', {}, words.title), h('span', {}, words.tagline)), nav),
    status, h('main', {}, panel, stage, terminal),
    h('footer', {}, h('div', { class: 'row' }, share, theme, projector),
      h('p', {}, `${words.drop} `, h('label', { for: 'chooser', class: 'link' }, words.choose), '.', chooser),
      h('details', {}, h('summary', {}, words.about), h('p', {}, words.aboutText))),
    said);
  setTheme(stored('theme') || 'auto');
  addEventListener('hashchange', restore);
  addEventListener('popstate', restore);
  addEventListener('dragover', (event) => { event.preventDefault(); document.body.classList.add('dropping'); });
  addEventListener('dragleave', (event) => { if (!event.relatedTarget) document.body.classList.remove('dropping'); });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('dropping');
    const file = event.dataTransfer?.files[0];
    if (file) void load(file);
  });
}

async function start(): Promise<void> {
  shell();
  restore();
  try {
    const script = document.getElementById('worker')!.textContent!;
    const started = new Engine(script, await unpack(document.getElementById('engine')!.textContent!));
    await started.ready;
    engine = started;
    status.hidden = true;
    document.documentElement.dataset['ready'] = 'yes';
    for (const done of waiting.splice(0)) done();
  } catch (error) {
    status.className = 'status wrong';
    replace(status, words.failed(error instanceof Error ? error.message : String(error)));
  }
}

void start();
