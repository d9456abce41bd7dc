import type { ByteSource } from '../../platform/byteSource.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import type { Neighbours, OpenedContainer } from '../container/container.js';
import { fieldOf, JsonError, JsonReader, type JsonValue } from '../container/jsonReader.js';
import { type NamedTensor, namedTensors } from '../container/namedTensors.js';
import { bytesOf, type Dtype } from '../dtypes.js';
import { COSTS } from '../pickle/costs.js';
import { PthError } from '../pthError.js';
import { namedWeights, shownKey, turned } from './layerWeights.js';
import { channelsOfNorms, normConfigIn } from './modelConfig.js';
import { Shards } from './shards.js';

/** The format's names of types. */
const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['float32', 'float32'],
  ['int32', 'int32'],
  ['bool', 'bool'],
  ['uint8', 'uint8'],
  ['uint16', 'uint16'],
  ['float16', 'float16'],
]);

/** How numbers of fewer bits stand for those that are meant: `scale · q + min`. */
interface Quantization {
  readonly scale: number;
  readonly min: number;
}

/** An array in the shards. */
interface TfjsArray {
  readonly shape: readonly number[];
  /** As it is stored. */
  readonly dtype: Dtype;
  readonly source: ByteSource;
  readonly start: number;
  readonly quantization: Quantization | null;
}

/**
 * A layers model of TensorFlow.js: weights by the names, and in the order of axes, that PyTorch has for such layers. Numbers that were
 * quantised are what `scale` and `min` make of them.
 *
 * @throws PthError when the file is damaged, is a graph model, or what it names does not lie beside it.
 * @see https://www.tensorflow.org/js/guide/save_load
 */
export async function openTfjs(
  source: ByteSource,
  budget: Budget,
  neighbours: Neighbours | undefined,
): Promise<OpenedContainer> {
  const model = parsed(await budget.read(source, 0, source.size, 'The model'), budget);
  if (fieldOf(model, 'format') === 'graph-model') {
    throw bad(
      'This is a graph model of TensorFlow.js, which has operators in place of layers: convert the Keras model with --output_format=tfjs_layers_model, or give the Keras file itself',
    );
  }
  const found = [];
  const paths = new Set<string>();
  for (const group of listIn(model, 'weightsManifest')) {
    const shards = new Shards(await shardsOf(group, paths, budget, neighbours));
    found.push(...arraysOf(group, shards, budget));
  }
  if (found.length === 0) throw bad('A model of TensorFlow.js without weights');
  const arrays = new Map<string, TfjsArray>();
  const tensors = namedWeights(found, budget).map(({ key, axes, array }): NamedTensor => {
    budget.takeValues(COSTS.mapEntry, 'A tensor');
    if (arrays.has(key)) throw bad(`Two weights are both ${shownKey(key)}`);
    arrays.set(key, array);
    const dtype = array.quantization === null ? array.dtype : 'float32';
    const bytes = sizeOf(array.shape) * bytesOf(dtype);
    return { name: key, dtype, ...turned(array.shape, axes), start: 0, bytes };
  });
  const norms = normConfigIn(fieldOf(model, 'modelTopology'), channelsOfNorms(tensors));
  const writer = fieldOf(model, 'generatedBy') ?? fieldOf(model, 'convertedBy');
  const opened = namedTensors(source, tensors, {
    writer: typeof writer === 'string' ? writer.slice(0, 60) : 'TensorFlow.js',
    metadata: new Map(norms === null ? [] : [['config', JSON.stringify(norms)]]),
    budget,
  });
  return {
    ...opened,
    readStorage: ({ key }, use) => readArray(arrays.get(key) as TfjsArray, use),
    locateStorage: async () => null,
  };
}

function parsed(bytes: Uint8Array, budget: Budget): JsonValue {
  try {
    const reader = new JsonReader(bytes, budget);
    const value = reader.value();
    reader.end();
    return value;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw bad(`The model is no JSON: ${error.message}`, error.at);
  }
}

/**
 * Files of a group, which must lie beside the model.
 * @param known Those that have been named: each counts once, also in what it may cost.
 */
