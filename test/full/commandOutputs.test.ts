import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { commandInFolders, SMALL_PICTURE } from '../support/command.js';
import { goldenPath } from '../support/golden.js';

const { at, run } = commandInFolders();
const weights = goldenPath('tiny_zip.pth');
beforeEach(() => writeFileSync(at('in.png'), encodeImage(SMALL_PICTURE, 'in.png')));

describe('the picture’s way', () => {
  const translated = async (...options: string[]) => {
    const { code } = await run('in.png', '-o', 'out.png', '-w', weights, ...options);
    expect(code).toBe(0);
    const { width, height, alpha } = decodeImage(readFileSync(at('out.png')), {
      alpha: true,
    });
    return { width, height, alpha: alpha as Uint8Array };
  };

  it.each([
    [['--resize', 'scale-width:40'], 40, 24],
    [['--resize', '30'], 52, 32],
    [['--resize', '30', '--keep-size'], 20, 12],
    [['--resize', '30x31', '--crop', '21'], 24, 24],
    [['--resize', '30x31', '--crop', '21', '--keep-size'], 21, 21],
  ])('%s gives %i x %i', async (options, width, height) => {
    expect(await translated(...options)).toMatchObject({ width, height });
  });

  it('carries transparency over when it is asked to', async () => {
    const alpha = new Uint8Array(240).map((_, i) => (i % 20 < 10 ? 0 : 200));
    writeFileSync(at('in.png'), encodeImage({ ...SMALL_PICTURE, alpha }, 'in.png'));
    expect((await translated('--resize', 'none', '--alpha', 'keep')).alpha).toEqual(alpha);
    expect((await translated('--resize', '30', '--alpha', 'keep', '--keep-size')).alpha).toEqual(
      alpha,
    );
    expect((await translated('--resize', 'none')).alpha).toEqual(new Uint8Array(240).fill(255));
  });
});

it('one picture sweeps what a killed run has left of its output, and of no other', async () => {
  const left = (name: string) => `.${name}.999999999-0123abcd.cyclegan-tmp`;
  for (const name of ['out.png', 'my.png']) writeFileSync(at(left(name)), 'half');
  expect((await run('in.png', 'out.png', '-w', weights)).code).toBe(0);
  expect(readdirSync(at('.')).sort()).toEqual([left('my.png'), 'in.png', 'out.png']);
});

describe('exporting', () => {
  it.each(['x.onnx', 'x.safetensors', 'x.pth'])(
    'to %s makes weights that run again',
    async (name) => {
      expect((await run('export', weights, name)).code).toBe(0);
      const { stderr } = await run('diff', weights, name);
      expect(stderr).toMatch(/All 20 tensors are equal/);
      await run('in.png', 'a.png', '-w', weights, '--resize', 'none');
      await run('in.png', 'b.png', '-w', name, '--resize', 'none');
      expect(readFileSync(at('a.png'))).toEqual(readFileSync(at('b.png')));
    },
  );

  it.each(['x.svg', 'x.html'])('draws the network: %s', async (name) => {
    expect((await run('export', weights, name)).code).toBe(0);
    const folded = readFileSync(at(name), 'utf8');
    for (const word of ['Conv2d', 'model.1', '× 2', '[3, 4, 7, 7]']) expect(folded).toContain(word);
    await run('export', weights, 'y.svg', '--unfold', '--input', '1,3,64,48');
    const whole = readFileSync(at('y.svg'), 'utf8');
    expect(whole).not.toContain('× 2');
    expect(whole).toContain('[1, 3, 64, 48]');
  });

  it('leaves one output that is there alone with --resume, whatever the input has become', async () => {
    const args = ['in.png', 'resumed.png', '-w', weights, '--resume'];
    writeFileSync(at('resumed.png'), 'finished before');
    const { code, stderr } = await run(...args);
    expect([code, stderr]).toEqual([0, expect.stringContaining('resumed.png: is there already')]);
    expect(readFileSync(at('resumed.png'), 'utf8')).toBe('finished before');
    expect((await run(...args, '--force')).code).toBe(2);
    rmSync(at('resumed.png'));
    expect((await run(...args)).code).toBe(0);
    expect([...readFileSync(at('resumed.png')).subarray(1, 4)]).toEqual([80, 78, 71]);
  });

  it('tells what 16 bits change, and diff tells where', async () => {
    const { stderr } = await run('export', weights, 'h.onnx', '--fp16', '--dynamic');
    expect(stderr).toMatch(/16 bits.*change by \d/);
    const { stdout } = await run('diff', weights, 'h.onnx');
    expect(stdout).toMatch(/^~ model\.\S+ {2}float32 \/ float16, \d+ of \d+ numbers, by/m);
  });

  it('measures what the machine does', async () => {
    const args = ['bench', weights, '--sizes', '16x12,8x8', '--threads', '10', '--runs', '3'];
    const { code, stdout } = await run(...args, '--json');
    expect(code).toBe(0);
    const { machine, figures, peaks } = JSON.parse(stdout);
    expect(machine.node).toBe(process.versions.node);
    expect(figures.map((f: { inputShape: number[] }) => f.inputShape)).toEqual([
      [1, 3, 12, 16],
      [1, 3, 8, 8],
    ]);
    for (const { least, median, most, gflops } of figures) {
      expect(least).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(least);
      expect(most).toBeGreaterThanOrEqual(median);
      expect(gflops).toBeGreaterThan(0);
    }
    expect(peaks).toMatchObject([{ threads: 10 }]);
    // Below that, the loop was not optimised, or is not what is timed.
    expect(peaks[0].gflops).toBeGreaterThan(2);
    expect(peaks[0].gigabytesPerSecond).toBeGreaterThan(0.5);
    const wrong = await run('bench', weights, '--sizes', '16');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/--sizes .* 128x128/)]);
  });

  it('writes activations into an empty folder', async () => {
    const options = ['-w', weights, '--resize', 'none', '--dump-activations', 'acts'];
    const args = ['in.png', '-o', 'out.png', ...options];
    expect((await run(...args)).code).toBe(0);
    const names = readdirSync(at('acts')).sort();
    expect(names[0]).toBe('001_model.0_reflectionPad2d.npy');
    expect(names[1]).toBe('001_model.0_reflectionPad2d.png');
    const again = await run(...args);
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/not empty/)]);
  });
});
