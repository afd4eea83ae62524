// The engine from the page's side: questions are command lines, answered one after the other by a worker. A question on a
// channel replaces one that still waits there, so that dragging never queues up.
import type { Reply, Request } from './worker';

export interface Answer {
  code: number;
  out: string;
  err: string;
  /// A file that the command wrote, where `read` named one.
  file: string;
  seconds: number;
}

export interface Question {
  words: string[];
  input?: string;
  /// Files that the command reads, by name.
  files?: Record<string, string>;
  /// A file that it writes, to be handed back.
  read?: string;
  channel?: string;
}

interface Waiting {
  question: Question;
  done: (answer: Answer | null) => void;
}

export class Engine {
  private worker: Worker | null = null;
  private readonly queue: Waiting[] = [];
  private running: Waiting | null = null;
  private started = 0;
  ready: Promise<void>;

  constructor(private readonly script: string, private readonly wasm: ArrayBuffer) {
    this.ready = this.start();
  }

  private start(): Promise<void> {
    const url = URL.createObjectURL(new Blob([this.script], { type: 'text/javascript' }));
    const worker = new Worker(url);
    this.worker = worker;
    return new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = (event: MessageEvent<Reply>) => {
        const reply = event.data;
        if (reply.kind === 'ready') {
          URL.revokeObjectURL(url);
          resolve();
          this.next();
          return;
        }
        const waiting = this.running;
        this.running = null;
        waiting?.done({ ...reply, seconds: (performance.now() - this.started) / 1000 });
        this.next();
      };
      worker.postMessage({ kind: 'start', wasm: this.wasm } satisfies Request);
    });
  }

  /// Null where a later question on the same channel took its place, or it was stopped.
  ask(question: Question): Promise<Answer | null> {
    return new Promise((done) => {
      const at = question.channel ? this.queue.findIndex((w) => w.question.channel === question.channel) : -1;
      if (at >= 0) this.queue.splice(at, 1)[0]!.done(null);
      this.queue.push({ question, done });
      this.next();
    });
  }

  /// Drops what waits on channels of this name, and what runs there after a while.
  drop(channel: string): void {
    for (let i = this.queue.length; i-- > 0;)
      if (this.queue[i]!.question.channel?.startsWith(channel)) this.queue.splice(i, 1)[0]!.done(null);
  }

  /// Ends what runs: by a new worker, since the engine has one thread.
  async stop(): Promise<void> {
    for (const waiting of this.queue.splice(0)) waiting.done(null);
    this.running?.done(null);
    this.running = null;
    this.worker?.terminate();
    this.worker = null;
    await (this.ready = this.start());
  }

  get busy(): boolean { return this.running !== null; }

  private next(): void {
    if (this.running || !this.worker || this.queue.length === 0) return;
    const waiting = this.queue.shift()!;
    this.running = waiting;
    this.started = performance.now();
    const { words, input, files, read } = waiting.question;
    this.worker.postMessage({ kind: 'ask', words, input: input ?? '', files: files ?? {}, read: read ?? '' } satisfies Request);
  }
}

/// The engine's program, unpacked from the page itself.
export async function unpack(base64: string): Promise<ArrayBuffer> {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}
