import type { EngineOptions, Program } from '../../engine/engine.js';
import { compileByEngine } from '../../engine/engines.js';
import { CycleganError } from '../../errors.js';
import { graphOf } from '../../graph/builder.js';
import type { Graph, GraphNode } from '../../graph/graph.js';
import { toTensor } from '../../image/convert.js';
import type { Picture } from '../../image/picture.js';
import { resize } from '../../image/resize/resize.js';
import { traceGraph } from '../../nn/compile.js';
import { Tensor } from '../../tensor/tensor.js';
import type { FeatureSource, InputScaling } from './featureSource.js';

export interface FeatureProgramOptions extends EngineOptions {
  /** Pictures are resized to a square of so many pixels; default: 256. */
  readonly size?: number;
  /** The layer whose channels are taken, as `inspect` and `summary` name modules; default: as the network has it. */
  readonly layer?: string;
}

const DEFAULT_SIZE = 256;

/** A network up to one layer, whose channels, each averaged over the picture, are the features of pictures. */
export class FeatureProgram {
  readonly layer: string;
  /** Features of a picture. */
  readonly count: number;
  /** Side of the square that pictures are resized to. */
  readonly size: number;
  readonly #scaling: InputScaling;
  readonly #program: Program;

  /**
   * @throws CycleganError `ERR_NO_LAYER` for a layer that the network does not have; ShapeError where it does not take pictures
   * of that size.
   */
  static async compile(
    source: FeatureSource,
    { size = DEFAULT_SIZE, layer, ...options }: FeatureProgramOptions = {},
  ): Promise<FeatureProgram> {
    const graph = traceGraph(source.module, [1, 3, size, size]);
    const node = layer === undefined ? source.pick(graph) : layerOf(graph, layer);
    // Operands come before the nodes that read them: what comes after is not needed.
    const part = graphOf(graph.values.slice(0, node.id + 1), [node.id]);
    return new FeatureProgram(source, node, size, await compileByEngine(part, options));
  }

  private constructor(source: FeatureSource, node: GraphNode, size: number, program: Program) {
    this.layer = node.name;
    this.count = node.shape[1];
    this.size = size;
    this.#scaling = source.scaling;
    this.#program = program;
  }

  /** @throws CycleganError `ERR_NAN` where the network gives what is not finite. */
  async featuresOf(picture: Picture): Promise<Float64Array> {
    const { size } = this;
    const isSquare = picture.width === size && picture.height === size;
    const sized = isSquare ? picture : resize({ width: size, height: size })(picture);
    const { data } = await this.#program.run(inputOf(sized, this.#scaling));
    const plane = data.length / this.count;
    const features = Float64Array.from({ length: this.count }, (_, channel) => {
      let sum = 0;
      for (let i = channel * plane; i < (channel + 1) * plane; i++) sum += data[i];
      return sum / plane;
    });
    if (!features.every(Number.isFinite)) {
      throw new CycleganError('ERR_NAN', 'the network gave features that are not finite.');
    }
    return features;
  }

  dispose(): void {
    this.#program.dispose();
  }
}

/** Features of pictures, one of each, as `frechetDistance` takes them. */
export function stackFeatures(rows: readonly Float64Array[]): Tensor {
  const count = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * count);
  for (const [i, row] of rows.entries()) data.set(row, i * count);
  return new Tensor(data, [rows.length, count]);
}

/** A module may ask for several nodes: the last is what it gives. */
function layerOf(graph: Graph, layer: string): GraphNode {
  const node = graph.nodes.findLast(({ name }) => name === layer);
  if (node !== undefined) return node;
  const names = [...new Set(graph.nodes.map(({ name }) => name))];
  throw new CycleganError(
    'ERR_NO_LAYER',
    `There is no layer "${layer}"; the layers are ${names.join(', ')}.`,
  );
}

function inputOf(picture: Picture, { scale, offset, channelOrder }: InputScaling): Tensor {
  const { data, shape } = toTensor()(picture);
  const plane = shape[1] * shape[2];
  const input = new Float32Array(data.length);
  for (let channel = 0; channel < 3; channel++) {
    const from = (channelOrder === 'bgr' ? 2 - channel : channel) * plane;
    for (let i = 0; i < plane; i++) {
      input[channel * plane + i] = data[from + i] * scale[channel] + offset[channel];
    }
  }
  return new Tensor(input, [1, ...shape]);
}
