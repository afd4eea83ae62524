// The engine in Node, as the page's worker runs it: for the comparisons with the native program.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';

/// A function of the words of a command line (and its standard input) that gives {code, out, err}; files it wrote are read with
/// `read`.
export async function startEngine(folder) {
  const source = readFileSync(join(folder, 'engine.js'), 'utf8');
  const wasmBinary = readFileSync(join(folder, 'engine.wasm'));
  const create = vm.runInThisContext(`(function (require, process, __dirname, __filename) { ${source}; return createEngine; })`)(
    createRequire(import.meta.url), process, folder, join(folder, 'engine.js'));
  const module = await create({ wasmBinary, stdin: () => null, stdout: () => {}, stderr: () => {} });
  const run = (words, input = '') => JSON.parse(module.ccall('roundoff_run', 'string', ['string'], [JSON.stringify({ words, input })]));
  return { run, read: (name) => { const text = module.FS.readFile(name, { encoding: 'utf8' }); module.FS.unlink(name); return text; } };
}
