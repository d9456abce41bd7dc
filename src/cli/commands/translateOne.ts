import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { seconds } from '../../html/text.js';
import { loadDecoder, loadEncoder } from '../../image/formats.js';
import type { Picture } from '../../image/picture.js';
import type { PictureFile } from '../../image/pictureFile.js';
import {
  type BeginRows,
  type PictureRows,
  RowCollector,
  type RowWriter,
} from '../../image/rows.js';
import { warmUp } from '../../nn/compile.js';
import type { ForwardOptions } from '../../nn/module.js';
import { MAX_STREAM_BYTES } from '../../platform/byteSource.js';
import { collect } from '../../platform/collect.js';
import { tooLong } from '../../platform/fileError.js';
import { removeStaleTemporaries } from '../../platform/files.js';
import { generateRows } from '../../translate/generate.js';
import { throughNetwork } from '../../translate/networkErrors.js';
import { wholeOf } from '../../translate/networkInput.js';
import type { OutputNote } from '../../translate/outputNote.js';
import { networkInputShape } from '../../translate/pictureNetwork.js';
import { unfinishedOf } from '../../translate/pipeline.js';
import { fetchNotes, shownName } from '../addresses.js';
import { dumpActivations } from '../dumpActivations.js';
import { beginOpening } from '../generator.js';
import { LaterInterruption } from '../interruption.js';
import { PICTURE_BYTES, STREAMED_PICTURE_BYTES, withinBudget } from '../memoryBudget.js';
import { decodingCost } from '../pictures/decodingCost.js';
import { deepZoomFile, isDeepZoomName, recoverTiles } from '../pictures/deepZoomFile.js';
import { refuseFurtherPictures } from '../pictures/furtherPictures.js';
import { describeInput, traitsOf } from '../pictures/networkInput.js';
import { type OutputFile, outputFile, standardOutputFile } from '../pictures/outputFile.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import {
  expectedSize,
  type OpenedRows,
  openPictureFile,
  openRows,
  ResultWriter,
  type Saved,
} from '../pictures/pictureWork.js';
import { spoolFor } from '../pictures/spoolFor.js';
import { programNotes } from '../programNotes.js';
import { layerProgress } from '../progressBar.js';
import type { TranslateRequest } from '../requests/translate.js';
import { withScratch } from '../scratchFolder.js';
import { INPUT_NAME, standardInput } from '../standardInput.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal, tenths } from '../terminal.js';
import { STANDARD } from './translateNames.js';
import type { OnePlan } from './translatePlan.js';

/** A picture's bytes, and what it is called in messages. */
interface InputFile {
  readonly bytes: PictureFile;
  readonly name: string;
}

/** In milliseconds. */
interface Times {
  readonly load: number;
  readonly decode: number;
  readonly translate: number;
  readonly write: number;
  readonly total: number;
}

/** When parts of the work were done. */
interface Moments {
  readonly begin: number;
  readonly loaded: number;
  readonly decoded: number;
  readonly translated: number;
}

/** A picture that is translated: its file is all but made, and what it was made of is held no more. */
interface Translated {
  readonly writer: ResultWriter;
  readonly size: Saved['size'];
  /** What came to the network. */
  readonly sized: { readonly width: number; readonly height: number };
  readonly notes: OpenedRows<Picture>['notes'];
  /** What hints at a wrong picture. */
  readonly outputNotes: readonly OutputNote[];
  readonly generator: OpenedGenerator;
  readonly moments: Moments;
}

/** What was written. */
interface Written {
  readonly bytes: number;
  readonly sha256: string;
  readonly size: Saved['size'];
}

/** One picture, with a line about it. */
export async function runOne(
  plan: OnePlan,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const file = await outputOf(plan, request);
  try {
    const translated = await translateFile(plan, request, file.writer, terminal);
    const size = translated.writer.end();
    const written = { ...(await file.publish(request.json)), size };
    await report(plan, translated, written, request, terminal);
  } finally {
    file.discard();
  }
}

