import { walkChunks } from '../../../src/image/png/chunks.js';
import { bytes } from '../../support/pickles.js';
import { chunk, png } from '../../support/pngs.js';
import { EDGES, little, pick, type Random, rearranged } from '../random.js';

/** A PNG with right checksums, and chunks that are moved, doubled, left out or changed inside. */
export function changedChunks(file: Uint8Array, random: Random): Uint8Array {
  let parts = [...walkChunks(file)].map(({ type, content }) => ({ type, content }));
  for (let i = 1 + random(2); i > 0; i--) {
    if (parts.length === 0) break;
    const at = random(parts.length);
    const { type, content } = parts[at];
    const types = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND', 'eXIf', 'iTXt', 'acTL', 'ABCD'];
    const changes: (() => typeof parts)[] = [
      () => rearranged(parts, random, () => pick(parts, random)),
      () => parts.with(at, { type: pick(types, random), content }),
      () => parts.with(at, { type, content: withEdge(content, random) }),
      () => parts.with(at, { type, content: content.slice(0, random(content.length + 1)) }),
      () => {
        const cut = random(content.length + 1);
        const halves = [content.subarray(0, cut), content.subarray(cut)];
        return parts.toSpliced(at, 1, ...halves.map((half) => ({ type, content: half })));
      },
    ];
    parts = pick(changes, random)();
  }
  return png(...parts.map(({ type, content }) => chunk(type, content)));
}

/** A JPEG whose segments are moved, doubled, left out, of other kinds, or changed inside. */
export function changedSegments(file: Uint8Array, random: Random): Uint8Array {
  let parts = segmentsOf(file);
  for (let i = 1 + random(2); i > 0; i--) {
    if (parts.length === 0) break;
    const at = random(parts.length);
    const part = parts[at];
    const kind = 0xc0 + random(64);
    const changes: (() => typeof parts)[] = [
      () => rearranged(parts, random, () => pick(parts, random)),
      () => parts.with(at, bytes(0xff, kind, part.subarray(2))),
      () => parts.with(at, bytes(part.subarray(0, 4), withEdge(part.subarray(4), random))),
      () => parts.with(at, part.slice(0, random(part.length + 1))),
    ];
    parts = pick(changes, random)();
  }
  return bytes(...parts);
}

/** From each marker that is no restart to the next. */
function segmentsOf(file: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let at = 0; at + 1 < file.length; at++) {
    const isRestart = file[at + 1] >= 0xd0 && file[at + 1] <= 0xd7;
    if (file[at] === 0xff && file[at + 1] >= 0xc0 && !isRestart) starts.push(at);
  }
  return starts.map((start, i) => file.slice(start, starts[i + 1]));
}

/** A number at its edge, or any byte, somewhere. */
function withEdge(content: Uint8Array, random: Random): Uint8Array {
  if (content.length === 0) return content;
  const out = content.slice();
  const width = pick([1, 1, 2, 4], random);
  const value = pick([BigInt(random(64)), BigInt(random(2 ** 31)), pick(EDGES, random)], random);
  const at = random(Math.max(1, content.length - width + 1));
  out.set(
    little(value, width)
      .reverse()
      .subarray(0, content.length - at),
    at,
  );
  return out;
}
