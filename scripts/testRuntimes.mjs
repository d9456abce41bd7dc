// Runs the engines' suites on other versions of Node: node scripts/testRuntimes.mjs [VERSION[:PROJECT[,PROJECT…]]…]
// Each version comes as an npm package, into a temporary folder. Default: 20 22 24 26, every variant and whole processes.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24', '26'];
const folder = mkdtempSync(join(tmpdir(), 'cyclegan-runtimes-'));
const rows = [];
try {
  for (const version of wanted) rows.push(runOn(...version.split(/[:,]/)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log('node       variant          passed  failed  skipped');
for (const { node, suites } of rows) {
  for (const [name, { passed, failed, skipped }] of suites) {
    console.log(
      `${node.padEnd(11)}${name.padEnd(17)}${[passed, failed, skipped].map((n) => String(n).padStart(6)).join('  ')}`,
    );
  }
}
const all = rows.flatMap(({ suites }) => [...suites.values()]);
const sum = (key) => all.reduce((total, counts) => total + counts[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = sum('failed') > 0 || rows.some(({ ok }) => !ok) ? 1 : 0;

function runOn(version, ...only) {
  const home = join(folder, version);
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  execFileSync(
    'npm',
    ['install', '--prefix', home, '--no-fund', '--no-audit', `${name}@${version}`],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const binary = join(home, 'node_modules', name, 'bin/node');
  const node = execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim();
  const report = join(home, 'report.json');
  const names = only.length > 0 ? only : ['variant *', 'processes'];
  const projects = names.flatMap((project) => ['--project', project]);
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--maxWorkers=100%', ...projects];
  const { status } = spawnSync(binary, [...args, '--reporter=json', `--outputFile=${report}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const results = JSON.parse(readFileSync(report, 'utf8'));
  printFailures(node, results);
  return { node, ok: status === 0, suites: countByVariant(results) };
}

function printFailures(node, { testResults }) {
  for (const { name, message, assertionResults } of testResults) {
    if (message) console.log(`${node}: ${name}\n${message}`);
    for (const { status, fullName, failureMessages } of assertionResults) {
      if (status === 'failed') console.log(`${node}: ${fullName}\n${failureMessages.join('\n')}`);
    }
  }
}

function countByVariant({ testResults }) {
  const suites = new Map();
  for (const { status, fullName } of testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  )) {
    const variant = /'(js|wasm[+\w]*)'/.exec(fullName)?.[1];
    const counts = suites.get(variant ?? 'any') ?? { passed: 0, failed: 0, skipped: 0 };
    counts[['passed', 'failed'].includes(status) ? status : 'skipped']++;
    suites.set(variant ?? 'any', counts);
  }
  return suites;
}
