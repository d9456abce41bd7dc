import { ShapeError } from '../../errors.js';
import type { Module } from '../../nn/module.js';
import { Sequential } from '../../nn/sequential.js';
import type { ModuleTree } from '../../pth/moduleTree.js';
import { MissingAttribute } from './attributes.js';
import { layerOf } from './layers.js';

const SEQUENTIAL = 'torch.nn.modules.container.Sequential';
/** What runs the module that it has, and nothing else. */
const WRAPPERS =
  /^torch\.nn\.parallel\.(data_parallel\.DataParallel|distributed\.DistributedDataParallel)$/;

/**
 * The network of a tree that is standard layers, one after the other, all the way: with weights yet to be loaded.
 *
 * @returns The module, or why there is none: the class whose `forward` only its own code knows, or what is not said.
 */
export function sequentialOf(tree: ModuleTree): Module | string {
  try {
    return moduleOf(tree, '');
  } catch (error) {
    // Layers refuse arguments that no layer has.
    if (error instanceof MissingAttribute || error instanceof ShapeError) return error.message;
    throw error;
  }
}

function moduleOf(tree: ModuleTree, name: string): Module {
  const isContainer = tree.className === SEQUENTIAL || WRAPPERS.test(tree.className);
  if (!isContainer) {
    const layer = layerOf(tree);
    if (layer !== null) return layer;
    const where = name === '' ? 'the model' : JSON.stringify(name.slice(0, 100));
    throw new MissingAttribute(
      `${where} is ${JSON.stringify(tree.className.slice(0, 100))}, whose forward only its own code knows`,
    );
  }
  const children = [...tree.children].map(
    ([key, child]) => [key, moduleOf(child, name === '' ? key : `${name}.${key}`)] as const,
  );
  return new LayerSequence(children);
}

/** Layers under the names that a file has for them, in its order. */
class LayerSequence extends Sequential {
  constructor(layers: Iterable<readonly [string, Module]>) {
    super();
    for (const [name, layer] of layers) this.registerModule(name, layer);
  }
}

/** A layer of a network that is not as the file's own is. */
export interface LayerDifference {
  readonly name: string;
  /** As they print: `LeakyReLU(negative_slope=0.2)`. */
  readonly file: string;
  readonly network: string;
}

/**
 * Where the layers of a network differ from those of a file under the same names, in class or arguments. Those whose classes
 * are not known, or that only one of them has, are passed over.
 *
 * @param prefix What stands before the network's own keys in the file, `module.`.
 */
export function compareLayers(
  network: Module,
  tree: ModuleTree,
  prefix: string,
): readonly LayerDifference[] {
  const layers = new Map(layersOf(tree, ''));
  const differences: LayerDifference[] = [];
  for (const [name, module] of network.namedModules()) {
    const own = layers.get(prefix + name);
    if (own === undefined || module.namedChildren().size > 0) continue;
    const [file, made] = [printed(own), printed(module)];
    if (file !== made) differences.push({ name, file, network: made });
  }
  return differences;
}

/** The standard layers of a tree, by their names. */
function layersOf(tree: ModuleTree, name: string): [string, Module][] {
  const inner = [...tree.children].flatMap(([key, child]) =>
    layersOf(child, name === '' ? key : `${name}.${key}`),
  );
  if (tree.children.size > 0) return inner;
  try {
    const layer = layerOf(tree);
    return layer === null ? [] : [[name, layer]];
  } catch (error) {
    if (error instanceof MissingAttribute || error instanceof ShapeError) return [];
    throw error;
  }
}

/** As PyTorch prints a layer, without what makes no difference when it translates. */
function printed(module: Module): string {
  const text = module.toString();
  if (/^Dropout/.test(text)) return 'Dropout';
  const told = text.replace(/,? ?(momentum|inplace)=[^,)]*/g, '').replace(/\(, /, '(');
  // A number stands for both of a pair.
  return told.replace(/=\(([^,()]+), \1\)/g, '=$1');
}
