import { type FunctionHandle, ModuleWriter } from '../../emit/module.js';
import { cacheKey, readCachedBytes, writeCachedBytes } from '../../platform/cacheFolder.js';
import { concatenate } from '../../platform/concatenate.js';
import { crc32 } from '../../platform/crc32.js';
import { textOf, utf8Bytes } from '../../platform/text.js';
import type { MachineCodeStore } from './machineCode.js';

const KIND = 'code';
/** Programs of so many sizes are kept; each has half a megabyte. */
const FAMILY = { prefix: `${KIND}-`, most: 16 };

/** Where the code of a program is kept, by what tells it from others; `null` where nothing is. */
export function codeName(parts: readonly unknown[]): string | null {
  return cacheKey(KIND, parts);
}

interface ModuleMemory {
  readonly pages: number;
  readonly shared: boolean;
}

/** What belongs to machine code: of which functions it consists, in their order, and the memory that it imports. */
interface CodeHeader extends ModuleMemory {
  readonly keys: readonly string[];
  readonly codeLength: number;
}

interface CachedCode {
  readonly header: CodeHeader;
  /** WebAssembly. */
  readonly code: Uint8Array<ArrayBuffer>;
  /** What V8 made of it (`machineCode.ts`). */
  readonly machineCode: ArrayBuffer;
}

/** A program asked for a function, or for a memory, that code does not have: it is that of another program. */
class CacheMismatchError extends Error {}

/** A module that was written before. A key says all that a function was specialised for, so nothing is written again. */
class WrittenModule extends ModuleWriter {
  readonly #header: CodeHeader;
  readonly #code: Uint8Array<ArrayBuffer>;
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(header: CodeHeader, code: Uint8Array<ArrayBuffer>, imports: readonly string[]) {
    super(imports);
    this.#header = header;
    this.#code = code;
    this.#indexes = new Map(header.keys.map((key, index) => [key, imports.length + index]));
  }

  override define(key: string): FunctionHandle {
    const index = this.#indexes.get(key);
    if (index === undefined) throw new CacheMismatchError();
    return { index, exportName: key };
  }

  override finish({ pages, shared }: ModuleMemory): Uint8Array<ArrayBuffer> {
    if (pages !== this.#header.pages || shared !== this.#header.shared)
      throw new CacheMismatchError();
    return this.#code;
  }
}

/**
 * Runs `assemble` with a module in which the functions of a program are found or, the first time, written. Writing takes some
 * fifty milliseconds in a process that has just begun, a tenth of what the command needs for a picture; V8's machine code,
 * which is kept together with it, takes longer.
 *
 * @param name Where the code is kept.
 * @param imports Functions that the module imports.
 */
export async function withCodeCache<
  T extends { readonly code: Uint8Array<ArrayBuffer>; readonly memory: ModuleMemory },
>(
  name: string,
  imports: readonly string[],
  assemble: (module: ModuleWriter) => Promise<T>,
): Promise<T & { readonly store?: MachineCodeStore }> {
  const kept = read(name);
  if (kept !== null) {
    try {
      const program = await assemble(new WrittenModule(kept.header, kept.code, imports));
      return { ...program, store: storeIn(name, kept) };
    } catch (error) {
      if (!(error instanceof CacheMismatchError)) throw error;
    }
  }
  const module = new ModuleWriter(imports);
  const program = await assemble(module);
  const { code, memory } = program;
  const header = { keys: module.keys, ...memory, codeLength: code.length };
  const written = { header, code, machineCode: new ArrayBuffer(0) };
  write(name, written);
  return { ...program, store: storeIn(name, written) };
}

function storeIn(name: string, kept: CachedCode): MachineCodeStore {
  return {
    found: kept.machineCode,
    put: (machineCode) => write(name, { ...kept, machineCode }),
  };
}

/** In the file: checksum of the rest, length of the header, header, code, machine code. */
function read(name: string): CachedCode | null {
  const bytes = readCachedBytes(name);
  if (bytes === null || bytes.length < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== crc32(bytes.subarray(4))) return null;
  const codeAt = 8 + view.getUint32(4, true);
  const header = JSON.parse(textOf(bytes.subarray(8, codeAt))) as CodeHeader;
  const codeEnd = codeAt + header.codeLength;
  return { header, code: bytes.slice(codeAt, codeEnd), machineCode: bytes.slice(codeEnd).buffer };
}

function write(name: string, { header, code, machineCode }: CachedCode): void {
  const text = utf8Bytes(JSON.stringify(header));
  const rest = concatenate([littleEndian(text.length), text, code, new Uint8Array(machineCode)]);
  writeCachedBytes(name, concatenate([littleEndian(crc32(rest)), rest]), FAMILY);
}

function littleEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
