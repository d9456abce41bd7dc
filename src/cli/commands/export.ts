import { drawHtml } from '../../export/drawing/html.js';
import { drawSvg } from '../../export/drawing/svg.js';
import { onnxPieces } from '../../export/onnx/exportOnnx.js';
import { type OpenedGenerator, savedConfig } from '../../generator/openGenerator.js';
import { writeFileAtomic } from '../../platform/files.js';
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

/** By extension. */
const FORMS: ReadonlyMap<string, Write> = new Map<string, Write>([
  [
    '.onnx',
    (generator, { inputShape, opset, dynamic, fp16, exactNorms }) =>
      onnxPieces(generator.module, inputShape, {
        opset,
        dynamic,
        fp16,
        exactNorms,
        metadata: { config: JSON.stringify(savedConfig(generator)) },
      }),
  ],
  ['.svg', ({ module }, { inputShape, fold }) => text(drawSvg(module, inputShape, { fold }))],
  ['.html', ({ module }, { inputShape, fold }) => text(drawHtml(module, inputShape, { fold }))],
  ['.safetensors', weights],
  ['.pth', weights],
  ['.pt', weights],
]);

export async function runExport(request: ExportRequest, terminal: Terminal): Promise<void> {
  const { output, force } = request;
  const { source } = request.weights;
  const lower = output.toLowerCase();
  const write = [...FORMS].find(([extension]) => lower.endsWith(extension))?.[1];
  if (write === undefined) {
    throw new UsageError(
      `${output}: the extension decides; ${[...FORMS.keys()].join(', ')} can be written.`,
    );
  }
  const reading = await beginOpening(request.weights, terminal);
  await checkOutputFile(output, [(await findWeights(source)).path]);
  const remedies = '`--force` replaces it';
  const replace = await mayReplace(output, { force, remedies }, terminal);
  const generator = await reading();
  const inputShape = inputShapeFor(generator.inputChannels, request.inputShape);
  if (request.fp16 && lower.endsWith('.onnx')) {
    const difference = await halfPrecisionDifference(generator, inputShape);
    terminal.say(
      `With weights of 16 bits, outputs in ${formatRange(generator.outputRange)} change by ${difference.toPrecision(2)} at most (on noise).`,
    );
  }
  await writeFileAtomic(output, write(generator, { ...request, inputShape }), { replace });
  terminal.say(`${shownName(source)} -> ${output}`);
}
