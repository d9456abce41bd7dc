import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ValueRange } from '../../src/generator/family.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { toImage, toTensor } from '../../src/image/convert.js';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { resize } from '../../src/image/resize/resize.js';
import { manualSeed } from '../../src/nn/random.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import { saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { commandInFolders, runCommand, SMALL_PICTURE } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const { file: command, at, run } = commandInFolders();
const instance = goldenPath('tiny_zip.pth');
let batch = '';
const pixels = (name: string) => decodeImage(readFileSync(at(name))).data;

manualSeed(4);
const batchNet = new ResNetGenerator(3, 3, 4, 1, { norm: 'batch' }).eval();

beforeAll(async () => {
  batch = at('batch.pth');
  await saveStateDict(batchNet.stateDict(), batch);
});
beforeEach(() => writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png')));

/** What the network, fed in a range, makes of the picture: its output is in [−1, 1] whatever its input was in. */
async function expected([low, high]: ValueRange): Promise<Uint8Array> {
  const input = toTensor()(SMALL_PICTURE).unsqueeze(0);
  const fed = input.mul(high - low).add(low);
  const output = await batchNet.forward(fed, { engine: 'js' });
  return toImage(output.squeeze(0).add(1).div(2)).data;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);
}

describe('--input-range', () => {
  it.each<[readonly string[], ValueRange, string]>([
    [[], [-1, 1], '-1..1'],
    [['--input-range', '0..1'], [0, 1], '0..1'],
    [['--input-range', '-1..1'], [-1, 1], '-1..1'],
    [['--input-range=0..255'], [0, 255], '0..255'],
  ])(
    'changes what a network with batch norm is given, and the line says it: %j',
    async (options, range, told) => {
      const args = ['in.png', 'out.png', '-w', batch, '--resize', 'none', '--json', ...options];
      const { code, stdout, stderr } = await run(...args);
      expect(code).toBe(0);
      expect(stderr).toContain(`network input 20x12 in ${told},`);
      expect(JSON.parse(stdout).inputRange).toEqual(range);
      expect(difference(pixels('out.png'), await expected(range))).toBeLessThanOrEqual(1);
    },
  );

  it('makes no difference to a network that takes scale and shift away, but for rounding', async () => {
    const args = ['in.png', '-w', instance, '--resize', 'none'];
    const { stderr } = await run(...args, '-o', 'plain.png');
    expect(stderr).toContain('in 0..1,');
    await run(...args, '-o', 'wide.png', '--input-range', '-1..1');
    expect(difference(pixels('plain.png'), pixels('wide.png'))).toBeLessThanOrEqual(1);
  });

  it('counts for many pictures, which are told of alike', async () => {
    writeFileSync(at('b.png'), readFileSync(at('in.png')));
    const args = ['in.png', 'b.png', '-o', 'out', '-w', batch, '--resize', 'none', '--json'];
    const { code, stdout, stderr } = await run(...args, '--input-range', '0..1');
    expect(code).toBe(0);
    expect(stderr).toContain('network input 20x12 in 0..1,');
    expect(stderr).toMatch(/2 pictures in .*; network input in 0\.\.1\.$/m);
    for (const line of stdout.trim().split('\n')) {
      expect(JSON.parse(line).inputRange).toEqual([0, 1]);
    }
    expect(difference(pixels('out/b.png'), await expected([0, 1]))).toBeLessThanOrEqual(1);
  });

  it.each(['0..2', '1..-1', '[0,1]', '0'])('refuses %s, and says what there is', async (range) => {
    const { code, stderr } = await run('in.png', 'out.png', '--input-range', range);
    expect([code, stderr]).toEqual([2, expect.stringContaining('takes 0..1, -1..1, 0..255')]);
  });
});

describe('a model of the zoo', () => {
  it('is known by its name, and an export of it stays what it is', async () => {
    const cache = at('cache');
    mkdirSync(join(cache, 'models/zoo'), { recursive: true });
    writeFileSync(join(cache, 'models/zoo/horse2zebra.pth'), readFileSync(instance));
    const named = (...args: string[]) => runCommand(command, args, at(), cache);
    const translated = ['in.png', '--resize', 'none', '-w'];
    const zoo = await named(...translated, 'zoo/horse2zebra', '-o', 'zoo.png');
    expect([zoo.code, zoo.stderr]).toEqual([0, expect.stringContaining('in -1..1,')]);
    const { stdout } = await named('inspect', 'zoo/horse2zebra');
    expect(stdout).toMatch(/^pictures +-1\.\.1 in, -1\.\.1 out;/m);

    for (const out of ['again.pth', 'again.safetensors', 'again.onnx']) {
      await named('export', 'zoo/horse2zebra', out);
      const again = await named(...translated, out, '-o', `${out}.png`);
      expect(again.stderr).toContain('in -1..1,');
      expect(pixels(`${out}.png`)).toEqual(pixels('zoo.png'));
    }
  });
});

describe('--resize bicubic:', () => {
  it('gives the network the picture of that filter, and the line says so', async () => {
    const { stderr } = await run('in.png', 'out.png', '-w', instance, '--resize', 'bicubic:16x16');
    expect(stderr).toContain('network input 16x16 (bicubic) in 0..1,');
    const netG = ResNetGenerator.fromStateDict(await loadStateDict(instance));
    const made = async (interpolation: 'bilinear' | 'bicubic') => {
      const small = resize({ width: 16, height: 16 }, { interpolation })(SMALL_PICTURE);
      const output = await netG.forward(toTensor()(small).unsqueeze(0), { engine: 'js' });
      return toImage(output.squeeze(0).add(1).div(2)).data;
    };
    expect(difference(pixels('out.png'), await made('bicubic'))).toBeLessThanOrEqual(1);
    expect(difference(pixels('out.png'), await made('bilinear'))).toBeGreaterThan(4);
  });
});
