import type { EngineOptions } from '../../engine/engine.js';
import type { ValueRange } from '../../generator/family.js';
import type { PipelineOptions } from '../../translate/pipeline.js';
import type { WeightsRequest } from '../generator.js';
import type { PictureOptions } from '../pictures/pictureWork.js';
import { type CommandSpec, type Invocation, type OptionSpec, UsageError } from '../usage.js';
import { ENGINE_OPTION, readEngine } from './engine.js';
import { KEY_OPTION, readCount } from './shared.js';

const OPTIONS: Readonly<Record<string, OptionSpec>> = {
  weights: {
    type: 'string',
    short: 'w',
    value: 'FILE|URL|MODEL',
    help: 'generator weights: a .pth or .safetensors file, its http(s) address, or a downloaded model; default: the small built-in one',
  },
  key: KEY_OPTION,
  output: {
    type: 'string',
    short: 'o',
    value: 'OUT',
    help: 'file, or folder for several pictures; - is standard output',
  },
  recursive: { type: 'boolean', short: 'r', help: 'look into folders below the named ones, too' },
  format: {
    type: 'string',
    value: 'png|jpg',
    help: 'of outputs whose names are made up; default: png',
  },
  gallery: {
    type: 'boolean',
    help: 'write index.html beside the outputs: inputs and outputs to compare',
  },
  resume: { type: 'boolean', help: 'leave out pictures whose output is there' },
  resize: {
    type: 'string',
    value: '256|none|WxH|scale-width:N',
    help: 'size for the network: short side, as it is, exactly, or by the width; bicubic: before it (bicubic:256x256) takes that filter; default: 256, bilinear',
  },
  'input-range': {
    type: 'string',
    value: '0..1|-1..1|0..255',
    help: 'what the darkest and the brightest byte become on the way into the network; default: as it was trained',
  },
  crop: { type: 'string', value: 'N', help: 'cut N x N pixels out of the middle, after resizing' },
  'keep-size': { type: 'boolean', help: 'give the result the size of the input' },
  'auto-orient': { type: 'boolean', help: 'turn photographs as their EXIF or XMP data say' },
  strict: { type: 'boolean', help: 'refuse pictures that are slightly damaged' },
  alpha: {
    type: 'string',
    value: 'keep|drop',
    help: "keep: carry a PNG's transparency over; default: drop",
  },
  quality: { type: 'string', value: 'N', help: 'JPEG quality from 1 to 100; default: 95' },
  'no-clobber': { type: 'boolean', help: 'never replace a file, not even OUT, and never ask' },
  force: {
    type: 'boolean',
    help: 'replace OUT, and files whose names were made up; never an input',
  },
  engine: ENGINE_OPTION,
  threads: { type: 'string', value: 'N', help: 'default: the physical cores' },
  'no-revectorize': { type: 'boolean', help: 'keep machine code at 128 bits' },
  'dump-activations': {
    type: 'string',
    value: 'DIR',
    help: "write each layer's output there, as .npy and as a picture of its feature maps",
  },
  json: { type: 'boolean', help: 'print one line of JSON for each picture' },
};

export const translateSpec: CommandSpec = {
  name: 'translate',
  usage: 'IN [OUT], or IN... [-o FOLDER]',
  summary: 'translate pictures: files, folders, patterns, addresses (the default command)',
  notes: [
    'One picture: IN is a PNG or JPEG, OUT the file for the result, PNG or JPEG by its extension; without OUT, IN.cyclegan.png. - is standard input or output. IN may be an http(s) address, too, of at most 512 MiB; without OUT, the result then lies in the current folder, named after the last part of the address. An address that leads to another scheme (http to https, say) is refused.',
    'Several: files, folders (-r with those below) and patterns such as "in/**/*.jpg". Three names or more are all inputs, and so are all names beside -o. The folder for the outputs is -o FOLDER, or the second of two names, if there is a folder of that name, or it ends with a slash; the outputs lie in it as their inputs do in theirs. Without it, each lies beside its input. Where that folder lies below one that is translated, what is in it is passed over, with one line for pictures that no run has put there. A folder as the last of several names is refused, where the others are none: it could be meant either way. A picture that cannot be translated is reported, the others go on, and the exit code is 1.',
    'An input is never written to, whatever it is called. IN OUT could come from *.jpg, so if OUT exists, you are asked on a terminal; elsewhere nothing is done, and the exit code is 2. -o OUT and --force replace it. Files whose names are made up replace nothing: --resume leaves out what is there, and only --force replaces it, but in a folder that is the second of two names, which */ gives, too: there, -o FOLDER --force does. Outputs that links make one file do not replace each other. A page that is no gallery is never replaced, and a gallery that somebody has changed only with --force. Files named like outputs (*.cyclegan.*) are passed over, unless they are named alone. Files get their name when they are complete, so after an interruption, or kill -9, --resume goes on. What is no regular file (a pipe, a device) is passed over among others; a pipe can be translated alone, and -o writes into one.',
  ],
  options: OPTIONS,
};

