import { FAMILIES } from '../generator/families.js';
import type { Family, PictureTraits } from '../generator/family.js';
import { LOWERINGS } from '../generator/onnx/operators/index.js';
import type { Shaped } from '../nn/loadStateDict.js';
import { MODELS } from './modelList.js';

const HEAD = `# Models

Made of the code by \`npm run docs\`: change it there. A file is recognised by its keys and shapes, all of which must be a family's;
\`cyclegan inspect FILE\` says which it is. What no file tells has an option: \`--input-range\`, \`--bgr\`, \`--statistics\`,
\`--residual\`, \`--residual-tanh\`, \`--padding\` (docs/command.md).

## Families

Range: what the darkest and the brightest byte become on the way in, and what becomes them on the way out. Sizes: what sides the
network takes, where it does not take all (pictures are mirrored up to that, and cut again), or what the sides of its output are rounded up to.
Where networks of a family differ in depth or norm, this is one of them: \`inspect\` has what a file's are. Names: of what the repository
publishes, of any of its classes.
`;

const OWN_HEAD = `
## Files that describe their network themselves

- *Whole models* (\`torch.save(model)\`): read as inert data, nothing is called. Their state dict goes by family, as above; what their
  layers say of padding is heeded, and a note tells where they are not the family's. A \`Sequential\` all the way down of standard layers
  (convolutions, norms, activations, padding, resizing, pools, \`Linear\`, \`PixelShuffle\`) runs without a family.
- *TorchScript* (of every version; mobile \`.ptl\`, as archives and as flatbuffers, too): weights by name, family by keys; what its code says of
  padding takes \`--padding\`. Frozen programs have no names any more. The layout of torch 1.0 to 1.3, with its \`model.json\`,
  is untested against files of those versions.
- *Programs of \`torch.export\`* (\`.pt2\`; tried with those of torch 2.14, also in the layouts of 2.2 to 2.7 and of 2.8, as torch 2.14 reads them):
  weights by name. Where the keys are a family's, and the program's operators are those of the family's network, with padding of one kind or
  another, it is that; else the operators of the program run, as ATen has them or decomposed, in place or not. What is unknown is named with its
  node (\`ERR_EXPORTED\`), or told of where the keys are a family's. A program that was exported for one size takes others, unless it
  reshapes, cuts or resizes to numbers, pools or multiplies by weights over all pixels, or divides a sum of pixels by a number; then, and where it
  cannot be run at others, it takes its own. What a program had computed of the size by other ways, such as pads, stands in it as a number that nobody
  can tell from others: \`torch.export.export(…, dynamic_shapes=…)\` keeps it free.
- *\`.npz\`* (\`numpy.savez(file, **{key: tensor.numpy() …})\`): the names are the keys.
- *\`.pdparams\`* of Paddle: a pickle of NumPy arrays, or a dict of several (\`--key\`). \`X._mean\` and \`X._variance\` become \`X.running_mean\` and
  \`X.running_var\`; \`X.scale\` beside \`X.bias\` becomes \`X.weight\`, and both are left out where they are ones and zeros, as PaddleGAN's instance norms
  have them; weights of two dimensions are turned, as Paddle's linear layers have \`[in, out]\`. Other names are PyTorch's already.
- *Keras*: \`.h5\` of weights or of whole models, \`.weights.h5\` and \`.keras\`, of Keras 2 and 3, for the generator that Keras' own example of CycleGAN trains. Layers of
  one kind are numbered in their order within a model, as Keras 3 does in its files, whatever numbers they had when they were made: \`conv2d_21/kernel:0\` of the first
  convolution and \`layers/conv2d/vars/0\` are both \`conv2d.weight\`. \`kernel\` becomes \`weight\`, \`[height, width, in, out]\` as \`[out, in, height, width]\`, and of a transposed
  convolution \`[height, width, out, in]\` as \`[in, out, height, width]\`; \`gamma\` and \`beta\` become \`weight\` and \`bias\`, \`moving_mean\` and \`moving_variance\` \`running_mean\` and
  \`running_var\`. A file of several models has their names before the keys (\`--key gen_G\`); what optimisers keep is left out. Padding \`same\` is Keras', with the odd zero behind the
  picture. Norms are those of TensorFlow Addons (\`instance_normalization\`) or Keras' own (\`group_normalization\`) with one group of all channels, as the example has them since Keras 3, or with a group for each channel,
  where a whole model says so; a model with others is refused. Of weights alone one group is assumed, and a note says so. HDF5 is read as h5py writes it, in the oldest and in the newest version of the format, contiguous or in chunks with any index, and with the filters gzip, shuffle and Fletcher32; other filters and virtual datasets are refused (\`ERR_PTH_VERSION\`).
- *Layers models of TensorFlow.js* (\`model.json\` with its \`group1-shard1of2.bin\` beside it) of the same generator, with the same map of keys: \`conv2d_21/kernel\`, and \`conv2d_Conv2D21/kernel\` of models that it built itself, become \`conv2d.weight\`. Weights that were
  quantised to 8 or 16 bits are what \`scale\` and \`min\` make of them. Graph models, which have operators in place of layers, are refused (\`ERR_PTH_TFJS\`).
  The page reads neither of the two: \`cyclegan export model.h5 model.pth\` makes what it reads.
- *ONNX*, opsets 7 to 25 (7 to 20 were tried), by whichever exporter, with channels first or last: its graph is what runs. Weights may lie in a file beside the
  model, in its own folder. Ranges and the order of channels are what ONNX's metadata of images say (\`Image.BitmapPixelFormat\`, \`Image.NominalPixelRange\`); else ranges are read off the first and last nodes (\`tanh\`, \`sigmoid\`, \`Clip\`, and what scales them), then off the
  family that the weights are named after; else [−1, 1] is taken, with a note, and \`--input-range\` says otherwise. A model of fixed square sides
  gets pictures of those. These operators are known: ${knownOperators()}; and on constants, those that compute shapes and pads. \`Greater\` and \`Where\` run only as the two nodes of PyTorch's softplus. \`Resize\` runs in every mode and by all coordinates but \`tf_crop_and_resize\`: what is no way of PyTorch's
  becomes a convolution of each channel. Functions that a model defines itself are put in the places where they are called.
  Of a model with several outputs the first is taken, with the nodes that it needs. Fourteen models that others publish were tried with one picture each, and all were within 0.0001 of ONNX Runtime, of the range that their
  outputs have: AnimeGANv3's \`tiny_Cute\` (tf2onnx 1.15), two of M-LSD (tf2onnx 1.8), PaddleOCR's detector of text (paddle2onnx), FNS-Candy and La Muse of Windows' samples (OnnxMLTools, of Core ML), and of PyTorch 1.3 to 2.6
  five networks that enlarge pictures, two U-Nets that segment and one that colours. The newer exporter of PyTorch 2.14 (\`dynamo=True\`) was tried with small networks of every family.
`;

