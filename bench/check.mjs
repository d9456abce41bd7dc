// Whether a change made something slower: two builds of this project, in turns on one machine.
//
//   npm run bench:check                     the working tree against the last commit
//   npm run bench:check -- --base main~3    against another commit
//   npm run bench:check -- --base DIR       against a build that is there, a folder with index.js
//
//   --node BINARY   --runs 9   --limit 1.1: the ratio from which on it fails   --only residual: cases by name
//
// Slower is what is so in its median and in its fastest run, and when it is measured once more. For people, not for
// machines that check commits: a busy one can fail it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { forwardCases } from './cases/forward.mjs';
import { kernelCases } from './cases/kernels.mjs';
import { stageCases } from './cases/stages.mjs';
import { Noise } from './harness/noise.mjs';
import { median, ratioByTurn } from './harness/statistics.mjs';
import { Workspace } from './harness/workspace.mjs';

const { values } = parseArgs({
  options: {
    base: { type: 'string', default: 'HEAD' },
    node: { type: 'string', default: process.execPath },
    runs: { type: 'string', default: '9' },
    limit: { type: 'string', default: '1.1' },
    only: { type: 'string', default: '' },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
/** How much of what is measured may be lost to others who share cores, besides. */
const NOISE = 0.5;
/** Large pictures take long and tell nothing that these do not. */
const SIZES = ['128x128', '314x256'];

const base = existsSync(join(values.base, 'index.js'))
  ? { dist: resolve(values.base), remove: () => undefined }
  : buildCommit(values.base);
const space = await Workspace.create();
try {
  process.exitCode = (await compareBuilds(base.dist, space)) ? 0 : 1;
} finally {
  space.remove();
  base.remove();
}

async function compareBuilds(dist, space) {
  const entry = (id, folder) => ({
    id,
    kind: 'ours',
    seconds: 9,
    script: 'cyclegan.mjs',
    args: ['wasm', 'THREADS', '1'],
    binary: values.node,
    env: { CYCLEGAN_DIST: folder },
  });
  const entries = [entry('base', dist), entry('new', join(root, 'dist'))];
  const cores = availableParallelism();
  const plan = { entries, threads: cores > 1 ? [1, cores] : [1], full: false };
  const cases = [
    ...stageCases(plan),
    ...kernelCases(plan),
    ...forwardCases(plan).filter(({ id }) => SIZES.some((size) => id.includes(` ${size},`))),
  ].filter(({ id }) => id.includes(values.only));
  const options = { space, runs: Number(values.runs), noise: await Noise.start(NOISE) };
  const slower = [];
  console.log('base ms    new ms   new/base');
  for (const { id, run } of cases) {
    const isSlower = async () => {
      const { results } = await run(options);
      for (const { error } of Object.values(results)) if (error) throw new Error(`${id}: ${error}`);
      const [a, b] = [results.base.times, results.new.times];
      const ratio = ratioByTurn(b, a);
      const [before, after] = [a, b].map((times) => median(times).toFixed(2).padStart(8));
      console.log(`${before}  ${after}  ${ratio.toFixed(3).padStart(8)}   ${id}`);
      return Math.min(ratio, Math.min(...b) / Math.min(...a)) > Number(values.limit);
    };
    if ((await isSlower()) && (await isSlower())) slower.push(id);
  }
  const verdict = slower.length === 0 ? 'Nothing is slower' : `Slower: ${slower.join('; ')}`;
  console.log(`${verdict} (${cases.length} cases, limit ${values.limit}).`);
  return slower.length === 0;
}

/** A commit, built in a worktree of its own. */
function buildCommit(commit) {
  const folder = mkdtempSync(join(tmpdir(), 'cyclegan-base-'));
  const git = (...args) => execFileSync('git', args, { cwd: root, stdio: 'pipe' });
  git('worktree', 'add', '--detach', folder, commit);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: folder, stdio: 'pipe' });
  return {
    dist: join(folder, 'dist'),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      git('worktree', 'prune');
    },
  };
}
