import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeImage } from '../../src/image/formats.js';
import { EventFile } from '../../src/train/watch/tensorBoard.js';
import { SMALL_PICTURE, temporaryFolder } from '../support/command.js';

const PYTHON = process.env.PYTHON ?? 'python3';
/** `pip install tensorboard`; Debian has none. */
const hasTensorBoard = spawnSync(PYTHON, ['-c', 'import tensorboard']).status === 0;

const folder = temporaryFolder();
afterAll(folder.remove);

function readInPython(path: string): unknown {
  const script = join(import.meta.dirname, 'read_events.py');
  return JSON.parse(execFileSync(PYTHON, [script, path], { encoding: 'utf8' }));
}

async function addIterations(events: EventFile, from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i++) events.scalars(i, { 'loss/G_A': i / 8, nan: Number.NaN });
  events.image(to, 'samples/A', png);
  await events.flush();
}

const png = encodeImage(SMALL_PICTURE, 'a.png');

describe.skipIf(!hasTensorBoard)('TensorBoard', () => {
  it('reads an interrupted run that went on as if it had not been', async () => {
    const path = join(folder.path, 'resumed');
    const first = await EventFile.begin(path);
    await addIterations(first, 1, 4);
    await addIterations(first, 5, 6);
    appendFileSync(first.path, Uint8Array.of(30, 0, 0));
    const second = await EventFile.begin(path, { resumeAfter: 4 });
    await addIterations(second, 5, 6);
    const whole = await EventFile.begin(join(folder.path, 'whole'));
    await addIterations(whole, 1, 4);
    await addIterations(whole, 5, 6);
    const read = readInPython(path);
    expect(read).toEqual(readInPython(join(folder.path, 'whole')));
    const steps = [1, 2, 3, 4, 5, 6];
    expect(read).toEqual({
      scalars: {
        'loss/G_A': steps.map((i) => [i, String(i / 8)]),
        nan: steps.map((i) => [i, 'nan']),
      },
      images: {
        'samples/A': [4, 6].map((i) => [i, SMALL_PICTURE.width, SMALL_PICTURE.height, png.length]),
      },
    });
  });
});
