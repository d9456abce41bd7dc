import {
  inspectWeights,
  type TensorReport,
  type WeightReport,
} from '../../generator/inspectWeights.js';
import { describeConfig } from '../../generator/options.js';
import type { PlainValue } from '../../pth/plainValue.js';
import { fetchNotes, shownName } from '../addresses.js';
import { resolveWeights } from '../models.js';
import { KEY_OPTION } from '../sharedOptions.js';
import { writeData } from '../standardOutput.js';
import { printable, printableJson, type Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const inspectSpec: CommandSpec = {
  name: 'inspect',
  usage: 'FILE',
  summary: 'tell what a weight file is, what it holds and which generator it fits',
  notes: [
    'FILE may be an http(s) address, too: what it gives is read into memory, at most 2 GiB, and not kept.',
  ],
  options: {
    key: KEY_OPTION,
    stats: { type: 'boolean', help: 'with mean and deviation of each tensor' },
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

const CONTAINERS: Readonly<Record<string, string>> = {
  zip: 'zip archive',
  folder: 'folder of an unpacked archive',
  legacy: 'legacy stream',
  tar: 'tar archive',
  safetensors: 'safetensors',
  onnx: 'ONNX model',
};

export async function runInspect(invocation: Invocation, terminal: Terminal): Promise<void> {
  const [named, ...rest] = invocation.operands;
  if (named === undefined) throw new UsageError('Which file? Name a weight file.');
  if (rest.length > 0) throw new UsageError('One file at a time: cyclegan inspect FILE.');
  const path = await resolveWeights(named);
  const report = await inspectWeights(path, {
    key: invocation.text('key'),
    stats: invocation.flag('stats'),
    ...fetchNotes(path, terminal),
  });
  const file = shownName(path);
  const text = invocation.flag('json')
    ? printableJson({ file, ...report }, 2)
    : printable(formatReport(file, report));
  await writeData(`${text}\n`);
}

/** For people: long names and texts are cut, for everything else stands below the longest. */
export function formatReport(file: string, report: WeightReport): string {
  const { container, writer, bytes, key, numbers, tensors, extras, generator, diagnosis } = report;
  const types = [...new Set(tensors.map(({ dtype }) => dtype))].join(', ');
  const where = key === '' ? '' : `, under "${key}"`;
  const facts: [string, string][] = [
    ['file', `${file}, ${bytes.toLocaleString('en')} bytes`],
    [
      'container',
      writer === container ? writer : `${CONTAINERS[container]}, as ${writer} writes it`,
    ],
    [
      'state dict',
      `${tensors.length} tensors of ${numbers.toLocaleString('en')} numbers (${types})${where}`,
    ],
    ...Object.entries(extras).map(([name, value]): [string, string] => [
      shortened(name),
      shortened(value),
    ]),
  ];
  if (report.passedOver.length > 0) facts.push(['passed over', passedOver(report.passedOver)]);
  if (report.unreadable.length > 0) facts.push(['unreadable', unreadable(report.unreadable)]);
  if (generator === null) {
    facts.push(['generator', diagnosis ?? 'none']);
  } else {
    facts.push(['generator', describeConfig(generator.config)]);
    for (const note of generator.notes) facts.push(['', note]);
  }
  const width = facts.reduce((most, [name]) => Math.max(most, name.length), 0);
  return [
    ...facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    '',
    ...table(tensors),
  ].join('\n');
}

/** Names in a line of the report. */
const MOST_NAMES = 10;

function passedOver(list: WeightReport['passedOver']): string {
  return listed(list.map(({ name, type }) => `${name} (${type})`));
}

function unreadable(list: WeightReport['unreadable']): string {
  return listed(list.map(({ key, type }) => `${key} (${type})`));
}

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).map(shortened).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function table(tensors: readonly TensorReport[]): string[] {
  const rows = tensors.map(({ key, dtype, shape, mean, deviation }) => [
    shortened(key),
    dtype,
    shortened(`[${shape.join(', ')}]`),
    ...(mean === undefined ? [] : [`${short(mean)} ± ${short(deviation)}`]),
  ]);
  const widths = [0, 1, 2].map((column) =>
    rows.reduce((width, row) => Math.max(width, row[column].length), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function short(value: number | null | undefined): string {
  return typeof value === 'number' ? value.toPrecision(4) : '–';
}

function shortened(value: PlainValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
