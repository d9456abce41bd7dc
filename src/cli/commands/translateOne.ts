import type { ValueRange } from '../../generator/family.js';
import type { OpenedGenerator } from '../../generator/openGenerator.js';
import type { Picture } from '../../image/picture.js';
import { warmUp } from '../../nn/compile.js';
import type { ForwardOptions } from '../../nn/module.js';
import { MAX_STREAM_BYTES } from '../../platform/byteSource.js';
import { collect } from '../../platform/collect.js';
import { tooLong } from '../../platform/fileError.js';
import { writeFileAtomic } from '../../platform/files.js';
import { sha256 } from '../../platform/sha256.js';
import { generate } from '../../translate/pipeline.js';
import { fetchNotes, shownName } from '../addresses.js';
import { dumpActivations } from '../dumpActivations.js';
import { beginOpening } from '../generator.js';
import { throughNetwork } from '../pictures/networkErrors.js';
import { describeInput } from '../pictures/networkInput.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import {
  encodeResult,
  expectedInputShape,
  type Opened,
  openBytes,
  readPicture,
} from '../pictures/pictureWork.js';
import { programNotes } from '../programNotes.js';
import type { TranslateRequest } from '../requests/translate.js';
import { writeData } from '../standardOutput.js';
import { printableJson, seconds, type Terminal } from '../terminal.js';
import { UsageError } from '../usage.js';
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
  readonly inputRange: ValueRange;
  readonly times: Times;
}

/** One picture, with a line about it; weights are read while the picture is, and packed while it is decoded. */
export async function runOne(
  plan: OnePlan,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  if (plan.output === STANDARD && request.json) {
    throw new UsageError('Standard output takes the picture or --json, not both.');
  }
  const begin = performance.now();
  const engine = { ...request.engine, blocking: true };
  await warmUp(engine);
  const reading = await beginOpening(request.weights, terminal, { late: true });
  const file = await readInput(plan.input, terminal);
  const generator = await reading();
  await prepareProgram(file, generator, request, engine);
  const loaded = performance.now();
  const opened = openBytes(file.bytes, file.name, request.pictures);
  const decoded = performance.now();
  const output = await translateOpened(file.name, opened, generator, request, terminal);
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
  const { inputRange } = generator;
  await report({ plan, opened, written, inputRange, times }, request, terminal);
}

async function readInput(input: string, terminal: Terminal): Promise<InputFile> {
  if (input !== STANDARD) {
    return { bytes: await readPicture(input, fetchNotes(input, terminal)), name: shownName(input) };
  }
  const name = 'standard input';
  const onTooMany = () => tooLong(name, MAX_STREAM_BYTES);
  return { bytes: await collect(process.stdin, { maxBytes: MAX_STREAM_BYTES, onTooMany }), name };
}

/** Worker threads make the weights ready while the picture is decoded, if its header tells its size. */
async function prepareProgram(
  { bytes, name }: InputFile,
  generator: OpenedGenerator,
  { pictures }: TranslateRequest,
  engine: ForwardOptions,
): Promise<void> {
  const inputShape = expectedInputShape(bytes, name, pictures);
  if (inputShape === null) return;
  const [height, width] = inputShape.slice(-2);
  await throughNetwork(name, { width, height }, generator, () =>
    generator.module.program(inputShape, { ...engine, early: true }),
  );
}

async function translateOpened(
  name: string,
  { notes, prepared: { sized } }: Opened,
  generator: OpenedGenerator,
  request: TranslateRequest,
  terminal: Terminal,
): Promise<Picture> {
  const told = formatNotes(name, notes);
  if (told !== null) terminal.say(told);
  const { dumpActivations: folder } = request;
  if (folder !== undefined) await dumpActivations(sized, generator, folder, terminal);
  return throughNetwork(name, sized, generator, () =>
    generate(sized, generator, {
      ...request.engine,
      blocking: true,
      ...programNotes(request.debug, terminal),
      onProgress: ({ node, done, total, milliseconds }) =>
        terminal.progress(
          `${String(done).padStart(4)}/${total}  ${node.name} ${node.op} [${node.shape.join(', ')}]  ${seconds(milliseconds)}`,
        ),
    }),
  );
}

async function write(
  output: Picture,
  { prepared }: Opened,
  { output: target, replace }: OnePlan,
  { extension, pictures }: TranslateRequest,
): Promise<Written> {
  const name = target === STANDARD ? `picture${extension}` : target;
  const { bytes, picture } = encodeResult(output, prepared, name, pictures);
  if (target === STANDARD) await writeData(bytes);
  else await writeFileAtomic(target, bytes, { replace });
  return { bytes, picture };
}

/** A line for people, and one of JSON where it is wanted. */
async function report(
  { plan, opened, written, inputRange, times }: Done,
  { json, pictures }: TranslateRequest,
  terminal: Terminal,
): Promise<void> {
  const { size, notes, prepared } = opened;
  const { bytes, picture } = written;
  const input = shownName(plan.input);
  const fed = describeInput(prepared.sized, inputRange, pictures.pipeline);
  terminal.say(
    `${input} (${size.join('x')}) -> ${plan.output} (${picture.width}x${picture.height}) in ${seconds(times.total)}: ${fed}, weights ${seconds(times.load)}, decode ${seconds(times.decode)}, translate ${seconds(times.translate)}, write ${seconds(times.write)}`,
  );
  if (!json) return;
  const line = {
    input,
    inputSize: size,
    inputRange,
    notes,
    output: plan.output,
    outputSize: [picture.width, picture.height],
    bytes: bytes.length,
    sha256: sha256(bytes),
    milliseconds: times,
  };
  await writeData(`${printableJson(line)}\n`);
}
