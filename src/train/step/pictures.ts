import type { GraphBuilder, Value } from '../../graph/builder.js';
import type { Shape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';

/** An input for each of so many equal parts of a batch `[N, C, H, W]`. */
export function batchInputs(g: GraphBuilder, shape: Shape, parts: number, name: string): Value[] {
  const [batch, ...picture] = shape;
  return Array.from({ length: parts }, (_, n) =>
    g.addInput([batch / parts, ...picture], `${name}${n}`),
  );
}

/** So many equal parts of a batch, which share its elements. */
export function splitBatch({ data, shape }: Tensor, parts: number): Tensor[] {
  const [batch, ...picture] = shape;
  const size = data.length / parts;
  return Array.from(
    { length: parts },
    (_, n) => new Tensor(data.subarray(n * size, (n + 1) * size), [batch / parts, ...picture]),
  );
}

/** The parts of a batch as a whole. */
export function joinBatch(parts: readonly Tensor[]): Tensor {
  const [first] = parts;
  if (parts.length === 1) return first;
  const data = new Float32Array(parts.length * first.size);
  for (const [n, part] of parts.entries()) data.set(part.data, n * first.size);
  return new Tensor(data, [parts.length * first.shape[0], ...first.shape.slice(1)]);
}
