import {
  ELEMENTS_AT_A_TIME,
  type ElementPart,
  type ElementReader,
} from '../../../tensor/elementSource.js';
import type { Part } from '../team.js';
import type { ScratchAccess } from './transfer.js';

/** Takes so many elements, one part after the other. The next part takes the place of each. */
export async function eachPart(
  size: number,
  read: ElementReader,
  take: (part: Float32Array) => Promise<void>,
): Promise<void> {
  const held = new Float32Array(Math.min(size, ELEMENTS_AT_A_TIME));
  for (let done = 0; done < size; done += held.length) {
    const part = held.subarray(0, Math.min(held.length, size - done));
    read(part);
    await take(part);
  }
}

/** The elements of a value in the scratch file, fetched as they are asked for. */
export function elementsInFile(file: ScratchAccess, { address }: Part): ElementPart {
  let held = new Float32Array(0);
  return (from, length) => {
    if (held.length < length) held = new Float32Array(length);
    const part = held.subarray(0, length);
    file.move(bytesOf(part), address + 4 * from, false);
    return part;
  };
}

export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
