import { ArithmeticDecoder, EVEN_CHANCES } from './arithmeticCoder.js';
import type { Conditioning } from './conditioning.js';
import type { Frame } from './frame.js';
import { NATURAL_ORDER } from './order.js';
import { passRestartMarker } from './restart.js';
import type { ScanSource } from './scan.js';
import type { Scan, ScanComponent } from './scanHeader.js';

/** Bins of a table, as T.81 tables F.4 and F.5 number them. */
const [DC_BINS, AC_BINS] = [64, 256];
const FIRST_DC_MAGNITUDE = 20;
const [LOW_AC_MAGNITUDE, HIGH_AC_MAGNITUDE] = [189, 217];
/** From the bins of a magnitude's category to those of its bits. */
const TO_BITS = 14;
const TOO_LARGE = 0x8000;

/** What is known of a component within a restart interval. */
interface PartState {
  readonly part: ScanComponent;
  readonly dc: Uint8Array;
  readonly ac: Uint8Array;
  readonly conditioning: Conditioning;
  /** Which bins a DC difference has, after the one before. */
  context: number;
}

/** Decodes what one scan tells about the block whose coefficients begin at `base`. @returns Whether its data were sound. */
type DecodeBlock = (bits: ScanBits, state: PartState, base: number) => boolean;

/**
 * Decodes a scan of an arithmetic-coded picture to coefficients, as jdarith.c of libjpeg-turbo does: behind a marker, data are
 * zeros without further ado; a value that cannot be ends the data of its restart interval.
 *
 * @returns The last row of MCUs.
 */
export function decodeArithmeticScan(source: ScanSource, frame: Frame, scan: Scan): number {
  const { cursor, damage } = source;
  const { component } = scan.components[0];
  const interleaved = scan.components.length > 1;
  const across = interleaved ? frame.mcusAcross : component.blocksAcross;
  const total = across * (interleaved ? frame.mcusDown : component.blocksDown);
  const interval = scan.restartInterval || total;
  const decodeBlock = chooseBlockDecoder(frame, scan);
  const bits = new ScanBits(new ArithmeticDecoder(cursor), scan);
  const states = partStates(scan);
  for (let from = 0, restart = 0; from < total; from += interval, restart++) {
    if (restart > 0) passRestartMarker(cursor, (restart - 1) & 7, damage);
    beginInterval(bits, states);
    const end = Math.min(total, from + interval);
    for (let mcu = from; mcu < end; mcu++) {
      if (decodeMcu(bits, states, mcu, across, interleaved, decodeBlock)) continue;
      damage.note('badCode', cursor.position);
      break;
    }
  }
  return frame.mcusDown - 1;
}

/** Bins belong to the number of a table, which components may share. */
function partStates({ components, conditioning }: Scan): PartState[] {
  const dc = new Map<number, Uint8Array>();
  const ac = new Map<number, Uint8Array>();
  const binsOf = (tables: Map<number, Uint8Array>, id: number, count: number) => {
    const bins = tables.get(id) ?? new Uint8Array(count);
    tables.set(id, bins);
    return bins;
  };
  return components.map((part) => ({
    part,
    dc: binsOf(dc, part.selector >> 4, DC_BINS),
    ac: binsOf(ac, part.selector & 15, AC_BINS),
    conditioning,
    context: 0,
  }));
}

function beginInterval(bits: ScanBits, states: readonly PartState[]): void {
  bits.decoder.begin();
  for (const state of states) {
    state.dc.fill(0);
    state.ac.fill(0);
    state.context = 0;
    state.part.predictor = 0;
  }
}

function decodeMcu(
  bits: ScanBits,
  states: readonly PartState[],
  mcu: number,
  across: number,
  interleaved: boolean,
  decodeBlock: DecodeBlock,
): boolean {
  const row = Math.floor(mcu / across);
  const column = mcu - row * across;
  for (const state of states) {
    const { h, v, stride } = state.part.component;
    const [wide, high] = interleaved ? [h, v] : [1, 1];
    for (let block = 0; block < wide * high; block++) {
      const y = row * high + Math.floor(block / wide);
      const x = column * wide + (block % wide);
      if (!decodeBlock(bits, state, (y * stride + x) * 64)) return false;
    }
  }
  return true;
}

function chooseBlockDecoder(frame: Frame, scan: Scan): DecodeBlock {
  if (!frame.progressive) return decodeSequential;
  if (scan.bandStart === 0) return scan.refining ? refineDc : decodeDc;
  return scan.refining ? refineAc : decodeAc;
}

/** A scan's decisions: of bins, and those of even chances. */
class ScanBits {
  readonly decoder: ArithmeticDecoder;
  readonly scan: Scan;
  readonly #even = Uint8Array.of(EVEN_CHANCES);

  constructor(decoder: ArithmeticDecoder, scan: Scan) {
    this.decoder = decoder;
    this.scan = scan;
  }

