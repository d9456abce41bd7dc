// What the command is told of a generator, because its file does not tell, and pictures of sizes that a network does not take.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundleCommand.mjs';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { manualSeed } from '../../src/nn/random.js';
import { saveStateDict } from '../../src/pth/write/saveStateDict.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { translate } from '../../src/translate/translate.js';
import { runCommand, temporaryFolder } from '../support/command.js';

const home = temporaryFolder();
const command = join(home.path, 'cyclegan.mjs');
const at = (name: string) => join(home.path, name);
const picture = { width: 21, height: 14, data: new Uint8Array(882).map((_, i) => (i * 7) % 256) };
const ALL = ['--residual', '--statistics', 'running', '--padding', 'replicate', '--bgr'];
const ASKED = {
  residual: true,
  statistics: 'running',
  padding: 'replicate',
  channelOrder: 'bgr',
} as const;
let count = 0;
let cwd = '';

const run = (...args: string[]) => runCommand(command, args, cwd);
const image = (name: string) => decodeImage(readFileSync(join(cwd, name)));

/** A small generator with statistics that no picture has. */
function netOf(...args: ConstructorParameters<typeof ResNetGenerator>): Map<string, Tensor> {
  manualSeed(4);
  const stateDict = new ResNetGenerator(...args).stateDict();
  for (const [key, { shape }] of stateDict) {
    if (key.endsWith('running_var')) stateDict.set(key, Tensor.full(shape, 3));
  }
  return stateDict;
}

beforeAll(async () => {
  await bundleCommand(command);
  await saveStateDict(netOf(3, 3, 4, 2, { tracked: true, dropout: true }), at('deblur.pth'));
  await saveStateDict(netOf(3, 3, 4, 1, { norm: 'batch' }), at('batch.pth'));
  const faint = netOf(3, 3, 4, 1);
  for (const [key, factor] of [
    ['model.18.weight', 0.1],
    ['model.18.bias', 0],
  ] as const) {
    const tensor = faint.get(key);
    if (tensor !== undefined) faint.set(key, tensor.mul(factor));
  }
  await saveStateDict(faint, at('faint.pth'));
  await saveStateDict(netOf(36, 3, 4, 1), at('labels.pth'));
  await saveStateDict(netOf(1, 1, 4, 1), at('grey.pth'));
});
afterAll(home.remove);
beforeEach(() => {
  cwd = at(String(count++));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'in.png'), encodeImage(picture, 'in.png'));
});

async function expected(file: string, asked: object): Promise<Uint8Array> {
  const generator = await openGenerator(at(file), asked);
  return (await translate(picture, generator, { resize: null, engine: 'js' })).data;
}

function difference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);
}

describe('traits of a generator', () => {
  const translating = ['in.png', '-o', 'out.png', '--resize', 'none'];

  it('are hinted at in one line where the file hints at them', async () => {
    const { stderr } = await run(...translating, '-w', at('deblur.pth'));
    expect(stderr.match(/--residual/g)?.length).toBe(1);
    expect(stderr).toMatch(/^.*deblur\.pth: .*DeblurGAN.*--residual.*--statistics running.*$/m);
    const told = await run(...translating, '-w', at('deblur.pth'), ...ALL);
    expect(told.stderr).not.toContain('DeblurGAN');
  });

  it('are hinted at by what the network made, once in a run, and in its data', async () => {
    mkdirSync(join(cwd, 'two'));
    for (const name of ['a.png', 'b.png']) {
      writeFileSync(join(cwd, 'two', name), encodeImage(picture, name));
    }
    const many = await run('two', '-o', 'out', '--resize', 'none', '-w', at('faint.pth'), '--json');
    expect(many.stderr.match(/nearly grey.*--residual, .*--residual-tanh/g)).toHaveLength(1);
    for (const line of many.stdout.trim().split('\n')) {
      expect(JSON.parse(line).notes).toMatchObject([{ kind: 'faint' }]);
    }
    const told = await run(...translating, '-w', at('faint.pth'), '--residual-tanh');
    expect(told.stderr).not.toContain('nearly grey');
    expect(told.stderr).toContain('input added before the tanh');
  });

  it('are heeded, and told of', async () => {
    const { code, stdout, stderr } = await run(
      ...translating,
      '-w',
      at('deblur.pth'),
      ...ALL,
      '--json',
    );
    expect(code).toBe(0);
    expect(stderr).toContain(
      'network input 21x14 padded to 24x16 in -1..1, blue first, running statistics, replicate padding, input added,',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      ...ASKED,
      networkSize: [24, 16],
      outputSize: [21, 14],
    });
    expect(
      difference(image('out.png').data, await expected('deblur.pth', ASKED)),
    ).toBeLessThanOrEqual(1);
    for (const asked of [
      { ...ASKED, residual: false },
      { ...ASKED, statistics: 'own' },
    ]) {
      const other = await expected('deblur.pth', asked);
      const same = other.length === image('out.png').data.length;
      if (same) expect(difference(image('out.png').data, other)).toBeGreaterThan(4);
    }
  });

  it('of a batch norm are changed, too', async () => {
    await run(...translating, '-w', at('batch.pth'), '--statistics', 'own');
    const own = await expected('batch.pth', { statistics: 'own' });
    expect(difference(image('out.png').data, own)).toBeLessThanOrEqual(1);
    expect(difference(own, await expected('batch.pth', {}))).toBeGreaterThan(4);
  });

  it('stay with what is exported', async () => {
    await run(...translating, '-w', at('deblur.pth'), ...ALL);
    const first = image('out.png');
    for (const name of ['again.pth', 'again.safetensors', 'again.onnx']) {
      expect((await run('export', at('deblur.pth'), name, ...ALL)).code).toBe(0);
      const again = await run('in.png', '-o', `${name}.png`, '--resize', 'none', '-w', name);
      expect(again.stderr).not.toContain('DeblurGAN');
      expect(image(`${name}.png`).data, name).toEqual(first.data);
      const inspected = await run('inspect', name);
      expect(inspected.stdout).toMatch(
        /^pictures .*blue first; sides must be multiples of 4; .*replicate padding; adds its input$/m,
      );
    }
    const drawn = await run('export', at('deblur.pth'), 'net.svg', '--bgr');
    expect([drawn.code, drawn.stderr]).toEqual([2, expect.stringMatching(/--bgr is for .*\.pth/)]);
    expect((await run('export', at('deblur.pth'), 'net.svg', '--residual')).code).toBe(0);
    expect(readFileSync(join(cwd, 'net.svg'), 'utf8')).toContain('clamp');
  });

  it('that the network cannot have are refused', async () => {
    const { code, stderr } = await run(...translating, '-w', at('batch.pth'), '--padding', 'zero');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/padding: "zero".*reflect or replicate/),
    ]);
    expect(existsSync(join(cwd, 'out.png'))).toBe(false);
  });
});

