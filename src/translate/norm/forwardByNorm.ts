import type { NodeProgress } from '../../engine/engine.js';
import { selectEngine } from '../../engine/engines.js';
import { MemoryError } from '../../engine/wasm/newMemory.js';
import { CycleganError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { ReplacedGraph } from '../../graph/replaceNodes.js';
import { crop } from '../../image/crop.js';
import type { Picture } from '../../image/picture.js';
import { resize } from '../../image/resize/resize.js';
import { compileGraph, traceGraph } from '../../nn/compile.js';
import type { ForwardOptions } from '../../nn/module.js';
import { checkSignal } from '../../platform/abortion.js';
import type { ElementPart } from '../../tensor/elementSource.js';
import type { Shape } from '../../tensor/shape.js';
import { networkInput } from '../networkInput.js';
import { isFixed, networkInputShape, type PictureNetwork } from '../pictureNetwork.js';
import { gatherStatistics, type NormInput } from './gatherStatistics.js';
import { withDenseStatistics, withGivenStatistics } from './givenStatistics.js';
import { checkNorm, type NormMode, type NormOption } from './normMode.js';
import { type OwnNorm, ownNorms, statisticsFor } from './ownNorms.js';
import { tilesOf } from './tiles.js';

/**
 * A picture through a network whose norms go by statistics of something else than the whole picture: an approximation. These
 * are gathered first, of a thumbnail or of tiles, which the network takes as pictures of their own; the picture
 * then goes through it as a whole.
 *
 * @param read As of `Module.forwardReadingParts`.
 * @throws CycleganError `ERR_NORM` for a `norm` that is no approximation, for a network without norms that go by the picture's statistics, or that takes a single size.
 * @see Chen et al., "Towards Ultra-Resolution Neural Style Transfer via Thumbnail Instance Normalization", AAAI 2022; Ho et al., "Every Pixel
 * Has its Moments: Ultra-High-Resolution Unpaired Image-to-Image Translation via Dense Normalization", ECCV 2024
 */
export async function forwardByNorm<T>(
  picture: Picture,
  network: PictureNetwork,
  norm: Exclude<NormOption, 'exact'>,
  read: (part: ElementPart, shape: Shape) => T,
  options: ForwardOptions,
): Promise<T> {
  const mode = checkNorm(norm);
  checkSignal(options.signal);
  const graph = traceGraph(network.module, networkInputShape(picture, network));
  const norms = ownNorms(graph);
  refuseOthers(network, norms, mode);
  // Layers are told of as the picture itself goes through them; nothing goes on where it was ended.
  const { onProgress, resume: _, ...quiet } = options;
  const plan = mode.kind === 'thumbnail' ? thumbnailPlan : tilesPlan;
  const { parts, graphFor } = plan(picture, network, { graph, norms, side: mode.side });
  const gathering = () => gatherStatistics(parts, network, quiet);
  const blank = () => graphFor(parts.map(() => norms.map(blankInput))).graph;
  const changed = graphFor(await withLeastOfBoth(gathering, blank, quiet));
  const program = await compileGraph(changed.graph, quiet);
  try {
    options.onProgram?.(program);
    const input = networkInput(picture, network);
    const take = (part: ElementPart) => read(part, program.outputShape);
    const progress = onProgress && { onProgress: originalProgress(changed, onProgress) };
    return await program.runReadingParts(input, take, { ...quiet, ...progress });
  } finally {
    program.dispose();
  }
}

/** Tells of the nodes of the network as it was. */
function originalProgress(
  { originals }: ReplacedGraph,
  tell: (progress: NodeProgress) => void,
): (progress: NodeProgress) => void {
  let done = 0;
  return ({ node, milliseconds }) => {
    const original = originals.get(node.id);
    if (original === undefined) return;
    done++;
    tell({ node: original, done, total: originals.size, milliseconds });
  };
}

/** @throws CycleganError `ERR_NORM` */
function refuseOthers(
  network: PictureNetwork,
  norms: readonly OwnNorm[],
  { kind }: NormMode,
): void {
  if (norms.length === 0) {
    throw new CycleganError(
      'ERR_NORM',
      `norm ${kind} approximates norms that go by the picture's own statistics, such as instance norms, but this network has none: it is exact without.`,
    );
  }
  if (!isFixed(network)) return;
  throw new CycleganError(
    'ERR_NORM',
    `norm ${kind} gathers statistics of pictures of another size, but this network takes a single one, ${network.sizeRule?.exactly} x ${network.sizeRule?.exactly}.`,
  );
}

/** A network for a picture, and whose statistics take the place of its own. */
interface Task {
  readonly graph: Graph;
  readonly norms: readonly OwnNorm[];
  readonly side: number;
}

/** Of what statistics are gathered, and what is made of them. */
interface Plan {
  readonly parts: readonly (() => Picture)[];
  readonly graphFor: (found: readonly (readonly NormInput[])[]) => ReplacedGraph;
}

function thumbnailPlan(picture: Picture, _: PictureNetwork, { graph, norms, side }: Task): Plan {
  const thumbnail = thumbnailOf(picture, side);
  return {
    parts: [() => thumbnail],
    graphFor: ([found]) => {
      const given = norms.map((norm, i) => {
        const { statistics, pixels } = found[i];
        return statisticsFor(norm, statistics, pixels);
      });
      return withGivenStatistics(graph, norms, given);
    },
  };
}

/** Networks mirror some pixels at the edges, and halve what is left: they take no shorter sides. */
const MIN_SHORT_SIDE = 16;

/** A picture whose longer side has so many pixels at most, unless the shorter one would have too few. */
function thumbnailOf(picture: Picture, side: number): Picture {
  const { width, height, data } = picture;
  const scale = Math.max(side / Math.max(width, height), MIN_SHORT_SIDE / Math.min(width, height));
  if (scale >= 1) return picture;
  const shrunk = (length: number) => Math.max(1, Math.round(length * scale));
  return resize({ width: shrunk(width), height: shrunk(height) })({ width, height, data });
}

function tilesPlan(picture: Picture, network: PictureNetwork, { graph, norms, side }: Task): Plan {
  const { multipleOf = 1 } = network.sizeRule ?? {};
  const { rows, columns, windows } = tilesOf(picture, side, multipleOf);
  const { width, height, data } = picture;
  return {
    parts: windows.map((window) => () => crop({ width, height, data }, window)),
    graphFor: (found) => {
      const tables = norms.map((norm, i) => {
        const tiles = found.map((tile) => statisticsFor(norm, tile[i].statistics, tile[i].pixels));
        return { rows, columns, tiles };
      });
      return withDenseStatistics(graph, norms, tables);
    },
  };
}

/**
 * Gathers statistics with a program that may need less memory than the one that comes after it.
 * @param next Of the latter, a graph like it.
 * @throws MemoryError with what is enough for both.
 */
async function withLeastOfBoth<T>(
  gathering: () => Promise<T>,
  next: () => Graph,
  options: ForwardOptions,
): Promise<T> {
  try {
    return await gathering();
  } catch (error) {
    if (!(error instanceof MemoryError) || error.least === null) throw error;
    const engine = await selectEngine(options.engine);
    const least = (await engine.leastMemory?.(next(), options)) ?? 0;
    if (least <= error.least) throw error;
    throw new MemoryError(error.message, { least, cause: error });
  }
}

function blankInput({ channels, pixels }: OwnNorm): NormInput {
  const statistics = { mean: new Float32Array(channels), variance: new Float32Array(channels) };
  return { statistics, pixels };
}
