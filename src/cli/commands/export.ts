import { drawHtml } from '../../export/drawing/html.js';
import { drawSvg } from '../../export/drawing/svg.js';
import { onnxPieces } from '../../export/onnx/exportOnnx.js';
import type { ResNetGenerator } from '../../generator/resNetGenerator.js';
import { writeFileAtomic } from '../../platform/files.js';
import { weightPieces } from '../../pth/write/saveStateDict.js';
import { shownName } from '../addresses.js';
import { openGenerator } from '../generator.js';
import { halfPrecisionDifference } from '../halfPrecision.js';
import { resolveWeights } from '../models.js';
import { checkOutputFile, mayReplace } from '../originals.js';
import { INPUT_OPTION, KEY_OPTION, readInputShape } from '../sharedOptions.js';
import type { Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const exportSpec: CommandSpec = {
  name: 'export',
  usage: 'FILE|MODEL OUT',
  summary: 'write a generator in another form: .onnx, .safetensors, .pth, or draw it: .svg, .html',
  notes: [
    'The extension of OUT decides. The configuration goes along, so that "--weights OUT" runs again, bit for bit (but for --fp16); so does an .onnx that was written here. An .svg is the network drawn, an .html the same to move about in, with the statistics of every tensor.',
    'A file that exists is replaced only with --force, or when you are asked on a terminal and say so; FILE itself never is.',
  ],
  options: {
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
    unfold: { type: 'boolean', help: 'draw blocks that repeat one by one' },
    fp16: { type: 'boolean', help: 'an .onnx of 16-bit weights; what that changes is measured' },
    force: { type: 'boolean', help: 'replace OUT if it exists' },
  },
};

type Write = (
  netG: ResNetGenerator,
  name: string,
  options: ExportOptions,
) => Iterable<Uint8Array> | Uint8Array;

interface ExportOptions {
  readonly inputShape: readonly number[];
  readonly opset: number | undefined;
  readonly dynamic: boolean;
  readonly fp16: boolean;
  readonly exactNorms: boolean;
  readonly fold: boolean;
}

const text = (value: string) => new TextEncoder().encode(value);

const weights: Write = (netG, name) =>
  weightPieces(netG.stateDict(), name, { config: netG.config });

/** By extension. */
const FORMS: ReadonlyMap<string, Write> = new Map<string, Write>([
  [
    '.onnx',
    (netG, _, { inputShape, opset, dynamic, fp16, exactNorms }) =>
      onnxPieces(netG, inputShape, {
        opset,
        dynamic,
        fp16,
        exactNorms,
        metadata: { config: JSON.stringify(netG.config) },
      }),
  ],
  ['.svg', (netG, _, { inputShape, fold }) => text(drawSvg(netG, inputShape, { fold }))],
  ['.html', (netG, _, { inputShape, fold }) => text(drawHtml(netG, inputShape, { fold }))],
  ['.safetensors', weights],
  ['.pth', weights],
  ['.pt', weights],
]);

export async function runExport(invocation: Invocation, terminal: Terminal): Promise<void> {
  const [source, out, ...rest] = invocation.operands;
  if (source === undefined || out === undefined || rest.length > 0) {
    throw new UsageError('Which file, and where to? cyclegan export FILE OUT.');
  }
  const lower = out.toLowerCase();
  const write = [...FORMS].find(([extension]) => lower.endsWith(extension))?.[1];
  if (write === undefined) {
    throw new UsageError(
      `${out}: the extension decides; ${[...FORMS.keys()].join(', ')} can be written.`,
    );
  }
  const generator = await openGenerator(source, invocation.text('key'), terminal);
  await checkOutputFile(out, [await resolveWeights(source)]);
  const replace = await mayReplace(
    out,
    { force: invocation.flag('force'), remedies: '`--force` replaces it' },
    terminal,
  );
  const netG = await generator();
  const options = {
    inputShape: readInputShape(invocation, netG.inputNc),
    opset: readOpset(invocation.text('opset')),
    dynamic: invocation.flag('dynamic'),
    fp16: invocation.flag('fp16'),
    exactNorms: invocation.flag('exact-norms'),
    fold: !invocation.flag('unfold'),
  };
  if (options.fp16 && lower.endsWith('.onnx')) {
    const difference = await halfPrecisionDifference(netG, options.inputShape);
    terminal.say(
      `With weights of 16 bits, outputs between -1 and 1 change by ${difference.toPrecision(2)} at most (on noise).`,
    );
  }
  await writeFileAtomic(out, write(netG, out, options), { replace });
  terminal.say(`${shownName(source)} -> ${out}`);
}

function readOpset(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,2}$/.test(text)) throw new UsageError(`--opset takes a number, but got "${text}".`);
  return Number(text);
}
