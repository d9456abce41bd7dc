import { ShapeError } from '../../errors.js';
import type { Picture } from '../../image/picture.js';
import type { PictureInput } from '../../image/pictureInput.js';
import { checkPair } from './pair.js';

/** The window and constants of the paper. */
const WINDOW = 11;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

const WEIGHTS = gaussian();

/**
 * The structural similarity of two pictures of one size, from −1 to 1, equal ones having 1: the mean of Wang et al.'s index over
 * all windows of 11 × 11 pixels that lie within the picture, and over the three channels; alpha is left out. Windows are weighted by
 * a Gaussian (σ = 1.5), K₁ = 0.01, K₂ = 0.03, L = 255, and variances are those of the window, not estimates with n − 1. Pictures
 * are compared at the size that they have: nothing is made smaller first, as the authors' later scripts do.
 *
 * ```ts
 * const grey = (level: number) => ({ width: 11, height: 11, data: new Uint8Array(363).fill(level) });
 * ssim(grey(40), grey(40)); // 1
 * ```
 *
 * @throws ShapeError unless both are of one size, of 11 × 11 pixels at least; ImageError for what is no picture.
 * @see Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, 2004;
 * skimage.metrics.structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255)
 */
export function ssim(a: PictureInput, b: PictureInput): number {
  const [first, second] = checkPair(a, b, 'ssim');
  const { width, height } = first;
  if (width < WINDOW || height < WINDOW) {
    throw new ShapeError(
      `ssim: windows of ${WINDOW} x ${WINDOW} pixels are compared, and ${width} x ${height} holds none.`,
    );
  }
  let sum = 0;
  for (let channel = 0; channel < 3; channel++) {
    sum += channelSimilarity(plane(first, channel), plane(second, channel), width, height);
  }
  return sum / 3;
}

function gaussian(): Float64Array {
  const weights = Float64Array.from({ length: WINDOW }, (_, i) =>
    Math.exp(-((i - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function plane({ width, height, data }: Picture, channel: number): Float64Array {
  return Float64Array.from({ length: width * height }, (_, i) => data[3 * i + channel]);
}

function channelSimilarity(
  x: Float64Array,
  y: Float64Array,
  width: number,
  height: number,
): number {
  const mean = (values: Float64Array) => windowMeans(values, width, height);
  const product = (u: Float64Array, v: Float64Array) => u.map((value, i) => value * v[i]);
  const [mx, my] = [mean(x), mean(y)];
  const [mxx, myy, mxy] = [mean(product(x, x)), mean(product(y, y)), mean(product(x, y))];
  let sum = 0;
  for (let i = 0; i < mx.length; i++) {
    const [u, v] = [mx[i], my[i]];
    const covariance = mxy[i] - u * v;
    const variances = mxx[i] - u * u + (myy[i] - v * v);
    sum += ((2 * u * v + C1) * (2 * covariance + C2)) / ((u * u + v * v + C1) * (variances + C2));
  }
  return sum / mx.length;
}

/** The weighted mean of each window that lies within the plane: along rows, then along columns. */
function windowMeans(values: Float64Array, width: number, height: number): Float64Array {
  const across = width - WINDOW + 1;
  const down = height - WINDOW + 1;
  const rows = new Float64Array(across * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < across; x++) {
      let sum = 0;
      for (let k = 0; k < WINDOW; k++) sum += WEIGHTS[k] * values[y * width + x + k];
      rows[y * across + x] = sum;
    }
  }
  const means = new Float64Array(across * down);
  for (let y = 0; y < down; y++) {
    for (let k = 0; k < WINDOW; k++) {
      const from = (y + k) * across;
      for (let x = 0; x < across; x++) means[y * across + x] += WEIGHTS[k] * rows[from + x];
    }
  }
  return means;
}
