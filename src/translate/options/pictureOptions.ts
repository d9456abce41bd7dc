import type { DecodeOptions } from '../../image/formats.js';
import { NORM_FORMS, NORM_SCHEMA, type NormOption, parseNorm } from '../norm/normMode.js';
import type { PipelineOptions } from '../pipeline.js';
import { type OptionSource, type PictureOption, readWholeNumber } from './optionSource.js';

const MAX_SIDE = 65_535;
const MAX_QUALITY = 100;
const SWITCH = { type: 'boolean', default: false };

/** What changes one picture, whoever asks for it: the command and the service have these. */
export const PICTURE_OPTIONS = {
  resize: {
    type: 'string',
    value: '256|none|WxH|scale-width:N',
    help: 'size for the network: short side, as it is, exactly, or by the width; bicubic: before it (bicubic:256x256) takes that filter; default: 256, bilinear',
    schema: {
      type: 'string',
      pattern: '^(none|(bicubic:)?((scale-width:)?[0-9]{1,5}|[0-9]{1,5}x[0-9]{1,5}))$',
      default: '256',
    },
  },
  crop: {
    type: 'string',
    value: 'N',
    help: 'cut N x N pixels out of the middle, after resizing',
    schema: { type: 'integer', minimum: 1, maximum: MAX_SIDE },
  },
  norm: {
    type: 'string',
    value: 'exact|thumbnail[:N]|dense[:N]',
    help: "whose mean and variance instance norms go by: the whole picture's; or, approximately, those of a thumbnail with a longer side of 1024 pixels (or N), or of tiles of 512 (or N), interpolated; default: exact",
    schema: NORM_SCHEMA,
  },
  'keep-size': {
    type: 'boolean',
    help: 'give the result the size of the input',
    schema: SWITCH,
  },
  'auto-orient': {
    type: 'boolean',
    help: 'turn photographs as their EXIF or XMP data say',
    schema: SWITCH,
  },
  strict: {
    type: 'boolean',
    help: 'refuse pictures that are slightly damaged',
    schema: SWITCH,
  },
  alpha: {
    type: 'string',
    value: 'keep|drop',
    help: "keep: carry a PNG's transparency over; default: drop",
    schema: { type: 'string', enum: ['keep', 'drop'], default: 'drop' },
  },
  quality: {
    type: 'string',
    value: 'N',
    help: 'JPEG or WebP quality from 1 to 100; default: 95, of a WebP 80',
    schema: { type: 'integer', minimum: 1, maximum: MAX_QUALITY },
  },
} as const satisfies Readonly<Record<string, PictureOption>>;

/** What happens to a picture on its way to the network and back. */
export interface PictureSettings {
  readonly decode: DecodeOptions;
  readonly pipeline: PipelineOptions;
  readonly norm: NormOption;
  /** Of a JPEG or WebP; `undefined`: as usual. */
  readonly quality: number | undefined;
}

/** @throws What the source has for refusals, for a value that makes no sense. */
export function readPictureSettings(source: OptionSource): PictureSettings {
  const { flag } = source;
  return {
    decode: {
      alpha: readAlpha(source),
      autoOrient: flag('auto-orient'),
      strict: flag('strict'),
    },
    pipeline: {
      ...readResize(source),
      crop: readWholeNumber(source, 'crop', [1, MAX_SIDE]),
      keepSize: flag('keep-size'),
    },
    norm: readNorm(source),
    quality: readWholeNumber(source, 'quality', [1, MAX_QUALITY]),
  };
}

function readResize({
  text,
  label,
  error,
}: OptionSource): Pick<PipelineOptions, 'resize' | 'interpolation'> {
  const given = text('resize') ?? '256';
  if (given === 'none') return { resize: null };
  const match = /^(bicubic:)?(?:(scale-width:)?(\d{1,5})|(\d{1,5})x(\d{1,5}))$/.exec(given);
  const [, bicubic, byWidth, side, width, height] = match ?? [];
  const sides = [side, width, height].filter((value) => value !== undefined).map(Number);
  if (match === null || sides.includes(0)) {
    throw error(
      `${label('resize')} takes a short side (256), both sides (320x240), a width (scale-width:512), each of them with bicubic: before it (bicubic:256x256), or none, but got "${given}".`,
    );
  }
  const interpolation = bicubic === undefined ? 'bilinear' : 'bicubic';
  if (byWidth !== undefined) return { resize: { width: sides[0] }, interpolation };
  const resize = side !== undefined ? sides[0] : { width: sides[0], height: sides[1] };
  return { resize, interpolation };
}

function readNorm({ text, label, error }: OptionSource): NormOption {
  const given = text('norm') ?? 'exact';
  if (parseNorm(given) !== undefined) return given as NormOption;
  throw error(`${label('norm')} takes ${NORM_FORMS}, but got "${given}".`);
}

function readAlpha({ text, label, error }: OptionSource): boolean {
  const given = text('alpha') ?? 'drop';
  if (given === 'keep' || given === 'drop') return given === 'keep';
  throw error(`${label('alpha')} takes keep or drop, but got "${given}".`);
}

/** Formats that pictures are written in, by the names that people give them. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ['png', '.png'],
  ['jpg', '.jpg'],
  ['jpeg', '.jpg'],
  ['webp', '.webp'],
  ['tif', '.tif'],
  ['tiff', '.tif'],
]);

/**
 * The extension of a format: `.png`.
 * @throws What the source has for refusals, for one that is not written.
 */
export function readExtension({ label, error }: OptionSource, format: string): string {
  const extension = EXTENSIONS.get(format.toLowerCase());
  if (extension !== undefined) return extension;
  throw error(`${label('format')} takes png, jpg, webp or tif, but got "${format}".`);
}
