// Changes one token of src/ at a time, and looks whether the tests notice:
//   node scripts/mutation.mjs [--count 300] [--seed 1] [--only src/pth] [--tests test/unit/pth] [--full]
// Mutants are sampled by a seed from all that StrykerJS knows to make, and from the numbers, and they compile. Its vitest
// runner first runs on each those tests of `npm test` that cover it and stay in their process. What survives that is written
// into a copy of the project and has to get past a whole `npm test`, whose commands run in processes of their own; with --full,
// past `npm run test:full` as well. What is left is compared with test/mutation/equivalent.json. --only and --tests take how paths
// begin, with commas between several: a folder and its tests alone take minutes, all of them hours.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { createInstrumenter } from '@stryker-mutator/instrumenter';
import { createInjector } from 'typed-inject';

/** Not one token, or words for people alone. */
const EXCLUDED = ['StringLiteral', 'BlockStatement', 'ObjectLiteral'];
const EQUIVALENT = 'test/mutation/equivalent.json';
/** Tests with such an import do their work where StrykerJS's mutants are not. */
const OTHER_PROCESSES =
  /from '(node:child_process|node:worker_threads|\.\.\/support\/(command|builtLibrary|memory)\.js)'/;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'src' },
    tests: { type: 'string', default: 'test/unit' },
    full: { type: 'boolean', default: false },
  },
});

await mutateNumbers();
const tests = filesBelow('test/unit', values.tests, '.test.ts');
const elsewhere = tests.filter((name) => OTHER_PROCESSES.test(readFileSync(name, 'utf8')));
const inProcess = tests.filter((name) => !elsewhere.includes(name));
const copy = copyOfProject();
try {
  const sample = sampled(await allMutants(values.only), Number(values.count), Number(values.seed));
  console.log(
    `${sample.length} mutants of seed ${values.seed}, ${inProcess.length} files of tests`,
  );
  const killed = await runStryker(sample);
  const left = sample.filter((mutant) => !killed.has(nameOf(mutant)));
  for (const mutant of left) console.log(`left: ${nameOf(mutant)}`);
  console.log(`${left.length} are left; all tests follow for each`);
  const survivors = left.filter((mutant, i) => {
    const survived = passesAll(mutant);
    console.log(`${i + 1}/${left.length} ${survived ? 'survived' : 'killed  '} ${nameOf(mutant)}`);
    return survived;
  });
  report(sample.length, survivors);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** Files of a folder whose paths begin with one of several texts. */
function filesBelow(folder, beginnings, extension) {
  const begins = beginnings.split(',');
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((name) => name.endsWith(extension) && begins.some((begin) => name.startsWith(begin)))
    .sort();
}

/** StrykerJS leaves numbers as they are. */
async function mutateNumbers() {
  const { allMutators } = await partOfInstrumenter('mutators/index.js');
  allMutators.push({
    name: 'NumericLiteral',
    *mutate(path) {
      const isKey = path.parent.key === path.node && !path.parent.computed;
      if (path.isNumericLiteral() && !isKey) {
        yield { type: 'NumericLiteral', value: path.node.value + 1 };
      }
    },
  });
}

/** Every mutant of the files whose paths begin so. */
async function allMutants(beginnings) {
  const files = filesBelow('src', beginnings, '.ts')
    .filter((name) => !name.endsWith('.d.ts'))
    .map((name) => ({ name, content: readFileSync(name, 'utf8'), mutate: true }));
  const silent = Object.fromEntries(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => undefined]),
  );
  const logger = { ...silent, isDebugEnabled: () => false };
  const injector = createInjector().provideValue('logger', logger);
  const { mutants } = await createInstrumenter(injector).instrument(files, {
    plugins: null,
    excludedMutations: EXCLUDED,
    ignorers: [],
    noHeader: true,
  });
  return mutants.filter(({ status }) => status !== 'Ignored');
}

