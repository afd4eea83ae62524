// The worker: emscripten's module (createEngine stands before this script), and one command at a time.

export type Request =
  | { kind: 'start'; wasm: ArrayBuffer }
  | { kind: 'ask'; words: string[]; input: string; files: Record<string, string>; read: string };
export type Reply = { kind: 'ready' } | { kind: 'answer'; code: number; out: string; err: string; file: string };

interface Module {
  ccall(name: string, result: 'string', types: ['string'], values: [string]): string;
  FS: {
    writeFile(path: string, data: string): void;
    readFile(path: string, options: { encoding: 'utf8' }): string;
    unlink(path: string): void;
  };
}
declare function createEngine(options: { wasmBinary: ArrayBuffer; stdin: () => null; stdout: (c: number) => void; stderr: (c: number) => void }): Promise<Module>;

let engine: Module;

function answer(words: string[], input: string, files: Record<string, string>, read: string): Reply {
  for (const [name, text] of Object.entries(files)) engine.FS.writeFile(name, text);
  let reply: { code: number; out: string; err: string };
  try {
    reply = JSON.parse(engine.ccall('roundoff_run', 'string', ['string'], [JSON.stringify({ words, input })]));
  } catch (error) {
    reply = { code: 70, out: '', err: `roundoff: the engine stopped: ${String(error)}` };
  }
  let file = '';
  if (read) {
    try {
      file = engine.FS.readFile(read, { encoding: 'utf8' });
      engine.FS.unlink(read);
    } catch {
      file = '';  // the command ended before it wrote one
    }
  }
  return { kind: 'answer', ...reply, file };
}

self.onmessage = async (event: MessageEvent<Request>) => {
  const request = event.data;
  if (request.kind === 'start') {
    engine = await createEngine({ wasmBinary: request.wasm, stdin: () => null, stdout: () => {}, stderr: () => {} });
    self.postMessage({ kind: 'ready' } satisfies Reply);
    return;
  }
  self.postMessage(answer(request.words, request.input, request.files, request.read));
};
