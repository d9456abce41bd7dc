import { liesOnItsSide, upright } from '../orientation.js';
import { checkPictureSize, type Picture } from '../picture.js';
import { BlockReader } from './blocks.js';
import { painterOf } from './colours.js';
import { undoPrediction } from './predictor.js';
import { bytesOfSamples } from './samples.js';
import { damaged } from './tiffDirectory.js';
import { readLayout, readTiffSize, samplesOfColour, type TiffLayout } from './tiffLayout.js';
import { ycbcrToRgb } from './ycbcr.js';

/** Width and height as `decodeTiff` gives them; `null` where the bytes do not reach so far. */
export function tiffSize(bytes: Uint8Array): { width: number; height: number } | null {
  const size = readTiffSize(bytes);
  if (size === null) return null;
  const { width, height, orientation } = size;
  return liesOnItsSide(orientation) ? { width: height, height: width } : { width, height };
}

/**
 * Decodes the first picture of a TIFF or BigTIFF to RGB as Pillow's `convert("RGB")` does: strips and tiles, planes together or
 * apart, of 1 to 16 bits or floating-point numbers, uncompressed or by LZW, deflate or PackBits. As Pillow does, it turns the
 * picture as its tag says. Greys of 16 bits give their high byte, where Pillow clips them.
 *
 * @throws ImageError `ERR_TIFF` when the file is damaged, or of a kind that is not read; `ERR_IMAGE_SIZE`.
 * @see TIFF 6.0
 */
export function decodeTiff(
  bytes: Uint8Array,
  { alpha = false }: { readonly alpha?: boolean } = {},
): Picture {
  const layout = readLayout(bytes);
  if (layout === null) throw damaged('The TIFF ends before its directory does.');
  const { width, height } = layout;
  checkPictureSize(width, height, 'A TIFF');
  checkTiles(layout);
  const reader = new BlockReader(bytes, layout);
  const places = placesOf(layout);
  for (const place of places) {
    for (const index of place.indices) reader.check(index, place.rowBytes * place.dataRows);
  }
  const keepsAlpha = alpha && layout.alpha !== null;
  const canvas: Canvas = {
    width,
    data: new Uint8Array(3 * width * height),
    alpha: keepsAlpha ? new Uint8Array(width * height) : undefined,
  };
  const isSubsampled = layout.ycbcr.across * layout.ycbcr.down > 1;
  const paint = layout.colours === 'ycbcr' && isSubsampled ? paintUnits : paintRows;
  for (const place of places) paint(layout, reader, place, canvas);
  const picture = { width, height, data: canvas.data };
  return upright(
    canvas.alpha === undefined ? picture : { ...picture, alpha: canvas.alpha },
    layout.orientation,
  );
}

/** Tiles may go on beyond the picture, a small one even far beyond it, and are as large as that in memory. */
const MAX_TILED_PIXELS = 1 << 25;

/** @throws ImageError `ERR_TIFF` for tiles that are together far larger than their picture. */
function checkTiles({ width, height, blocks }: TiffLayout): void {
  if (!blocks.isTiled) return;
  const tiled =
    Math.ceil(width / blocks.width) *
    blocks.width *
    (Math.ceil(height / blocks.height) * blocks.height);
  if (tiled <= Math.max(MAX_TILED_PIXELS, 4 * width * height)) return;
  throw damaged(
    `The TIFF has tiles of ${blocks.width} x ${blocks.height} pixels for a picture of ${width} x ${height}.`,
  );
}

interface Canvas {
  readonly width: number;
  readonly data: Uint8Array;
  readonly alpha: Uint8Array | undefined;
}

/** A strip or tile, or one of each plane. */
interface Place {
  readonly left: number;
  readonly top: number;
  /** Of what lies in the picture. */
  readonly width: number;
  readonly height: number;
  /** Of the data, which for tiles are as wide and high as all tiles. */
  readonly dataWidth: number;
  /** Rows of pixels, or of units of YCbCr. */
  readonly dataRows: number;
  readonly rowBytes: number;
  /** Of each plane. */
  readonly indices: readonly number[];
}

