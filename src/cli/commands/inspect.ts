import type { PictureTraits, ValueRange } from '../../generator/family.js';
import {
  inspectWeights,
  type TensorReport,
  type WeightReport,
} from '../../generator/inspectWeights.js';
import { printable } from '../../platform/printable.js';
import type { PlainValue } from '../../pth/plainValue.js';
import { channelProblem } from '../../translate/pictureNetwork.js';
import { fetchNotes, shownName } from '../addresses.js';
import { formatRange } from '../formatRange.js';
import { findWeights } from '../models.js';
import type { InspectRequest } from '../requests/inspect.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';

const CONTAINERS: Readonly<Record<string, string>> = {
  zip: 'zip archive',
  pt2: 'program of torch.export',
  ptl: 'mobile program of TorchScript',
  folder: 'folder of an unpacked archive',
  legacy: 'legacy stream',
  tar: 'tar archive',
  safetensors: 'safetensors',
  onnx: 'ONNX model',
  npz: 'archive of NumPy arrays',
  paddle: 'pickle of NumPy arrays',
  hdf5: 'HDF5 of Keras',
  keras: 'Keras archive',
  tfjs: 'layers model of TensorFlow.js',
};

export async function runInspect(
  { source, key, stats, json }: InspectRequest,
  terminal: Terminal,
): Promise<void> {
  const { path, model } = await findWeights(source);
  const found = await inspectWeights(path, {
    key: key ?? model?.key,
    stats,
    ...fetchNotes(path, terminal),
  });
  const report = withRange(found, model?.inputRange);
  const file = shownName(path);
  const text = json ? printableJson({ file, ...report }, 2) : printable(formatReport(file, report));
  await writeData(`${text}\n`);
}

/** What is known of a model by its name goes before what its file tells. */
function withRange(report: WeightReport, inputRange: ValueRange | undefined): WeightReport {
  const { generator } = report;
  if (generator === null || inputRange === undefined) return report;
  return {
    ...report,
    generator: { ...generator, traits: { ...generator.traits, inputRange } },
  };
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
    facts.push(['generator', generator.description]);
    facts.push(['pictures', describeTraits(generator.traits)]);
    const problem = channelProblem(generator.traits);
    for (const note of [...(problem === null ? [] : [problem]), ...generator.notes])
      facts.push(['', note]);
  }
  const width = facts.reduce((most, [name]) => Math.max(most, name.length), 0);
  return [
    ...facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`),
    '',
    ...table(tensors),
  ].join('\n');
}

/** `0..1 in, -1..1 out; sides rounded up to multiples of 4`. */
function describeTraits(traits: PictureTraits): string {
  const { inputRange, outputRange, channelOrder, sizeRule, statistics } = traits;
  const { multipleOf, roundsUpTo, grows = 0, exactly } = sizeRule;
  const { inputChannels, outputChannels, padding, residual } = traits;
  const sides = [
    ...(exactly === undefined ? [] : [`sides must be ${exactly}`]),
    ...(multipleOf > 1 && exactly === undefined
      ? [`sides must be multiples of ${multipleOf}`]
      : []),
    ...(roundsUpTo > 1 ? [`sides are rounded up to multiples of ${roundsUpTo}`] : []),
    ...(grows === 0
      ? []
      : [`sides come out ${Math.abs(grows)} ${grows > 0 ? 'longer' : 'shorter'}`]),
  ];
  return [
    `${formatRange(inputRange)} in, ${formatRange(outputRange)} out`,
    ...(inputChannels === 3 && outputChannels === 3
      ? []
      : [`channels: ${inputChannels} in, ${outputChannels} out`]),
    ...(channelOrder === 'bgr' ? ['blue first'] : []),
    ...sides,
    `norms with ${statistics === 'own' ? "the picture's own" : 'running'} statistics`,
    ...(padding === 'reflect' ? [] : [`${padding} padding`]),
    ...(residual === false
      ? []
      : [`adds its input${residual === 'tanh' ? ' before the tanh' : ''}`]),
  ].join('; ');
}

/** Names in a line of the report. */
const MAX_NAMES = 10;

function passedOver(list: WeightReport['passedOver']): string {
  return listed(list.map(({ name, type }) => `${name} (${type})`));
}

function unreadable(list: WeightReport['unreadable']): string {
  return listed(list.map(({ key, type }) => `${key} (${type})`));
}

function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return `${names.slice(0, MAX_NAMES).map(shortened).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
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
