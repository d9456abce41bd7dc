import { type ByteSource, memorySource } from '../../platform/byteSource.js';
import type { Budget } from '../budget.js';
import { loaded } from '../keras/loaded.js';
import { kerasReader } from '../keras/readers.js';
import { PthError } from '../pthError.js';
import type { OpenedContainer } from './container.js';
import { fieldOf, JsonError, JsonReader } from './jsonReader.js';
import { entryContent, verifyEntries } from './zipContent.js';
import type { ZipEntry } from './zipDirectory.js';

/** What Keras calls the parts of its archive. */
const WEIGHTS = 'model.weights.h5';
const CONFIG = 'config.json';
const METADATA = 'metadata.json';
/** A configuration is a few hundred kilobytes. */
const MAX_CONFIG = 1 << 24;

interface Archive {
  readonly source: ByteSource;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly budget: Budget;
}

/** Whether a zip archive is a `.keras` file. */
export function isKerasArchive(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return entries.has(WEIGHTS) && entries.has(CONFIG);
}

/**
 * A `.keras` archive: its weights are an HDF5 file within.
 * @throws PthError when it is damaged.
 */
export async function openKerasArchive({
  source,
  entries,
  budget,
}: Archive): Promise<OpenedContainer> {
  const read = async (name: string, most: number): Promise<Uint8Array | undefined> => {
    const entry = entries.get(name);
    return entry === undefined || entry.size > most
      ? undefined
      : entryContent(source, entry, budget);
  };
  const config = await read(CONFIG, MAX_CONFIG);
  const version = versionIn(await read(METADATA, MAX_CONFIG), budget);
  const weights = await entryContent(source, entries.get(WEIGHTS) as ZipEntry, budget);
  const { openKeras } = await loaded(kerasReader);
  const opened = await openKeras(memorySource(weights), budget, { config, version });
  return {
    ...opened,
    format: 'keras',
    readStorage: async (storage, use, key) => {
      const bytes = await opened.readStorage(storage, use, key);
      // They are windows on the file within, which is kept here, and callers may change what they read.
      use.take(bytes.length, `Tensor "${key}"`);
      return bytes.slice();
    },
    // Places are of the file within.
    locateStorage: async () => null,
    verify: () => verifyEntries(source, [...entries.values()]),
  };
}

function versionIn(metadata: Uint8Array | undefined, budget: Budget): string | undefined {
  if (metadata === undefined) return undefined;
  try {
    const version = fieldOf(new JsonReader(metadata, budget).value(), 'keras_version');
    return typeof version === 'string' ? version : undefined;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new PthError('ERR_PTH_ZIP', `${METADATA} is no JSON: ${error.message}`);
  }
}
