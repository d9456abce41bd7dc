import type { ByteSource } from '../../platform/byteSource.js';
import { utf8Bytes } from '../../platform/text.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Budget } from '../budget.js';
import type { OpenedContainer } from '../container/container.js';
import { type NamedTensor, namedTensors } from '../container/namedTensors.js';
import { bytesOf } from '../dtypes.js';
import type { Hdf5Dataset } from '../hdf5/dataset.js';
import { badHdf5 } from '../hdf5/fields.js';
import { type Hdf5Group, readHdf5 } from '../hdf5/readTree.js';
import { COSTS } from '../pickle/costs.js';
import { PthError } from '../pthError.js';
import { UnreadableTensor } from '../tensorRef.js';
import { layerWeights } from './groups.js';
import { namedWeights, shownKey, turned } from './layerWeights.js';
import { channelsOfNorms, normConfigOf } from './modelConfig.js';

/** What stands beside the weights, in an archive. */
export interface KerasFacts {
  /** The model's configuration, as JSON. */
  readonly config?: Uint8Array;
  readonly version?: string;
}

/**
 * Weights that Keras saved as HDF5, by the names, and in the order of axes, that PyTorch has for such layers.
 * @throws PthError when the file is damaged, or holds no layers of Keras.
 */
export async function openKeras(
  source: ByteSource,
  budget: Budget,
  { config, version }: KerasFacts = {},
): Promise<OpenedContainer> {
  const root = await readHdf5(source, budget);
  const weights = await layerWeights(root, budget);
  if (weights.length === 0) {
    throw new PthError(
      'ERR_PTH_NOT_STATE_DICT',
      'This is an HDF5 file, but it holds no layers of Keras: those have a list "layer_names", or groups "vars" with what belongs to each',
    );
  }
  const ranked = weights.map((weight) => ({ ...weight, rank: weight.array.shape.length }));
  const arrays = new Map<string, Hdf5Dataset>();
  const tensors = namedWeights(ranked, budget).map(({ key, axes, array }): NamedTensor => {
    budget.takeValues(COSTS.mapEntry, 'A tensor');
    if (arrays.has(key)) throw badHdf5(`Two weights are both ${shownKey(key)}`, array.place);
    arrays.set(key, array);
    return tensorOf(key, array, axes);
  });
  const told = config ?? (await textAttribute(root, 'model_config'));
  const norms = told === null ? null : normConfigOf(told, channelsOfNorms(tensors), budget);
  const keras = version ?? (await versionOf(root));
  const opened = namedTensors(source, tensors, {
    writer: keras === null ? 'Keras' : `Keras ${keras.slice(0, 40)}`,
    metadata: new Map(norms === null ? [] : [['config', JSON.stringify(norms)]]),
    budget,
  });
  return {
    ...opened,
    readStorage: ({ key }, use) => (arrays.get(key) as Hdf5Dataset).read(use),
    locateStorage: async ({ key }) => {
      const { start } = arrays.get(key) as Hdf5Dataset;
      return start === null ? null : { start };
    },
  };
}

function tensorOf(key: string, array: Hdf5Dataset, axes: readonly number[] | null): NamedTensor {
  const { datatype, shape, place } = array;
  const dtype =
    datatype.kind === 'number'
      ? datatype.dtype
      : new UnreadableTensor(datatype.kind === 'other' ? datatype.name : 'texts');
  const bytes = dtype instanceof UnreadableTensor ? 0 : sizeOf(shape) * bytesOf(dtype);
  return { name: key, dtype, ...turned(shape, axes), start: place, bytes };
}

async function textAttribute(group: Hdf5Group, name: string): Promise<Uint8Array | null> {
  const [text] = (await group.attributes.get(name)?.texts()) ?? [];
  return text === undefined ? null : utf8Bytes(text);
}

async function versionOf(root: Hdf5Group): Promise<string | null> {
  const groups = [root, root.groups.get('model_weights')];
  for (const group of groups) {
    const [version] = (await group?.attributes.get('keras_version')?.texts()) ?? [];
    if (version !== undefined) return version;
  }
  return null;
}
