/** Takes a file as it is made. */
export interface ByteSink {
  /** The next bytes, which are the caller's again once it returns. */
  add(bytes: Uint8Array): void;
  /** Others in place of bytes that were added before. */
  replace(at: number, bytes: Uint8Array): void;
}
