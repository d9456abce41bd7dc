import { CycleganError } from '../errors.js';
import { Conv2d } from '../nn/conv2d.js';
import { ConvTranspose2d } from '../nn/convTranspose2d.js';
import { type Shaped, StateDictError } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { withoutSeeds } from '../nn/random.js';
import type { ExportedProgram } from '../pth/exported/exportedProgram.js';
import type { ModuleTree } from '../pth/moduleTree.js';
import type { OnnxModel } from '../pth/onnx/onnxModel.js';
import type { WeightFile } from '../pth/weightFile.js';
import { type AnyRecognised, FAMILIES, recogniseGenerator } from './families.js';
import type { PaddingKind, SavedOptions, TraitOptions, ValueRange } from './family.js';
import { imageMetadata } from './onnx/imageMetadata.js';
import {
  lookedAt,
  measuredRanges,
  measuredTraits,
  measureSizes,
  type OwnNetwork,
  recogniseOwn,
  withoutNumbers,
} from './ownNetwork.js';
import { PADDINGS, savedTraitOptions } from './traitOptions.js';
import { compareLayers, type LayerDifference, sequentialOf } from './wholeModel/layerTree.js';

/** A generator that a file was recognised as, and what the file says of it beside its weights. */
export interface RecognisedFile<T extends Shaped> {
  readonly recognised: AnyRecognised<T>;
  readonly saved: SavedOptions;
}

/**
 * Which generator a file has: by its keys and shapes, and by what it says of its own layers, where a model was saved as a whole.
 *
 * @param tensors Of the file: as it tells of them, or with their numbers.
 * @throws StateDictError when it is none that is known: with what differs, and what it looks like.
 */
export async function recogniseFile<T extends Shaped>(
  file: WeightFile,
  tensors: ReadonlyMap<string, T>,
  asked: TraitOptions = {},
): Promise<RecognisedFile<T>> {
  const saved = savedTraitOptions(file);
  const { modules } = file;
  if (file.onnx !== null) return readOnnx(file, file.onnx, tensors, saved, asked);
  if (file.exported !== null) return readExported(file.exported, tensors, saved, asked);
  if (modules === null) return { recognised: recogniseGenerator(tensors, FAMILIES, saved), saved };
  try {
    const recognised = recogniseGenerator(tensors, FAMILIES, saved);
    return withLayersOf(recognised, modules, { asked, saved }, tensors);
  } catch (error) {
    if (!(error instanceof StateDictError)) throw error;
    const own = ownLayers(modules, tensors, asked.inputRange ?? saved.inputRange);
    if (typeof own !== 'string') return { recognised: recogniseOwn(own, tensors), saved };
    throw error.adding(`As a tree of standard layers, it cannot be run either: ${own}.`);
  }
}

/**
 * A model that was written here is its family's again, where it is one. Of others, the graph counts, whatever their weights
 * are called: it may scale its pictures itself. Most files are none, so what reads graphs is loaded when one is.
 */
async function readOnnx<T extends Shaped>(
  file: WeightFile,
  model: OnnxModel,
  tensors: ReadonlyMap<string, T>,
  told: SavedOptions,
  asked: TraitOptions,
): Promise<RecognisedFile<T>> {
  const saved = { ...imageMetadata(file.extras), ...told };
  const { inputRange = saved.inputRange } = asked;
  const family = familyOf(tensors, saved);
  if (file.writer === OWN_WRITER && family !== null) return { recognised: family, saved };
  const known = family === null ? null : family.family.traits(family.config);
  const { ownOnnx } = await import('./onnx/ownOnnx.js');
  const own = ownOnnx(model, tensors, known, inputRange);
  return { recognised: recogniseOwn(own, tensors), saved };
}

/**
 * A program of `torch.export` is its family's network where it computes what that does, with padding of whichever kind; else
 * what the program computes counts, if it can be run.
 */
async function readExported<T extends Shaped>(
  program: ExportedProgram,
  tensors: ReadonlyMap<string, T>,
  saved: SavedOptions,
  asked: TraitOptions,
): Promise<RecognisedFile<T>> {
  const family = familyOf(tensors, saved);
  const { alikeFamily, ownExported } = await import('./exported/ownExported.js');
  const own = ownExported(program, tensors, family, asked.inputRange ?? saved.inputRange);
  if (!(own instanceof CycleganError)) {
    const alike = family === null ? null : alikeFamily(family, own);
    return alike === null
      ? { recognised: recogniseOwn(own, tensors), saved }
      : { recognised: family as AnyRecognised<T>, saved: { ...alike, ...saved } };
  }
  if (family === null) throw own;
  const told = `${own.message} It is run as ${family.family.describe(family.config)}, by its keys.`;
  return { recognised: { ...family, notes: [...family.notes, told] }, saved };
}

