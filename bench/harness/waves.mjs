/** Something to see at every scale, and some noise. */
export function waves(width, height, seed) {
  const data = new Uint8Array(3 * width * height);
  let noise = seed + 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      noise = (Math.imul(noise, 1103515245) + 12345) & 0x7fffffff;
      const at = 3 * (y * width + x);
      const wave = Math.sin((x * (seed + 3)) / 90) + Math.cos((y * (seed + 5)) / 70);
      data[at] = 128 + 50 * wave + (noise & 15);
      data[at + 1] = (255 * x) / width;
      data[at + 2] = (255 * y) / height;
    }
  }
  return { width, height, data };
}
