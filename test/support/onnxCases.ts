import { readFileSync } from 'node:fs';
import { Tensor } from '../../src/tensor/tensor.js';
import { goldenPath } from './golden.js';

/** A model of an exporter that is not ours, and what PyTorch computes: made by `test/golden/make_onnx_models.py`, or `make_dynamo_models.py`. */
export interface OnnxCase {
  readonly file: string;
  readonly range?: readonly [number, number];
  /** Whether it takes `[N, H, W, C]`. */
  readonly channelsLast?: boolean;
  /** Whether its pictures have values of 0 to 255. */
  readonly bytes?: boolean;
  /** What is left to the reference: factors of each pixel. */
  readonly fallbacks?: readonly string[];
  /** `[N, C, H, W]`. */
  readonly shape: readonly number[];
  /** Base64 of little-endian float32. */
  readonly output: string;
}

interface OnnxCases {
  readonly input: { readonly shape: readonly number[]; readonly elements: string };
  readonly cases: readonly OnnxCase[];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(goldenPath(`onnxModels/${name}`), 'utf8'));
}

const { input, cases } = read('onnxModels.json') as OnnxCases;
/** Of PyTorch's newer exporter, which needs a PyTorch that not every machine has. */
const { cases: ofDynamo } = read('dynamoModels.json') as Pick<OnnxCases, 'cases'>;

export const onnxCases = [...cases, ...ofDynamo];

export function onnxInput({ bytes = false }: OnnxCase): Tensor {
  const picture = new Tensor(decoded(input.elements), input.shape);
  return bytes ? picture.add(1).mul(127.5) : picture;
}

export function onnxOutput({ output }: OnnxCase): Float32Array {
  return decoded(output);
}

function decoded(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}
