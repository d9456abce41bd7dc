// The textbook forms, one loop an index: what the tuned loops are measured against.

/** conv2d as seven nested loops. Weight `[oc, ic, kh, kw]`, no groups. */
export function naiveConv2d(input, weight, bias, { stride, padding }) {
  const [batch, inChannels, height, width] = input.shape;
  const [outChannels, , kernelHeight, kernelWidth] = weight.shape;
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  const out = new Float32Array(batch * outChannels * outHeight * outWidth);
  for (let n = 0; n < batch; n++) {
    for (let oc = 0; oc < outChannels; oc++) {
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          let sum = bias.data[oc];
          for (let ic = 0; ic < inChannels; ic++) {
            for (let ky = 0; ky < kernelHeight; ky++) {
              for (let kx = 0; kx < kernelWidth; kx++) {
                const y = oy * stride + ky - padding;
                const x = ox * stride + kx - padding;
                if (y >= 0 && y < height && x >= 0 && x < width) {
                  sum +=
                    input.data[((n * inChannels + ic) * height + y) * width + x] *
                    weight.data[((oc * inChannels + ic) * kernelHeight + ky) * kernelWidth + kx];
                }
              }
            }
          }
          out[((n * outChannels + oc) * outHeight + oy) * outWidth + ox] = sum;
        }
      }
    }
  }
  return out;
}

/** convTranspose2d as seven nested loops that scatter. Weight `[ic, oc, kh, kw]`, no groups. */
export function naiveConvTranspose2d(input, weight, bias, { stride, padding, outputPadding }) {
  const [batch, inChannels, height, width] = input.shape;
  const [, outChannels, kernelHeight, kernelWidth] = weight.shape;
  const outHeight = (height - 1) * stride - 2 * padding + kernelHeight + outputPadding;
  const outWidth = (width - 1) * stride - 2 * padding + kernelWidth + outputPadding;
  const out = new Float32Array(batch * outChannels * outHeight * outWidth);
  const plane = outHeight * outWidth;
  for (let i = 0; i < out.length; i++) out[i] = bias.data[Math.floor(i / plane) % outChannels];
  for (let n = 0; n < batch; n++) {
    for (let ic = 0; ic < inChannels; ic++) {
      for (let iy = 0; iy < height; iy++) {
        for (let ix = 0; ix < width; ix++) {
          const value = input.data[((n * inChannels + ic) * height + iy) * width + ix];
          for (let oc = 0; oc < outChannels; oc++) {
            for (let ky = 0; ky < kernelHeight; ky++) {
              for (let kx = 0; kx < kernelWidth; kx++) {
                const y = iy * stride + ky - padding;
                const x = ix * stride + kx - padding;
                if (y >= 0 && y < outHeight && x >= 0 && x < outWidth) {
                  out[((n * outChannels + oc) * outHeight + y) * outWidth + x] +=
                    value *
                    weight.data[((ic * outChannels + oc) * kernelHeight + ky) * kernelWidth + kx];
                }
              }
            }
          }
        }
      }
    }
  }
  return out;
}
