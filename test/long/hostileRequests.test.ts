import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandInFolders } from '../support/command.js';
import { attack, residentMemory } from '../support/hostileRequests.js';
import { serveCommand } from '../support/servedCommand.js';
import { TINY_WEIGHTS } from '../support/serving.js';

const COUNT = Number(process.env.CYCLEGAN_RUNS ?? 100_000);
/** Of these, the code of every format is loaded, and the first garbage made. */
const FIRST = 500;
const MAX_GROWTH_MB = 64;
const LIMIT_MS = 3_600_000;
const command = commandInFolders();

it(
  'cyclegan serve has after a hundred thousand hostile requests the memory that it began with',
  async () => {
    const where = { cwd: command.at(), cache: join(command.at(), 'cache') };
    const args = ['-w', TINY_WEIGHTS, '--body-timeout', '1', '--queue', '40', '--quiet'];
    const { address, child, ended, log } = await serveCommand(command.file, args, where);
    try {
      await attack(address, FIRST, 1);
      const before = await residentMemory(address);
      const tally = await attack(address, COUNT, 1 + FIRST);
      const after = await residentMemory(address);
      console.log(
        `${before.toFixed(0)} MB, then ${after.toFixed(0)} MB`,
        Object.fromEntries(tally),
      );
      expect(after - before).toBeLessThan(MAX_GROWTH_MB);
      // Failures of its own would have been told.
      expect(log()).toBe('');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
  },
  LIMIT_MS,
);
