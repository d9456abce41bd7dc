import type { OpenedGenerator } from '../../generator/openGenerator.js';
import { seconds } from '../../html/text.js';
import { loadDecoder, loadEncoder } from '../../image/formats.js';
import type { Picture } from '../../image/picture.js';
import { warmUp } from '../../nn/compile.js';
import type { ForwardOptions } from '../../nn/module.js';
import { MAX_STREAM_BYTES } from '../../platform/byteSource.js';
import { collect } from '../../platform/collect.js';
import { tooLong } from '../../platform/fileError.js';
import { makeFolder, writeFileAtomic } from '../../platform/files.js';
import { sha256 } from '../../platform/sha256.js';
import { generate } from '../../translate/generate.js';
import { throughNetwork } from '../../translate/networkErrors.js';
import type { OutputNote } from '../../translate/outputNote.js';
import { networkInputShape } from '../../translate/pictureNetwork.js';
import { fetchNotes, shownName } from '../addresses.js';
import { dumpActivations } from '../dumpActivations.js';
import { beginOpening } from '../generator.js';
import { refuseFurtherPictures } from '../pictures/furtherPictures.js';
import { describeInput, traitsOf } from '../pictures/networkInput.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import {
  encodeResult,
  expectedSize,
  type Opened,
  openBytes,
  readPicture,
} from '../pictures/pictureWork.js';
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
  readonly bytes: Uint8Array;
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

/** What was written where. */
interface Written {
  readonly bytes: Uint8Array;
  readonly picture: Picture;
}

/** A picture that is translated, and what is told of it. */
interface Done {
  readonly plan: OnePlan;
  readonly opened: Opened;
  readonly written: Written;
  readonly generator: OpenedGenerator;
  /** What hints at a wrong picture. */
  readonly outputNotes: readonly OutputNote[];
  readonly times: Times;
}

/** One picture, with a line about it; weights are read while the picture is, and packed while it is decoded. */
export async function runOne(
  plan: OnePlan,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const begin = performance.now();
  const engine = { ...(await withScratch(request.engine, plan.output)), blocking: true };
  await warmUp(engine);
  const reading = await beginOpening(request.weights, terminal, { late: true });
  const file = await readInput(plan.input, terminal);
  const generator = await reading();
  await prepareProgram(file, generator, request, engine);
  const loaded = performance.now();
  await loadDecoder(file.bytes);
  const opened = openBytes(file.bytes, file.name, request.pictures);
  const decoded = performance.now();
  const outputNotes: OutputNote[] = [];
  const onNote = (note: OutputNote) => outputNotes.push(note);
  const output = await translateOpened(
    { file, opened, generator, engine, onNote },
    request,
    terminal,
  );
  const translated = performance.now();
  const written = await write(output, opened, plan, request);
  const end = performance.now();
  const times = {
    load: loaded - begin,
    decode: decoded - loaded,
    translate: translated - decoded,
    write: end - translated,
    total: end - begin,
  };
  await report({ plan, opened, written, generator, outputNotes, times }, request, terminal);
}

async function readInput(input: string, terminal: Terminal): Promise<InputFile> {
  if (input !== STANDARD) {
    return { bytes: await readPicture(input, fetchNotes(input, terminal)), name: shownName(input) };
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
): Promise<void> {
  const size = expectedSize(bytes, name, pictures);
  if (size === null) return;
  const inputShape = networkInputShape(size, generator);
  await throughNetwork(name, size, generator, () =>
    generator.module.program(inputShape, { ...engine, early: true }),
  );
}

interface Run {
  readonly file: InputFile;
  readonly opened: Opened;
  readonly generator: OpenedGenerator;
  readonly engine: ForwardOptions;
  readonly onNote: (note: OutputNote) => void;
}

async function translateOpened(
  { file: { name }, opened, generator, engine, onNote }: Run,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<Picture> {
  const {
    notes,
    prepared: { sized },
  } = opened;
  const told = formatNotes(name, notes);
  if (told !== null) terminal.say(told);
  const { dumpActivations: folder } = request;
  if (folder !== undefined) await dumpActivations(sized, generator, folder, terminal);
  return throughNetwork(name, sized, generator, () =>
    generate(sized, generator, {
      ...engine,
      onNote,
      ...programNotes(request.debug, terminal),
      ...layerProgress(generator.module, networkInputShape(sized, generator), {
        name,
        debug: request.debug,
        terminal,
      }),
    }),
  );
}

async function write(
  output: Picture,
  { prepared }: Opened,
  { output: target, encodedAs, replace }: OnePlan,
  { pictures }: TranslateRequest,
): Promise<Written> {
  await loadEncoder(encodedAs);
  const { bytes, picture } = encodeResult(output, prepared, encodedAs, pictures);
  if (target === STANDARD) await writeData(bytes);
  else {
    await makeFolder(target);
    await writeFileAtomic(target, bytes, { replace });
  }
  return { bytes, picture };
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
  { plan, opened, written, generator, outputNotes, times }: Done,
  { json, pictures }: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const { size, notes, prepared } = opened;
  const { bytes, picture } = written;
  const input = shownName(plan.input);
  const fed = describeInput(prepared.sized, generator, pictures.pipeline);
  for (const { message } of outputNotes) terminal.say(`${input}: ${message}`);
  terminal.say(
    `${input} (${size.join('x')}) -> ${plan.output} (${picture.width}x${picture.height}) in ${seconds(times.total)}: ${fed}, weights ${seconds(times.load)}, decode ${seconds(times.decode)}, translate ${seconds(times.translate)}, write ${seconds(times.write)}`,
  );
  if (!json) return;
  const line = {
    input,
    inputSize: size,
    ...traitsOf(prepared.sized, generator),
    notes: [...notes, ...outputNotes],
    output: plan.output,
    outputSize: [picture.width, picture.height],
    bytes: bytes.length,
    sha256: sha256(bytes),
    milliseconds: rounded(times),
  };
  await writeData(`${printableJson(line)}\n`);
}
