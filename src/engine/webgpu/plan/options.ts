import { plainTile, type Tile } from '../kernels/convolution/tile.js';
import type { Kernel } from '../shader/wgsl.js';
import type { Format } from './buffers.js';

/** A matrix product of a plan, whose tile is chosen. */
export interface TiledProduct {
  /** What its speed depends on, as a name: products of one key have one tile. */
  readonly key: string;
  /** How its factors lie. */
  readonly format: Format;
  readonly outVectors: number;
  readonly pixels: number;
  readonly flops: number;
  /** Its kernel with a tile, by itself. */
  readonly kernel: (tile: Tile) => Kernel;
}

/** What a plan may use. */
export interface PlanOptions {
  /** Whether convolutions that can go by Winograd do. */
  readonly winograd: boolean;
  /** How values lie between kernels, and most weights. Default: `f32`. */
  readonly format?: Format;
  /** Most bytes that a kernel may bind as one buffer: methods that need more are left out. Default: any. */
  readonly maxBindingBytes?: number;
  /** Default: the tile that nothing has to be known for. */
  readonly tileOf?: (product: TiledProduct) => Tile;
}

export function withDefaults({
  winograd,
  format = 'f32',
  maxBindingBytes = Number.POSITIVE_INFINITY,
  tileOf = ({ outVectors, pixels }) => plainTile(outVectors, pixels),
}: PlanOptions): Required<PlanOptions> {
  return { winograd, format, maxBindingBytes, tileOf };
}
