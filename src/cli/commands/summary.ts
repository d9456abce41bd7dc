import { formatSummary } from '../../export/formatSummary.js';
import { profile } from '../../export/profile.js';
import { type Summary, summarize } from '../../export/summary.js';
import { ResNetGenerator } from '../../generator/resNetGenerator.js';
import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { shownName } from '../addresses.js';
import { openGenerator } from '../generator.js';
import { programNotes } from '../programNotes.js';
import { INPUT_OPTION, KEY_OPTION, readInputShape } from '../sharedOptions.js';
import { writeData } from '../standardOutput.js';
import { printable, printableJson, type Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const summarySpec: CommandSpec = {
  name: 'summary',
  usage: '[FILE]',
  summary: 'print the layers of a generator: shapes, parameters, multiply-adds, memory',
  notes: [
    "FILE is a weight file, its http(s) address, or a downloaded model; without it, the book's generator with random weights.",
  ],
  options: {
    input: INPUT_OPTION,
    depth: {
      type: 'string',
      value: 'N',
      help: 'show modules down to this depth, with all that lies within them; default: all',
    },
    profile: { type: 'boolean', help: 'run it, too, and measure the time of each layer' },
    key: KEY_OPTION,
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

export async function runSummary(invocation: Invocation, terminal: Terminal): Promise<void> {
  const [file, ...rest] = invocation.operands;
  if (rest.length > 0) throw new UsageError('One file at a time: cyclegan summary FILE.');
  const depth = readDepth(invocation.text('depth'));
  const netG =
    file === undefined
      ? new ResNetGenerator().eval()
      : await (await openGenerator(file, invocation.text('key'), terminal))();
  const shape = readInputShape(invocation, netG.inputNc);
  const summary = invocation.flag('profile')
    ? await measure(netG, shape, invocation.flag('debug'), terminal)
    : summarize(netG, shape);
  const text = invocation.flag('json')
    ? printableJson(
        {
          file: file === undefined ? null : shownName(file),
          generator: netG.config,
          ...downTo(summary, depth),
        },
        2,
      )
    : printable(formatSummary(summary, { depth }));
  await writeData(`${text}\n`);
}

async function measure(
  netG: ResNetGenerator,
  shape: readonly number[],
  debug: boolean,
  terminal: Terminal,
): Promise<Summary> {
  // What is too small or too large is refused before there is an input.
  const options = { blocking: true, allowV8Flags: true };
  await netG.program(shape, options);
  const input = new Tensor(new Float32Array(sizeOf(shape)).map(Math.random), shape);
  return profile(netG, input, { ...options, ...programNotes(debug, terminal) });
}

function downTo(summary: Summary, depth = Number.POSITIVE_INFINITY): Summary {
  return { ...summary, rows: summary.rows.filter((row) => row.depth <= depth) };
}

function readDepth(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text)) {
    throw new UsageError(`--depth takes a whole number from 0 up, but got "${text}".`);
  }
  return Number(text);
}
