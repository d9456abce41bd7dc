import type { PickleMachine } from './machine.js';

/** Numbers as pickles write them: as text, and as bytes of any length. */

/** Longer integers are no counts, nor any other number that is of use here. */
const LONGEST_INTEGER = { bytes: 256, digits: 620 };

/** Two's complement, little-endian; `null` for one that is too long. */
export function longFromBytes(raw: Uint8Array): number | bigint | null {
  if (raw.length > LONGEST_INTEGER.bytes) return null;
  if (raw.length === 0) return 0;
  const digits = Array.from(raw, (byte) => byte.toString(16).padStart(2, '0'));
  return small(BigInt.asIntN(8 * raw.length, BigInt(`0x${digits.reverse().join('')}`)));
}

/** `null` for one that is too long. */
export function longFromText(machine: PickleMachine): number | bigint | null {
  const line = machine.line();
  const match = /^(-?\d+)L?$/.exec(line);
  if (match === null) throw machine.error('ERR_PICKLE', 'An integer that is none');
  return line.length > LONGEST_INTEGER.digits ? null : small(BigInt(match[1]));
}

export function readInt(machine: PickleMachine): number | boolean {
  const line = machine.line();
  if (line === '00') return false;
  if (line === '01') return true;
  if (!/^-?\d{1,15}$/.test(line)) throw machine.error('ERR_PICKLE', 'An integer that is none');
  return Number(line);
}

export function readMemoIndex(machine: PickleMachine): number {
  const line = machine.line();
  if (!/^\d{1,10}$/.test(line)) throw machine.error('ERR_PICKLE', 'A memo number that is none');
  return Number(line);
}

export function readFloat(machine: PickleMachine): number {
  const line = machine.line().trim();
  if (/^-?inf$/.test(line)) return line === 'inf' ? Infinity : -Infinity;
  if (line === 'nan') return Number.NaN;
  // Each digit has one place to be in: of two, all ways to share them out would be tried.
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(line)) {
    throw machine.error('ERR_PICKLE', 'A number that is none');
  }
  return Number(line);
}

function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
