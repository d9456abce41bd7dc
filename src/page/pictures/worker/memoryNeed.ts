import type { EngineOptions } from '../../../engine/engine.js';
import { CycleganError } from '../../../errors.js';
import { type Graph, presentOperands, readerCounts } from '../../../graph/graph.js';
import { leastMemory, traceGraph } from '../../../nn/compile.js';
import { sizeOf } from '../../../tensor/shape.js';
import { networkInputShape, type PictureNetwork } from '../../../translate/pictureNetwork.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

const FLOAT_BYTES = 4;
/** Without saving, engines were seen to take 0.8 to 1.3 of what values and weights take. */
const SURCHARGE = 1.4;
/** What saves memory takes a fifth of that, and a tenth with a file, at the least: beyond this many limits, nobody has to be asked. */
const HOPELESS = 16;
/** For each pixel, the picture and its previews. */
const PICTURE_BYTES = 20;
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

/** Values that do not fit into memory lie in the page's private file system. */
const IN_FILE = { scratch: '/' } as const;

/** How a network is run that needs a file, beside the options of its engine; none of them where it needs none. */
export type Saving = Pick<EngineOptions, 'memory' | 'scratch'>;

/**
 * How a picture of some size is run within the memory that this device has.
 * @param mayHaveFile Whether values may lie in a file, where there are files.
 * @throws TooLargeError for a picture that would come to the network too large, before any of the work.
 */
export async function memorySaving(
  name: string,
  size: Size,
  network: PictureNetwork,
  engine: EngineOptions,
  mayHaveFile = true,
): Promise<Saving> {
  const limit = memoryLimit();
  const saving = mayHaveFile ? { ...engine, ...IN_FILE } : engine;
  if ((await memoryNeed(size, network, engine, limit)) <= limit) return {};
  const needOf = (some: Size) => memoryNeed(some, network, saving, limit);
  const need = await needOf(size);
  if (need <= limit) return { ...IN_FILE, memory: limit - pictureBytes(size) };
  const { width, height } = size;
  const ratio = (side: number) => side / Math.min(width, height);
  const scaled = (side: number) => ({
    width: Math.round(width * ratio(side)),
    height: Math.round(height * ratio(side)),
  });
  let shortSide = 0;
  for (const side of SIDES) {
    if (ratio(side) >= 1 || (await needOf(scaled(side))) > limit) continue;
    shortSide = side;
    break;
  }
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

/** Bytes, about: as the engine lays them out, where a program that saves none may be too large. */
async function memoryNeed(
  size: Size,
  network: PictureNetwork,
  engine: EngineOptions,
  limit: number,
): Promise<number> {
  const { module } = network;
  const inputShape = networkInputShape(size, network);
  const graph = traceGraph(module, inputShape);
  const weights = graph.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const whole = FLOAT_BYTES * SURCHARGE * (peakElements(graph) + weights);
  if (whole <= limit || whole > HOPELESS * limit) return whole;
  const least = await leastMemory(module, { ...engine, inputShape });
  return least === null ? whole : least + pictureBytes(size);
}

function pictureBytes({ width, height }: Size): number {
  return PICTURE_BYTES * width * height;
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
