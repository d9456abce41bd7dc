import { readFileSync } from 'node:fs';
import { goldenPath } from './golden.js';

/** An AVIF or HEIC, and what libheif makes of it. */
export interface HeifCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly size: readonly [width: number, height: number];
  readonly rgb: Uint8Array;
}

const { cases } = JSON.parse(readFileSync(goldenPath('heifs.json'), 'utf8')) as {
  cases: { name: string; file: string; size: [number, number]; rgb: string }[];
};

/** @param kind `avif` or `heic`. */
export function heifCases(kind: string): HeifCase[] {
  return cases
    .filter(({ name }) => name.startsWith(kind))
    .map(({ name, file, size, rgb }) => ({ name, size, bytes: bytesOf(file), rgb: bytesOf(rgb) }));
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
