// What is told of a network's output: on networks that are trained, and on outputs whose picture is known.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openGenerator } from '../../src/generator/openGenerator.js';
import { toTensor } from '../../src/image/convert.js';
import { openImage } from '../../src/image/formats.js';
import type { Picture } from '../../src/image/picture.js';
import { resize } from '../../src/image/resize/resize.js';
import { rowsOf } from '../../src/image/rows.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tanh } from '../../src/nn/tanh.js';
import { partsOf } from '../../src/tensor/elementSource.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { measureInput, networkInput } from '../../src/translate/networkInput.js';
import { measure, noteOnOutput, type OutputNote } from '../../src/translate/outputNote.js';
import type { PictureNetwork } from '../../src/translate/pictureNetwork.js';
import { translate } from '../../src/translate/translate.js';
import { fixtureBytes, hasFixtures } from '../support/fixtures.js';

const WEIGHTS = join(import.meta.dirname, '../../weights');
const sample = resize(96)(await openImage(join(WEIGHTS, 'sample.png')));
const photographs: [string, Picture][] = [['sample.png', sample]];
if (hasFixtures) {
  for (const name of ['horse.jpg', 'nb1.png']) {
    photographs.push([name, resize(96)(await openImage(fixtureBytes('images', name)))]);
  }
}

/** Red, green and blue, times `weight` and plus `bias`. */
function linear(weight: number, bias = 0, traits: Partial<PictureNetwork> = {}): PictureNetwork {
  const convolution = new Conv2d(3, 3, 1);
  const matrix = Tensor.zeros([3, 3, 1, 1]);
  for (const i of [0, 4, 8]) matrix.data[i] = weight;
  convolution.loadStateDict(
    new Map([
      ['weight', matrix],
      ['bias', Tensor.full([3], bias)],
    ]),
  );
  const ranges = { inputRange: [-1, 1], outputRange: [-1, 1], channelOrder: 'rgb' } as const;
  return { module: convolution, ...ranges, ...traits };
}

/** The tanh of that. */
function pointwise(...args: Parameters<typeof linear>): PictureNetwork {
  const { module, ...traits } = linear(...args);
  return { module: new Sequential(module, new Tanh()), ...traits };
}

async function notesOn(picture: Picture, network: PictureNetwork): Promise<OutputNote[]> {
  const notes: OutputNote[] = [];
  const onNote = (note: OutputNote) => notes.push(note);
  await translate(picture, network, { resize: null, engine: 'js', onNote });
  return notes;
}

const asInput = (picture: Picture) => toTensor()(picture).unsqueeze(0).mul(2).sub(1);

/** What the layers of a network make, by themselves, whose sum with the picture has `picture` as its tanh. */
function differenceTo(wanted: Tensor, input: Tensor): Tensor {
  const limited = wanted.data.map((v) => Math.max(-0.96, Math.min(0.96, v)));
  const made = limited.map((v, i) => Math.tanh(Math.atanh(v) - input.data[i]));
  return new Tensor(made, input.shape);
}

function noteOn(input: Tensor, output: Tensor, network: PictureNetwork): OutputNote | null {
  const given = measure(partsOf(input.data), input.shape, network.inputRange);
  return noteOnOutput(
    () => given,
    measure(partsOf(output.data), output.shape, network.outputRange),
    network,
  );
}

it('nothing is told of a trained generator', async () => {
  const generator = await openGenerator(join(WEIGHTS, 'horse2zebra-mini.pth'));
  expect(await notesOn(resize(48)(sample), generator)).toEqual([]);
});

describe.each(photographs)('of a network that adds its input, given %s,', (_, picture) => {
  const input = asInput(picture);
  const brighter = new Tensor(
    input.data.map((v) => 2 * ((v + 1) / 2) ** 0.8 - 1),
    input.shape,
  );

  it.each([
    ['what changes nothing', input],
    ['what brightens it', brighter],
  ])('%s is told of, with both options', (_name, wanted) => {
    const note = noteOn(input, differenceTo(wanted, input), pointwise(1));
    expect(note?.kind).toBe('faint');
    expect(note?.message).toMatch(/--residual, .*--residual-tanh, .*residual: 'tanh'/);
  });

  it('the picture itself is not', () => {
    expect(noteOn(input, input, pointwise(1))).toBe(null);
    expect(noteOn(input, brighter, pointwise(1))).toBe(null);
  });

  it('nothing is told where the input is added already, or cannot be', () => {
    const made = differenceTo(input, input);
    expect(noteOn(input, made, pointwise(1, 0, { residual: 'tanh' }))).toBe(null);
    expect(noteOn(input, made, pointwise(1, 0, { outputChannels: 1 }))).toBe(null);
  });
});

it.each<Partial<PictureNetwork>>([
  {},
  { inputRange: [0, 255] },
  { inputChannels: 1 },
  { channelOrder: 'bgr' },
])('an input is measured by its bytes as by its floats: %j', (traits) => {
  const network = linear(1, 0, traits);
  // White and black, too, which are at the ends of the range.
  const data = sample.data.map((v) => Math.max(0, Math.min(255, 2 * v - 128)));
  const input = networkInput({ ...sample, data }, network);
  const expected = measure(partsOf(input.data), input.shape, network.inputRange);
  const found = measureInput(rowsOf({ ...sample, data }), network);
  expect(found.clipped).toBe(expected.clipped);
  expect(found.distance).toBeCloseTo(expected.distance, 12);
  expect(found.deviation).toBeCloseTo(expected.deviation, 12);
  expect(found.clipped).toBeGreaterThan(0);
});

describe('an output', () => {
  it('in greys of which the picture is made as well tells nothing', async () => {
    const data = sample.data.map((v) => 128 + (v - 128) / 16);
    expect(await notesOn({ ...sample, data }, pointwise(0.1))).toEqual([]);
  });

  it.each<[OutputNote['kind'], PictureNetwork, RegExp]>([
    ['faint', pointwise(0.1), /nearly grey, \d+ %/],
    ['flat', pointwise(0, 0.3), /one colour.*--input-range/],
    ['clipped', pointwise(1e4), /beyond black and white.*--input-range/],
    ['flat', pointwise(0, 1e4), /one colour/],
  ])('that is %s is told of once', async (kind, network, message) => {
    expect(await notesOn(sample, network)).toEqual([
      { kind, message: expect.stringMatching(message) },
    ]);
  });

  it('has its own range', async () => {
    const own = { inputRange: [0, 255], outputRange: [0, 255] } as const;
    const identity = linear(1, 0, own);
    expect(await notesOn(sample, identity)).toEqual([]);
    const wrong = await notesOn(sample, { ...identity, outputRange: [-1, 1] });
    expect(wrong.map(({ kind }) => kind)).toEqual(['clipped']);
    const small = await notesOn(sample, { ...identity, inputRange: [-1, 1] });
    expect(small.map(({ kind }) => kind)).toEqual(['flat']);
  });
});
