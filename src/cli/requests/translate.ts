import type { EngineOptions } from '../../engine/engine.js';
import { MOST_PIXELS } from '../../image/picture.js';
import {
  PICTURE_OPTIONS,
  readExtension,
  readPictureSettings,
} from '../../translate/options/pictureOptions.js';
import { readTraits, TRAIT_OPTIONS } from '../../translate/options/traitOptions.js';
import type { WeightsRequest } from '../generator.js';
import type { PictureOptions } from '../pictures/pictureWork.js';
import { type CommandSpec, type Invocation, type OptionSpec, UsageError } from '../usage.js';
import { ENGINE_OPTION, PRECISION_OPTION, readEngine, readPrecision } from './engine.js';
import { FRAME_OPTIONS, type FramesRequest, readFrames } from './frames.js';
import { KEY_OPTION, optionSource, readAmount, readBytes, readCount } from './shared.js';

const OPTIONS: Readonly<Record<string, OptionSpec>> = {
  weights: {
    matters: true,
    type: 'string',
    short: 'w',
    value: 'FILE|URL|MODEL',
    completes: 'weights',
    help: 'generator weights: a .pth or .safetensors file, its http(s) address, or a downloaded model; default: the small built-in one',
  },
  key: KEY_OPTION,
  output: {
    matters: true,
    type: 'string',
    short: 'o',
    value: 'OUT',
    help: 'file, or folder for several pictures; - is standard output',
  },
  recursive: {
    matters: true,
    type: 'boolean',
    short: 'r',
    help: 'look into folders below the named ones, too',
  },
  format: {
    matters: true,
    type: 'string',
    value: 'png|jpg|webp|tif',
    help: 'of outputs whose names are made up, default: png; of the tiles of a .dzi, png or jpg, default: jpg; of frames, ppm and raw, too, default: as they come',
  },
  ...FRAME_OPTIONS,
  watch: {
    type: 'string',
    value: 'FOLDER',
    help: 'translate the pictures of this folder, and those that appear in it, until Ctrl+C',
  },
  gallery: {
    matters: true,
    type: 'boolean',
    help: 'write index.html beside the outputs: inputs and outputs to compare',
  },
  resume: { matters: true, type: 'boolean', help: 'leave out pictures whose output is there' },
  shard: {
    type: 'string',
    value: 'I/N',
    completes: 'nothing',
    help: 'translate the Ith of N parts of the pictures, from 1 on: for N machines with the same command',
  },
  resize: { matters: true, ...PICTURE_OPTIONS.resize },
  ...TRAIT_OPTIONS,
  crop: PICTURE_OPTIONS.crop,
  norm: PICTURE_OPTIONS.norm,
  'keep-size': { matters: true, ...PICTURE_OPTIONS['keep-size'] },
  'auto-orient': { matters: true, ...PICTURE_OPTIONS['auto-orient'] },
  strict: PICTURE_OPTIONS.strict,
  alpha: PICTURE_OPTIONS.alpha,
  quality: PICTURE_OPTIONS.quality,
  suffix: {
    type: 'string',
    value: 'TEXT',
    completes: 'nothing',
    help: 'what outputs are called after their inputs, horseTEXT.png; default: .cyclegan beside them, nothing in a folder',
  },
  'dry-run': { type: 'boolean', help: 'tell what would be written where, and do nothing' },
  'no-clobber': { type: 'boolean', help: 'never replace a file, not even OUT, and never ask' },
  force: {
    type: 'boolean',
    help: 'replace OUT, and files whose names were made up; never an input',
  },
  engine: ENGINE_OPTION,
  precision: PRECISION_OPTION,
  threads: { type: 'string', value: 'N', help: 'default: the physical cores' },
  memory: {
    type: 'string',
    value: '512M|2G|max',
    help: 'most that network and pictures may take: with less than it would like, the network works row by row, to the same bytes, and with a file (--scratch); default: 768M, or half of what is free, or the least that the network needs; max: no thought of it',
  },
  scratch: {
    type: 'string',
    value: 'DIR',
    help: 'where values lie, in a file, that do not fit into --memory; the same command goes on from there after it was interrupted, or killed; default: beside the output',
  },
  'max-pixels': {
    type: 'string',
    value: 'N|max',
    help: 'most pixels that a picture may have: more than the default only for files that you trust; 1G is 1,000,000,000; default: 178956970, as in Pillow; max: 2147483647',
  },
  'no-revectorize': { type: 'boolean', help: 'keep machine code at 128 bits' },
  'dump-activations': {
    type: 'string',
    value: 'DIR',
    help: "write each layer's output there, as .npy and as a picture of its feature maps",
  },
  json: { type: 'boolean', help: 'print one line of JSON for each picture' },
};

