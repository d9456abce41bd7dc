import type { MatrixShape } from '../kernels/convolution/matrixTile.js';

/** The feature by the name that Dawn, and so Chromium and Node, has for it until there is a standard. */
export const SUBGROUP_MATRICES = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

/** A product that a device's matrix units make: M × K by K × N. */
interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** The products of floats with 32-bit sums that an adapter lists, in its order: the best first. */
export function matrixShapes(info: GPUAdapterInfo): MatrixShape[] {
  const { subgroupMatrixConfigs } = info as { subgroupMatrixConfigs?: Iterable<MatrixConfig> };
  return [...(subgroupMatrixConfigs ?? [])].flatMap(
    ({ componentType: factors, resultComponentType, M: m, N: n, K: k }) =>
      (factors === 'f32' || factors === 'f16') && resultComponentType === 'f32'
        ? [{ m, n, k, factors, lanes: info.subgroupMaxSize }]
        : [],
  );
}
