// Changes one token of src/ at a time, and looks whether the tests notice:
//   node scripts/mutation.mjs [--count 300] [--seed 1] [--only src/pth] [--full]
// Mutants are sampled by a seed from all that StrykerJS knows to make and that compile. Its vitest runner first runs the
// covering tests of `npm test` on each. What survives that is written into a copy of the project and has to get past a whole
// `npm test`, whose commands and threads run in processes of their own; with --full, past `npm run test:full` as well. What
// is left is compared with test/mutation/equivalent.json.
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

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'src' },
    full: { type: 'boolean', default: false },
  },
});

const copy = copyOfProject();
try {
  const sample = sampled(await allMutants(values.only), Number(values.count), Number(values.seed));
  console.log(`${sample.length} mutants of seed ${values.seed}`);
  const results = await runStryker(sample);
  const left = sample.filter((mutant) => !results.get(nameOf(mutant))?.killed);
  console.log(`${left.length} are left after the covering tests; a whole npm test of each follows`);
  const survivors = left.filter((mutant, i) => {
    const survived = passesWhole(mutant);
    console.log(`${i + 1}/${left.length} ${survived ? 'survived' : 'killed  '} ${nameOf(mutant)}`);
    return survived;
  });
  report(sample.length, survivors);
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** Every mutant of the files below a path. */
async function allMutants(below) {
  const files = readdirSync('src', { recursive: true })
    .map((name) => join('src', name))
    .filter((name) => name.startsWith(below) && name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .sort()
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
    const [mutant] = rest.splice(Math.floor(random() * rest.length), 1);
    if (withMutant(mutant, () => passes('npx', ['tsc', '--noEmit']))) out.push(mutant);
  }
  return out.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** Lines and columns from 1, as editors count. */
function nameOf({ fileName, location: { start, end }, replacement }) {
  const file = fileName.slice(fileName.lastIndexOf('src/'));
  return `${file}:${start.line + 1}:${start.column + 1}-${end.line + 1}:${end.column + 1} -> ${replacement.replace(/\s+/g, ' ').slice(0, 80)}`;
}

async function runStryker(mutants) {
  const mutate = mutants.map(
    ({ fileName, location: { start, end } }) =>
      `${fileName}:${start.line + 1}:${start.column}-${end.line + 1}:${end.column}`,
  );
  const stryker = new Stryker({
    testRunner: 'vitest',
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    plugins: ['@stryker-mutator/vitest-runner'],
    mutate,
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
  return new Map(
    tested.map(({ status, ...mutant }) => [
      nameOf(zeroBased(mutant)),
      { killed: status === 'Killed' || status === 'Timeout' },
    ]),
  );
}

/** Stryker's results count lines and columns from 1. */
function zeroBased({ location: { start, end }, ...rest }) {
  const less = ({ line, column }) => ({ line: line - 1, column: column - 1 });
  return { ...rest, location: { start: less(start), end: less(end) } };
}

function passesWhole(mutant) {
  return withMutant(mutant, () => {
    if (!passes('npx', ['vitest', 'run', '--project', 'unit', '--bail', '1'])) return false;
    return !values.full || passes('npm', ['run', 'test:full', '--', '--bail', '1']);
  });
}

/** Runs a program in the copy; the large fixtures stay where they are. */
function passes(program, args) {
  const fixtures = process.env.CYCLEGAN_FIXTURES ?? join(process.cwd(), '../shared/fixtures');
  const env = { ...process.env, CYCLEGAN_FIXTURES: fixtures };
  return spawnSync(program, args, { cwd: copy, stdio: 'ignore', env }).status === 0;
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

/** Does something while the copy has a mutant. */
function withMutant({ fileName, location: { start, end }, replacement }, action) {
  const path = join(copy, fileName);
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  const offset = ({ line, column }) =>
    lines.slice(0, line).reduce((sum, content) => sum + content.length + 1, 0) + column;
  writeFileSync(path, text.slice(0, offset(start)) + replacement + text.slice(offset(end)));
  try {
    return action();
  } finally {
    writeFileSync(path, text);
  }
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
