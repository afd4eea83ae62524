// The engine in the page is the program: the same text for the same questions. 20 000 eval lines over every format, rounding
// mode and order, and a trace of every construction.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { engine_folder, program } from './browser.mjs';
import { startEngine } from './engine.mjs';

assert.ok(existsSync(program), `the native program is missing: ${program} (ROUNDOFF names another)`);
const engine = await startEngine(engine_folder);

function native(words, input = '') {
  const run = spawnSync(program, words, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

/// Figures that no two runs share.
const timeless = (text) => text.replace(/"(seconds)": [\d.e+-]+/g, '"$1": 0').replace(/"git": "[^"]*"/g, '"git": ""');

function same(words, input) {
  const here = engine.run(words, input), there = native(words, input);
  assert.equal(here.code, there.code, `${words.join(' ')}: ${here.err || there.err}`);
  if (timeless(here.out) === timeless(there.out)) return;
  const a = timeless(here.out).split('\n'), b = timeless(there.out).split('\n');
  const at = a.findIndex((line, i) => line !== b[i]);
  assert.equal(a[at], b[at], `${words.join(' ')}, line ${at + 1}${input ? `: ${input.split('\n')[at]}` : ''}`);
}

/// A stream of numbers that is the same on every machine (xorshift).
function draws(seed) {
  let x = seed;
  return (below) => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return (x >>> 0) % below; };
}

test('20 000 eval lines over all formats, modes and orders', () => {
  const next = draws(20240601);
  const catalogue = JSON.parse(native(['formats', '--json']).out).formats.map((f) => f.example);
  const more = ['fp16', 'float(3,2)', 'float(8,24)', 'fixed(1,0)', 'fixed(0,4)', 'F(1,3)', 'posit(16,2)', 'twos(7,0)', 'ufixed(3,5)', 'binary12p5', 'float(11,30)'];
  const modifiers = ['', ':rna', ':rnz', ':rtz', ':rup', ':rdn', ':rod', ':sr(7)', ':sra(3,5)', ':srb(3,5)', ':src(3,5)', ':sat', ':satfinite', ':inf', ':trap', ':wrap', ':rtz:sat', ':ftz', ':daz', ':rup:tininess_after'];
  const unary = ['round', 'sqrt', 'rsqrt', 'exp', 'log', 'erf', 'tanh', 'gelu', 'silu', 'sigmoid'], binary = ['add', 'sub', 'mul', 'div'];
  const number = () => {
    switch (next(12)) {
      case 0: return ['0', '-0', 'inf', '-inf', 'nan', '1', '-1', '1/3', '448', '65504', '1e-9', '0x1p-1074'][next(12)];
      case 1: return `${next(2) ? '-' : ''}${next(1000)}/${1 + next(999)}`;
      case 2: return `${next(2) ? '-' : ''}0x${(1 + next(1 << 24)).toString(16)}p${next(40) - 40}`;
      case 3: return `${next(2) ? '-' : ''}0x1.${next(1 << 16).toString(16)}p${next(300) - 150}`;
      case 4: return String(next(9) - 4);
      default: return `${next(2) ? '-' : ''}${next(64)}.${String(next(1000)).padStart(3, '0')}`;
    }
  };
  // (a modifier that a format does not have is an error, and is asked in the last test)
  const every = [...catalogue, ...more].flatMap((format) => modifiers.map((modifier) => format + modifier));
  const known = native(['eval', '--stdin'], every.map((format) => `${format} round 1\n`).join('')).out.split('\n');
  const all = every.filter((_, i) => !known[i].startsWith('error'));
  assert.ok(all.length > 400, `${all.length} formats`);
  const lines = [];
  for (let i = 0; lines.length < 20000; ++i) {
    const format = all[i % all.length];
    const kind = next(10);
    if (kind < 5) lines.push(`${format} ${binary[next(4)]} ${number()} ${number()}`);
    else if (kind < 6) lines.push(`${format} fma ${number()} ${number()} ${number()}`);
    else if (kind < 8) lines.push(`${format} ${unary[next(unary.length)]} ${number()}`);
    else lines.push(`${format} ${['sum', 'dot', 'softmax'][next(3)]} ${Array.from({ length: 2 + 2 * next(5) }, number).join(' ')}`);
  }
  const orders = ['sequential', 'tree', 'exact', 'wide:binary32', 'blocked:3'];
  const part = Math.ceil(lines.length / orders.length);
  for (const [i, order] of orders.entries())
    same(['eval', '--stdin', '--order', order, ...(i % 2 ? ['--softmax', 'plain'] : [])], lines.slice(i * part, (i + 1) * part).join('\n') + '\n');
  const errors = engine.run(['eval', '--stdin'], lines.join('\n')).out.split('\n').filter((line) => line.startsWith('error'));
  assert.ok(errors.length < 200, `${errors.length} lines are wrong: ${errors[0]}`);
  for (const format of ['e4m3', 'binary16:sr(5)', 'posit(8,2)', 'fixed(4,3)', 'binary64'])
    for (const order of orders) same(['eval', format, 'sum', '--json', '--order', order, '1/3', '16', '0.3', '2.5', '1e-3']);
});

test('traces, explanations and verdicts of every construction', () => {
  const folder = mkdtempSync(join(tmpdir(), 'roundoff-lab-'));
  const questions = { add: '01+11=', iteradd: '01+11+10=', mul: '01*11=', majority: '1+0+1=', parity: '1+0+1=', 'cot-iteradd': '01+11=', 'cot-mul': '01*11=' };
  const list = JSON.parse(native(['constructions', '--json']).out);
  assert.ok(list.length > 20);
  for (const { name, task } of list) {
    const question = questions[task];
    assert.ok(question, `a question of ${task} for this test`);
    const words = ['run', name, '--p', '2', '--json', question];
    const file = join(folder, 'trace.jsonl');
    const there = native([...words, '--trace', file]);
    const here = engine.run([...words, '--trace', 'trace.jsonl']);
    assert.equal(here.code, there.code, `${name}: ${here.err}`);
    assert.equal(timeless(here.out).replace(/--trace \S+/, ''), timeless(there.out).replace(/--trace \S+/, ''), name);
    assert.equal(engine.read('trace.jsonl'), readFileSync(file, 'utf8'), `the trace of ${name}`);
    same(['constructions', name, '--json']);
  }
  for (const format of ['fixed(5,0)', 'fixed(4,0)', 'float(4,3)']) same(['explain', 'add-hinge', '--p', '10', '--format', format, '--round-weights', '000+001=', '--json']);
  for (const format of ['fixed(2,0)', 'fixed(3,0)', 'fixed(4,0)', 'float(5,4)']) same(['verify', 'add-hinge', '--p', '2', '--n', '4', '--format', format, '--round-weights', '--method', 'exhaustive', '--json', '--threads', '1']);
  same(['verify', 'iteradd-log', '--p', '2', '--n', '3', '--k', '3', '--json', '--threads', '1']);
  same(['verify', 'add-hinge', '--p', '2', '--n', '12', '--method', 'certify', '--json', '--threads', '1']);
});

test('what the page is asked wrongly is answered as in a terminal', () => {
  for (const words of [['eval', 'flot16', 'add', '1', '2'], ['run', 'ad-hinge', '1+1='], ['formats', 'fixed(3'], ['eval', 'e4m3', 'sqt', '2'], ['eval', 'e4m3:wrap', 'add', '1', '2']]) {
    const here = engine.run(words), there = native(words);
    assert.equal(here.code, there.code);
    assert.equal(here.err, there.err);
  }
});

