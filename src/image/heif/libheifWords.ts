/** What libheif says with `console.log`: that goes to standard output, where the command's pictures and lines of JSON go. */
const WORDS =
  /^(Could not (parse HEIF file|create HEIF context|get image data)|Decoding image failed|Error loading image ids|No images found)/;

/** Decodings that are under way; they may overlap. */
let underWay = 0;
let said: string | null = null;
let log = console.log;

/**
 * Does what calls libheif, and keeps what that would print. Whatever else is printed meanwhile comes through.
 * @throws Error with libheif's own words where there are some: what it throws after them says less.
 */
export async function keepingWords<T>(decode: () => Promise<T>): Promise<T> {
  if (underWay++ === 0) {
    log = console.log;
    console.log = listen;
  }
  said = null;
  try {
    return await decode();
  } catch (error) {
    throw said === null ? error : new Error(said, { cause: error });
  } finally {
    if (--underWay === 0) console.log = log;
  }
}

function listen(...words: unknown[]): void {
  const [first, second] = words;
  if (typeof first !== 'string' || !WORDS.test(first)) log(...words);
  else said = typeof second === 'string' ? second : first;
}
