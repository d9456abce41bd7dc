import { bytes, int64, op, type Part, pickle } from '../../support/pickles.js';
import { EDGES, edge, little, pick, type Random, rearranged } from '../random.js';
import { CHECKPOINT, STORAGES } from '../seeds.js';
import { someCheckpoint, someText, someValue } from './values.js';

const MAGIC = Uint8Array.of(0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19);

/** A legacy stream whose parts, storage keys, element counts or numbers do not agree. */
export function changedLegacy(random: Random): Uint8Array {
  let keys: readonly Part[] = Object.keys(STORAGES).map(op.text);
  let blocks: readonly Uint8Array[] = Object.values(STORAGES).map((values) =>
    bytes(int64(values.length), new Uint8Array(Float32Array.from(values).buffer)),
  );
  const object = random(2) === 0 ? CHECKPOINT : someCheckpoint(random);
  let parts: readonly Uint8Array[] = [
    pickle([0x8a, MAGIC.length, MAGIC]),
    pickle(['M', 0xe9, 0x03]),
    pickle('}'),
    pickle(object),
  ];
  const changes: (() => void)[] = [
    () => {
      keys = rearranged(keys, random, () => pick([someText, edge], random)(random));
    },
    () => {
      blocks = blocks.map((block) =>
        random(2) === 0 ? block : bytes(little(pick(EDGES, random), 8), block.subarray(8)),
      );
    },
    () => {
      blocks = rearranged(blocks, random, () => new Uint8Array(random(40)));
    },
    () => {
      parts = [
        ...parts.slice(0, 1),
        ...rearranged(parts.slice(1), random, () => pickle(someValue(random, 1))),
      ];
    },
  ];
  for (let i = random(3); i > 0; i--) pick(changes, random)();
  const list = random(16) === 0 ? someValue(random, 1) : op.list(...keys);
  return bytes(...parts, pickle(list), ...blocks);
}
