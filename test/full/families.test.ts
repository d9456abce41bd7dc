import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { decodeImage, openImage } from '../../src/image/formats.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { translate } from '../../src/translate/translate.js';
import { maxAbsDifference } from '../support/closeness.js';
import { runCommand, temporaryFolder } from '../support/command.js';
import { MAX_ERROR, TIMES_TORCH } from '../support/familyCases.js';
import { fixtureBytes, fixtureFloats, fixturePath, hasFixtures } from '../support/fixtures.js';

const COMMAND = join(import.meta.dirname, '../../dist/cyclegan.mjs');
const folder = temporaryFolder();
afterAll(folder.remove);

/** A checkpoint as a repository saves it, and what its own class makes of inputs in double precision. */
interface FamilyManifest {
  readonly expect: string;
  readonly file: string;
  /** Where the generator is; `a -> b` stands for what begins with `b.` in dict `a`. */
  readonly key: string;
  readonly value_range: string;
  readonly size_rule?: string;
  readonly cases?: readonly {
    readonly input: string;
    readonly output: string;
    readonly input_shape: readonly number[];
    readonly output_shape: readonly number[];
    readonly torch_float32_error: number;
    readonly output_own_statistics?: string;
  }[];
  readonly picture?: string;
  readonly expected_picture?: string;
}

/** DeblurGAN's network adds its input to its output, which no key tells. */
const RESIDUAL = /deblurgan/;

function manifestOf(family: string): FamilyManifest {
  return JSON.parse(readFileSync(fixturePath('families', family, 'manifest.json'), 'utf8'));
}

function tensorOf(family: string, file: string, shape: readonly number[]): Tensor {
  return new Tensor(fixtureFloats('families', family, file), shape);
}

function levelsApart(family: string, made: Uint8Array, expected: string): number {
  const [a, b] = [decodeImage(made), decodeImage(fixtureBytes('families', family, expected))];
  expect([a.width, a.height]).toEqual([b.width, b.height]);
  return maxAbsDifference(a.data, b.data);
}

const folders = hasFixtures ? readdirSync(fixturePath('families'), { withFileTypes: true }) : [];
const families = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
const isRun = (family: string) => /\bright\b/.test(manifestOf(family).expect);

describe.skipIf(!hasFixtures)('the tensors', () => {
  const withTensors = families.filter((family) => manifestOf(family).cases !== undefined);
  it.each(withTensors)('of %s are right', async (family) => {
    const { file, key, cases = [] } = manifestOf(family);
    const options = { ...(key === '' ? {} : { key }), residual: RESIDUAL.test(family) };
    for (const { input, output, output_own_statistics: own, ...run } of cases) {
      const whole = tensorOf(family, input, run.input_shape);
      const [, ...first] = run.input_shape;
      for (const [statistics, expected, count] of [
        ['running', output, run.input_shape[0]],
        // A picture's own statistics are those of a batch of one.
        ['own', own, 1],
      ] as const) {
        if (expected === undefined) continue;
        const x = new Tensor(whole.data.subarray(0, (whole.size / run.input_shape[0]) * count), [
          count,
          ...first,
        ]);
        const weights = fixturePath('families', family, file);
        const { module } = await openGenerator(weights, { ...options, statistics });
        const y = tensorOf(family, expected, [count, ...run.output_shape.slice(1)]);
        const made = await module.forward(x, {
          onProgram: ({ fallbacks }) => expect(fallbacks).toEqual([]),
        });
        expect(made.shape).toEqual(y.shape);
        const bound = Math.max(MAX_ERROR, TIMES_TORCH * run.torch_float32_error);
        expect(maxAbsDifference(made.data, y.data), statistics).toBeLessThan(bound);
      }
    }
  });
});

describe.skipIf(!hasFixtures)('what hints at a wrong picture', () => {
  it.each(['horse.jpg', 'nb0.png', 'nb1.png'])(
    'is not told of a trained generator and %s',
    async (name) => {
      const weights = join(import.meta.dirname, '../../weights/horse2zebra-mini.pth');
      const generator = await openGenerator(weights);
      const notes: unknown[] = [];
      await translate(await openImage(fixturePath('images', name)), generator, {
        onNote: (note) => notes.push(note),
      });
      expect(notes).toEqual([]);
    },
  );
});

describe.skipIf(!hasFixtures)('inspect and translate', () => {
  it.each(families)('agree about %s', async (family) => {
    const { file, key, picture, expected_picture, size_rule = '' } = manifestOf(family);
    const multiple = /multiples of (\d+)/.exec(size_rule)?.[1] ?? '16';
    const weights = fixturePath('families', family, file);
    const where = key === '' ? [] : ['--key', key];
    const options = RESIDUAL.test(family) ? ['--residual', '--statistics', 'running'] : [];
    const inspected = await runCommand(COMMAND, ['inspect', weights, ...where], folder.path);
    const input =
      picture === undefined
        ? fixturePath('images', 'bilevel.png')
        : fixturePath('families', family, picture);
    const translated = await runCommand(
      COMMAND,
      [
        input,
        '-o',
        `${family}.png`,
        '--weights',
        weights,
        '--resize',
        picture === undefined ? `${multiple}x${multiple}` : 'none',
        ...where,
        ...options,
      ],
      folder.path,
    );
    const fits = /^generator +(?! |This state dict )/m.test(inspected.stdout);
    expect(fits).toBe(isRun(family));
    expect(translated.code, translated.stderr).toBe(fits ? 0 : 1);
    if (fits && expected_picture !== undefined) {
      // Nothing is told of a picture that is right.
      expect(translated.stderr).not.toMatch(/what the network made|all that the network made/);
      const made = new Uint8Array(readFileSync(join(folder.path, `${family}.png`)));
      expect(levelsApart(family, made, expected_picture)).toBeLessThanOrEqual(1);
    }
    if (!fits) {
      const said = /looks like.*/.exec(inspected.stdout)?.[0] ?? '';
      expect(translated.stderr).toContain(said.trim());
    }
  });
});
