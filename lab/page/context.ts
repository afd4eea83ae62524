// What a view is, and what it is given.
import type { Answer, Question } from './engine';

export type State = Record<string, string>;

export interface Context {
  /// Changes the state of the view that is shown; what is undefined goes back to its default.
  set(change: Record<string, string | undefined>): void;
  /// Another view, in this state.
  go(view: string, state: State): void;
  ask(question: Question): Promise<Answer | null>;
  drop(channel: string): void;
  stop(): Promise<void>;
  /// The commands that give what is shown.
  commands(lines: string[][]): void;
  /// Said to screen readers.
  say(text: string): void;
  /// A model that was dropped on the page, by the name of its file.
  model(name: string): string | undefined;
  models(): string[];
}

export interface View {
  readonly id: string;
  readonly defaults: State;
  /// Builds the view once, and gives what shows a state.
  mount(root: HTMLElement, context: Context): (state: State) => void;
}

/// The one line of what went wrong, without the program's name.
export function failure(answer: Answer): string {
  return answer.err.trim().replace(/^roundoff: /, '');
}

/// A command as a line for a shell.
export function line(words: readonly string[]): string {
  return ['roundoff', ...words].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`)).join(' ');
}