/** `null` where the tensors are none of a family that is known. */
function familyOf<T extends Shaped>(
  tensors: ReadonlyMap<string, T>,
  saved: SavedOptions,
): AnyRecognised<T> | null {
  try {
    return recogniseGenerator(tensors, FAMILIES, saved);
  } catch (error) {
    if (error instanceof StateDictError) return null;
    throw error;
  }
}

/** What this project calls itself in its models. */
const OWN_WRITER = 'cyclegan-ts';

/** What the layers of a whole model say, keys do not: the kind of padding, and where a family's layers are others. */
function withLayersOf<T extends Shaped>(
  recognised: AnyRecognised<T>,
  tree: ModuleTree,
  { asked, saved }: { readonly asked: TraitOptions; readonly saved: SavedOptions },
  tensors: ReadonlyMap<string, T>,
): RecognisedFile<T> {
  const { family, config, network, prefix, notes } = recognised;
  const usual = family.traits(config).padding;
  let best = { padding: usual, differences: compareLayers(network, tree, prefix) };
  for (const padding of PADDINGS) {
    const other = padding === usual ? null : (family.withPadding?.(config, padding) ?? null);
    if (other === null || best.differences.length === 0) continue;
    const built = withoutSeeds(() => family.build(other));
    const differences = compareLayers(built, tree, prefix);
    if (differences.length < best.differences.length) best = { padding, differences };
  }
  const inputRange = asked.inputRange ?? saved.inputRange;
  const own = best.differences.length > 0 ? ownLayers(tree, tensors, inputRange) : '';
  if (typeof own !== 'string') return { recognised: recogniseOwn(own, tensors), saved };
  const told: { padding?: PaddingKind } = best.padding === usual ? {} : { padding: best.padding };
  const more =
    best.differences.length === 0 ? [] : [noteOn(family.describe(config), best.differences)];
  return {
    recognised: { ...recognised, notes: [...notes, ...more] },
    saved: { ...told, ...saved },
  };
}

function noteOn(network: string, differences: readonly LayerDifference[]): string {
  const [{ name, file, network: made }] = differences;
  const more = differences.length - 1;
  const others =
    more === 0 ? '' : `; ${more} more ${more === 1 ? 'layer differs' : 'layers differ'}`;
  return `The file's own layers are not those of ${network}, as which it is run: ${JSON.stringify(name.slice(0, 100))} is ${file} in the file, and ${made} here${others}. Its pictures will be others than in PyTorch.`;
}

/** A model of standard layers all the way; a text says why it is none. */
function ownLayers(
  tree: ModuleTree,
  tensors: ReadonlyMap<string, Shaped>,
  inputRange: ValueRange | undefined,
): OwnNetwork | string {
  const network = withoutSeeds(() => sequentialOf(tree));
  if (typeof network === 'string') return network;
  network.eval();
  const description = `a sequence of ${[...network.namedModules()].length - 1} standard layers`;
  const misfit = withoutNumbers(network, description, tensors);
  if (misfit !== null) return misfit;
  const inputChannels = channelsOf(network);
  if (inputChannels === null)
    return 'it has no convolution, which would tell how many channels its pictures have';
  const sizes = measureSizes(network, inputChannels);
  if (sizes === null) return 'its layers do not take a picture of 256 pixels a side';
  const graph = lookedAt(network, inputChannels);
  const { notes, ...ranges } = measuredRanges(graph, null, inputRange);
  return {
    name: 'layers',
    title: 'a sequence of standard layers',
    description,
    config: { inputChannels, outputChannels: sizes.outputChannels },
    traits: { ...measuredTraits(inputChannels, sizes), ...ranges },
    notes,
    build: () => sequentialOf(tree) as Module,
  };
}

/** Of what the first convolution reads. */
function channelsOf(network: Module): number | null {
  for (const [, module] of network.namedModules()) {
    if (module instanceof Conv2d || module instanceof ConvTranspose2d) return module.inChannels;
  }
  return null;
}
