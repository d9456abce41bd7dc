/** What a picture's file says beside its pixels, as far as it is of use here. */
export interface Metadata {
  /** EXIF, from its TIFF header on. */
  readonly exif: Uint8Array | null;
  /** An XMP packet: XML in UTF-8. */
  readonly xmp: Uint8Array | null;
  /** Whether bytes that are still to come cannot change it. */
  readonly complete: boolean;
}

export function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((c, i) => bytes[i] === c.charCodeAt(0));
}

const EXIF = 'Exif\0\0';

/** EXIF without the six bytes that are before it in JPEGs, and now and then elsewhere. */
export function withoutExifName(exif: Uint8Array): Uint8Array {
  return startsWith(exif, EXIF) ? exif.subarray(EXIF.length) : exif;
}
