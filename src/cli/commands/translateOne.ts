import { warmUp } from '../../nn/compile.js';
import { MAX_STREAM_BYTES } from '../../platform/byteSource.js';
import { collect } from '../../platform/collect.js';
import { tooLong } from '../../platform/fileError.js';
import { writeFileAtomic } from '../../platform/files.js';
import { sha256 } from '../../platform/sha256.js';
import { generate } from '../../translate/pipeline.js';
import { fetchNotes, shownName } from '../addresses.js';
import { dumpActivations } from '../dumpActivations.js';
import { openGenerator } from '../generator.js';
import { throughNetwork } from '../pictures/networkErrors.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import {
  encodeResult,
  expectedInputShape,
  openBytes,
  readPicture,
} from '../pictures/pictureWork.js';
import { programNotes } from '../programNotes.js';
import { writeData } from '../standardOutput.js';
import { printableJson, seconds, type Terminal } from '../terminal.js';
import { type Invocation, UsageError } from '../usage.js';
import { STANDARD } from './translateNames.js';
import type { TranslateRequest } from './translateOptions.js';
import type { OnePlan } from './translatePlan.js';

export async function runOne(
  { input, output: target, replace }: OnePlan,
  request: TranslateRequest,
  invocation: Invocation,
  terminal: Terminal,
): Promise<void> {
  if (target === STANDARD && invocation.flag('json')) {
    throw new UsageError('Standard output takes the picture or --json, not both.');
  }
  const begin = performance.now();
  const engine = { ...request.engine, blocking: true };
  await warmUp(engine);
  const generator = await openGenerator(
    invocation.text('weights'),
    invocation.text('key'),
    terminal,
    { late: true },
  );
  const { bytes: file, name } = await read(input, terminal);
  const netG = await generator();
  const inputShape = expectedInputShape(file, name, request);
  // Worker threads make the weights ready while the picture is decoded.
  if (inputShape !== null) {
    const [height, width] = inputShape.slice(-2);
    await throughNetwork(name, { width, height }, netG, () =>
      netG.program(inputShape, { ...engine, early: true }),
    );
  }
  const loaded = performance.now();
  const opened = openBytes(file, name, request);
  const decoded = performance.now();
  const notes = formatNotes(name, opened.notes);
  if (notes !== null) terminal.say(notes);
  const dump = invocation.text('dump-activations');
  if (dump !== undefined) await dumpActivations(opened.prepared.sized, netG, dump, terminal);
  const { sized } = opened.prepared;
  const output = await throughNetwork(name, sized, netG, () =>
    generate(sized, netG, {
      ...engine,
      ...programNotes(invocation.flag('debug'), terminal),
      onProgress: ({ node, done, total, milliseconds }) =>
        terminal.progress(
          `${String(done).padStart(4)}/${total}  ${node.name} ${node.op} [${node.shape.join(', ')}]  ${seconds(milliseconds)}`,
        ),
    }),
  );
  const translated = performance.now();
  const outName = target === STANDARD ? `picture${request.extension}` : target;
  const { bytes, picture } = encodeResult(output, opened.prepared, outName, request);
  if (target === STANDARD) await writeData(bytes);
  else await writeFileAtomic(target, bytes, { replace });
  const end = performance.now();

  const times = {
    load: loaded - begin,
    decode: decoded - loaded,
    translate: translated - decoded,
    write: end - translated,
    total: end - begin,
  };
  terminal.say(
    `${shownName(input)} (${opened.size.join('x')}) -> ${target} (${picture.width}x${picture.height}) in ${seconds(times.total)}: weights ${seconds(times.load)}, decode ${seconds(times.decode)}, translate ${seconds(times.translate)}, write ${seconds(times.write)}`,
  );
  if (invocation.flag('json')) {
    const line = {
      input: shownName(input),
      inputSize: opened.size,
      notes: opened.notes,
      output: target,
      outputSize: [picture.width, picture.height],
      bytes: bytes.length,
      sha256: sha256(bytes),
      milliseconds: times,
    };
    await writeData(`${printableJson(line)}\n`);
  }
}

async function read(
  input: string,
  terminal: Terminal,
): Promise<{ bytes: Uint8Array; name: string }> {
  if (input !== STANDARD) {
    return { bytes: await readPicture(input, fetchNotes(input, terminal)), name: shownName(input) };
  }
  const name = 'standard input';
  const onTooMany = () => tooLong(name, MAX_STREAM_BYTES);
  return { bytes: await collect(process.stdin, { maxBytes: MAX_STREAM_BYTES, onTooMany }), name };
}
