// Everything that is measured, against everybody in reach, in one run and in turns; ends with bench/REPORT.md.
//
//   npm run bench                            the usual choice, a quarter of an hour
//   npm run bench -- --full                  the whole matrix, hours; goes on where it was interrupted
//   npm run bench -- --only kernels,forward  some groups: kernels, forward, scaling, stages, process, roofs
//   npm run bench -- --again                 a second run, for the report to compare with the first
//   npm run bench -- --report                the report alone, of what was measured before
//
//   --node BINARY,…   Node binaries to run on (default: this one)    --threads 1,2   --runs 7
//   --weights FILE    a generator's .pth of the default size         --picture FILE  for the whole process
//
// Rivals that are not there are left out, with the line that installs them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { forwardCases, oneDnnKernels } from './cases/forward.mjs';
import { kernelCases } from './cases/kernels.mjs';
import { roofCases } from './cases/roofs.mjs';
import { scalingCases } from './cases/scaling.mjs';
import { stageCases } from './cases/stages.mjs';
import { wholeProcessCases } from './cases/wholeProcess.mjs';
import { DISTURBED } from './harness/contest.mjs';
import { describeNode, findContestants, hasTorch } from './harness/entries.mjs';
import { describeMachine } from './harness/machine.mjs';
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
    weights: { type: 'string' },
    picture: { type: 'string' },
  },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const name = `${values.full ? 'full' : 'usual'}${values.again ? '-again' : ''}`;
const file = here(`results/${name}.json`);
if (!values.report) await measure();
writeReport(here('.'));

async function measure() {
  const nodes = values.node.split(',').map(describeNode);
  const cores = availableParallelism();
  const threads = (values.threads ?? (cores > 1 ? `1,${cores}` : '1')).split(',').map(Number);
  const { entries, missing } = findContestants(nodes);
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
  ].filter(({ group }) => wanted === undefined || wanted.includes(group));

  // Where a binary lies is nobody's business.
  const versions = nodes.map(({ binary, ...version }) => version);
  const runs = Number(values.runs);
  const facts = { nodes: versions, threads, missing, runs, repeatsFrom: DISTURBED };
  const result = begin(facts, wanted === undefined ? [] : cases);
  const space = await Workspace.create(values.weights);
  try {
    if (hasTorch()) result.oneDnn ??= await oneDnnKernels(space);
    for (const [i, { id, group, run }] of cases.entries()) {
      if (result.cases[id] !== undefined) continue;
      const start = performance.now();
      const found = await run({ space, runs });
      result.cases[id] = { group, ...found };
      writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${i + 1}/${cases.length}  ${id}  ${seconds} s`);
    }
  } finally {
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
  const isSame = old.build === fresh.build && old.machine.cpu === machine.cpu;
  if (!isSame) return fresh;
  const kept = { ...old.cases };
  for (const { id } of again) delete kept[id];
  const threads = [...new Set([...old.threads, ...facts.threads])].sort((a, b) => a - b);
  return { ...old, ...facts, threads, cases: kept };
}

function build() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
