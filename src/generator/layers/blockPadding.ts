import { ShapeError } from '../../errors.js';
import type { Module } from '../../nn/module.js';
import { ReflectionPad2d } from '../../nn/reflectionPad2d.js';
import { ReplicationPad2d } from '../../nn/replicationPad2d.js';
import type { PaddingKind } from '../family.js';

/** How a residual block's 3×3 convolutions keep the size: by a layer before them, or by zeros of their own. */
export interface BlockPadding {
  /** Modules before the convolution, one or none. */
  readonly layers: readonly Module[];
  /** The convolution's own. */
  readonly padding: number;
}

/** @throws ShapeError for another type. */
export function blockPadding(type: PaddingKind): BlockPadding {
  if (type === 'zero') return { layers: [], padding: 1 };
  if (type === 'reflect') return { layers: [new ReflectionPad2d(1)], padding: 0 };
  if (type === 'replicate') return { layers: [new ReplicationPad2d(1)], padding: 0 };
  throw new ShapeError(
    `paddingType must be reflect, replicate or zero, but got ${JSON.stringify(type)}.`,
  );
}
