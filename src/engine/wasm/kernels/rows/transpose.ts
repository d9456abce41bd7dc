import { type Code, f32, i32, shuffle, v128 } from '../../../../emit/code.js';
import type {
  FunctionHandle,
  FunctionWriter,
  Local,
  ModuleWriter,
} from '../../../../emit/module.js';

/**
 * Neighbouring pixels of a value in its two layouts: planes, `[planes][height][width]`, as tensors have them, and pixels,
 * `[height][width][channels]`, as the engine has them.
 */
export interface TransposeShape {
  /** Real channels. */
  readonly planes: number;
  /** Floats of a pixel: as many as there are planes, or more. */
  readonly channels: number;
  /** Pixels. */
  readonly width: number;
  /** Bytes from one plane to the next. */
  readonly planeStride: number;
}

/** Lanes of a vector: blocks are squares of as many pixels and channels. */
const LANES = 4;
/** Pixels whose floats of one plane are a cache line. */
const STRIP = 16;

/**
 * `(planes, pixels)`: planes to pixels. The channels that exist only as padding become zero.
 */
export function emitPlanesToPixels(module: ModuleWriter, shape: TransposeShape): FunctionHandle {
  const key = `planes to pixels ${JSON.stringify(shape)}`;
  return module.define(key, ['i32', 'i32'], (f, planes, pixels) => {
    new Transposition(f, shape, planes, pixels).write('pixels');
  });
}

/** `(planes, pixels)`: pixels to planes, without padding. */
export function emitPixelsToPlanes(module: ModuleWriter, shape: TransposeShape): FunctionHandle {
  const key = `pixels to planes ${JSON.stringify(shape)}`;
  return module.define(key, ['i32', 'i32'], (f, planes, pixels) => {
    new Transposition(f, shape, planes, pixels).write('planes');
  });
}

type Layout = 'planes' | 'pixels';

/**
 * A strip of pixels at a time, all channels of it by blocks of four: whatever lies in a cache line of either layout is then read
 * or written by blocks that follow each other.
 */
class Transposition {
  readonly #f: FunctionWriter;
  readonly #shape: TransposeShape;
  /** Where the strip is in both layouts, and where the block is. */
  readonly #strip: Readonly<Record<Layout, Local>>;
  readonly #block: Readonly<Record<Layout, Local>>;
  readonly #vectors: readonly Local[];
  readonly #between: readonly Local[];
  readonly #c: Local;

  constructor(f: FunctionWriter, shape: TransposeShape, planes: Local, pixels: Local) {
    this.#f = f;
    this.#shape = shape;
    this.#strip = { planes, pixels };
    this.#block = { planes: f.local('i32'), pixels: f.local('i32') };
    this.#vectors = f.locals('v128', LANES);
    this.#between = f.locals('v128', LANES);
    this.#c = f.local('i32');
  }

