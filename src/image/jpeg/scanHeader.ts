import type { ByteCursor } from './byteCursor.js';
import type { Conditioning } from './conditioning.js';
import type { DamageLog } from './damage.js';
import type { Component, Frame } from './frame.js';
import type { HuffmanTable } from './huffman.js';
import { refuse } from './refuse.js';
import type { Tables } from './tables.js';

export interface ScanComponent {
  readonly component: Component;
  readonly dcTable: HuffmanTable;
  readonly acTable: HuffmanTable;
  /** The numbers of its tables for DC, in the upper four bits, and AC. */
  readonly selector: number;
  /** The DC coefficient of the previous block. */
  predictor: number;
  /** Blocks still to come without new coefficients in this band (progressive). */
  eobRun: number;
}

/** One scan header (T.81 B.2.3). A sequential scan always has the band 0..63 and no shift. */
export interface Scan {
  readonly components: readonly ScanComponent[];
  readonly bandStart: number;
  readonly bandEnd: number;
  readonly refining: boolean;
  readonly shift: number;
  readonly restartInterval: number;
  /** Of arithmetic coding. */
  readonly conditioning: Conditioning;
  /** Whether there can be no other: a sequential one of all components. */
  readonly isOnly: boolean;
}

/** T.81 B.2.3. */
const MAX_BLOCKS_IN_MCU = 10;
/** Each bit of each coefficient once, which is what a scan script may ask for (T.81 G.1.1.1). */
const MAX_PASSES = 64 * 14;

/** The next scan of `frame`, the `number`th of the file, behind its marker, which is at `offset`. */
export function readScanHeader(
  cursor: ByteCursor,
  frame: Frame,
  tables: Tables,
  damage: DamageLog,
  offset: number,
  number: number,
): Scan {
  const length = cursor.word();
  const count = cursor.byte();
  if (length !== 6 + 2 * count || count < 1 || count > 4) {
    refuse('ERR_JPEG_CORRUPT', 'the length of a scan header does not fit its content', offset);
  }
  const chosen: Component[] = [];
  const selectors: number[] = [];
  for (let i = 0; i < count; i++) {
    chosen.push(findComponent(frame, chosen, cursor.byte(), offset));
    selectors.push(cursor.byte());
  }
  const [start, end, approximation] = [cursor.byte(), cursor.byte(), cursor.byte()];
  const band = frame.progressive
    ? progressiveBand(start, end, approximation, count, offset)
    : { bandStart: 0, bandEnd: 63, high: 0, shift: 0 };
  const { bandStart, bandEnd, high, shift } = band;
  checkInterleaving(chosen, offset);
  const needsDc = bandStart === 0 && high === 0 && !frame.arithmetic;
  const needsAc = bandEnd > 0 && !frame.arithmetic;
  const components = chosen.map((component, i): ScanComponent => {
    tables.fixQuantization(component, offset);
    if (number > 1) component.formerBits.set(component.missingBits);
    markProgress(component, band, damage, offset);
    const selector = selectors[i];
    const dcTable = tables.huffman('dc', needsDc ? selector >> 4 : null, damage, offset);
    const acTable = tables.huffman('ac', needsAc ? selector & 15 : null, damage, offset);
    return { component, dcTable, acTable, selector, predictor: 0, eobRun: 0 };
  });
  const { restartInterval, conditioning } = tables;
  const isOnly = !frame.progressive && count === frame.components.length;
  const refining = high > 0;
  return { components, bandStart, bandEnd, refining, shift, restartInterval, conditioning, isOnly };
}

/**
 * By its id, as `get_sos` of libjpeg-turbo's jdmarker.c does: where several have it, one whose place in the scan is not taken.
 * So a frame with one id for all is read, and a scan that names components out of order is not always.
 */
function findComponent(
  frame: Frame,
  chosen: readonly Component[],
  id: number,
  offset: number,
): Component {
  const found = frame.components.find(
    (candidate, place) => candidate.id === id && place >= chosen.length,
  );
  if (found === undefined || chosen.includes(found)) {
    refuse('ERR_JPEG_CORRUPT', `a scan names component ${id} wrongly`, offset);
  }
  return found;
}

interface Band {
  readonly bandStart: number;
  readonly bandEnd: number;
  /** How many bits earlier scans left out; 0 for the first one. */
  readonly high: number;
  readonly shift: number;
}

/** T.81 G.1.1.1. */
function progressiveBand(
  bandStart: number,
  bandEnd: number,
  approximation: number,
  count: number,
  offset: number,
): Band {
  const high = approximation >> 4;
  const shift = approximation & 15;
  const badBand = bandStart === 0 ? bandEnd !== 0 : bandEnd < bandStart || count > 1;
  if (badBand || bandEnd > 63 || shift > 13 || (high > 0 && high !== shift + 1)) {
    refuse('ERR_JPEG_CORRUPT', 'a scan has impossible progressive parameters', offset);
  }
  return { bandStart, bandEnd, high, shift };
}

function checkInterleaving(chosen: readonly Component[], offset: number): void {
  const blocksInMcu = chosen.reduce((sum, { h, v }) => sum + h * v, 0);
  if (chosen.length > 1 && blocksInMcu > MAX_BLOCKS_IN_MCU) {
    refuse('ERR_JPEG_CORRUPT', `a scan interleaves ${blocksInMcu} blocks, 10 at most`, offset);
  }
}

/** Keeps account of what is known of each coefficient; scans that do not follow from it are read all the same. */
function markProgress(component: Component, band: Band, damage: DamageLog, offset: number): void {
  const { missingBits } = component;
  const { bandStart, bandEnd, high, shift } = band;
  component.passes += bandEnd - bandStart + 1;
  if (component.passes > MAX_PASSES) {
    const problem = `scans pass component ${component.id} more often than it has bits`;
    refuse('ERR_JPEG_UNSUPPORTED', problem, offset);
  }
  const known = missingBits.subarray(bandStart, bandEnd + 1);
  const expected = high === 0 ? -1 : high;
  if ((bandStart > 0 && missingBits[0] < 0) || known.some((bits) => bits !== expected)) {
    damage.note('scanOrder', offset);
  }
  known.fill(shift);
}