async function outputOf(
  { output, replace, encodedAs }: OnePlan,
  { pictures: { quality } }: TranslateRequest,
): Promise<OutputFile> {
  const encoding = { encodedAs, quality };
  if (output === STANDARD) return standardOutputFile(encoding);
  if (isDeepZoomName(output)) {
    await recoverTiles(output);
    return deepZoomFile(output, replace, encoding);
  }
  await removeStaleTemporaries([output]);
  return outputFile(output, replace, encoding);
}

/** Weights are read while the picture is, and packed while it is decoded. */
async function translateFile(
  plan: OnePlan,
  request: TranslateRequest,
  target: RowWriter,
  terminal: Terminal,
): Promise<Translated> {
  const begin = performance.now();
  const output = plan.output === STANDARD ? null : plan.output;
  const engine = { ...(await withScratch(request.engine, output)), blocking: true };
  await warmUp(engine);
  const reading = await beginOpening(request.weights, terminal, { late: true });
  const file = await readInput(plan.input, terminal);
  const generator = await reading();
  const { dumpActivations: folder, pictures } = request;
  // What is dumped goes through as a whole.
  const spool = folder === undefined ? spoolFor(file.bytes, file.name, pictures, engine) : null;
  const perPixel = bytesPerPixel(plan, spool !== null);
  await prepareProgram(file, generator, request, engine, perPixel);
  const loaded = performance.now();
  const cost = decodingCost(file.bytes, file.name, request.engine.memory);
  if (cost !== null) terminal.say(cost);
  await loadDecoder(file.bytes);
  try {
    const rows = spool ?? new RowCollector();
    const opened = openRows<Picture | PictureRows>(file.bytes, file.name, pictures, rows);
    const decoded = performance.now();
    const outputNotes: OutputNote[] = [];
    const onNote = (note: OutputNote) => outputNotes.push(note);
    await loadEncoder(plan.encodedAs);
    const writer = new ResultWriter(unfinishedOf(opened.prepared), pictures, target);
    const { name } = file;
    const run = { name, opened, generator, engine, perPixel, onNote, begin: writer.begin };
    await translateOpened(run, request, terminal);
    const { size, notes } = opened;
    const { width, height } = opened.prepared.sized;
    const moments = { begin, loaded, decoded, translated: performance.now() };
    return { writer, size, sized: { width, height }, notes, outputNotes, generator, moments };
  } finally {
    spool?.remove();
  }
}

/** What a picture takes beside the network: what is written as a whole takes more, and what lies on the disk less. */
function bytesPerPixel({ output, encodedAs }: OnePlan, isSpooled: boolean): number {
  const isWhole = output === STANDARD || /\.webp$/i.test(encodedAs);
  const bytes = isWhole ? PICTURE_BYTES : STREAMED_PICTURE_BYTES;
  return isSpooled ? bytes - STREAMED_PICTURE_BYTES : bytes;
}

async function readInput(input: string, terminal: Terminal): Promise<InputFile> {
  if (input !== STANDARD) {
    return {
      bytes: await openPictureFile(input, fetchNotes(input, terminal)),
      name: shownName(input),
    };
  }
  const onTooMany = () => tooLong(INPUT_NAME, MAX_STREAM_BYTES);
  const stream = standardInput('a picture', terminal);
  const bytes = await collect(stream, { maxBytes: MAX_STREAM_BYTES, onTooMany });
  await refuseFurtherPictures(bytes, INPUT_NAME);
  return { bytes, name: INPUT_NAME };
}

