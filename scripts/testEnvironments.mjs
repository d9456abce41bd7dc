// Runs the published package where people run it: node scripts/testEnvironments.mjs [--write] [NAME…]
// The package is packed as npm would, installed into a temporary folder beside what the environments need, and asked to run a
// network in each of them (test/runtimes/). --write makes docs/runtimes.md of what was found.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const write = process.argv.includes('--write');
const names = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
/** Sums in another order differ by less. */
const TOLERANCE = 2e-5;

const modules = readdirSync(join(root, 'test/runtimes')).filter(
  (name) => name.endsWith('.mjs') && !['probe.mjs', 'support.mjs'].includes(name),
);
const all = [];
for (const name of modules.sort((a, b) =>
  a === 'node.mjs' ? -1 : b === 'node.mjs' ? 1 : a < b ? -1 : 1,
)) {
  const { environments } = await import(pathToFileURL(join(root, 'test/runtimes', name)).href);
  all.push(...environments);
}
const wanted = all.filter(
  ({ name }, i) => i === 0 || names.length === 0 || names.some((part) => name.includes(part)),
);

const folder = mkdtempSync(join(tmpdir(), 'cyclegan-environments-'));
const rows = [];
try {
  install(wanted);
  const where = { folder, weights: join(root, 'test/golden/data/tiny_zip.pth') };
  let expected = null;
  for (const environment of wanted) {
    const row = await tryIn(environment, where, expected);
    rows.push(row);
    expected ??= row.found;
    console.log(
      `${row.state.padEnd(8)} ${environment.name}${row.why === '' ? '' : `: ${row.why}`}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
if (write) writeFileSync(join(root, 'docs/runtimes.md'), page(rows));
const count = (state) => rows.filter((row) => row.state === state).length;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') > 0 ? 1 : 0;

function install(environments) {
  const tarball = execFileSync(
    npm,
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
    { cwd: root, encoding: 'utf8' },
  ).trim();
  const packages = Object.assign({}, ...environments.map(({ packages = {} }) => packages));
  const dependencies = { 'cyclegan-ts': `file:${tarball}`, ...packages };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  execFileSync(npm, ['install', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function tryIn(environment, where, expected) {
  const { name, missing = null, expects = {}, isExample = false, run } = environment;
  if (missing !== null) return { name, state: 'skipped', why: missing, isExample };
  try {
    const found = await run(where);
    if (isExample) return { name, state: 'passed', why: '', isExample };
    const problems = problemsOf(found, expects, expected);
    const state = problems.length === 0 ? 'passed' : 'failed';
    return { name, state, why: problems.join('; '), found };
  } catch (error) {
    return { name, state: 'failed', why: String(error.message).slice(0, 2000), isExample };
  }
}

function problemsOf(found, expects, expected) {
  const { engine, details, mean, first, caught, notices, instances } = found;
  const problems = [];
  if (caught !== 'ShapeError ERR_SHAPE true') problems.push(`an error came as ${caught}`);
  if (engine !== (expects.engine ?? 'wasm')) problems.push(`the engine is ${engine}`);
  if (expects.threads !== undefined && threadsOf(details) !== expects.threads)
    problems.push(`${threadsOf(details)} threads`);
  if (expects.instances !== undefined && instances !== expects.instances)
    problems.push(`the main thread has ${instances} programs of its own`);
  if (expects.notice !== undefined && !expects.notice.test(notices))
    problems.push(`no notice like ${expects.notice}, but: ${notices.trim()}`);
  if (expected !== null) {
    const off = Math.max(Math.abs(mean - expected.mean), Math.abs(first - expected.first));
    if (!(off < TOLERANCE)) problems.push(`numbers are off by ${off}`);
  }
  return problems;
}

/** `null` where an engine has none. */
function threadsOf(details) {
  const count = details
    .map((text) => /^(\d+) threads?$/.exec(text)?.[1])
    .find((n) => n !== undefined);
  return count === undefined ? null : Number(count);
}

function page(rows) {
  const lines = rows
    .filter(({ isExample }) => !isExample)
    .map(({ name, state, why, found }) => {
      if (found === undefined) return `| ${name} | ${state}: ${why} | | | |`;
      const threads = threadsOf(found.details);
      const variant = found.details.map((text) => /^variant (\S+),/.exec(text)?.[1]).find(Boolean);
      return `| ${name} | ${found.engine} | ${threads === null ? 'one' : threads > 1 ? 'yes' : 'one'} | ${variant === undefined ? 'no' : 'yes'} | ${/256/.test(variant ?? '') ? 'yes' : 'no'} |`;
    });
  return `# Where it runs

Made by \`node scripts/testEnvironments.mjs --write\`, which installs the package as npm would and runs a network in each of these
(Node ${process.versions.node}); the numbers are the same everywhere. Where something is forbidden, another engine or one thread
does the work, and a notice says why and how to allow it.

| environment | engine | threads | SIMD | 256 bits |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}