  /** The last strip ends with the last pixel: it begins within the one before it, if it has to. */
  write(to: Layout): void {
    const { width } = this.#shape;
    if (width < LANES) {
      this.#narrow(to);
      return;
    }
    const pixels = width < STRIP ? LANES : STRIP;
    const rest = width % pixels;
    const index = this.#f.local('i32');
    this.#f.repeat(index, (width - rest) / pixels, 1, () => {
      this.#writeStrip(pixels, to);
      this.#advance(this.#strip, pixels, 0);
    });
    if (rest === 0) return;
    this.#advance(this.#strip, rest - pixels, 0);
    this.#writeStrip(pixels, to);
  }

  /** Fewer pixels than a block has. */
  #narrow(to: Layout): void {
    const { planes, channels, width } = this.#shape;
    if (to === 'pixels' && channels > planes) {
      for (let x = 0; x < width; x++) {
        const last = (x * channels + channels - LANES) * 4;
        this.#f.emit(v128.store(this.#strip.pixels.value, v128.zero, last));
      }
    }
    this.#begin();
    this.#singly(planes, width, to);
  }

  #writeStrip(pixels: number, to: Layout): void {
    const { planes, channels } = this.#shape;
    const rest = planes % LANES;
    const blocks = (lanes: number) => {
      for (let x = 0; x < pixels; x += LANES) this.#writeBlock(x, lanes, to);
    };
    this.#begin();
    this.#f.repeat(this.#c, (planes - rest) / LANES, 1, () => {
      blocks(LANES);
      this.#advance(this.#block, 0, LANES);
    });
    // A vector of fewer channels would reach into the next pixel if there were no padding.
    if (rest > 0 && channels >= planes - rest + LANES) blocks(rest);
    else this.#singly(rest, pixels, to);
  }

  /** Four pixels of `lanes` channels, the first of them `x` pixels behind the block's place. */
  #writeBlock(x: number, lanes: number, to: Layout): void {
    const { channels, planeStride } = this.#shape;
    const { planes, pixels } = this.#block;
    const inPlane = (plane: number) => x * 4 + plane * planeStride;
    const ofPixel = (pixel: number) => (x + pixel) * channels * 4;
    for (const [i, vector] of this.#vectors.entries()) {
      const plane = i < lanes ? v128.load(planes.value, inPlane(i)) : v128.zero;
      const pixel = v128.load(pixels.value, ofPixel(i));
      this.#f.emit(vector.set(to === 'pixels' ? plane : pixel));
    }
    this.#transpose();
    for (const [i, { value }] of this.#vectors.entries()) {
      if (to === 'pixels') this.#f.emit(v128.store(pixels.value, value, ofPixel(i)));
      else if (i < lanes) this.#f.emit(v128.store(planes.value, value, inPlane(i)));
    }
  }

  #transpose(): void {
    const [a, b, c, d] = this.#vectors;
    const [abLow, abHigh, cdLow, cdHigh] = this.#between;
    this.#f.emit(
      abLow.set(zip32(a.value, b.value, 'lower')),
      abHigh.set(zip32(a.value, b.value, 'upper')),
      cdLow.set(zip32(c.value, d.value, 'lower')),
      cdHigh.set(zip32(c.value, d.value, 'upper')),
      a.set(halves(abLow.value, cdLow.value, 'lower')),
      b.set(halves(abLow.value, cdLow.value, 'upper')),
      c.set(halves(abHigh.value, cdHigh.value, 'lower')),
      d.set(halves(abHigh.value, cdHigh.value, 'upper')),
    );
  }

  /** So many pixels and planes from the block's place on, float by float. */
  #singly(planes: number, pixels: number, to: Layout): void {
    const { channels } = this.#shape;
    this.#f.repeat(this.#c, planes, 1, () => {
      for (let x = 0; x < pixels; x++) {
        const places = {
          planes: [this.#block.planes.value, x * 4],
          pixels: [this.#block.pixels.value, x * channels * 4],
        } as const;
        const [from, fromOffset] = places[to === 'pixels' ? 'planes' : 'pixels'];
        this.#f.emit(f32.store(places[to][0], f32.load(from, fromOffset), places[to][1]));
      }
      this.#advance(this.#block, 0, 1);
    });
  }

  /** A strip's first block is where the strip is. */
  #begin(): void {
    const { planes, pixels } = this.#strip;
    this.#f.emit(this.#block.planes.set(planes.value), this.#block.pixels.set(pixels.value));
  }

  #advance({ planes, pixels }: Readonly<Record<Layout, Local>>, x: number, c: number): void {
    const { channels, planeStride } = this.#shape;
    this.#f.emit(
      planes.set(i32.add(planes.value, i32.const(x * 4 + c * planeStride))),
      pixels.set(i32.add(pixels.value, i32.const((x * channels + c) * 4))),
    );
  }
}

/** The lanes of two vectors in turns: those of their lower halves, or of their upper ones. */
function zip32(a: Code, b: Code, half: 'lower' | 'upper'): Code {
  const first = half === 'lower' ? 0 : 8;
  const lane = (at: number) => [at, at + 1, at + 2, at + 3];
  return shuffle(a, b, [first, first + 16, first + 4, first + 20].flatMap(lane));
}

/** The lower halves of two vectors side by side, or the upper ones. */
function halves(a: Code, b: Code, half: 'lower' | 'upper'): Code {
  const first = half === 'lower' ? 0 : 8;
  const bytes = Array.from({ length: 8 }, (_, byte) => first + byte);
  return shuffle(a, b, [...bytes, ...bytes.map((byte) => byte + 16)]);
}
