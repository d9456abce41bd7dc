/** Where the pictures, weights and results of jobs lie: a place that submitters and workers share. Jobs carry keys, not bytes. */
export interface Store {
  /** For messages. */
  readonly name: string;
  /** The folder that it is, below which files are keys by their paths; `null` where it is none. */
  readonly folder: string | null;
  /** @throws FileError or CycleganError `ERR_STORE` where it is not there, or cannot be had. */
  read(key: string): Promise<Uint8Array>;
  has(key: string): Promise<boolean>;
  /**
   * For what is to be used now, and may be old: removal goes by age.
   * @returns `false` where it is not there, or has to be written anew for that.
   */
  renew(key: string): Promise<boolean>;
  /** As a whole or not at all; what had the key is replaced. */
  write(key: string, bytes: Uint8Array): Promise<void>;
}

/** Longer keys are no store's: S3 takes 1024 bytes. */
const MAX_KEY = 1000;

/**
 * Whether text is a key: a path that leads downwards, spelled in one way. Jobs come out of a queue that others may write to, so a key
 * must not lead out of the store.
 */
export function isKey(text: unknown): text is string {
  if (typeof text !== 'string' || text === '' || text.length > MAX_KEY) return false;
  if (/[\p{C}\\]/u.test(text)) return false;
  // On Windows, a colon begins another drive or another stream of a file.
  return text.split('/').every((part) => part !== '' && !/^\.{1,2}$/.test(part) && !/:/.test(part));
}