const ONLY_NAMED = 'give the picture without an option, cyclegan IN OUT';

export const translateSpec: CommandSpec = {
  name: 'translate',
  usage: 'IN [OUT], or IN... [-o FOLDER]',
  summary: 'translate pictures: files, folders, patterns, addresses (the default command)',
  notes: [
    'One picture: IN is a PNG, JPEG, WebP, TIFF or GIF (their first picture), BMP, PBM, PGM or PPM (AVIF and HEIC with the package that a message names), OUT the file for the result, PNG, JPEG, WebP or TIFF by its extension, or Deep Zoom (.dzi), with a folder of tiles beside it; without OUT, IN.cyclegan.png. - is standard input or output. IN may be an http(s) address, too, of at most 512 MiB; without OUT, the result then lies in the current folder, named after the last part of the address. An address that leads to another scheme (http to https, say) is refused.',
    'Several: files, folders (-r with those below) and patterns such as "in/**/*.jpg". Three names or more are all inputs, and so are all names beside -o. The folder for the outputs is -o FOLDER, or the second of two names, if there is a folder of that name, or it ends with a slash; the outputs lie in it as their inputs do in theirs. Without it, each lies beside its input. Where that folder lies below one that is translated, what is in it is passed over, with one line for pictures that no run has put there. A folder as the last of several names is refused, where the others are none: it could be meant either way. A picture that cannot be translated, or a folder below that cannot be read, is reported, the others go on, and the exit code is 1.',
    'An input is never written to, whatever it is called. IN OUT could come from *.jpg, so if OUT exists, you are asked on a terminal; elsewhere nothing is done, and the exit code is 2. -o OUT and --force replace it. Files whose names are made up replace nothing: --resume leaves out what is there, and only --force replaces it, but in a folder that is the second of two names, which */ gives, too: there, -o FOLDER --force does. Outputs that links make one file do not replace each other. A page that is no gallery is never replaced, and a gallery that somebody has changed only with --force. Files named like outputs (*.cyclegan.*) are passed over, unless they are named alone. Files get their name when they are complete, so after an interruption, or kill -9, --resume goes on. What is no regular file (a pipe, a device) is passed over among others; a pipe can be translated alone, and -o writes into one.',
  ],
  options: OPTIONS,
  operands: 'pictures',
  hints: { i: ONLY_NAMED, input: ONLY_NAMED, in: ONLY_NAMED },
};

/** What happens to outputs that are there already. */
export interface ExistingRequest {
  readonly force: boolean;
  readonly resume: boolean;
  readonly noClobber: boolean;
}

/** One of several parts. */
export interface Shard {
  /** From 1 on. */
  readonly part: number;
  readonly parts: number;
}

/** What the command line asks for, checked. Only names are yet to be looked at, which depends on what files there are. */
export interface TranslateRequest {
  readonly operands: readonly string[];
  /** `-o`. */
  readonly output: string | undefined;
  readonly recursive: boolean;
  /** Between an input's name and the extension of its output; `null`: as usual. */
  readonly suffix: string | null;
  /** Which part of the pictures is meant; `null`: all. */
  readonly shard: Shard | null;
  /** Whether it is only told what would be done. */
  readonly dryRun: boolean;
  /** `.png`, `.jpg`, `.webp` or `.tif`, for names that are made up. */
  readonly extension: string;
  /** Whether the extension was named, and is not the usual one. */
  readonly hasFormat: boolean;
  /** A folder whose pictures are translated as they appear; `null`: it is about those that are named. */
  readonly watch: string | null;
  /** Of a stream of frames, which has no names; `null`: it is about files. */
  readonly frames: FramesRequest | null;
  readonly existing: ExistingRequest;
  readonly weights: WeightsRequest;
  readonly pictures: PictureOptions;
  readonly engine: EngineOptions;
  /** The folder for every layer's output. */
  readonly dumpActivations: string | undefined;
  readonly json: boolean;
  readonly debug: boolean;
}

