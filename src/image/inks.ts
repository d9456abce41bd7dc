/**
 * One pixel of cyan, magenta, yellow and black, where 255 is full ink, as RGB: ink is simply taken from white, without a colour
 * profile. @see Pillow's `convert("RGB")` of CMYK
 */
export function mixInks(inks: Uint8Array, at: number, out: Uint8Array, to: number): void {
  const light = 255 - inks[at + 3];
  out[to] = light - scaled(inks[at], light);
  out[to + 1] = light - scaled(inks[at + 1], light);
  out[to + 2] = light - scaled(inks[at + 2], light);
}

/** a · b / 255, rounded. */
export function scaled(a: number, b: number): number {
  const product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}
