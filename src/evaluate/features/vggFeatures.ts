import type { GraphBuilder, Value } from '../../graph/builder.js';
import { BatchNorm2d } from '../../nn/batchNorm2d.js';
import { Conv2d } from '../../nn/conv2d.js';
import { MaxPool2d } from '../../nn/maxPool2d.js';
import { Module } from '../../nn/module.js';
import { withoutSeeds } from '../../nn/random.js';
import { ReLU } from '../../nn/relu.js';
import { Sequential } from '../../nn/sequential.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { FeatureSource } from './featureSource.js';

/** Mean and deviation of ImageNet's pictures, with which torchvision trained. */
const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

const KEY = /^features\.(\d{1,3})\.(weight|bias|running_mean|running_var|num_batches_tracked)$/;
const MAX_LAYERS = 64;

/**
 * A VGG of torchvision, with batch norms or without, by its keys: features are what its last convolution's ReLU gives, each channel
 * averaged over the picture. What classifies is left out.
 *
 * @returns `null` where keys and shapes are not those of one.
 * @see Simonyan and Zisserman, arXiv:1409.1556; torchvision.models.vgg
 */
export function vggFeatures(stateDict: ReadonlyMap<string, Tensor>): FeatureSource | null {
  const own = new Map(
    [...stateDict]
      .map(([key, value]) => [key.replace(/^module\./, ''), value] as const)
      .filter(([key]) => KEY.test(key)),
  );
  const layers = withoutSeeds(() => layersOf(own));
  if (layers === null) return null;
  const module = new VggFeatures(layers);
  const expected = module.stateDictShapes();
  const fits =
    own.size === expected.size &&
    [...own].every(([key, { shape }]) => expected.get(key)?.shape.join() === shape.join());
  if (!fits) return null;
  module.loadStateDict(own);
  const convolutions = layers.filter((layer) => layer instanceof Conv2d).length;
  return {
    description: `the ${convolutions} convolutions of a VGG`,
    module: module.eval(),
    scaling: {
      scale: [1 / DEVIATION[0], 1 / DEVIATION[1], 1 / DEVIATION[2]],
      offset: [-MEAN[0] / DEVIATION[0], -MEAN[1] / DEVIATION[1], -MEAN[2] / DEVIATION[2]],
      channelOrder: 'rgb',
    },
    pick: ({ nodes }) => nodes[nodes.length - 1],
  };
}

/** Keys name convolutions and norms; the first place without any is a ReLU, the second a pool that halves. */
function layersOf(own: ReadonlyMap<string, Tensor>): Module[] | null {
  const places = [...own.keys()].map((key) => Number(KEY.exec(key)?.[1]));
  const last = Math.max(-1, ...places);
  if (last < 0 || last >= MAX_LAYERS) return null;
  const layers: Module[] = [];
  for (let place = 0; place <= last + 1; place++) {
    const shape = own.get(`features.${place}.weight`)?.shape;
    if (shape?.length === 4) {
      if (shape[2] !== 3 || shape[3] !== 3 || (place === 0 && shape[1] !== 3)) return null;
      layers.push(new Conv2d(shape[1], shape[0], 3, { padding: 1 }));
    } else if (shape?.length === 1) {
      layers.push(new BatchNorm2d(shape[0]));
    } else {
      layers.push(layers.at(-1) instanceof ReLU ? new MaxPool2d(2, { stride: 2 }) : new ReLU());
    }
  }
  return layers[0] instanceof Conv2d ? layers : null;
}

class VggFeatures extends Module {
  readonly features: Sequential;

  constructor(layers: readonly Module[]) {
    super();
    this.features = this.registerModule('features', new Sequential(...layers));
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.call(this.features, x);
  }
}
