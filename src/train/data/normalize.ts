import { Tensor } from '../../tensor/tensor.js';

/** `ToTensor` and `Normalize(0.5, 0.5)`, each rounded to float32. */
const BYTE_TO_FLOAT = Float32Array.from(
  { length: 256 },
  (_, byte) => Math.fround(Math.fround(byte / 255) - 0.5) / 0.5,
);

/**
 * Pictures of one size as a network is trained on them: `[N, 3, height, width]` in [−1, 1].
 *
 * ```ts
 * normalize([{ width: 1, height: 1, data: Uint8Array.of(0, 255, 255) }]).data; // [-1, 1, 1]
 * ```
 *
 * @param pictures One at least; `data` are RGB, row by row.
 */
export function normalize(
  pictures: readonly {
    readonly width: number;
    readonly height: number;
    readonly data: Uint8Array;
  }[],
): Tensor {
  const [{ width, height }] = pictures;
  const plane = width * height;
  const out = new Float32Array(pictures.length * 3 * plane);
  for (const [n, { data }] of pictures.entries()) {
    for (let channel = 0; channel < 3; channel++) {
      const at = (3 * n + channel) * plane;
      for (let i = 0; i < plane; i++) out[at + i] = BYTE_TO_FLOAT[data[3 * i + channel]];
    }
  }
  return new Tensor(out, [pictures.length, 3, height, width]);
}
