import type { ByteSource } from '../../platform/byteSource.js';
import { textOf } from '../../platform/text.js';
import type { Budget } from '../budget.js';
import { PthError } from '../pthError.js';

/** Where a member's bytes lie in the file. */
export interface TarMember {
  readonly start: number;
  readonly end: number;
}

const BLOCK = 512;
/** torch wrote four. */
const MAX_MEMBERS = 64;
const NAME = { at: 0, length: 100 };
const SIZE = { at: 124, length: 12 };
const SUM = { at: 148, length: 8 };

/** Whether a file that begins so is a tar archive: its first header has the right sum. */
export function isTar(start: Uint8Array): boolean {
  return start.length >= BLOCK && start[0] !== 0 && hasSum(start);
}

/**
 * The members of a tar archive by name.
 * @throws PthError `ERR_PTH_TAR` or `ERR_PTH_TRUNCATED`.
 * @see POSIX.1-1988, ustar interchange format
 */
export async function readTarMembers(
  source: ByteSource,
  budget: Budget,
): Promise<Map<string, TarMember>> {
  const members = new Map<string, TarMember>();
  let at = 0;
  while (at + BLOCK <= source.size) {
    const header = await budget.read(source, at, at + BLOCK, 'The tar header');
    if (header.every((byte) => byte === 0)) break;
    if (!hasSum(header)) throw bad('A header of the tar archive has a wrong checksum', at);
    if (members.size === MAX_MEMBERS) {
      throw bad(`The tar archive has more than ${MAX_MEMBERS} members`, at);
    }
    const name = text(header, NAME);
    const size = octal(header, SIZE);
    if (size === null) throw bad(`Member "${name}" has a size that is no number`, at);
    const start = at + BLOCK;
    if (start + size > source.size) {
      throw new PthError(
        'ERR_PTH_TRUNCATED',
        `The file is cut short: ${start + size - source.size} bytes of member "${name}" are missing; download it again`,
        { offset: source.size },
      );
    }
    if (members.has(name)) throw bad(`The tar archive holds "${name}" twice`, at);
    members.set(name, { start, end: start + size });
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return members;
}

/** The sum of a header's bytes, with its own field counted as spaces. */
function hasSum(header: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) {
    sum += i >= SUM.at && i < SUM.at + SUM.length ? 0x20 : header[i];
  }
  return octal(header, SUM) === sum;
}

function octal(header: Uint8Array, field: { at: number; length: number }): number | null {
  const digits = text(header, field).trim();
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

/** Up to the first zero byte. */
function text(header: Uint8Array, { at, length }: { at: number; length: number }): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return textOf(end < 0 ? field : field.subarray(0, end), 'latin1');
}

function bad(message: string, offset: number): PthError {
  return new PthError('ERR_PTH_TAR', message, { offset });
}
