// Everything that is measured, of all runtimes in reach, interleaved in one run; ends with bench/REPORT.md.
//
//   npm run bench                            the usual choice, a quarter of an hour
//   npm run bench -- --full                  the whole matrix, hours; goes on where it was interrupted
//   npm run bench -- --only kernels,forward  some groups: kernels, forward, scaling, stages, process, roofs, families, onnx, training
//   npm run bench -- --only 'forward 64x64'  or some cases of them
//   npm run bench -- --again                 a second run, for the report to compare with the first
//   npm run bench -- --report                the report alone, of what was measured before
//
//   --node BINARY,…   Node binaries to run on (default: this one)    --threads 1,2   --runs 7
//   --weights FILE    a generator's .pth of the default size         --picture FILE  for the whole process
//   --patience 0.15   so much longer forwards may take for others who share cores; 2 where there are many
//
// Runtimes that are not there are left out, with the line that installs them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { familyCases } from './cases/families.mjs';
import { forwardCases, oneDnnKernels } from './cases/forward.mjs';
import { kernelCases } from './cases/kernels.mjs';
import { onnxCases } from './cases/onnx.mjs';
import { roofCases } from './cases/roofs.mjs';
import { scalingCases } from './cases/scaling.mjs';
import { stageCases } from './cases/stages.mjs';
import { trainingCases } from './cases/training.mjs';
import { wholeProcessCases } from './cases/wholeProcess.mjs';
import { describeNode, findRunners, hasTorch } from './harness/entries.mjs';
import { DISTURBED } from './harness/interleave.mjs';
import { Kept } from './harness/kept.mjs';
import { describeMachine } from './harness/machine.mjs';
import { BUSY, Noise } from './harness/noise.mjs';
import { Workspace } from './harness/workspace.mjs';
import { writeReport } from './report/report.mjs';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    only: { type: 'string' },
    node: { type: 'string', default: process.execPath },
    threads: { type: 'string' },
    runs: { type: 'string', default: '7' },
    patience: { type: 'string', default: '0.15' },
    weights: { type: 'string' },
    picture: { type: 'string' },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const name = `${values.full ? 'full' : 'usual'}${values.again ? '-again' : ''}`;
const file = here(`results/${fileName()}.json`);
if (!values.report) await measure();
writeReport(here('.'));

/**
 * Single groups of another build or machine do not take the place of what was measured before: they have a file of their own.
 */
function fileName() {
  const whole = here(`results/${name}.json`);
  if (values.only === undefined || !existsSync(whole)) return name;
  const facts = { build: build(), machine: describeMachine() };
  if (isAlike(JSON.parse(readFileSync(whole, 'utf8')), facts)) return name;
  const groups = values.only.split(',').map((wanted) => wanted.split(' ')[0]);
  return [name, ...new Set(groups)].join('-');
}

async function measure() {
  const nodes = values.node.split(',').map(describeNode);
  const cores = availableParallelism();
  const threads = (values.threads ?? (cores > 1 ? `1,${cores}` : '1')).split(',').map(Number);
  const { entries, missing } = findRunners(nodes);
  for (const line of missing) console.log(`Left out; to have it: ${line}`);
  const plan = { entries, nodes, threads, full: values.full, picture: values.picture };
  const wanted = values.only?.split(',');
  const cases = [
    ...roofCases(plan),
    ...stageCases(plan),
    ...wholeProcessCases(plan),
    ...kernelCases(plan),
    ...forwardCases(plan),
    ...scalingCases(plan),
    ...familyCases(plan),
    ...onnxCases(plan),
    ...trainingCases(plan),
  ].filter(({ id, group, onlyAsked }) =>
    wanted === undefined
      ? values.full || !onlyAsked
      : wanted.some((name) => name === group || id.startsWith(`${name},`)),
  );

  // Paths of binaries stay out of the results.
  const versions = nodes.map(({ binary, ...version }) => version);
  const runs = Number(values.runs);
  const facts = { nodes: versions, threads, missing, runs, repeatsFrom: DISTURBED, busyFrom: BUSY };
  const result = begin(facts, wanted === undefined ? [] : cases);
  const noise = await Noise.start(Number(values.patience), quietestBefore(result));
  const space = await Workspace.create(values.weights);
  const kept = new Kept();
  try {
    if (hasTorch()) result.oneDnn ??= await oneDnnKernels(space);
    for (const [i, { id, group, series, run }] of cases.entries()) {
      if (series === undefined || cases[i - 1]?.series !== series) kept.stop();
      if (result.cases[id] !== undefined) continue;
      const start = performance.now();
      const context = { space, runs, noise };
      const found = await run(series === undefined ? context : { ...context, kept });
      result.cases[id] = { group, ...found };
      result.quietMs = noise.fastest;
      writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${i + 1}/${cases.length}  ${id}  ${seconds} s`);
    }
  } finally {
    kept.stop();
    space.remove();
  }
}

/**
 * A new result; or, of the whole matrix or of single groups, the one that is there, if it is of this machine and build.
 * @param again Cases that are measured again.
 */
function begin(facts, again) {
  mkdirSync(here('results'), { recursive: true });
  const machine = describeMachine();
  const fresh = { date: new Date().toISOString(), build: build(), machine, ...facts, cases: {} };
  const goesOn = values.full || values.only !== undefined;
  if (!goesOn || !existsSync(file)) return fresh;
  const old = JSON.parse(readFileSync(file, 'utf8'));
  if (!isAlike(old, fresh)) return fresh;
  const kept = { ...old.cases };
  for (const { id } of again) delete kept[id];
  const threads = [...new Set([...old.threads, ...facts.threads])].sort((a, b) => a - b);
  return { ...old, ...facts, threads, cases: kept };
}

/** How long a look at the cores took at best while this build was measured on this kind of machine. */
function quietestBefore(result) {
  const others = readdirSync(here('results'))
    .map((name) => JSON.parse(readFileSync(here(`results/${name}`), 'utf8')))
    .filter((other) => isAlike(other, result));
  return Math.min(...others.map(({ quietMs = Number.POSITIVE_INFINITY }) => quietMs));
}

function isAlike(a, b) {
  return a.build === b.build && a.machine.cpu === b.machine.cpu;
}

function build() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
