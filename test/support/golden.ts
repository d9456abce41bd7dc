import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorPlace } from './fixtures.js';
import type { OperatorCase } from './operatorSuite.js';

/** What `test/golden/make_golden.py` made with PyTorch and Pillow. */
interface Golden {
  readonly operators: readonly OperatorCase[];
  readonly generators: readonly {
    readonly name: string;
    readonly config: { input_nc: number; output_nc: number; ngf: number; n_blocks: number };
    readonly keys: Readonly<Record<string, readonly number[]>>;
    /** PyTorch's `print(net)`. */
    readonly printed: string;
    readonly weights: TensorPlace;
    readonly input: TensorPlace;
    readonly output: TensorPlace;
    readonly files: { readonly legacy: string; readonly zip: string };
  }[];
  readonly pictures: readonly {
    readonly name: string;
    readonly file: string;
    readonly size: readonly [width: number, height: number];
    /** The file with the bytes of Pillow's `convert("RGB")`. */
    readonly rgb: string;
  }[];
  /** Pictures in `resizes.rgb`, and what Pillow's `resize` makes of them. */
  readonly resizes: readonly {
    readonly name: string;
    readonly interpolation: 'bilinear' | 'bicubic';
    readonly input: RgbPlace;
    readonly output: RgbPlace;
  }[];
}

interface RgbPlace {
  readonly offset: number;
  readonly size: readonly [width: number, height: number];
}

const FOLDER = join(import.meta.dirname, '../golden/data');

export const golden = JSON.parse(readFileSync(goldenPath('golden.json'), 'utf8')) as Golden;
export const goldenNumbers = new Float32Array(goldenBytes('golden.f32').buffer);

/** A picture of `resizes.rgb`. */
export function goldenPicture({ offset, size: [width, height] }: RgbPlace): {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
} {
  const data = goldenBytes('resizes.rgb').subarray(offset, offset + 3 * width * height);
  return { width, height, data };
}

export function goldenPath(file: string): string {
  return join(FOLDER, file);
}

export function goldenBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(goldenPath(file)));
}