/** A sample of mutants that compile, without repeats, by xorshift32. */
function sampled(mutants, count, seed) {
  let state = seed >>> 0 || 1;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const rest = [...mutants];
  const out = [];
  while (out.length < count && rest.length > 0) {
    const drawn = new Map();
    const wanted = count - out.length;
    for (let tries = 0; tries < 2 * wanted && drawn.size < wanted && rest.length > 0; tries++) {
      const index = Math.floor(random() * rest.length);
      if (drawn.has(rest[index].fileName)) continue;
      const [mutant] = rest.splice(index, 1);
      drawn.set(mutant.fileName, mutant);
    }
    out.push(...compiling([...drawn.values()]));
  }
  return out.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** Those of some mutants of different files that compile. Mostly, an error is where the mutant is. */
function compiling(mutants) {
  const { status, stdout } = withMutants(mutants, () => runInCopy('npx', ['tsc', '--noEmit']));
  if (status === 0) return mutants;
  const wrong = new Set(
    [...stdout.matchAll(/^([^\s(]+)\(\d+,\d+\): error/gm)].map(([, file]) => file),
  );
  const known = mutants.filter(({ fileName }) => wrong.has(fileName));
  if (known.length === 0 && mutants.length === 1) return [];
  if (known.length === 0) return mutants.flatMap((mutant) => compiling([mutant]));
  // The others' errors may have been hidden, or caused, by these.
  return compiling(mutants.filter((mutant) => !known.includes(mutant)));
}

/** Lines and columns from 1, as editors count. */
function nameOf({ fileName, location: { start, end }, replacement }) {
  const file = fileName.slice(fileName.lastIndexOf('src/'));
  return `${file}:${start.line + 1}:${start.column + 1}-${end.line + 1}:${end.column + 1} -> ${replacement.replace(/\s+/g, ' ').slice(0, 80)}`;
}

async function runStryker(mutants) {
  await collectOnly(new Set(mutants.map(nameOf)));
  process.env.CYCLEGAN_MUTATION_TESTS = inProcess.join(',');
  const stryker = new Stryker({
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    plugins: ['@stryker-mutator/vitest-runner'],
    mutate: [...new Set(mutants.map(({ fileName }) => fileName))],
    mutator: { excludedMutations: EXCLUDED },
    coverageAnalysis: 'perTest',
    concurrency: 2,
    reporters: ['dots'],
    tempDirName: '.cache/stryker',
    disableTypeChecks: false,
    // It would be rewritten with the JavaScript interface of TypeScript, which version 7 no longer has.
    tsconfigFile: 'none.json',
    timeoutMS: 20_000,
    dryRunTimeoutMinutes: 20,
    ignorePatterns: ['dist', 'bench', 'docs', 'release'],
    thresholds: { break: null },
  });
  const tested = await stryker.runMutationTest();
  const killed = tested.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  return new Set(killed.map((mutant) => nameOf(zeroBased(mutant))));
}

/** StrykerJS can be told places, but not which of the mutants there. */
async function collectOnly(names) {
  const { MutantCollector } = await partOfInstrumenter('transformers/mutant-collector.js');
  const { collect } = MutantCollector.prototype;
  MutantCollector.prototype.collect = function (...args) {
    const mutant = collect.apply(this, args);
    if (!names.has(nameOf(mutant.toApiMutant()))) mutant.ignoreReason ??= 'not in the sample';
    return mutant;
  };
}

/** What it does not export. */
function partOfInstrumenter(path) {
  return import(new URL(path, import.meta.resolve('@stryker-mutator/instrumenter')).href);
}

/** Stryker's results count lines and columns from 1. */
function zeroBased({ location: { start, end }, ...rest }) {
  const less = ({ line, column }) => ({ line: line - 1, column: column - 1 });
  return { ...rest, location: { start: less(start), end: less(end) } };
}

function passesAll(mutant) {
  const passes = (program, args) => runInCopy(program, args).status === 0;
  const unit = ['vitest', 'run', '--project', 'unit', '--bail', '1'];
  return withMutants([mutant], () => {
    // StrykerJS takes no notice of a file that fails before its first test.
    for (const files of [elsewhere, inProcess]) {
      if (files.length > 0 && !passes('npx', [...unit, ...files])) return false;
    }
    return !values.full || passes('npm', ['run', 'test:full', '--', '--bail', '1']);
  });
}

/** Runs a program in the copy; the large fixtures stay where they are. */
function runInCopy(program, args) {
  const fixtures = process.env.CYCLEGAN_FIXTURES ?? join(process.cwd(), '../shared/fixtures');
  const env = { ...process.env, CYCLEGAN_FIXTURES: fixtures };
  const stdio = ['ignore', 'pipe', 'ignore'];
  return spawnSync(program, args, { cwd: copy, stdio, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
}

/** What git knows of, in a temporary folder. */
function copyOfProject() {
  const folder = mkdtempSync(join(tmpdir(), 'cyclegan-mutant-'));
  for (const file of execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    cpSync(file, join(folder, file));
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Does something while the copy has some mutants, of different files. */
function withMutants(mutants, action) {
  const before = mutants.map((mutant) => writeMutant(mutant));
  try {
    return action();
  } finally {
    for (const { path, text } of before) writeFileSync(path, text);
  }
}

/** Gives back what the file was. */
function writeMutant({ fileName, location: { start, end }, replacement }) {
  const path = join(copy, fileName);
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  const offset = ({ line, column }) =>
    lines.slice(0, line).reduce((sum, content) => sum + content.length + 1, 0) + column;
  writeFileSync(path, text.slice(0, offset(start)) + replacement + text.slice(offset(end)));
  return { path, text };
}

function report(total, survivors) {
  const known = JSON.parse(readFileSync(EQUIVALENT, 'utf8'));
  const isKnown = ({ fileName, replacement, location: { start } }) =>
    known.some(
      (entry) =>
        entry.file === fileName &&
        entry.replacement === replacement &&
        readFileSync(fileName, 'utf8').split('\n')[start.line].trim() === entry.line,
    );
  const open = survivors.filter((mutant) => !isKnown(mutant));
  for (const mutant of open) console.log(`survived: ${nameOf(mutant)}`);
  const equivalent = survivors.length - open.length;
  const killed = total - survivors.length;
  const score = (100 * killed) / (total - equivalent);
  console.log(
    `${killed} of ${total} mutants killed, ${equivalent} equivalent, ${open.length} survived: ${score.toFixed(1)} %`,
  );
  process.exitCode = score >= 90 ? 0 : 1;
}
