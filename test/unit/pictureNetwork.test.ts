// How pictures get into a network and out of it again: sizes, ranges, order and number of channels.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ValueRange } from '../../src/generator/family.js';
import type { GraphBuilder, Value } from '../../src/graph/builder.js';
import { toImage, toTensor } from '../../src/image/convert.js';
import { crop } from '../../src/image/crop.js';
import { toGrey } from '../../src/image/grey.js';
import type { Picture } from '../../src/image/picture.js';
import { resize } from '../../src/image/resize/resize.js';
import { Conv2d } from '../../src/nn/conv2d.js';
import { ConvTranspose2d } from '../../src/nn/convTranspose2d.js';
import { Identity } from '../../src/nn/identity.js';
import { Module } from '../../src/nn/module.js';
import { manualSeed } from '../../src/nn/random.js';
import { Sequential } from '../../src/nn/sequential.js';
import { Tanh } from '../../src/nn/tanh.js';
import { pad } from '../../src/tensor/pad.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import type { PictureNetwork } from '../../src/translate/pictureNetwork.js';
import { type TranslateOptions, translate } from '../../src/translate/translate.js';

const AS_IT_IS: TranslateOptions = { resize: null, engine: 'js' };

function pictureOf(width: number, height: number, seed = 1): Picture {
  const data = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => (i * 89 + seed * 31) % 256,
  );
  return { width, height, data };
}

const picture = fc
  .record({
    width: fc.integer({ min: 1, max: 23 }),
    height: fc.integer({ min: 1, max: 23 }),
    seed: fc.nat(99),
  })
  .map(({ width, height, seed }) => pictureOf(width, height, seed));

/** A network that takes multiples of a side only: others come out smaller. */
function stepping(multipleOf: number, channels = 3): PictureNetwork {
  manualSeed(multipleOf);
  const options = { stride: multipleOf };
  const module = new Sequential(
    new Conv2d(channels, 5, multipleOf, options),
    new ConvTranspose2d(5, 3, multipleOf, options),
    new Tanh(),
  );
  return {
    module,
    inputRange: [-1, 1],
    outputRange: [-1, 1],
    channelOrder: 'rgb',
    inputChannels: channels,
    sizeRule: { multipleOf, roundsUpTo: 1 },
  };
}

/** PyTorch's padding along one axis at a time: mirrored where that is possible. */
function padded(x: Tensor, multipleOf: number): Tensor {
  const [height, width] = x.shape.slice(-2);
  const [down, right] = [-height, -width].map(
    (side) => ((side % multipleOf) + multipleOf) % multipleOf,
  );
  const mode = (more: number, side: number) => (more < side ? 'reflect' : 'replicate');
  const wide = pad(x, [0, right, 0, 0], { mode: mode(right, width) });
  return pad(wide, [0, 0, 0, down], { mode: mode(down, height) });
}

describe('a network that takes sides of some lengths', () => {
  it('gives the part of the padded picture that is the picture', async () => {
    await fc.assert(
      fc.asyncProperty(picture, fc.integer({ min: 1, max: 9 }), async (p, multipleOf) => {
        const network = stepping(multipleOf);
        const made = await translate(p, network, AS_IT_IS);
        expect([made.width, made.height]).toEqual([p.width, p.height]);
        const input = padded(toTensor()(p).unsqueeze(0), multipleOf).sub(0.5).div(0.5);
        const whole = toImage((await network.module.forward(input, AS_IT_IS)).add(1).div(2));
        const part = { left: 0, top: 0, width: p.width, height: p.height };
        expect(made.data).toEqual(crop(whole, part).data);
      }),
      { numRuns: 150 },
    );
  });

  it('goes with a size, a square, the size of the input, and alpha', async () => {
    const [network, photo] = [
      stepping(8),
      { ...pictureOf(30, 20), alpha: new Uint8Array(600).map((_, i) => i % 256) },
    ];
    const sized = await translate(photo, network, { engine: 'js', resize: 10 });
    expect([sized.width, sized.height, sized.alpha?.length]).toEqual([15, 10, 150]);
    expect(sized.alpha).toEqual(resize(10)(photo).alpha);
    const square = await translate(photo, network, { engine: 'js', resize: 10, crop: 7 });
    expect([square.width, square.height]).toEqual([7, 7]);
    const kept = await translate(photo, network, { engine: 'js', resize: 10, keepSize: true });
    expect([kept.width, kept.height]).toEqual([30, 20]);
    expect(kept.alpha).toEqual(photo.alpha);
    expect(kept.data).toEqual(resize({ width: 30, height: 20 })(sized).data);
  });

  it('leaves the output of others as large as it is', async () => {
    const rule = { multipleOf: 1, roundsUpTo: 4 };
    const made = await translate(
      pictureOf(9, 9),
      { ...stepping(4), module: new Larger(), sizeRule: rule },
      AS_IT_IS,
    );
    expect([made.width, made.height]).toEqual([12, 12]);
  });
});

