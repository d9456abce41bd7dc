import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { pick, type Random, rearranged } from '../random.js';
import type { Seed } from '../seeds.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

let archives: readonly Readonly<Record<string, Uint8Array>>[] | undefined;

/** A program of torch.export with one of its descriptions changed, in a sound archive. */
export function changedProgram(random: Random, seeds: readonly Seed[]): Uint8Array {
  archives ??= seeds
    .filter(({ name }) => name.startsWith('exported'))
    .map(({ file }) => unzipSync(file));
  const entries = { ...pick(archives, random) };
  const names = Object.keys(entries).filter((name) => name.endsWith('.json'));
  for (let i = 1 + random(2); i > 0; i--) {
    const name = pick(names, random);
    const value = changed(JSON.parse(strFromU8(entries[name])) as Json, random);
    entries[name] = strToU8(JSON.stringify(value));
  }
  return zipSync(entries, { level: 0 });
}

/** Goes down some way at random, and changes what is there. */
function changed(value: Json, random: Random): Json {
  if (random(12) === 0) return other(random);
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    if (items.length === 0 || random(5) === 0)
      return rearranged(items, random, () => other(random));
    const at = random(items.length);
    return items.with(at, changed(items[at], random));
  }
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value as { readonly [key: string]: Json });
    if (fields.length === 0) return other(random);
    const at = random(fields.length);
    const [key, inner] = fields[at];
    const kept =
      random(10) === 0 ? fields.toSpliced(at, 1) : fields.with(at, [key, changed(inner, random)]);
    return Object.fromEntries(kept);
  }
  return other(random);
}

function other(random: Random): Json {
  const name = pick(['x', 'pad', 'conv2d', 'p_model_1_weight', 'model.1.weight'], random);
  return pick<Json>(
    [
      ...[null, true, 0, 1, -1, 3, 7, 2 ** 31, 2 ** 53, 1e300, '', '__proto__', name],
      ...[
        [],
        {},
        [{ as_int: 2 ** 40 }],
        { as_int: 0 },
        { as_tensor: { name } },
        { as_ints: [1, -7] },
      ],
      { as_tensors: [{ name }, { name }] },
      { as_sym_ints: [{ as_name: name }, { as_int: 2 }] },
    ],
    random,
  );
}
