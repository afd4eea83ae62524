// Builds the page: one HTML file that needs no other. build.mjs ENGINE_FOLDER OUT_FOLDER, where the first holds engine.js and
// engine.wasm (cmake --build --preset wasm).
import { build } from 'esbuild';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const [engine = join(here, '../build/wasm'), out = join(here, '../build/lab')] = process.argv.slice(2).map((path) => resolve(path));

const bundle = async (file) => {
  const result = await build({ entryPoints: [join(here, 'page', file)], bundle: true, minify: true, format: 'iife', target: ['chrome111', 'firefox113'], write: false, logLevel: 'warning' });
  return result.outputFiles[0].text;
};
// What ends a script element may not stand within one.
const script = (text) => text.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');

const style = (await build({ entryPoints: [join(here, 'page/style.css')], minify: true, write: false })).outputFiles[0].text;
const parts = {
  STYLE: style,
  ENGINE: gzipSync(readFileSync(join(engine, 'engine.wasm')), { level: 9 }).toString('base64'),
  WORKER: script(readFileSync(join(engine, 'engine.js'), 'utf8') + '\n' + (await bundle('worker.ts'))),
  PAGE: script(await bundle('main.ts')),
};
const html = readFileSync(join(here, 'page/index.html'), 'utf8').replace(/\/\*([A-Z]+)\*\//g, (_, name) => parts[name]);
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'index.html'), html);
const kilobytes = (bytes) => `${Math.round(bytes / 1024)} KB`;
console.log(`${join(out, 'index.html')}: ${kilobytes(html.length)}, ${kilobytes(gzipSync(html, { level: 9 }).length)} compressed`);
