import { withoutLine } from '../failureLine.js';
import { type Invocation, type OptionSpec, UsageError } from '../usage.js';

export const FRAME_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  frames: {
    type: 'boolean',
    matters: true,
    help: 'translate a stream of PNG, JPEG or PPM pictures, from standard input to standard output: - - --frames',
  },
  raw: {
    type: 'string',
    value: 'WxH',
    help: 'the same for frames of bare pixels, as ffmpeg has them with -f rawvideo -pix_fmt rgb24',
  },
};

/** What a stream of frames is made of. */
export interface FramesRequest {
  /** Of bare pixels; `null` where each frame is a file. */
  readonly raw: { readonly width: number; readonly height: number } | null;
  /** What frames are written as: `.png`, or `.rgb` for bare pixels; `null`: as they came. */
  readonly extension: string | null;
}

/** Formats that only frames are written in. */
const FRAME_FORMATS: Readonly<Record<string, string>> = { ppm: '.ppm', raw: '.rgb' };

/** What cannot be had of a stream. */
const REFUSED = [
  'gallery',
  'resume',
  'recursive',
  'dump-activations',
  'suffix',
  'watch',
  'dry-run',
  'json',
];

/**
 * @param readExtension Reads formats that other pictures are written in, too.
 * @returns `null` without `--frames` and `--raw`.
 * @throws UsageError for options that make no sense for a stream, for a size that is none, and for names of files.
 */
export function readFrames(
  invocation: Invocation,
  readExtension: (format: string) => string,
): FramesRequest | null {
  const { text, flag, operands } = invocation;
  const format = text('format');
  const own = FRAME_FORMATS[format?.toLowerCase() ?? ''];
  if (!flag('frames') && text('raw') === undefined) {
    if (own === undefined) return null;
    throw new UsageError(`--format ${format} is for streams: --frames.`);
  }
  const other = REFUSED.find((name) => flag(name));
  if (other !== undefined) {
    // Standard output is for frames.
    throw withoutLine(new UsageError(`--${other} cannot be had with a stream of frames.`));
  }
  const names = [...operands, text('output') ?? '-'];
  if (operands.length > 2 || names.some((name) => name !== '-')) {
    throw new UsageError(
      'Frames come from standard input and go to standard output: cyclegan - - --frames < IN > OUT.',
    );
  }
  const raw = readRaw(text('raw'));
  const extension = format === undefined ? null : (own ?? readExtension(format));
  if (text('alpha') === 'keep' && (own !== undefined || raw !== null || extension === '.jpg')) {
    throw new UsageError('--alpha keep is for PNG alone: such frames have no transparency.');
  }
  return { raw, extension };
}

function readRaw(text: string | undefined): FramesRequest['raw'] {
  if (text === undefined) return null;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  const size = { width: Number(width), height: Number(height) };
  if (size.width > 0 && size.height > 0) return size;
  throw new UsageError(
    `--raw takes width and height of the frames, such as 640x360, but got "${text}".`,
  );
}
