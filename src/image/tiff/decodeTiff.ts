import { liesOnItsSide, upright } from '../orientation.js';
import { checkPictureSize, type Picture } from '../picture.js';
import type { PictureFile } from '../pictureFile.js';
import { type BeginRows, type PutRow, putRows, RowCollector } from '../rows.js';
import { BlockReader } from './blocks.js';
import { painterOf } from './colours.js';
import { undoPrediction } from './predictor.js';
import { bytesOfSamples } from './samples.js';
import { damaged } from './tiffDirectory.js';
import { readLayout, readTiffSize, samplesOfColour, type TiffLayout } from './tiffLayout.js';
import { ycbcrToRgb } from './ycbcr.js';

/** Width and height as `decodeTiff` gives them; `null` where the bytes do not reach so far. */
export function tiffSize(file: PictureFile): { width: number; height: number } | null {
  const size = readTiffSize(file);
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
export function decodeTiff(file: PictureFile, options: TiffOptions = {}): Picture {
  const rows = new RowCollector();
  decodeTiffRows(file, options, rows.begin);
  return rows.picture;
}

interface TiffOptions {
  readonly alpha?: boolean;
}

/**
 * The same row by row: a row of strips or tiles is held, as they are in the file and unpacked; of one that is turned, the picture.
 */
export function decodeTiffRows(
  file: PictureFile,
  { alpha = false }: TiffOptions,
  begin: BeginRows,
): void {
  const stated = readLayout(file);
  if (stated === null) throw damaged('The TIFF ends before its directory does.');
  const { width, height, orientation } = stated;
  checkPictureSize(width, height, 'A TIFF');
  checkTiles(stated);
  const layout = withShortStrips(stated);
  const reader = new BlockReader(file, layout);
  const places = placesOf(layout);
  for (const place of places) {
    for (const index of place.indices) reader.check(index, place.rowBytes * place.dataRows);
  }
  const hasAlpha = alpha && layout.alpha !== null;
  if (orientation === 1) {
    paintBands(layout, reader, places, begin({ width, height, hasAlpha }), hasAlpha);
    return;
  }
  const rows = new RowCollector();
  paintBands(layout, reader, places, rows.begin({ width, height, hasAlpha }), hasAlpha);
  putRows(upright(rows.picture, orientation), begin);
}

/** Strips or tiles that lie beside each other become a band of the picture, whose rows are given on. */
function paintBands(
  layout: TiffLayout,
  reader: BlockReader,
  places: readonly Place[],
  put: PutRow,
  hasAlpha: boolean,
): void {
  const { width, blocks, ycbcr } = layout;
  const isSubsampled = ycbcr.across * ycbcr.down > 1;
  const paint = layout.colours === 'ycbcr' && isSubsampled ? paintUnits : paintRows;
  const rows = Math.min(blocks.height, layout.height);
  const data = new Uint8Array(3 * width * rows);
  const alpha = hasAlpha ? new Uint8Array(width * rows) : undefined;
  const across = Math.ceil(width / blocks.width);
  for (let first = 0; first < places.length; first += across) {
    const { top, height } = places[first];
    const canvas = { width, top, data, alpha };
    for (const place of places.slice(first, first + across)) paint(layout, reader, place, canvas);
    for (let y = 0; y < height; y++) {
      const [from, to] = [y * width, (y + 1) * width];
      put(data.subarray(3 * from, 3 * to), alpha?.subarray(from, to));
    }
  }
}

/** Bytes of a strip, about, where strips can be made shorter. */
const STRIP_BYTES = 1 << 18;

/** Where one strip holds a whole picture that is not compressed, any of its rows can be read alone: so it is many. */
function withShortStrips(layout: TiffLayout): TiffLayout {
  const { blocks, compression, height, ycbcr } = layout;
  if (blocks.isTiled || compression !== 'none' || blocks.height < height) return layout;
  const { rowBytes } = dataSize(layout, 1);
  const unitRows = layout.colours === 'ycbcr' ? ycbcr.down : 1;
  const units = Math.max(1, Math.floor(STRIP_BYTES / rowBytes));
  const count = Math.ceil(height / (units * unitRows));
  const offsets = blocks.offsets.flatMap((offset) =>
    Array.from({ length: count }, (_, i) => offset + i * units * rowBytes),
  );
  return {
    ...layout,
    blocks: { ...blocks, height: units * unitRows, offsets, lengths: undefined },
  };
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

/** A band of the picture. */
interface Canvas {
  readonly width: number;
  /** Its first row. */
  readonly top: number;
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
    const to = (top - canvas.top + row) * canvas.width + left;
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
    let to = 3 * ((top - canvas.top + y) * canvas.width + left);
    for (let x = 0; x < width; x++, to += 3) {
      const unit = line + Math.floor(x / across) * (lumas + 2);
      const luma = units[unit + (y % down) * across + (x % across)];
      convert(luma, units[unit + lumas], units[unit + lumas + 1], canvas.data, to);
    }
  }
}
