import type { ByteSink } from '../../image/byteSink.js';
import { writeRows } from '../../image/formats.js';
import type { RowWriter } from '../../image/rows.js';
import { ByteBlocks } from '../../platform/byteBlocks.js';
import { FileSink } from '../../platform/fileSink.js';
import { isPipeOrDevice, writeFileAtomic } from '../../platform/files.js';
import { sha256 } from '../../platform/sha256.js';
import { writeData } from '../standardOutput.js';

/** A picture's file, which is made as its rows come. */
export interface OutputFile {
  readonly writer: RowWriter;
  /**
   * Once the writer is at its end: the file is there, as a whole.
   * @param digest Whether its SHA-256 is wanted, in hexadecimal; else it is empty.
   * @throws FileError when it cannot be written.
   */
  publish(digest: boolean): Promise<{ readonly bytes: number; readonly sha256: string }>;
  /** Leaves nothing behind that was not published. */
  discard(): void;
}

interface Encoding {
  /** A name whose extension tells the format. */
  readonly encodedAs: string;
  readonly quality: number | undefined;
}

/** A file, written as it comes; a pipe or a device gets a picture once it is whole. */
export async function outputFile(
  path: string,
  replace: boolean,
  { encodedAs, quality }: Encoding,
): Promise<OutputFile> {
  if (replace && (await isPipeOrDevice(path))) {
    const write = (bytes: Uint8Array) => writeFileAtomic(path, bytes, { replace });
    return gathered(write, { encodedAs, quality });
  }
  const sink = new FileSink(path);
  return {
    writer: writeRows(encodedAs, sink, { quality }),
    async publish(digest) {
      const told = { bytes: sink.length, sha256: digest ? await sink.sha256() : '' };
      await sink.publish({ replace });
      return told;
    },
    discard: () => sink.discard(),
  };
}

/** Standard output, which gets a picture once it is whole. */
export function standardOutputFile(encoding: Encoding): OutputFile {
  return gathered(writeData, encoding);
}

function gathered(
  write: (bytes: Uint8Array) => Promise<void>,
  { encodedAs, quality }: Encoding,
): OutputFile {
  const blocks = new ByteBlocks();
  const sink: ByteSink = blocks;
  return {
    writer: writeRows(encodedAs, sink, { quality }),
    async publish(digest) {
      const bytes = blocks.joined();
      await write(bytes);
      return { bytes: bytes.length, sha256: digest ? sha256(bytes) : '' };
    },
    discard: () => undefined,
  };
}
