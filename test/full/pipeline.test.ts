import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ResNetGenerator } from '../../src/generator/resnet/resNetGenerator.js';
import { compose, toTensor } from '../../src/image/convert.js';
import { decodeImage, openImage } from '../../src/image/formats.js';
import { resize } from '../../src/image/resize/resize.js';
import { loadStateDict } from '../../src/pth/loadStateDict.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { maxAbsDifference } from '../support/closeness.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { fixtureFloats, fixturePath, hasFixtures, manifest } from '../support/fixtures.js';

interface FullManifest {
  readonly weightsBytes: number;
  readonly runs: readonly {
    readonly name: string;
    readonly resized: string;
    readonly inputSha256: string;
    readonly outputPng: string;
    readonly layers: readonly {
      readonly module: string;
      readonly shape: readonly number[];
      readonly mean: number;
      readonly std: number;
      readonly sampleIndex: readonly number[];
      readonly sample: readonly number[];
    }[];
  }[];
}

const { runs } = manifest<FullManifest>('full', { weightsBytes: 0, runs: [] });
const BUILT = join(import.meta.dirname, '../../dist/cyclegan.mjs');
const DEMO = join(import.meta.dirname, '../../../shared/weights');

const folder = temporaryFolder();
const weights = join(folder.path, 'full.pth');
const command = join(folder.path, 'cyclegan.mjs');

beforeAll(() => {
  // The command must need nothing beside it, so it runs from an empty folder.
  copyFileSync(BUILT, command);
  if (hasFixtures)
    execFileSync(process.execPath, [fixturePath('full', 'make_weights.mjs'), weights]);
});
afterAll(folder.remove);

describe.skipIf(!hasFixtures)('the full-size generator', () => {
  const source: Record<string, string> = { horse_jpg: 'horse.jpg', nb0_png: 'nb0.png' };

  describe.each(runs.map((run) => [run.name, run] as const))('%s', (_, run) => {
    it('is prepared as by torchvision', async () => {
      const picture = await openImage(fixturePath('images', source[run.name]));
      const { data } = compose(resize(256), toTensor())(picture);
      expect(createHash('sha256').update(data).digest('hex')).toBe(run.inputSha256);
    });

    it('gives the picture of PyTorch from the command line', async () => {
      const output = join(folder.path, `${run.name}.png`);
      const input = fixturePath('full', run.resized);
      const args = [input, output, '--resize', 'none', '--weights', weights];
      const { code, stderr } = await runCommand(command, args, folder.path);
      expect(code, stderr).toBe(0);
      expectSamePicture(output, fixturePath('full', run.outputPng));
    });

    it('gives the same from the photograph, with Resize(256)', async () => {
      const output = join(folder.path, `${run.name}-photo.png`);
      const args = [fixturePath('images', source[run.name]), output, '--weights', weights];
      const { code, stderr } = await runCommand(command, args, folder.path);
      expect(code, stderr).toBe(0);
      expectSamePicture(output, fixturePath('full', run.outputPng));
    });

    it('agrees in every layer', async () => {
      const picture = await openImage(fixturePath('full', run.resized));
      const netG = ResNetGenerator.fromStateDict(await loadStateDict(weights));
      const modules = new Map(netG.namedModules());
      let x = toTensor()(picture).unsqueeze(0);
      for (const layer of run.layers) {
        const module = modules.get(layer.module);
        if (module === undefined) throw new Error(`${layer.module} is not there`);
        x = await module.forward(x, { engine: 'js', blocking: true });
        module.dispose();
        expect(x.shape, layer.module).toEqual(layer.shape);
        const samples = layer.sampleIndex.map((i) => x.data[i]);
        expect(maxAbsDifference(samples, layer.sample), layer.module).toBeLessThan(1e-4);
        const { mean, deviation } = statistics(x);
        expect(mean, layer.module).toBeCloseTo(layer.mean, 4);
        expect(deviation, layer.module).toBeCloseTo(layer.std, 4);
      }
      if (run.name === 'horse_jpg') {
        const expected = fixtureFloats('full', 'horse_jpg_output.f32');
        expect(maxAbsDifference(x.data, expected)).toBeLessThan(1e-4);
      }
    });
  });
});

describe.skipIf(!existsSync(DEMO))('the embedded model', () => {
  it('gives the picture of PyTorch, in a folder with nothing else', async () => {
    const place = temporaryFolder();
    copyFileSync(BUILT, join(place.path, 'cyclegan.mjs'));
    copyFileSync(join(DEMO, 'sample.png'), join(place.path, 'sample.png'));
    const { code } = await runCommand('cyclegan.mjs', ['sample.png', 'z.png'], place.path);
    expect(code).toBe(0);
    expectSamePicture(join(place.path, 'z.png'), join(DEMO, 'sample_zebra.png'));
    const { stdout } = await runCommand('cyclegan.mjs', ['demo', 'demo.png'], place.path);
    expect(stdout).toBe('demo.png\n');
    expect(readFileSync(join(place.path, 'demo.png'))).toEqual(
      readFileSync(join(place.path, 'z.png')),
    );
    expect(readdirSync(place.path).length).toBe(4);
    place.remove();
  });
});

/** At most one byte in a thousand differs, and by one: the conversion to bytes cuts off. */
function expectSamePicture(found: string, expected: string): void {
  const [a, b] = [found, expected].map((file) => decodeImage(readFileSync(file)));
  expect([a.width, a.height]).toEqual([b.width, b.height]);
  expect(maxAbsDifference(a.data, b.data)).toBeLessThanOrEqual(1);
  const differing = a.data.filter((byte, i) => byte !== b.data[i]).length;
  expect(differing / b.data.length).toBeLessThanOrEqual(0.001);
}

function statistics({ data }: Tensor): { mean: number; deviation: number } {
  let sum = 0;
  for (const value of data) sum += value;
  const mean = sum / data.length;
  let squares = 0;
  for (const value of data) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / data.length) };
}
