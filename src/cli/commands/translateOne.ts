import { checkImageName } from '../../image/formats.js';
import { ImageError } from '../../image/picture.js';
import { warmUp } from '../../nn/compile.js';
import { FileError } from '../../platform/fileError.js';
import {
  isSameFile,
  parentFolder,
  pathKind,
  readFileBytes,
  writeFileAtomic,
} from '../../platform/files.js';
import { collectPieces } from '../../platform/pipes.js';
import { sha256 } from '../../platform/sha256.js';
import { generate } from '../../translate/pipeline.js';
import { dumpActivations } from '../dumpActivations.js';
import { openGenerator } from '../generator.js';
import { throughNetwork } from '../pictures/networkErrors.js';
import { formatNotes } from '../pictures/pictureNotes.js';
import { encodeResult, expectedInputShape, openBytes } from '../pictures/pictureWork.js';
import { programNotes } from '../programNotes.js';
import { writeData } from '../standardOutput.js';
import { seconds, type Terminal } from '../terminal.js';
import { type Invocation, UsageError } from '../usage.js';
import { RESUME_OR_FORCE, type TranslateRequest } from './translateOptions.js';

/** Standard input as an input's name, standard output as an output's. */
const STANDARD = '-';

interface OneTarget {
  readonly path: string;
  readonly replace: boolean;
}

export async function runOne(
  input: string,
  named: string | undefined,
  request: TranslateRequest,
  invocation: Invocation,
  terminal: Terminal,
): Promise<void> {
  const path = named ?? madeUpName(input, request.extension);
  if (invocation.flag('resume')) {
    if (invocation.flag('force')) throw new UsageError(RESUME_OR_FORCE);
    if ((await pathKind(path)) === 'file') return terminal.say(`${path}: is there already.`);
  }
  const target = await checkTarget(input, path, named !== undefined, invocation);
  if (target.path === STANDARD && invocation.flag('json')) {
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
  const { bytes: file, name } = await read(input);
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
  const outName = target.path === STANDARD ? `picture${request.extension}` : target.path;
  const { bytes, picture } = encodeResult(output, opened.prepared, outName, request);
  if (target.path === STANDARD) await writeData(bytes);
  else await writeFileAtomic(target.path, bytes, { replace: target.replace });
  const end = performance.now();

  const times = {
    load: loaded - begin,
    decode: decoded - loaded,
    translate: translated - decoded,
    write: end - translated,
    total: end - begin,
  };
  terminal.say(
    `${input} (${opened.size.join('x')}) -> ${target.path} (${picture.width}x${picture.height}) in ${seconds(times.total)}: weights ${seconds(times.load)}, decode ${seconds(times.decode)}, translate ${seconds(times.translate)}, write ${seconds(times.write)}`,
  );
  if (invocation.flag('json')) {
    const line = {
      input,
      inputSize: opened.size,
      output: target.path,
      outputSize: [picture.width, picture.height],
      bytes: bytes.length,
      sha256: sha256(bytes),
      milliseconds: times,
    };
    await writeData(`${JSON.stringify(line)}\n`);
  }
}

async function read(input: string): Promise<{ bytes: Uint8Array; name: string }> {
  if (input !== STANDARD) return { bytes: await readFileBytes(input), name: input };
  const name = 'standard input';
  return { bytes: await collectPieces(process.stdin, name), name };
}

/**
 * Everything about the output that can be wrong is found before the work begins. Only the file that
 * the command names is replaced; a name made up here must not hit a file that exists.
 */
async function checkTarget(
  input: string,
  path: string,
  isNamed: boolean,
  invocation: Invocation,
): Promise<OneTarget> {
  if (path === STANDARD) return { path, replace: false };
  const replace = !invocation.flag('no-clobber') && (isNamed || invocation.flag('force'));
  try {
    checkImageName(path);
  } catch (error) {
    throw error instanceof ImageError ? new UsageError(error.message) : error;
  }
  if (input !== STANDARD && (await isSameFile(input, path))) {
    throw new UsageError(`${path}: the output would replace the input; name another file.`);
  }
  const kind = await pathKind(path);
  if (kind === 'folder') {
    throw new FileError('ERR_IS_DIRECTORY', `${path}: this is a folder, not a file.`);
  }
  if (kind === 'file' && !replace) {
    const remedy = invocation.flag('no-clobber') ? 'name another file' : 'use --force, or name it';
    throw new FileError('ERR_FILE_EXISTS', `${path}: the file exists already; ${remedy}.`);
  }
  const folder = parentFolder(path);
  if ((await pathKind(folder)) !== 'folder') {
    throw new FileError('ERR_FILE_NOT_FOUND', `${path}: the folder ${folder} does not exist.`);
  }
  return { path, replace };
}

function madeUpName(input: string, extension: string): string {
  return input === STANDARD ? STANDARD : `${input.replace(/\.[^./\\]+$/, '')}.cyclegan${extension}`;
}
