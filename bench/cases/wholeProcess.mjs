// From the start of a process to the picture on the disk, and the most memory that it held.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasTorch, PYTHON, RUNTIMES } from '../harness/entries.mjs';
import { peakMemory } from '../harness/machine.mjs';

const COMMAND = fileURLToPath(new URL('../../dist/cyclegan.mjs', import.meta.url));
const POLL_MS = 10;

/** In a usual run, with all threads only. */
export function wholeProcessCases({ nodes, threads, picture, full }) {
  return (full ? threads : threads.slice(-1)).map((count) => ({
    id: `whole process, threads ${count}`,
    group: 'process',
    run: async ({ space, runs, noise }) => {
      const photograph = picture ?? space.photograph();
      const out = join(space.folder, 'zebra.png');
      const args = [photograph, out, '-w', space.weights, '--threads', String(count), '--quiet'];
      const commands = nodes.map(({ binary, major }) => ({
        id: `node${major}`,
        command: [binary, COMMAND, ...args],
      }));
      if (hasTorch()) {
        const script = [join(RUNTIMES, 'book.py'), space.weights, photograph, out, String(count)];
        commands.unshift({ id: 'pytorch', command: [PYTHON, ...script] });
      }
      const results = Object.fromEntries(
        commands.map(({ id }) => [id, { times: [], busy: [], memory: 0 }]),
      );
      // The first turn fills the caches: of the disk, and of what our command keeps of a machine.
      for (let turn = -1; turn < runs; turn++) {
        for (const { id, command } of commands) {
          const { milliseconds, memory, busy } = await noise.measure({
            run: () => {
              rmSync(out, { force: true });
              return timeProcess(command, count);
            },
          });
          if (!existsSync(out)) throw new Error(`${id} wrote no picture`);
          if (turn < 0) continue;
          const result = results[id];
          result.times.push(milliseconds);
          result.busy.push(busy);
          result.memory = Math.max(result.memory, memory);
        }
      }
      return { threads: count, results };
    },
  }));
}

function timeProcess([command, ...args], threads) {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: threads, OMP_NUM_THREADS: threads };
  // Where it is set, Node 20 reads certificates each time it begins: some 40 ms for connections that nobody makes.
  delete env.NODE_EXTRA_CA_CERTS;
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    let memory = 0;
    const poll = setInterval(() => {
      memory = Math.max(memory, peakMemory(child.pid));
    }, POLL_MS);
    child.on('error', reject);
    child.on('close', () => {
      clearInterval(poll);
      resolve({ milliseconds: performance.now() - begin, memory });
    });
  });
}