/** What happens to outputs that are there already. */
export interface ExistingRequest {
  readonly force: boolean;
  readonly resume: boolean;
  readonly noClobber: boolean;
}

/** What the command line asks for, checked. Only names are yet to be looked at, which depends on what files there are. */
export interface TranslateRequest {
  readonly operands: readonly string[];
  /** `-o`. */
  readonly output: string | undefined;
  readonly recursive: boolean;
  /** `.png` or `.jpg`, for names that are made up. */
  readonly extension: string;
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
  return {
    operands,
    output: text('output'),
    recursive: flag('recursive'),
    extension: readFormat(text('format')),
    existing: readExisting(invocation),
    weights: {
      source: text('weights') ?? null,
      key: text('key'),
      inputRange: readRange(text('input-range')),
    },
    pictures: readPictures(invocation),
    engine: {
      engine: readEngine(invocation),
      threads: readCount(invocation, 'threads', 1, 256),
      // The process is the command's own.
      allowV8Flags: true,
      revectorize: !flag('no-revectorize'),
    },
    dumpActivations: text('dump-activations'),
    json: flag('json'),
    debug: flag('debug'),
  };
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

function readPictures(invocation: Invocation): PictureOptions {
  const { text, flag } = invocation;
  return {
    decode: {
      alpha: readAlpha(text('alpha')),
      autoOrient: flag('auto-orient'),
      strict: flag('strict'),
    },
    pipeline: {
      ...readResize(text('resize')),
      crop: readCount(invocation, 'crop', 1, 65_535),
      keepSize: flag('keep-size'),
    },
    quality: readCount(invocation, 'quality', 1, 100),
    gallery: flag('gallery'),
  };
}

const RANGES: ReadonlyMap<string, ValueRange> = new Map([
  ['0..1', [0, 1]],
  ['-1..1', [-1, 1]],
  ['0..255', [0, 255]],
]);

function readRange(text: string | undefined): ValueRange | undefined {
  if (text === undefined) return undefined;
  const range = RANGES.get(text);
  if (range !== undefined) return range;
  throw new UsageError(`--input-range takes ${[...RANGES.keys()].join(', ')}, but got "${text}".`);
}

function readResize(text = '256'): Pick<PipelineOptions, 'resize' | 'interpolation'> {
  if (text === 'none') return { resize: null };
  const match = /^(bicubic:)?(?:(scale-width:)?(\d{1,5})|(\d{1,5})x(\d{1,5}))$/.exec(text);
  const [, bicubic, byWidth, side, width, height] = match ?? [];
  const sides = [side, width, height].filter((value) => value !== undefined).map(Number);
  if (match === null || sides.includes(0)) {
    throw new UsageError(
      `--resize takes a short side (256), both sides (320x240), a width (scale-width:512), each of them with bicubic: before it (bicubic:256x256), or none, but got "${text}".`,
    );
  }
  const interpolation = bicubic === undefined ? 'bilinear' : 'bicubic';
  if (byWidth !== undefined) return { resize: { width: sides[0] }, interpolation };
  const resize = side !== undefined ? sides[0] : { width: sides[0], height: sides[1] };
  return { resize, interpolation };
}

function readAlpha(text = 'drop'): boolean {
  if (text === 'keep' || text === 'drop') return text === 'keep';
  throw new UsageError(`--alpha takes keep or drop, but got "${text}".`);
}

function readFormat(text = 'png'): string {
  const format = text.toLowerCase();
  if (format === 'png') return '.png';
  if (format === 'jpg' || format === 'jpeg') return '.jpg';
  throw new UsageError(`--format takes png or jpg, but got "${text}".`);
}
