import { fileUrlPath, isFileUrl, shownAddress } from '../platform/address.js';
import type { ByteInputOptions } from '../platform/byteInput.js';
import { sourceName } from '../platform/byteInput.js';
import { megabytes, meter } from './progressMeter.js';
import type { Terminal } from './terminal.js';

/** The path that a `file:` URL means; any other text as it stands. */
export function localPath(text: string): string {
  return isFileUrl(text) ? fileUrlPath(text) : text;
}

/** What a file or address is called in lines for people and in data: passwords and tokens stay out of logs. */
export function shownName(text: string): string {
  return sourceName(text) ?? text;
}

/** Options with which the terminal tells, once an address has answered, what is fetched and how far it is. */
export function fetchNotes(address: string, terminal: Terminal): ByteInputOptions {
  const showProgress = meter('', terminal);
  let begun = false;
  return {
    onProgress: (progress) => {
      if (!begun) {
        const size = progress.total === null ? '' : ` (${megabytes(progress.total)})`;
        terminal.say(`Fetching ${shownAddress(address)}${size}`);
      }
      begun = true;
      showProgress(progress);
    },
  };
}

/** In bytes of UTF-8: with what is added to it, a name has at most 255 on most systems. */
const MAX_NAME = 100;
/** Names of devices on Windows, with whatever extension. */
const DEVICES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A file's name made of the last part of an address: one part of a path on every system, and no hidden file. */
export function addressFileName(address: string): string {
  const last = new URL(address).pathname.split('/').pop() ?? '';
  const safe = decoded(last)
    .replace(/[\p{C}\\/:*?"<>|]/gu, '_')
    .replace(/[.\s]+$/, '');
  // What it ends with may begin anew with a dot.
  const name = ending(safe).replace(/^[.\-~\s]+/, '');
  if (name === '') return 'picture';
  return DEVICES.test(name) ? `_${name}` : name;
}

/** The last characters, as many as have `MAX_NAME` bytes together. */
function ending(text: string): string {
  const characters = [...text].slice(-MAX_NAME);
  const bytes = () => new TextEncoder().encode(characters.join('')).length;
  while (bytes() > MAX_NAME) characters.shift();
  return characters.join('');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