/** Worker threads make the weights ready while the picture is decoded, if its header tells its size. */
async function prepareProgram(
  { bytes, name }: InputFile,
  generator: OpenedGenerator,
  { pictures }: TranslateRequest,
  engine: ForwardOptions,
  perPixel: number,
): Promise<void> {
  // An approximation has programs of its own, which are made once statistics are gathered.
  if (pictures.norm !== 'exact') return;
  const size = expectedSize(bytes, name, pictures);
  if (size === null) return;
  const inputShape = networkInputShape(size, generator);
  const prepare = (options: ForwardOptions) =>
    throughNetwork(name, size, generator, () => generator.module.program(inputShape, options));
  await withinBudget({ ...engine, early: true }, size, prepare, 1, perPixel);
}

interface Run {
  readonly name: string;
  readonly opened: OpenedRows<Picture | PictureRows>;
  readonly generator: OpenedGenerator;
  readonly engine: ForwardOptions;
  /** Bytes that the picture takes beside the network. */
  readonly perPixel: number;
  readonly onNote: (note: OutputNote) => void;
  /** Takes the rows of what the network makes. */
  readonly begin: BeginRows;
}

async function translateOpened(
  { name, opened, generator, engine, perPixel, onNote, begin }: Run,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const {
    notes,
    prepared: { sized },
  } = opened;
  const told = formatNotes(name, notes);
  if (told !== null) terminal.say(told);
  const { dumpActivations: folder } = request;
  if (folder !== undefined) await dumpActivations(wholeOf(sized), generator, folder, terminal);
  const inputShape = networkInputShape(sized, generator);
  const { debug, pictures } = request;
  const { norm } = pictures;
  const interruption = new LaterInterruption();
  const run = async (options: ForwardOptions) => {
    // An approximation has programs of its own, which do not go on.
    const isExact = norm === 'exact';
    const { scratchBytes } = isExact
      ? await generator.module.program(inputShape, options)
      : { scratchBytes: 0 };
    await generateRows(sized, generator, begin, {
      ...options,
      norm,
      // Any other network ends with the process, at once.
      ...(scratchBytes > 0 ? { signal: interruption.begin() } : {}),
      onNote,
      ...programNotes(request, terminal),
      ...layerProgress(generator.module, inputShape, { name, debug, terminal }),
    });
  };
  const runNamed = (options: ForwardOptions) =>
    throughNetwork(name, sized, generator, () => run(options));
  await interruption.during(() => withinBudget(engine, sized, runNamed, 1, perPixel));
}

function rounded(times: Times): Times {
  const { load, decode, translate, write, total } = times;
  return {
    load: tenths(load),
    decode: tenths(decode),
    translate: tenths(translate),
    write: tenths(write),
    total: tenths(total),
  };
}

/** A line for people, and one of JSON where it is wanted. */
async function report(
  plan: OnePlan,
  { size, sized, notes, outputNotes, generator, moments }: Translated,
  written: Written,
  { json, pictures }: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const times = timesOf(moments);
  const input = shownName(plan.input);
  const fed = describeInput(sized, generator, pictures.pipeline);
  for (const { message } of outputNotes) terminal.say(`${input}: ${message}`);
  terminal.say(
    `${input} (${size.join('x')}) -> ${plan.output} (${written.size.join('x')}) in ${seconds(times.total)}: ${fed}, weights ${seconds(times.load)}, decode ${seconds(times.decode)}, translate ${seconds(times.translate)}, write ${seconds(times.write)}`,
  );
  if (!json) return;
  const line = {
    input,
    inputSize: size,
    ...traitsOf(sized, generator),
    notes: [...notes, ...outputNotes],
    output: plan.output,
    outputSize: written.size,
    bytes: written.bytes,
    sha256: written.sha256,
    milliseconds: rounded(times),
  };
  await writeData(`${printableJson(line)}\n`);
}

/** Of a picture that was written just now. */
function timesOf({ begin, loaded, decoded, translated }: Moments): Times {
  const end = performance.now();
  return {
    load: loaded - begin,
    decode: decoded - loaded,
    translate: translated - decoded,
    write: end - translated,
    total: end - begin,
  };
}