/** @throws UsageError for a value that makes no sense. */
export function readTranslate(invocation: Invocation): TranslateRequest {
  const { operands, text, flag } = invocation;
  const source = optionSource(invocation);
  const frames = readFrames(invocation, (format) => readExtension(source, format));
  return {
    operands,
    output: text('output'),
    recursive: flag('recursive'),
    suffix: readSuffix(text('suffix')),
    shard: readShard(invocation),
    dryRun: flag('dry-run'),
    extension: frames === null ? readExtension(source, text('format') ?? 'png') : '',
    hasFormat: text('format') !== undefined,
    watch: frames === null ? readWatch(invocation) : null,
    frames,
    existing: readExisting(invocation),
    weights: { source: text('weights') ?? null, key: text('key'), ...readTraits(source) },
    pictures: readPictures(invocation),
    engine: {
      engine: readEngine(invocation),
      precision: readPrecision(invocation),
      threads: readCount(invocation, 'threads', 1, 256),
      memory: readBytes(invocation, 'memory'),
      scratch: text('scratch'),
      resume: true,
      // The process is the command's own.
      allowV8Flags: true,
      revectorize: !flag('no-revectorize'),
    },
    dumpActivations: text('dump-activations'),
    json: flag('json'),
    debug: flag('debug'),
  };
}

function readPictures(invocation: Invocation): PictureOptions {
  const { flag } = invocation;
  const settings = readPictureSettings(optionSource(invocation));
  const maxPixels = readMaxPixels(invocation);
  const pictures = { ...settings, gallery: flag('gallery'), maxPixels };
  if (pictures.norm === 'exact' || !flag('dump-activations')) return pictures;
  throw new UsageError(
    `--norm ${pictures.norm} cannot be had with --dump-activations, which shows the network as it is.`,
  );
}

/** @throws UsageError for what is no number of pixels, or for too many. */
function readMaxPixels({ text }: Invocation): number | undefined {
  const given = text('max-pixels');
  if (given === undefined) return undefined;
  if (given === 'max') return MOST_PIXELS;
  const pixels = Math.round(readAmount(given));
  if (pixels >= 1 && pixels <= MOST_PIXELS) return pixels;
  throw new UsageError(
    `--max-pixels takes a number of pixels from 1 to ${MOST_PIXELS}, such as 500M or 1G, or max, but got "${given}".`,
  );
}

/** What cannot be had of pictures that are still to come. */
const REFUSED_WITH_WATCH = ['gallery', 'dump-activations', 'dry-run'];

function readWatch({ operands, text, flag }: Invocation): string | null {
  const folder = text('watch');
  if (folder === undefined) return null;
  const refused = REFUSED_WITH_WATCH.find((name) => flag(name));
  if (refused !== undefined) throw new UsageError(`--${refused} cannot be had with --watch.`);
  if (operands.length === 0 && text('output') !== '-') return folder;
  throw new UsageError('--watch takes one folder: cyclegan --watch FOLDER -o OUTPUTS.');
}

const MAX_PARTS = 100_000;

function readShard({ text, flag }: Invocation): Shard | null {
  const given = text('shard');
  if (given === undefined) return null;
  const refused = ['gallery', 'watch', 'frames'].find((name) => flag(name));
  if (refused !== undefined) {
    throw new UsageError(`--${refused} cannot be had with --shard, which knows a part alone.`);
  }
  const [, part, parts] = (/^(\d{1,6})\/(\d{1,6})$/.exec(given) ?? []).map(Number);
  if (part >= 1 && part <= parts && parts <= MAX_PARTS) return { part, parts };
  const hint = part === 0 ? ' Where parts are counted from 0, add one: $((INDEX + 1))/N.' : '';
  throw new UsageError(
    `--shard takes which of how many parts, from 1/N to N/N, but got "${given}".${hint}`,
  );
}

/** Longer ones leave no room for a name. */
const MAX_SUFFIX = 100;

function readSuffix(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text.length <= MAX_SUFFIX && !/[\p{C}/\\]/u.test(text)) return text;
  throw new UsageError(
    `--suffix takes a part of a file's name, such as _zebra, of at most ${MAX_SUFFIX} characters and without slashes, but got "${text}".`,
  );
}

function readExisting({ flag }: Invocation): ExistingRequest {
  const existing = {
    force: flag('force'),
    resume: flag('resume'),
    noClobber: flag('no-clobber'),
  };
  if (existing.resume && existing.force) {
    throw new UsageError('--resume keeps outputs, and --force replaces them.');
  }
  return existing;
}