function placesOf(layout: TiffLayout): Place[] {
  const { width, height, blocks, isPlanar, samples } = layout;
  const across = Math.ceil(width / blocks.width);
  const down = Math.ceil(height / blocks.height);
  const planes = isPlanar ? samples : 1;
  if (across * down * planes > blocks.offsets.length) {
    throw damaged(
      `The TIFF has ${blocks.offsets.length} strips or tiles of ${across * down * planes}.`,
    );
  }
  const places: Place[] = [];
  for (let index = 0; index < across * down; index++) {
    const left = (index % across) * blocks.width;
    const top = Math.floor(index / across) * blocks.height;
    const rows = Math.min(blocks.height, height - top);
    places.push({
      left,
      top,
      width: Math.min(blocks.width, width - left),
      height: rows,
      ...dataSize(layout, blocks.isTiled ? blocks.height : rows),
      indices: Array.from({ length: planes }, (_, plane) => plane * across * down + index),
    });
  }
  return places;
}

function dataSize(
  { colours, bits, samples, isPlanar, blocks, ycbcr }: TiffLayout,
  rows: number,
): Pick<Place, 'dataWidth' | 'dataRows' | 'rowBytes'> {
  const dataWidth = blocks.width;
  const { across, down } = ycbcr;
  if (colours === 'ycbcr' && across * down > 1) {
    const rowBytes = Math.ceil(dataWidth / across) * (across * down + 2);
    return { dataWidth, dataRows: Math.ceil(rows / down), rowBytes };
  }
  const perRow = dataWidth * (isPlanar ? 1 : samples);
  return { dataWidth, dataRows: rows, rowBytes: Math.ceil((perRow * bits) / 8) };
}

function paintRows(layout: TiffLayout, reader: BlockReader, place: Place, canvas: Canvas): void {
  const { left, top, width, height, dataWidth, rowBytes, indices } = place;
  const { samples } = layout;
  const perPlane = layout.isPlanar ? 1 : samples;
  const planes = indices.map((index) => reader.read(index, rowBytes * place.dataRows));
  const isHighFirst = planes
    .map((bytes) =>
      undoPrediction(layout, { bytes, rowBytes, height: place.dataRows, samples: perPlane }),
    )
    .every(Boolean);
  const paint = painterOf(layout);
  for (let row = 0; row < height; row++) {
    const lines = planes.map((bytes) =>
      bytesOfSamples(
        bytes.subarray(row * rowBytes, (row + 1) * rowBytes),
        dataWidth * perPlane,
        isHighFirst,
        layout,
      ),
    );
    const line = lines.length === 1 ? lines[0] : interleaved(lines, width);
    const to = (top + row) * canvas.width + left;
    paint(line, width, canvas.data, 3 * to);
    if (canvas.alpha === undefined) continue;
    const first = samplesOfColour(layout.colours);
    for (let x = 0; x < width; x++) canvas.alpha[to + x] = line[x * samples + first];
  }
}

function interleaved(lines: readonly Uint8Array[], width: number): Uint8Array {
  const out = new Uint8Array(lines.length * width);
  for (const [part, line] of lines.entries()) {
    for (let x = 0, to = part; x < width; x++, to += lines.length) out[to] = line[x];
  }
  return out;
}

/** Subsampled YCbCr: units of some luma samples, row by row, and a chroma sample of each kind. */
function paintUnits(layout: TiffLayout, reader: BlockReader, place: Place, canvas: Canvas): void {
  const { left, top, width, height, rowBytes, dataRows, indices } = place;
  const { across, down } = layout.ycbcr;
  const units = reader.read(indices[0], rowBytes * dataRows);
  const convert = ycbcrToRgb(layout.ycbcr);
  const lumas = across * down;
  for (let y = 0; y < height; y++) {
    const line = Math.floor(y / down) * rowBytes;
    let to = 3 * ((top + y) * canvas.width + left);
    for (let x = 0; x < width; x++, to += 3) {
      const unit = line + Math.floor(x / across) * (lumas + 2);
      const luma = units[unit + (y % down) * across + (x % across)];
      convert(luma, units[unit + lumas], units[unit + lumas + 1], canvas.data, to);
    }
  }
}
