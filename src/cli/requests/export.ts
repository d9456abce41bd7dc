import { readTraits, TRAIT_OPTIONS } from '../../translate/options/traitOptions.js';
import type { WeightsRequest } from '../generator.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import {
  INPUT_OPTION,
  KEY_OPTION,
  type NamedFile,
  OUTPUT_OPTION,
  optionSource,
  readCount,
  readInputShape,
  readOutput,
} from './shared.js';

export const exportSpec: CommandSpec = {
  name: 'export',
  usage: 'FILE|MODEL OUT',
  operands: 'weights',
  summary: 'write a generator in another form: .onnx, .safetensors, .pth, or draw it: .svg, .html',
  notes: [
    'The extension of OUT decides. The configuration goes along, and so does what options say of the network, so that "--weights OUT" runs again, bit for bit (but for --fp16); so does an .onnx that was written here. An .svg is the network drawn, an .html the same to move about in, with the statistics of every tensor.',
    'A file that exists is replaced only with -o or --force, or when you are asked on a terminal and say so; FILE itself never is.',
  ],
  options: {
    output: OUTPUT_OPTION,
    key: KEY_OPTION,
    input: INPUT_OPTION,
    opset: {
      type: 'string',
      value: 'N',
      help: "version of ONNX's operators, 11 to 20; default: 17",
    },
    dynamic: { type: 'boolean', help: 'an .onnx that takes any batch, height and width' },
    'exact-norms': {
      type: 'boolean',
      help: 'an .onnx with norms spelled out, for runtimes whose own is not exact (onnxruntime-web)',
    },
    ...TRAIT_OPTIONS,
    unfold: { type: 'boolean', help: 'draw blocks that repeat one by one' },
    fp16: { type: 'boolean', help: 'an .onnx of 16-bit weights; what that changes is measured' },
    force: { type: 'boolean', help: 'replace OUT if it exists' },
  },
};

export interface ExportRequest extends NamedFile {
  readonly weights: WeightsRequest & { readonly source: string };
  /** `undefined`: the book's picture. */
  readonly inputShape: readonly number[] | undefined;
  readonly opset: number | undefined;
  readonly dynamic: boolean;
  readonly fp16: boolean;
  readonly exactNorms: boolean;
  /** Whether blocks that repeat are drawn once. */
  readonly fold: boolean;
}

/** @throws UsageError unless two files are named, or for a value that makes no sense. */
export function readExport(invocation: Invocation): ExportRequest {
  const { operands, text, flag } = invocation;
  const [source, placed, ...rest] = operands;
  const named = readOutput(invocation, placed);
  if (source === undefined || named === null || rest.length > 0) {
    throw new UsageError('Which file, and where to? cyclegan export FILE OUT.');
  }
  return {
    weights: { source, key: text('key'), ...readTraits(optionSource(invocation)) },
    ...named,
    inputShape: readInputShape(invocation),
    opset: readCount(invocation, 'opset', 11, 20),
    dynamic: flag('dynamic'),
    fp16: flag('fp16'),
    exactNorms: flag('exact-norms'),
    fold: !flag('unfold'),
  };
}
