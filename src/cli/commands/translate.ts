import { engineNames } from '../../engine/engines.js';
import { checkImageName, decodeImage, encodeImage } from '../../image/formats.js';
import { ImageError, type Picture } from '../../image/picture.js';
import type { ResizeTarget } from '../../image/resize.js';
import { warmUp } from '../../nn/compile.js';
import { FileError } from '../../platform/fileError.js';
import {
  isSameFile,
  parentFolder,
  pathKind,
  readFileBytes,
  writeFileAtomic,
} from '../../platform/files.js';
import { translate } from '../../translate/translate.js';
import { openGenerator } from '../generator.js';
import { seconds, type Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const translateSpec: CommandSpec = {
  name: 'translate',
  usage: 'IN [OUT]',
  summary: 'translate a picture (the default command)',
  options: {
    weights: {
      type: 'string',
      short: 'w',
      value: 'FILE',
      help: 'generator weights, .pth or .safetensors; default: the small built-in model',
    },
    key: {
      type: 'string',
      value: 'NAME',
      help: 'where in a checkpoint the state dict is; default: it is searched',
    },
    output: { type: 'string', short: 'o', value: 'OUT', help: 'the same as naming OUT' },
    resize: {
      type: 'string',
      value: '256|none|WxH',
      help: 'size for the network: short side, as it is, or exactly; default: 256',
    },
    quality: { type: 'string', value: 'N', help: 'JPEG quality from 1 to 100; default: 95' },
    'no-clobber': { type: 'boolean', help: 'never replace a file, not even OUT' },
    force: { type: 'boolean', help: 'replace the file whose name was made up, too' },
    engine: {
      type: 'string',
      value: 'NAME',
      help: `${engineNames.join(' or ')}; default: the fastest that runs here`,
    },
    threads: { type: 'string', value: 'N', help: 'default: the physical cores' },
    'no-revectorize': { type: 'boolean', help: 'keep machine code at 128 bits' },
    json: { type: 'boolean', help: 'print one line of JSON about the result' },
  },
};

interface Target {
  readonly path: string;
  readonly replace: boolean;
}

export async function runTranslate(invocation: Invocation, terminal: Terminal): Promise<void> {
  const [input, second, ...rest] = invocation.operands;
  if (input === undefined) throw new UsageError('Which picture? Name a PNG or JPEG file.');
  const named = second ?? invocation.text('output');
  if (rest.length > 0 || (second !== undefined && invocation.text('output') !== undefined)) {
    throw new UsageError('One picture and one output at a time: cyclegan IN [OUT].');
  }
  const resize = parseResize(invocation.text('resize'));
  const quality = parseCount(invocation.text('quality'), '--quality', 1, 100);
  const threads = parseCount(invocation.text('threads'), '--threads', 1, 256);
  const target = await checkTarget(input, named, invocation);

  const begin = performance.now();
  const engine = {
    engine: invocation.text('engine'),
    threads,
    // The process is the command's own.
    allowV8Flags: true,
    revectorize: !invocation.flag('no-revectorize'),
    blocking: true,
  };
  await warmUp(engine);
  // The weights are read while the picture is decoded.
  const generator = await openGenerator(
    invocation.text('weights'),
    invocation.text('key'),
    terminal,
  );
  const picture = await readPicture(input);
  const decoded = performance.now();
  const netG = await generator();
  const loaded = performance.now();
  const result = await translate(picture, netG, {
    resize,
    ...engine,
    onProgram: ({ engine, details, fallbacks }) => {
      if (!invocation.flag('debug')) return;
      for (const detail of details) terminal.say(`engine ${engine}: ${detail}`);
      for (const node of fallbacks) terminal.say(`engine ${engine}: plain loops for ${node}`);
    },
    onProgress: ({ node, done, total, milliseconds }) =>
      terminal.progress(
        `${String(done).padStart(4)}/${total}  ${node.name} ${node.op} [${node.shape.join(', ')}]  ${seconds(milliseconds)}`,
      ),
  });
  const translated = performance.now();
  await writeFileAtomic(target.path, encodeImage(result, target.path, { quality }), {
    replace: target.replace,
  });
  const end = performance.now();

  const times = {
    decode: decoded - begin,
    load: loaded - decoded,
    translate: translated - loaded,
    write: end - translated,
    total: end - begin,
  };
  terminal.say(
    `${input} (${sizeOf(picture)}) -> ${target.path} (${sizeOf(result)}) in ${seconds(times.total)}: decode ${seconds(times.decode)}, weights ${seconds(times.load)}, translate ${seconds(times.translate)}, write ${seconds(times.write)}`,
  );
  if (invocation.flag('json')) {
    const line = {
      input,
      inputSize: [picture.width, picture.height],
      output: target.path,
      outputSize: [result.width, result.height],
      milliseconds: times,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

async function readPicture(path: string): Promise<Picture> {
  const bytes = await readFileBytes(path);
  try {
    return decodeImage(bytes);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

function sizeOf({ width, height }: Picture): string {
  return `${width}x${height}`;
}

function parseResize(text = '256'): ResizeTarget | null {
  if (text === 'none') return null;
  const match = /^(\d{1,6})(?:x(\d{1,6}))?$/.exec(text);
  if (match === null || Number(match[1]) === 0 || Number(match[2] ?? 1) === 0) {
    throw new UsageError(
      `--resize takes a short side (256), both sides (320x240), or none, but got "${text}".`,
    );
  }
  const first = Number(match[1]);
  return match[2] === undefined ? first : { width: first, height: Number(match[2]) };
}

function parseCount(
  text: string | undefined,
  option: string,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || count < least || count > most) {
    throw new UsageError(
      `${option} takes a whole number from ${least} to ${most}, but got "${text}".`,
    );
  }
  return count;
}

/**
 * Everything about the output that can be wrong is found before the work begins. Only the file that
 * the command names is replaced; a name made up here must not hit a file that exists.
 */
async function checkTarget(
  input: string,
  named: string | undefined,
  invocation: Invocation,
): Promise<Target> {
  const path = named ?? `${input.replace(/\.[^./\\]+$/, '')}.cyclegan.png`;
  const replace =
    !invocation.flag('no-clobber') && (named !== undefined || invocation.flag('force'));
  try {
    checkImageName(path);
  } catch (error) {
    throw error instanceof ImageError ? new UsageError(error.message) : error;
  }
  if (await isSameFile(input, path)) {
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
