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
}

const FOLDER = join(import.meta.dirname, '../golden/data');

export const golden = JSON.parse(readFileSync(goldenPath('golden.json'), 'utf8')) as Golden;
export const goldenNumbers = new Float32Array(goldenBytes('golden.f32').buffer);

export function goldenPath(file: string): string {
  return join(FOLDER, file);
}

export function goldenBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(goldenPath(file)));
}
