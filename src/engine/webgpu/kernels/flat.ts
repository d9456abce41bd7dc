import type { FlatOperation } from '../../shared/fuse/steps.js';
import type { ArenaBuffer, DeviceBuffer } from '../plan/buffers.js';
import { activated, KEPT } from '../shader/elements.js';
import { type Kernel, mapKernel } from '../shader/wgsl.js';

/** Operations that are no step of an optimiser. */
export type PlainFlatOperation = Exclude<
  FlatOperation,
  | 'sgdUpdate'
  | { readonly adamFirstMoment: number }
  | { readonly adamSecondMoment: number }
  | { readonly adamUpdate: number }
  | { readonly sgdMomentum: number }
>;

const BINARY: Readonly<Record<string, string>> = { add: '+', sub: '-', mul: '*', div: '/' };

/**
 * Each element of a flat value is made of those of others in the same place.
 * @param repeated Of each operand, whether its first element goes with all.
 */
export function flatKernel(
  operation: PlainFlatOperation,
  operands: readonly DeviceBuffer[],
  repeated: readonly boolean[],
  size: number,
  to: ArenaBuffer,
): Kernel {
  const names = ['a', 'b'].slice(0, operands.length);
  const [a, b] = names.map((name, i) => `${name}[${repeated[i] ? '0' : 'index'}]`);
  return mapKernel(size, {
    label: `${typeof operation === 'string' ? operation : Object.keys(operation)[0]} of ${size} elements`,
    bindings: [
      ...names.map((name, i) => ({ name, element: 'f32', buffer: operands[i] }) as const),
      { name: 'target_', element: 'f32', buffer: to },
    ],
    declarations: [KEPT],
    body: `  target_[index] = ${expression(operation, a, b)};`,
  });
}

function expression(operation: PlainFlatOperation, a: string, b: string): string {
  if (operation === 'copy') return a;
  if (operation === 'maximum') return `max(${a}, ${b})`;
  if (typeof operation === 'string' && operation in BINARY) return `${a} ${BINARY[operation]} ${b}`;
  return `(${activated(operation as Parameters<typeof activated>[0], `vec4f(${a})`)}).x`;
}