describe('a picture whose sides the network does not take', () => {
  const net = ['-w', at('deblur.pth'), '--residual'];

  it('is padded among many, which share programs of the padded size, and a gallery', async () => {
    const larger = { width: 24, height: 16, data: new Uint8Array(1152).fill(90) };
    writeFileSync(join(cwd, 'b.png'), encodeImage(larger, 'b.png'));
    const args = [
      'in.png',
      'b.png',
      '-o',
      'out',
      '--resize',
      'none',
      '--gallery',
      '--json',
      '--debug',
    ];
    const { code, stdout, stderr } = await run(...args, ...net);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /in\.png \(21x14\) -> .*network input 21x14 padded to 24x16 in -1\.\.1, input added/,
    );
    expect(stderr).toMatch(/b\.png .*network input 24x16 in -1/);
    expect(stderr).toMatch(
      /2 pictures in .*; network input in -1\.\.1, input added, padded to multiples of 4\.$/m,
    );
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).networkSize),
    ).toEqual([
      [24, 16],
      [24, 16],
    ]);
    expect(
      difference(image('out/in.png').data, await expected('deblur.pth', { residual: true })),
    ).toBeLessThanOrEqual(1);
    expect(readdirSync(join(cwd, 'out')).sort()).toEqual(['b.png', 'in.png', 'index.html']);
  });

  it('goes with --crop, --keep-size and --dump-activations', async () => {
    await run('in.png', '-o', 'crop.png', '--resize', '10', '--crop', '9', ...net);
    expect(image('crop.png')).toMatchObject({ width: 9, height: 9 });
    const args = ['--resize', '10', '--keep-size', '--dump-activations', 'layers'];
    const { code, stderr } = await run('in.png', '-o', 'kept.png', ...args, ...net);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('network input 15x10 padded to 16x12'),
    ]);
    expect(image('kept.png')).toMatchObject({ width: 21, height: 14 });
    const [first] = readdirSync(join(cwd, 'layers')).filter((name) => name.endsWith('.npy'));
    expect(readFileSync(join(cwd, 'layers', first), 'latin1')).toContain("'shape': (1, 3, 18, 22)");
  });

  it('is called by its own size where it is too small', async () => {
    const dot = { width: 3, height: 2, data: new Uint8Array(18) };
    writeFileSync(join(cwd, 'dot.png'), encodeImage(dot, 'dot.png'));
    const { code, stderr } = await run('dot.png', '-o', 'out.png', '--resize', 'none', ...net);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/dot\.png: a picture of 3 x 2 is too small .*5 x 5/),
    ]);
  });
});

describe('channels', () => {
  it('of labels are no picture: a clear sentence, and nothing is written', async () => {
    const { code, stderr } = await run('in.png', '-o', 'out.png', '-w', at('labels.pth'));
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /in\.png: This generator turns 36 channels into 3, but a picture has 3/,
      ),
    ]);
    expect(existsSync(join(cwd, 'out.png'))).toBe(false);
    const inspected = await run('inspect', at('labels.pth'));
    expect(inspected.stdout).toMatch(/turns 36 channels into 3, but a picture has 3/);
  });

  it('of greys are those of Pillow, in and out', async () => {
    const { code, stderr } = await run(
      'in.png',
      '-o',
      'out.png',
      '--resize',
      'none',
      '-w',
      at('grey.pth'),
    );
    expect(code, stderr).toBe(0);
    const { width, height, data } = image('out.png');
    expect([width, height]).toEqual([24, 16]);
    expect(data.every((v, i) => v === data[i - (i % 3)])).toBe(true);
    expect(difference(data, await expected('grey.pth', {}))).toBeLessThanOrEqual(1);
  });
});
