// A trace of `roundoff run --trace`, by stage of the computation: the embedding, attention and feed-forward of every layer,
// the choice.

export interface Entry {
  layer: number; site: string; pos: number;
  head?: number; key?: number; index?: number;
  register?: string; token?: string; value: string; exact?: string;
}

export type StageKind = 'emb' | 'attention' | 'feed-forward' | 'choice';
export interface Stage {
  kind: StageKind;
  layer: number;
  /// The site that holds the stream after this stage.
  site: string;
}

const siteStage: Record<string, StageKind> = {
  emb: 'emb', q: 'attention', k: 'attention', v: 'attention', score: 'attention', exp: 'attention', z: 'attention', weight: 'attention',
  head: 'attention', attn: 'attention', mid: 'attention', pre: 'feed-forward', act: 'feed-forward', ffn: 'feed-forward', out: 'feed-forward',
  logits: 'choice', next: 'choice',
};

export class Trace {
  private readonly by = new Map<string, Entry[]>();
  readonly stages: Stage[] = [];
  readonly registers: string[] = [];
  readonly positions: number;

  constructor(lines: string) {
    const layers = new Map<number, Set<string>>();
    let positions = 0;
    for (const line of lines.split('\n')) {
      if (!line) continue;
      const entry = JSON.parse(line) as Entry;
      const key = `${entry.layer} ${entry.site} ${entry.pos}`;
      const list = this.by.get(key);
      if (list) list.push(entry);
      else this.by.set(key, [entry]);
      positions = Math.max(positions, entry.pos + 1);
      let sites = layers.get(entry.layer);
      if (!sites) layers.set(entry.layer, (sites = new Set()));
      sites.add(entry.site);
      if (entry.site === 'emb' && entry.index !== undefined) this.registers[entry.index] = entry.register ?? `x${entry.index}`;
    }
    this.positions = positions;
    this.stages.push({ kind: 'emb', layer: -1, site: 'emb' });
    for (const layer of [...layers.keys()].filter((l) => l >= 0).sort((a, b) => a - b)) {
      const sites = layers.get(layer)!;
      if (sites.has('mid')) this.stages.push({ kind: 'attention', layer, site: 'mid' });
      if (sites.has('out')) this.stages.push({ kind: 'feed-forward', layer, site: 'out' });
    }
    this.stages.push({ kind: 'choice', layer: -1, site: 'logits' });
  }

  at(layer: number, site: string, pos: number): Entry[] { return this.by.get(`${layer} ${site} ${pos}`) ?? []; }

  /// The value of a register after a stage.
  stream(stage: Stage, pos: number, index: number): Entry | undefined {
    return this.at(stage.layer, stage.site, pos)[index];
  }

  stageOf(layer: number, site: string): number {
    const base = site.replace(/ .*/, '');
    const kind = siteStage[base] ?? (base.startsWith('norm') ? 'attention' : 'choice');
    const at = this.stages.findIndex((s) => s.kind === kind && (s.layer === layer || kind === 'choice' || kind === 'emb'));
    return at >= 0 ? at : this.stages.length - 1;
  }
}
