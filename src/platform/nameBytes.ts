/** Names of files are bytes; to JavaScript they are text, and U+FFFD stands for what is not UTF-8. */

/** What `bytes` are read as, and whether that is written as the very same bytes again. */
export function readName(bytes: Buffer): { readonly text: string; readonly isUtf8: boolean } {
  const text = bytes.toString();
  return { text, isUtf8: !text.includes('\ufffd') || globalThis.Buffer.from(text).equals(bytes) };
}

/** As shells take it within `$'…'`. */
export function escapedName(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[^ -~]|['\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
