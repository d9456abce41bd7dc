import { drawHtml } from '../../export/drawing/html.js';
import { drawSvg } from '../../export/drawing/svg.js';
import { onnxPieces } from '../../export/onnx/exportOnnx.js';
import { type OpenedGenerator, savedConfig } from '../../generator/openGenerator.js';
import { makeFolder, writeFileAtomic } from '../../platform/files.js';
import { weightPieces } from '../../pth/write/saveStateDict.js';
import { shownName } from '../addresses.js';
import { formatRange } from '../formatRange.js';
import { beginOpening } from '../generator.js';
import { halfPrecisionDifference } from '../halfPrecision.js';
import { inputShapeFor } from '../inputShape.js';
import { findWeights } from '../models.js';
import { checkOutputFile, mayReplace } from '../originals.js';
import type { ExportRequest } from '../requests/export.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage.js';

/** What is written, once it is known which shape of input the network is looked at for. */
type ExportOptions = Omit<ExportRequest, 'inputShape'> & { readonly inputShape: readonly number[] };

type Write = (
  generator: OpenedGenerator,
  options: ExportOptions,
) => Iterable<Uint8Array> | Uint8Array;

const text = (value: string) => new TextEncoder().encode(value);

const weights: Write = (generator, { output }) =>
  weightPieces(generator.module.stateDict(), output, { config: savedConfig(generator) });

const onnx: Write = (generator, { inputShape, opset, dynamic, fp16, exactNorms }) =>
  onnxPieces(generator.module, inputShape, {
    opset,
    dynamic,
    fp16,
    exactNorms,
    metadata: { config: JSON.stringify(savedConfig(generator)) },
  });

const svg: Write = ({ module }, { inputShape, fold }) =>
  text(drawSvg(module, inputShape, { fold }));

const html: Write = ({ module }, { inputShape, fold }) =>
  text(drawHtml(module, inputShape, { fold }));

/** Options that only some forms heed, and whether a request has them. */
const FORM_OPTIONS = {
  '--input': ({ inputShape }: ExportRequest) => inputShape !== undefined,
  '--opset': ({ opset }: ExportRequest) => opset !== undefined,
  '--dynamic': ({ dynamic }: ExportRequest) => dynamic,
  '--exact-norms': ({ exactNorms }: ExportRequest) => exactNorms,
  '--fp16': ({ fp16 }: ExportRequest) => fp16,
  '--unfold': ({ fold }: ExportRequest) => !fold,
  '--input-range': ({ weights }: ExportRequest) => weights.inputRange !== undefined,
  '--bgr': ({ weights }: ExportRequest) => weights.channelOrder !== undefined,
} as const;

interface Form {
  readonly extension: string;
  readonly write: Write;
  readonly heeds: readonly (keyof typeof FORM_OPTIONS)[];
}

/** How pictures get in, which is saved beside weights and not to be seen in a drawing. */
const FED = ['--input-range', '--bgr'] as const;

const FORMS: readonly Form[] = [
  {
    extension: '.onnx',
    write: onnx,
    heeds: ['--input', '--opset', '--dynamic', '--exact-norms', '--fp16', ...FED],
  },
  { extension: '.svg', write: svg, heeds: ['--input', '--unfold'] },
  { extension: '.html', write: html, heeds: ['--input', '--unfold'] },
  { extension: '.safetensors', write: weights, heeds: FED },
  { extension: '.pth', write: weights, heeds: FED },
  { extension: '.pt', write: weights, heeds: FED },
];

/** @throws UsageError for an extension that is none of them, or an option that its form does not heed. */
function formOf(request: ExportRequest): Form {
  const { output } = request;
  const form = FORMS.find(({ extension }) => output.toLowerCase().endsWith(extension));
  if (form === undefined) {
    const extensions = FORMS.map(({ extension }) => extension).join(', ');
    throw new UsageError(`${output}: the extension decides; ${extensions} can be written.`);
  }
  for (const [option, isGiven] of Object.entries(FORM_OPTIONS)) {
    const heeding = FORMS.filter(({ heeds }) => heeds.some((heeded) => heeded === option));
    if (!isGiven(request) || heeding.includes(form)) continue;
    throw new UsageError(
      `${output}: ${option} is for ${heeding.map(({ extension }) => extension).join(' and ')} alone.`,
    );
  }
  return form;
}

export async function runExport(request: ExportRequest, terminal: Terminal): Promise<void> {
  const { output, force } = request;
  const { source } = request.weights;
  const { write } = formOf(request);
  const reading = await beginOpening(request.weights, terminal);
  await checkOutputFile(output, [(await findWeights(source)).path]);
  const remedies = '`--force` replaces it';
  const replace = await mayReplace(output, { force, remedies }, terminal);
  const generator = await reading();
  const inputShape = inputShapeFor(generator, request.inputShape);
  const contents = write(generator, { ...request, inputShape });
  if (request.fp16) {
    const difference = await halfPrecisionDifference(generator, inputShape);
    terminal.say(
      `With weights of 16 bits, outputs in ${formatRange(generator.outputRange)} change by ${difference.toPrecision(2)} at most (on noise).`,
    );
  }
  await makeFolder(output);
  await writeFileAtomic(output, contents, { replace });
  terminal.say(`${shownName(source)} -> ${output}`);
}
