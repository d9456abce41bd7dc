import { type Metadata, startsWith, withoutExifName } from '../metadata.js';
import { jpegSegments } from './jpegSize.js';

const APP1 = 0xe1;
const SCAN = 0xda;
const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';

/**
 * From the segments before the first scan. As in Pillow, the first EXIF counts, and the last XMP.
 * @see CIPA DC-008 (EXIF), section 4.7.2; XMP Specification, part 3
 */
export function jpegMetadata(bytes: Uint8Array): Metadata {
  let exif: Uint8Array | null = null;
  let xmp: Uint8Array | null = null;
  let next = 2;
  for (const { marker, start, end } of jpegSegments(bytes)) {
    next = end;
    if (marker !== APP1) continue;
    const segment = bytes.subarray(start, end);
    if (startsWith(segment, EXIF)) exif ??= withoutExifName(segment);
    else if (startsWith(segment, XMP)) xmp = segment.subarray(XMP.length);
  }
  // Fill bytes may precede a marker.
  while (bytes[next] === 0xff && bytes[next + 1] === 0xff) next++;
  return { exif, xmp, complete: bytes[next + 1] === SCAN };
}
