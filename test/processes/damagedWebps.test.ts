import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { encodeImage, loadEncoder } from '../../src/image/formats.js';
import { seededRandom } from '../fuzz/random.js';
import { runCommand, SMALL_PICTURE, temporaryFolder } from '../support/command.js';
import { serveCommand } from '../support/servedCommand.js';

// V8 makes code of libwebp faster that has run often: flags that the engine sets must not come in between.
const COUNT = 60;
const WEIGHTS = join(import.meta.dirname, '../golden/data/tiny_zip.pth');
const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const pictures: Uint8Array<ArrayBuffer>[] = [];

beforeAll(async () => {
  await bundleCommand(command);
  await loadEncoder('x.webp');
  const random = seededRandom(1);
  const data = new Uint8Array(720).map(() => random(256));
  const whole = encodeImage({ ...SMALL_PICTURE, data }, 'x.webp');
  for (let i = 0; i < COUNT; i++) {
    const bytes = Uint8Array.from(whole);
    // Behind the header, so that it is libwebp that reads them.
    if (i % 2 === 1)
      for (let k = 0; k < 6; k++) bytes[30 + random(bytes.length - 30)] = random(256);
    pictures.push(bytes);
  }
});
afterAll(home.remove);

it('a folder of them is translated, but for those that cannot be read', async () => {
  const folder = join(home.path, 'in');
  mkdirSync(folder);
  for (const [i, bytes] of pictures.entries()) writeFileSync(join(folder, `${i}.webp`), bytes);
  const args = ['in', '-o', 'out', '-w', WEIGHTS, '--resize', '16x16'];
  const { code, stderr } = await runCommand(command, args, home.path);
  expect([0, 1], stderr).toContain(code);
  const failed = stderr.match(/^cyclegan: .*webp/gm)?.length ?? 0;
  expect(readdirSync(join(home.path, 'out')).length).toBe(COUNT - failed);
  expect(failed).toBeLessThan(COUNT / 2 + 1);
});

it('a service goes on', async () => {
  const where = { cwd: home.path, cache: join(home.path, 'cache') };
  const { address, child, ended } = await serveCommand(command, ['-w', WEIGHTS, '--quiet'], where);
  for (const body of [...pictures, ...pictures]) {
    const init = { method: 'POST', body };
    const { status } = await fetch(`${address}/v1/translate?resize=16x16`, init);
    expect([200, 422]).toContain(status);
  }
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});
