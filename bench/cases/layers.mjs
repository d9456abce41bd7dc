// The generator's own layers, at the shapes that they have for a picture of 256 x 314.

const TRANSPOSED = { stride: 2, padding: 1, outputPadding: 1 };

/** `op` and the options of PyTorch's module in camelCase; `shape` is the input's. */
export const LAYERS = [
  { name: 'pad 3, at the start', op: 'reflectionPad2d', padding: 3, shape: [1, 3, 256, 314] },
  { name: 'first 7x7', op: 'conv2d', weight: [64, 3, 7, 7], shape: [1, 3, 262, 320] },
  { name: 'norm, 64 channels', op: 'instanceNorm2d', shape: [1, 64, 256, 314] },
  { name: 'ReLU, 64 channels', op: 'relu', shape: [1, 64, 256, 314] },
  {
    name: 'stride 2, 64 to 128',
    op: 'conv2d',
    weight: [128, 64, 3, 3],
    stride: 2,
    padding: 1,
    shape: [1, 64, 256, 314],
  },
  {
    name: 'stride 2, 128 to 256',
    op: 'conv2d',
    weight: [256, 128, 3, 3],
    stride: 2,
    padding: 1,
    shape: [1, 128, 128, 157],
  },
  { name: 'pad 1, in a block', op: 'reflectionPad2d', padding: 1, shape: [1, 256, 64, 79] },
  { name: 'residual 3x3', op: 'conv2d', weight: [256, 256, 3, 3], shape: [1, 256, 66, 81] },
  { name: 'norm, 256 channels', op: 'instanceNorm2d', shape: [1, 256, 64, 79] },
  { name: 'sum of a block', op: 'add', shape: [1, 256, 64, 79] },
  {
    name: 'transposed, 256 to 128',
    op: 'convTranspose2d',
    weight: [256, 128, 3, 3],
    ...TRANSPOSED,
    shape: [1, 256, 64, 79],
  },
  {
    name: 'transposed, 128 to 64',
    op: 'convTranspose2d',
    weight: [128, 64, 3, 3],
    ...TRANSPOSED,
    shape: [1, 128, 128, 158],
  },
  { name: 'pad 3, at the end', op: 'reflectionPad2d', padding: 3, shape: [1, 64, 256, 316] },
  { name: 'last 7x7', op: 'conv2d', weight: [3, 64, 7, 7], shape: [1, 64, 262, 322] },
  { name: 'tanh', op: 'tanh', shape: [1, 3, 256, 316] },
];

/**
 * A layer as a module of the library.
 * @param values From `weight` or `bias` to its numbers.
 */
export function layerModule(library, layer, values) {
  const { Conv2d, ConvTranspose2d, InstanceNorm2d, Module, ReflectionPad2d, ReLU, Tanh } = library;
  const { op, stride = 1, padding = 0, outputPadding = 0, weight } = layer;
  switch (op) {
    case 'reflectionPad2d':
      return new ReflectionPad2d(padding);
    case 'instanceNorm2d':
      return new InstanceNorm2d(layer.shape[1]);
    case 'relu':
      return new ReLU();
    case 'tanh':
      return new Tanh();
    case 'add':
      return new (class Twice extends Module {
        trace(g, x) {
          return g.add(x, x);
        }
      })();
    default: {
      const [first, second, kernelSize] = weight.shape;
      const module =
        op === 'conv2d'
          ? new Conv2d(second, first, kernelSize, { stride, padding })
          : new ConvTranspose2d(first, second, kernelSize, { stride, padding, outputPadding });
      const tensor = (name, shape) => [name, new library.Tensor(values(name), shape)];
      const outChannels = op === 'conv2d' ? first : second;
      module.loadStateDict(
        new Map([tensor('weight', weight.shape), tensor('bias', [outChannels])]),
      );
      return module.eval();
    }
  }
}
