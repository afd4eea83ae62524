// The registry of constructions, asked of the engine once.
import type { Context } from './context';

export interface Knob { summary: string; default: number; least: number; most: number; }
export interface Construction {
  name: string; task: string; regime: string; family: string; width: string; summary: string; theorem: string;
  knobs: Record<string, Knob>; semantics: Record<string, unknown>; outside_the_theorem: string;
}

let list: Promise<Construction[]> | null = null;

export function constructions(context: Context): Promise<Construction[]> {
  list ??= context.ask({ words: ['constructions', '--json'] }).then((answer) => {
    const document_ = JSON.parse(answer!.out);
    return (Array.isArray(document_) ? document_ : document_.constructions) as Construction[];
  });
  return list;
}

/// A question that a construction of this task can answer, of about two digits.
export function exampleOf(task: string, base: number): string {
  const d = (n: number) => String(Math.min(n, base - 1));
  switch (task) {
    case 'add': return `0${d(9)}${d(9)}+00${d(1)}=`;
    case 'iteradd': return `${d(9)}${d(9)}+${d(9)}${d(1)}+${d(1)}${d(9)}=`;
    case 'mul': return `${d(9)}${d(9)}*${d(1)}${d(9)}=`;
    case 'cot-iteradd': return `${d(1)}${d(9)}+${d(9)}${d(1)}=`;
    case 'cot-mul': return `${d(1)}${d(9)}*${d(9)}${d(1)}=`;
    case 'majority': return '1+0+1+1+0=';
    case 'parity': return '0+1+1+1=';
    default: return '';
  }
}