const MODELS_HEAD = `
## Models that have a name

\`cyclegan download NAME\` fetches one, \`--weights NAME\` uses it, with no further option. Those without a file of their own lie in an archive
or behind a page. Licences are those that the repositories state for what they publish; a model may be bound by its training pictures, too.
`;

function knownOperators(): string {
  return [...LOWERINGS.keys()].map((name) => `\`${name}\``).join(', ');
}

/**
 * docs/models.md.
 * @param samples Keys and shapes of a generator of each family, by the family's name.
 */
export function modelReference(samples: ReadonlyMap<string, ReadonlyMap<string, Shaped>>): string {
  const families = FAMILIES.map((family) => {
    const tensors = samples.get(family.name);
    const traits = tensors === undefined ? null : family.traits(family.infer(tensors, {}));
    return row([
      `${code(family.className)} (${code(family.name)})`,
      repositoryLink(family.repository),
      traits === null ? '' : ranges(traits),
      traits === null ? '' : sizes(traits),
      traits === null ? '' : statistics(traits),
      weightsOf(family),
    ]);
  });
  const models = MODELS.map(({ name, repository, licence = '', url, page, key }) =>
    row([
      code(name),
      repositoryLink(repository),
      licence,
      `<${url ?? page}>${url === null ? ' (archive or page)' : ''}${key === undefined ? '' : `, ${code(`--key ${key}`)}`}`,
    ]),
  );
  return [
    HEAD,
    table(
      ['class (family)', 'repository', 'range in → out', 'sizes', 'statistics', 'names'],
      families,
    ),
    OWN_HEAD,
    MODELS_HEAD,
    table(['name', 'repository', 'licence', 'address'], models),
    '',
  ].join('\n');
}

function ranges({ inputRange, outputRange, channelOrder, residual }: PictureTraits): string {
  const [into, out] = [inputRange, outputRange].map(([low, high]) => `[${low}, ${high}]`);
  const order = channelOrder === 'bgr' ? ', BGR' : '';
  return `${into} → ${out}${order}${residual ? ', adds its input' : ''}`.replaceAll('-', '−');
}

function sizes({ sizeRule: { multipleOf, roundsUpTo, exactly } }: PictureTraits): string {
  if (exactly !== undefined) return `${exactly} × ${exactly} alone`;
  if (multipleOf > 1) return `multiples of ${multipleOf}`;
  return roundsUpTo > 1 ? `any; rounds up to ${roundsUpTo}` : 'any';
}

function statistics({ statistics: which }: PictureTraits): string {
  return which === 'own' ? "the picture's own" : 'running';
}

/** Names of models that the family's repository publishes. */
function weightsOf({ repository }: Family): string {
  const groups = MODELS.filter((model) => model.repository === repository).map(
    ({ name }) => `${name.split('/')[0]}/…`,
  );
  return [...new Set(groups)].map(code).join(', ');
}

function repositoryLink(repository: string): string {
  return `[${repository}](https://github.com/${repository})`;
}

function table(head: readonly string[], rows: readonly string[]): string {
  return [row(head), row(head.map(() => '---')), ...rows].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