  even(): 0 | 1 {
    return this.decoder.decode(this.#even, 0);
  }

  /** The rest of a magnitude's category, which doubles for each 1; 0 where it is too large. */
  category(bins: Uint8Array, bin: number, magnitude: number): { magnitude: number; bin: number } {
    while (this.decoder.decode(bins, bin) === 1) {
      magnitude <<= 1;
      if (magnitude === TOO_LARGE) return { magnitude: 0, bin };
      bin++;
    }
    return { magnitude, bin };
  }

  /** The bits below the highest one, and one more: T.81 figure F.24. */
  value(bins: Uint8Array, bin: number, magnitude: number, negative: 0 | 1): number {
    let value = magnitude;
    for (let bit = magnitude >> 1; bit > 0; bit >>= 1) {
      if (this.decoder.decode(bins, bin + TO_BITS) === 1) value |= bit;
    }
    return negative === 1 ? -value - 1 : value + 1;
  }
}

/** T.81 F.2.4.1. */
function nextDc(bits: ScanBits, state: PartState): boolean {
  const { decoder } = bits;
  const { dc, part, conditioning } = state;
  const { lower, upper } = conditioning.dc[part.selector >> 4];
  const first = state.context;
  if (decoder.decode(dc, first) === 0) {
    state.context = 0;
    return true;
  }
  const negative = decoder.decode(dc, first + 1);
  let bin = first + 2 + negative;
  let magnitude: number = decoder.decode(dc, bin);
  if (magnitude === 1) {
    ({ magnitude, bin } = bits.category(dc, FIRST_DC_MAGNITUDE, 1));
    if (magnitude === 0) return false;
  }
  if (magnitude < (1 << lower) >> 1) state.context = 0;
  else state.context = (magnitude > (1 << upper) >> 1 ? 12 : 4) + 4 * negative;
  const difference = bits.value(dc, bin, magnitude, negative);
  // libjpeg keeps 16 bits.
  part.predictor = ((part.predictor + difference) << 16) >> 16;
  return true;
}

/** A band of AC coefficients from `start` on: T.81 F.2.4.2. */
function nextAc(
  bits: ScanBits,
  { ac, part, conditioning }: PartState,
  base: number,
  start: number,
): boolean {
  const { decoder } = bits;
  const { bandEnd, shift } = bits.scan;
  const { coefficients } = part.component;
  const low = conditioning.ac[part.selector & 15];
  for (let k = start; k <= bandEnd; k++) {
    let bin = 3 * (k - 1);
    if (decoder.decode(ac, bin) === 1) break;
    while (decoder.decode(ac, bin + 1) === 0) {
      bin += 3;
      if (++k > bandEnd) return false;
    }
    const negative = bits.even();
    bin += 2;
    let magnitude: number = decoder.decode(ac, bin);
    if (magnitude === 1 && decoder.decode(ac, bin) === 1) {
      const first = k <= low ? LOW_AC_MAGNITUDE : HIGH_AC_MAGNITUDE;
      ({ magnitude, bin } = bits.category(ac, first, 2));
      if (magnitude === 0) return false;
    }
    const value = bits.value(ac, bin, magnitude, negative);
    coefficients[base + NATURAL_ORDER[k]] = value << shift;
  }
  return true;
}

function decodeSequential(bits: ScanBits, state: PartState, base: number): boolean {
  if (!nextDc(bits, state)) return false;
  state.part.component.coefficients[base] = state.part.predictor;
  return nextAc(bits, state, base, 1);
}

function decodeDc(bits: ScanBits, state: PartState, base: number): boolean {
  if (!nextDc(bits, state)) return false;
  state.part.component.coefficients[base] = state.part.predictor << bits.scan.shift;
  return true;
}

function refineDc(bits: ScanBits, { part }: PartState, base: number): boolean {
  if (bits.even() === 1) part.component.coefficients[base] |= 1 << bits.scan.shift;
  return true;
}

function decodeAc(bits: ScanBits, state: PartState, base: number): boolean {
  return nextAc(bits, state, base, bits.scan.bandStart);
}

/** One more bit for a band of AC coefficients: T.81 G.2.3.3. */
function refineAc(bits: ScanBits, { ac, part }: PartState, base: number): boolean {
  const { decoder, scan } = bits;
  const { bandStart, bandEnd, shift } = scan;
  const { coefficients } = part.component;
  const unit = 1 << shift;
  let known = bandEnd;
  while (known > 0 && coefficients[base + NATURAL_ORDER[known]] === 0) known--;
  for (let k = bandStart; k <= bandEnd; k++) {
    if (k > known && decoder.decode(ac, 3 * (k - 1)) === 1) break;
    for (; ; k++) {
      if (k > bandEnd) return false;
      const at = base + NATURAL_ORDER[k];
      const bin = 3 * (k - 1);
      const before = coefficients[at];
      if (before !== 0) {
        if (decoder.decode(ac, bin + 2) === 1) coefficients[at] += before < 0 ? -unit : unit;
        break;
      }
      if (decoder.decode(ac, bin + 1) === 1) {
        coefficients[at] = bits.even() === 1 ? -unit : unit;
        break;
      }
    }
  }
  return true;
}
