import type { ArenaBuffer } from '../plan/buffers.js';
import { type Source, vectorsOf } from '../plan/source.js';
import { storeVector } from '../shader/access.js';
import { sourceReader } from '../shader/sourceReader.js';
import { type Binding, type Kernel, laneMask, mapKernel } from '../shader/wgsl.js';

/** Where a kernel writes `[height][width][vectors]`. */
export interface Target {
  readonly buffer: ArenaBuffer;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

interface PixelMap {
  readonly label: string;
  readonly source: Source;
  readonly to: Target;
  readonly bindings?: readonly Binding[];
  readonly declarations?: readonly string[];
  /** Statements that declare `result: vec4f`, of channels `4c …` at row `y` and column `x` of the target. */
  readonly body: string;
}

/** A kernel whose threads each make one vector of the target, of any of the source. Channels that are padding are zero. */
export function pixelMap({ label, source, to, body, ...own }: PixelMap): Kernel {
  const { bindings = [], declarations = [] } = own;
  const reader = sourceReader('source', source);
  const vectors = vectorsOf(to.channels);
  return mapKernel(to.height * to.width * vectors, {
    label: `${label} to ${to.channels} x ${to.height} x ${to.width}`,
    bindings: [
      ...reader.bindings,
      ...bindings,
      { name: 'target_', element: 'vec4f', buffer: to.buffer },
    ],
    declarations: [...reader.declarations, ...declarations],
    body: `  let c = index % ${vectors}u;
  let pixel = index / ${vectors}u;
  let y = i32(pixel / ${to.width}u);
  let x = i32(pixel % ${to.width}u);
${body}
  ${storeVector(to.buffer, 'target_', 'index', masked('result', to.channels))}`,
  });
}

/** A vector of channels `4c …`, without what it has in those that are padding. */
export function masked(vector: string, channels: number): string {
  if (channels % 4 === 0) return vector;
  const last = `${vectorsOf(channels) - 1}u`;
  return `select(${vector}, select(vec4f(0), ${vector}, ${laneMask(channels)}), c == ${last})`;
}