/** Rounds sides up to multiples of four. */
class Larger extends Module {
  readonly down = this.registerModule('down', new Conv2d(3, 3, 3, { stride: 4, padding: 1 }));
  readonly up = this.registerModule('up', new ConvTranspose2d(3, 3, 4, { stride: 4 }));

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.up, g.call(this.down, x));
  }
}

describe('ranges', () => {
  const echo = (range: ValueRange): PictureNetwork => ({
    module: new Sequential(new Identity()),
    inputRange: range,
    outputRange: range,
    channelOrder: 'rgb',
  });

  it('that are the same on both ways give the picture back', async () => {
    const range = fc
      .tuple(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 1, max: 600 }))
      .map(([low, width]): ValueRange => [low, low + width]);
    await fc.assert(
      fc.asyncProperty(picture, range, async (p, own) => {
        const back = await translate(p, echo(own), AS_IT_IS);
        // Fractions are cut off, as by torchvision.
        const off = back.data.map((v, i) => Math.abs(v - p.data[i]));
        expect(Math.max(...off)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('of bytes lose nothing, and are clamped', async () => {
    const all = { width: 256, height: 1, data: Uint8Array.from({ length: 768 }, (_, i) => i / 3) };
    expect((await translate(all, echo([0, 255]), AS_IT_IS)).data).toEqual(all.data);
    const beyond = { ...echo([0, 255]), inputRange: [-100, 400] as const };
    const made = await translate(all, beyond, AS_IT_IS);
    expect([made.data[0], made.data[765]]).toEqual([0, 255]);
  });
});

describe('channels', () => {
  /** Red and blue exchanged. */
  const swapped = (p: Picture): Picture => {
    const data = p.data.map((_, i) => p.data[i + [2, 0, -2][i % 3]]);
    return { ...p, data };
  };

  it('with blue first are those of a network with red first, exchanged before and after', async () => {
    await fc.assert(
      fc.asyncProperty(picture, fc.integer({ min: 1, max: 4 }), async (p, multipleOf) => {
        const network = stepping(multipleOf);
        const bgr = await translate(p, { ...network, channelOrder: 'bgr' }, AS_IT_IS);
        const rgb = await translate(swapped(p), network, AS_IT_IS);
        expect(bgr.data).toEqual(swapped(rgb).data);
      }),
      { numRuns: 40 },
    );
  });

  // Pillow's Image.convert('L').
  it.each([
    [0, 0, 0, 0],
    [255, 255, 255, 255],
    [255, 0, 0, 76],
    [0, 255, 0, 150],
    [0, 0, 255, 29],
    [1, 2, 3, 2],
    [200, 100, 50, 124],
    [68, 32, 130, 54],
    [60, 253, 230, 193],
    [228, 136, 117, 161],
    [52, 162, 15, 112],
    [11, 13, 4, 11],
  ])('%i, %i, %i are the grey %i', async (red, green, blue, grey) => {
    const dot = { width: 1, height: 1, data: Uint8Array.of(red, green, blue) };
    expect([...toGrey(dot).data]).toEqual([grey, grey, grey]);
    const network = {
      module: new Sequential(new Identity()),
      inputRange: [0, 255],
      outputRange: [0, 255],
      channelOrder: 'bgr',
      inputChannels: 1,
      outputChannels: 1,
    } as const;
    // One channel in, one out.
    expect([...(await translate(dot, network, AS_IT_IS)).data]).toEqual([grey, grey, grey]);
  });

  it('of labels are no picture', async () => {
    for (const channels of [{ inputChannels: 36 }, { outputChannels: 2 }]) {
      const given = translate(pictureOf(8, 8), { ...stepping(2), ...channels }, AS_IT_IS);
      await expect(given).rejects.toMatchObject({ code: 'ERR_SHAPE' });
      await expect(given).rejects.toThrow(
        /turns (36 channels into 3|3 channels into 2), but a picture has 3.*grey\. The library/,
      );
    }
  });

  it('of colours alone are told of as such', async () => {
    const network = { ...stepping(2), inputChannels: 1, outputChannels: 2 };
    await expect(translate(pictureOf(8, 8), network, AS_IT_IS)).rejects.toThrow(
      /turns 1 channel into 2, .*a and b of Lab.*lightness/,
    );
  });
});

describe('a network of one size', () => {
  it('gets pictures that were resized to it, whose results get their size back', async () => {
    const network = { ...stepping(4), sizeRule: { multipleOf: 1, roundsUpTo: 1, exactly: 16 } };
    await fc.assert(
      fc.asyncProperty(picture, async (given) => {
        const { width, height } = given;
        const fitted = resize({ width: 16, height: 16 })(given);
        const plain = { ...network, sizeRule: { multipleOf: 1, roundsUpTo: 1 } };
        const expected = resize({ width, height })(await translate(fitted, plain, AS_IT_IS));
        expect(await translate(given, network, AS_IT_IS)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});
