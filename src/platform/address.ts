import { requireBuiltin } from './builtin.js';
import { FileError } from './fileError.js';

/** Whether text is an address on the web. `http:picture.png` is a path. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** Whether text is a `file:` URL; other text is a path or another address. */
export function isFileUrl(text: string): boolean {
  return /^file:\/\//i.test(text);
}

/** Whether text holds its bytes itself (RFC 2397), or names a `Blob` of this process. */
export function isLocalAddress(text: string): boolean {
  return /^(data:[^,]*,|blob:)/i.test(text);
}

/**
 * The path that a `file:` URL means.
 * @throws FileError `ERR_FILE_URL` for another host, or for what is no path here; CycleganError `ERR_NO_FILES` without Node.
 */
export function fileUrlPath(url: string): string {
  const { fileURLToPath } = requireBuiltin('url', `Reading ${url}`);
  try {
    const parsed = new URL(url);
    // On Windows this would be a share of another machine.
    if (parsed.hostname !== '') throw new Error(`it names the host ${parsed.hostname}`);
    return fileURLToPath(parsed);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FileError('ERR_FILE_URL', `${url}: this is no file of this machine (${reason}).`, {
      cause: error,
    });
  }
}

/** An address as messages show it: without a name and password, and without a query, which may hold a token. */
export function shownAddress(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  if (url.protocol === 'data:') return 'the data: address';
  url.username = '';
  url.password = '';
  url.hash = '';
  const query = url.search === '' ? '' : '?…';
  url.search = '';
  return `${url.href}${query}`;
}
