// What `roundoff explain` says, as data and as sentences.
import { type Context } from './context';
import type { Question } from './engine';

export interface Explained {
  blame: 'none' | 'rounding' | 'construction' | 'specification';
  wrong_output?: number;
  position?: number;
  culprit?: { what: string; site: { layer: number; site: string; pos?: number; index?: number; head?: number; key?: number }; place: string;
    operation: string; exact: string; rounded: string; mishap: string };
}

/// The document and the sentences of one question; null where another one took its place.
export async function explain(context: Context, question: string[], files: Question['files']): Promise<{ data: Explained; text: string } | string | null> {
  const data = await context.ask({ words: ['explain', ...question, '--json'], ...(files ? { files } : {}), channel: 'explain' });
  if (!data) return null;
  if (data.code > 1) return data.err.trim().replace(/^roundoff: /, '');
  const text = await context.ask({ words: ['explain', ...question], ...(files ? { files } : {}), channel: 'explain' });
  return text ? { data: JSON.parse(data.out) as Explained, text: text.out } : null;
}

/// The paragraph that blames, without tables.
export function sentences(text: string): string[] {
  const from = text.indexOf('Blame:');
  if (from < 0) return [];
  const end = text.indexOf('\n\n', from);
  return text.slice(from, end < 0 ? undefined : end).split('\n').map((line) => line.trim()).filter(Boolean);
}
