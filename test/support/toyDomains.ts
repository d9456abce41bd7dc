import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeImage } from '../../src/image/formats.js';

export type Colour = readonly [red: number, green: number, blue: number];

/** Of squares in both domains, and of what is around them. */
export const TOY_COLOURS = {
  A: [220, 50, 40],
  B: [40, 70, 220],
  background: [200, 200, 190],
} as const satisfies Record<string, Colour>;

/** A square of a colour somewhere on a plain ground. */
export function toyPicture(size: number, colour: Colour, number: number) {
  const data = new Uint8Array(3 * size * size);
  const side = Math.round(size / 2);
  const left = (5 * number) % (size - side);
  const top = (3 * number + 1) % (size - side);
  for (let i = 0; i < size * size; i++) {
    const [x, y] = [i % size, Math.floor(i / size)];
    const inside = x >= left && x < left + side && y >= top && y < top + side;
    data.set(inside ? colour : TOY_COLOURS.background, 3 * i);
  }
  return { width: size, height: size, data };
}

/** A folder with `trainA` and `trainB`. */
export function makeToyDomains(folder: string, size: number, count: number): void {
  for (const domain of ['A', 'B'] as const) {
    mkdirSync(join(folder, `train${domain}`), { recursive: true });
    for (let i = 0; i < count; i++) {
      const picture = toyPicture(size, TOY_COLOURS[domain], i);
      writeFileSync(join(folder, `train${domain}`, `${i}.png`), encodeImage(picture, 'x.png'));
    }
  }
}
