import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandInFolders } from '../support/command.js';
import { attack } from '../support/hostileRequests.js';
import { serveCommand } from '../support/servedCommand.js';
import { SMALL_PNG, TINY_WEIGHTS } from '../support/serving.js';

const COUNT = 2000;
const command = commandInFolders();

it('cyclegan serve answers hostile requests with problems, and goes on', async () => {
  const where = { cwd: command.at(), cache: join(command.at(), 'cache') };
  const args = ['-w', TINY_WEIGHTS, '--body-timeout', '1', '--queue', '40'];
  const { address, child, ended } = await serveCommand(command.file, args, where);
  try {
    const tally = await attack(`${address}`, COUNT, 1);
    for (const status of ['200', '400', '408', '413', '415', '422', 'none']) {
      expect([...tally.keys()], JSON.stringify([...tally])).toContain(status);
    }
    const body = SMALL_PNG as Uint8Array<ArrayBuffer>;
    const response = await fetch(`${address}/v1/translate`, { method: 'POST', body });
    expect(response.status).toBe(200);
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toContain('cyclegan_thread_deaths_total 0');
    expect(metrics).toMatch(/cyclegan_queue_waiting 0\n/);
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toBe(0);
});