async function shardsOf(
  group: JsonValue,
  known: Set<string>,
  budget: Budget,
  neighbours: Neighbours | undefined,
): Promise<ByteSource[]> {
  const sources: ByteSource[] = [];
  for (const path of listIn(group, 'paths')) {
    if (typeof path !== 'string') throw bad('A file of weights without a name');
    const shown = JSON.stringify(path.slice(0, 100));
    if (neighbours === undefined) {
      throw bad(`Its weights are in files beside it, ${shown} and others: give it as a path`);
    }
    if (known.has(path)) throw bad(`It names ${shown} twice`);
    known.add(path);
    const source = await neighbours(path);
    if (source === null) throw bad(`Its weights are in ${shown}, which does not lie beside it`);
    budget.takeValues(COSTS.call, 'A file of weights');
    budget.grow(source.size);
    sources.push(source);
  }
  return sources;
}

/** Arrays lie one behind the other. */
function arraysOf(group: JsonValue, source: ByteSource, budget: Budget) {
  let start = 0;
  const arrays = listIn(group, 'weights').map((weight) => {
    const [name, shape] = [fieldOf(weight, 'name'), listIn(weight, 'shape')];
    if (
      typeof name !== 'string' ||
      !shape.every((side) => Number.isSafeInteger(side) && (side as number) >= 0)
    ) {
      throw bad('A weight without a name or a shape');
    }
    budget.takeValues(2 * COSTS.call + COSTS.text + COSTS.character * name.length, 'A weight');
    const sides = shape as number[];
    const { dtype, quantization } = storedAs(weight, name);
    const bytes = sizeOf(sides) * bytesOf(dtype);
    if (!(start + bytes <= source.size)) {
      throw bad(
        `Weight ${JSON.stringify(name.slice(0, 100))} of shape [${sides.join(', ')}] reaches beyond its files of ${source.size} bytes`,
      );
    }
    const array: TfjsArray = { shape: sides, dtype, source, start, quantization };
    start += bytes;
    const path = name.replace(/:\d+$/, '').split('/');
    return {
      model: path.slice(0, -2).join('.'),
      layer: path.at(-2) ?? 'model',
      name: path[path.length - 1],
      rank: sides.length,
      array,
    };
  });
  if (start < source.size) {
    throw bad(
      `Its weights take ${start} bytes, and their files have ${source.size}: they are of another model`,
    );
  }
  return arrays;
}

function storedAs(
  weight: JsonValue,
  name: string,
): { readonly dtype: Dtype; readonly quantization: Quantization | null } {
  const told = fieldOf(weight, 'quantization');
  const type = fieldOf(told === null ? weight : told, 'dtype');
  const dtype = typeof type === 'string' ? DTYPES.get(type) : undefined;
  if (dtype === undefined) {
    throw new PthError(
      'ERR_PTH_DTYPE',
      `Weight ${JSON.stringify(name.slice(0, 100))} is of type ${JSON.stringify(type)?.slice(0, 40)}, which cannot be read here`,
      { key: name },
    );
  }
  if (told === null || dtype === 'float16') return { dtype, quantization: null };
  const [scale, min] = [fieldOf(told, 'scale'), fieldOf(told, 'min')];
  const isPacked = dtype === 'uint8' || dtype === 'uint16';
  if (!isPacked || typeof scale !== 'number' || typeof min !== 'number') {
    throw bad(`Weight ${shownKey(name)} is quantised to ${dtype}, or by no numbers`);
  }
  return { dtype, quantization: { scale, min } };
}

async function readArray(
  { shape, dtype, source, start, quantization }: TfjsArray,
  budget: Budget,
): Promise<Uint8Array> {
  const size = sizeOf(shape);
  const end = start + size * bytesOf(dtype);
  const stored = await budget.read(source, start, end, 'A weight');
  if (quantization === null) return stored;
  budget.take(4 * size, 'A weight');
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const numbers = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const q = dtype === 'uint8' ? view.getUint8(i) : view.getUint16(2 * i, true);
    numbers[i] = quantization.scale * q + quantization.min;
  }
  return new Uint8Array(numbers.buffer);
}

function listIn(value: JsonValue, name: string): readonly JsonValue[] {
  const list = fieldOf(value, name);
  return Array.isArray(list) ? list : [];
}

function bad(message: string, offset?: number): PthError {
  return new PthError('ERR_PTH_TFJS', message, offset === undefined ? {} : { offset });
}
