import { CycleganError } from '../../../errors.js';
import { type Graph, presentOperands, readerCounts } from '../../../graph/graph.js';
import { traceGraph } from '../../../nn/compile.js';
import { sizeOf } from '../../../tensor/shape.js';
import { networkInputShape, type PictureNetwork } from '../../../translate/pictureNetwork.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

const FLOAT_BYTES = 4;
/** The engine was seen to take 0.8 to 1.3 of that for large pictures; the pictures themselves come on top. */
const SURCHARGE = 1.4;
/** Beyond this, programs save memory, which leaves 0.39 to 0.45 of what they would take else. */
const SAVING_BEGINS = 512e6;
const SAVED_SHARE = 0.45;
const GIGA = 1e9;
/** Where a device does not tell how much memory it has, it may be a phone that ends tabs at 1.5 GB. */
const UNKNOWN_LIMIT = GIGA;
const SIDES = [2048, 1536, 1024, 768, 512, 384, 256, 128];

/** A picture that would take more memory than a page gets. */
export class TooLargeError extends CycleganError {
  override readonly name = 'TooLargeError';
  /** The largest short side that fits; 0: none does. */
  readonly shortSide: number;

  constructor(message: string, shortSide: number) {
    super('ERR_TOO_LARGE', message);
    this.shortSide = shortSide;
  }
}

/** @throws TooLargeError for a picture that would come to the network too large for this device, before any of the work. */
export function checkMemoryNeed(name: string, size: Size, network: PictureNetwork): void {
  const limit = memoryLimit();
  const need = memoryNeed(size, network);
  if (need <= limit) return;
  const { width, height } = size;
  const ratio = (side: number) => side / Math.min(width, height);
  const scaled = (side: number) => ({
    width: Math.round(width * ratio(side)),
    height: Math.round(height * ratio(side)),
  });
  const fits = (side: number) => ratio(side) < 1 && memoryNeed(scaled(side), network) <= limit;
  const shortSide = SIDES.find(fits) ?? 0;
  const gigabytes = (bytes: number) => `${(bytes / GIGA).toFixed(1)} GB`;
  throw new TooLargeError(
    `${name}: at ${width} x ${height}, this model takes about ${gigabytes(need)} of memory, and a page on this device should take no more than ${gigabytes(limit)}.${shortSide > 0 ? ` At a short side of ${shortSide}, it fits.` : ''}`,
    shortSide,
  );
}

function memoryLimit(): number {
  const { deviceMemory } = navigator as { deviceMemory?: number };
  if (deviceMemory === undefined) return UNKNOWN_LIMIT;
  return Math.min(2.5, deviceMemory / 2.5) * GIGA;
}

/** Bytes, about: of all values that are needed at the same time, and of the weights. */
function memoryNeed(size: Size, network: PictureNetwork): number {
  const graph = traceGraph(network.module, networkInputShape(size, network));
  const weights = graph.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const whole = FLOAT_BYTES * SURCHARGE * (peakElements(graph) + weights);
  return whole < SAVING_BEGINS ? whole : Math.max(SAVING_BEGINS, SAVED_SHARE * whole);
}

function peakElements(graph: Graph): number {
  const left = readerCounts(graph);
  const sizes = new Map<number, number>(graph.inputs.map(({ id, shape }) => [id, sizeOf(shape)]));
  let held = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  let peak = held;
  for (const node of graph.nodes) {
    sizes.set(node.id, sizeOf(node.shape));
    held += sizeOf(node.shape);
    peak = Math.max(peak, held);
    for (const id of presentOperands(node)) {
      if (--left[id] === 0) held -= sizes.get(id) ?? 0;
    }
  }
  return peak;
}
