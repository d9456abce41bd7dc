import { formatSummary } from '../../export/formatSummary.js';
import { profile } from '../../export/profile.js';
import { type Summary, summarize } from '../../export/summary.js';
import { ResNetGenerator } from '../../generator/resNetGenerator.js';
import { sizeOf } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { openGenerator } from '../generator.js';
import { programNotes } from '../programNotes.js';
import { writeData } from '../standardOutput.js';
import { printable, type Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const summarySpec: CommandSpec = {
  name: 'summary',
  usage: '[FILE]',
  summary: 'print the layers of a generator: shapes, parameters, multiply-adds, memory',
  notes: [
    "FILE is a weight file or a downloaded model; without it, the book's generator with random weights.",
  ],
  options: {
    input: {
      type: 'string',
      value: 'N,C,H,W',
      help: "shape of the input; default: 1,C,256,314, with the file's channels C, or 3",
    },
    depth: {
      type: 'string',
      value: 'N',
      help: 'show modules down to this depth, with all that lies within them; default: all',
    },
    profile: { type: 'boolean', help: 'run it, too, and measure the time of each layer' },
    key: {
      type: 'string',
      value: 'NAME',
      help: 'where in a checkpoint the state dict is; default: it is searched',
    },
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

const DEFAULT_SIZE = [256, 314];

export async function runSummary(invocation: Invocation, terminal: Terminal): Promise<void> {
  const [file, ...rest] = invocation.operands;
  if (rest.length > 0) throw new UsageError('One file at a time: cyclegan summary FILE.');
  const input = readInput(invocation.text('input'));
  const depth = readDepth(invocation.text('depth'));
  const netG =
    file === undefined
      ? new ResNetGenerator().eval()
      : await (await openGenerator(file, invocation.text('key'), terminal))();
  const shape = input ?? [1, netG.inputNc, ...DEFAULT_SIZE];
  const channels = shape[shape.length - 3];
  if (channels !== netG.inputNc) {
    throw new UsageError(
      `The channels of --input ${shape.join(',')} are ${channels}, but the generator takes ${netG.inputNc}.`,
    );
  }
  const summary = invocation.flag('profile')
    ? await measure(netG, shape, invocation.flag('debug'), terminal)
    : summarize(netG, shape);
  const text = invocation.flag('json')
    ? JSON.stringify(
        { file: file ?? null, generator: netG.config, ...downTo(summary, depth) },
        null,
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

function readInput(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const sides = text.split(',').map(Number);
  if (!/^\d{1,5}(,\d{1,5}){2,3}$/.test(text) || sides.includes(0)) {
    throw new UsageError(
      `--input takes batch, channels, height and width, such as 1,3,256,314, but got "${text}".`,
    );
  }
  return sides;
}

function readDepth(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text)) {
    throw new UsageError(`--depth takes a whole number from 0 up, but got "${text}".`);
  }
  return Number(text);
}
