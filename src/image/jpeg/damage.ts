import { type NoteOptions, noteDamage } from '../note.js';

/** What libjpeg-turbo 2.1 reads over, by kind: the code with which `strict` refuses it, what is wrong, and what was made of it. */
const KINDS = {
  restarts: [
    'ERR_JPEG_CORRUPT',
    'restart markers are lost or out of order; the decoder went on at the next usable one',
  ],
  shortData: [
    'ERR_JPEG_TRUNCATED',
    'the data of a scan end early; what they leave out stays grey, or as coarse as it was',
  ],
  leftOver: [
    'ERR_JPEG_CORRUPT',
    'data are left over behind a scan or between segments; they were skipped',
  ],
  stuffing: [
    'ERR_JPEG_CORRUPT',
    'several bytes FF stand before a stuffed zero byte, and count as one',
  ],
  codes: ['ERR_JPEG_CORRUPT', 'the picture data hold undefined Huffman codes, read as zeros'],
  badCode: [
    'ERR_JPEG_CORRUPT',
    'arithmetic-coded data hold an impossible value; the rest, up to the next restart marker, was left as it was',
  ],
  longRuns: ['ERR_JPEG_CORRUPT', 'a block has more coefficients than its band; they were cut off'],
  noEnd: [
    'ERR_JPEG_TRUNCATED',
    'the file ends without an end-of-image marker; the picture is complete',
  ],
  noTables: [
    'ERR_JPEG_CORRUPT',
    'Huffman tables are missing; the standard ones of T.81 K.3 were used',
  ],
  sameIds: ['ERR_JPEG_CORRUPT', 'components share an id; they were told apart by their order'],
  scanOrder: ['ERR_JPEG_CORRUPT', 'scans repeat or skip data; they were read as they come'],
  unfinished: [
    'ERR_JPEG_TRUNCATED',
    'the last scans of a progressive picture are missing; it was smoothed as libjpeg does',
  ],
  noData: ['ERR_JPEG_TRUNCATED', 'a component has no data; it was taken as even'],
  segmentLength: ['ERR_JPEG_CORRUPT', 'a segment has an impossible length; it was taken as empty'],
} as const;

export type DamageKind = keyof typeof KINDS;

/** Tells of each kind of damage once, at its first place. */
export class DamageLog {
  private readonly options: NoteOptions;
  private readonly told = new Set<DamageKind>();

  constructor(options: NoteOptions) {
    this.options = options;
  }

  /** @throws ImageError when the caller asked for `strict`. */
  note(kind: DamageKind, offset: number): void {
    if (this.told.has(kind)) return;
    this.told.add(kind);
    const [code, problem] = KINDS[kind];
    noteDamage(code, `JPEG: ${problem} (at byte ${offset})`, this.options);
  }
}
