import type { Budget } from '../budget.js';
import type { Hdf5Dataset } from '../hdf5/dataset.js';
import type { Hdf5Group } from '../hdf5/readTree.js';
import { COSTS } from '../pickle/costs.js';
import type { LayerWeight } from './layerWeights.js';

/** Weights of the layers of an HDF5 file. */
export type StoredWeight = LayerWeight<Hdf5Dataset>;

/** What Keras 3 has between a model and its layers, and what 2.13 had. */
const BETWEEN = new Set(['layers', '_layer_checkpoint_dependencies']);
/** What optimisers, metrics and seeds are kept under: no weights of a network. */
const BESIDE = /(^|_)(optimizer|metrics?|tracker|seed_generator)(_\d+)?$/;
const VARIABLES = 'vars';

/**
 * The weights of the layers of a file, in the order in which the layers stand in their model, as far as the file tells: of
 * `Model.save_weights`, and of whole models, by Keras 3 (`.weights.h5`, `.keras`) and by those before (`.h5`).
 */
export async function layerWeights(root: Hdf5Group, budget: Budget): Promise<StoredWeight[]> {
  const listed = root.groups.get('model_weights') ?? root;
  const layers = await listOf(listed, 'layer_names');
  return layers === null ? numberedWeights(root, budget) : namedByLayers(listed, layers);
}

/** Of files that list the names of layers and of their weights: `conv2d_21/kernel:0`. */
async function namedByLayers(group: Hdf5Group, layers: readonly string[]): Promise<StoredWeight[]> {
  const found: StoredWeight[] = [];
  for (const layer of new Set(layers)) {
    const own = groupAt(group, layer);
    const names = own === null ? null : await listOf(own, 'weight_names');
    if (own === null || names === null) continue;
    const weights = [...new Set(names)].flatMap((name) => {
      const at = name.lastIndexOf('/');
      const array = groupAt(own, name.slice(0, Math.max(0, at)))?.datasets.get(name.slice(at + 1));
      const within = name.slice(0, Math.max(0, at));
      return array === undefined ? [] : [{ within, name: name.slice(at + 1), array }];
    });
    // A model that is a layer of another has layers itself.
    const isModel = new Set(weights.map(({ within }) => within)).size > 1;
    for (const { within, name, array } of weights) {
      found.push({
        model: isModel ? layer : '',
        layer: isModel ? within.slice(within.lastIndexOf('/') + 1) : layer,
        name: name.replace(/:\d+$/, ''),
        array,
      });
    }
  }
  return found;
}

/** Of files that number the weights of a layer: `gen_G/layers/conv2d_21/vars/0`. */
function numberedWeights(root: Hdf5Group, budget: Budget): StoredWeight[] {
  const found: StoredWeight[] = [];
  const visit = (group: Hdf5Group, path: readonly string[]) => {
    budget.takeValues(COSTS.list + COSTS.slot * path.length, 'A layer');
    for (const [name, inner] of byNumbers(group.groups)) {
      if (BESIDE.test(name)) continue;
      if (name !== VARIABLES) visit(inner, BETWEEN.has(name) ? path : [...path, name]);
      else {
        const characters = path.reduce((sum, part) => sum + part.length + 1, 0);
        budget.takeValues(COSTS.text + COSTS.character * characters, 'A layer');
        const [model, layer] = [path.slice(0, -1).join('.'), path.at(-1) ?? 'model'];
        for (const [number, array] of byNumbers(inner.datasets)) {
          found.push({ model, layer, name: number, array });
        }
      }
    }
  };
  visit(root, []);
  return found;
}

/** `conv2d_2` before `conv2d_10`. */
function byNumbers<T>(entries: ReadonlyMap<string, T>): (readonly [string, T])[] {
  const parts = (name: string): readonly [string, number] => {
    const number = /(\d+)$/.exec(name)?.[1] ?? '';
    return [
      name.slice(0, name.length - number.length).replace(/_$/, ''),
      number === '' ? -1 : Number(number),
    ];
  };
  const keyed = [...entries].map((entry) => ({ entry, parts: parts(entry[0]) }));
  keyed.sort((a, b) => {
    const [[one, first], [other, second]] = [a.parts, b.parts];
    return one === other ? first - second : one < other ? -1 : 1;
  });
  return keyed.map(({ entry }) => entry);
}

function groupAt(group: Hdf5Group, path: string): Hdf5Group | null {
  let found: Hdf5Group | undefined = group;
  for (const name of path === '' ? [] : path.split('/')) found = found?.groups.get(name);
  return found ?? null;
}

/** A list of texts, which is cut into several where it is long: `layer_names0`, `layer_names1`. */
async function listOf(group: Hdf5Group, name: string): Promise<readonly string[] | null> {
  const whole = group.attributes.get(name);
  if (whole !== undefined) return whole.texts();
  const parts: string[] = [];
  for (let i = 0; group.attributes.has(`${name}${i}`); i++) {
    parts.push(...((await group.attributes.get(`${name}${i}`)?.texts()) ?? []));
  }
  return group.attributes.has(`${name}0`) ? parts : null;
}
