// The lessons: a panel beside the view that they set up, with a question at the end of each.
import type { Context, State } from './context';
import { h, replace } from './dom';
import { words, type Lesson } from './words';

type Open = (number: string, view: string, state: State) => void;

export function lessonPanel(panel: HTMLElement, number: string, atStart: boolean, context: Context, open: Open): void {
  panel.hidden = number === '' || (number === '0' && !atStart);
  if (panel.dataset['number'] === number && number !== '0') return;
  panel.dataset['number'] = number;
  if (number === '') return replace(panel);
  const list = words.lessons.list;
  const begin = (i: number) => open(String(i + 1), list[i]!.view, list[i]!.state);
  const lesson: Lesson | undefined = list[Number(number) - 1];
  if (!lesson) {
    replace(panel, h('h1', {}, words.views['lessons']!), h('p', { class: 'lead' }, words.lessons.lead),
      h('ol', { class: 'lesson-list' }, ...list.map((each, i) => h('li', {}, h('button', { type: 'button', click: () => begin(i) }, h('small', {}, words.lessons.lesson(i + 1)), h('strong', {}, each.title), h('span', {}, each.text[0]!))))));
    return;
  }
  const at = Number(number) - 1;
  const verdict = h('p', { class: 'verdict', role: 'status' });
  const choices = lesson.choices.map((choice, i) => h('button', { type: 'button', 'aria-pressed': 'false', click: () => {
    choices.forEach((button, j) => { button.setAttribute('aria-pressed', String(i === j)); button.className = j !== i ? '' : i === lesson.answer ? 'right' : 'wrong'; });
    replace(verdict, h('strong', {}, i === lesson.answer ? words.lessons.right : words.lessons.notQuite), i === lesson.answer ? ` ${lesson.why}` : '');
  } }, choice));
  replace(panel, h('div', { class: 'lesson-head' }, h('small', {}, words.lessons.lesson(at + 1)), h('h2', {}, lesson.title)),
    ...lesson.text.map((paragraph) => h('p', {}, paragraph)),
    h('div', { class: 'chips' }, h('button', { type: 'button', click: () => context.go(lesson.view, lesson.state) }, words.lessons.tryIt),
      ...lesson.tries.map(([name, change]) => h('button', { type: 'button', click: () => context.go(lesson.view, { ...lesson.state, ...change }) }, name))),
    h('p', { class: 'strong' }, lesson.question), h('div', { class: 'chips choices' }, ...choices), verdict,
    h('div', { class: 'row' }, at + 1 < list.length ? h('button', { type: 'button', class: 'primary', click: () => begin(at + 1) }, words.lessons.next) : null,
      h('button', { type: 'button', click: () => open('', lesson.view, lesson.state) }, words.lessons.close)));
}
