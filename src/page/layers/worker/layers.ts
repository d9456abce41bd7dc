import { CycleganError } from '../../../errors.js';
import { activations, featureMaps } from '../../../export/activations.js';
import { drawSvg } from '../../../export/drawing/svg.js';
import { ImageError } from '../../../image/picture.js';
import { traceGraph } from '../../../nn/compile.js';
import { networkInput } from '../../../translate/networkInput.js';
import { networkInputShape } from '../../../translate/pictureNetwork.js';
import { currentGenerator } from '../../model/worker/openModel.js';
import { pngOf } from '../../pictures/worker/previews.js';
import { openPicture } from '../../pictures/worker/translatePicture.js';
import type { Handler } from '../../worker/protocol.js';
import type { LayersCall } from '../shared.js';

/** What the network gets of a picture. */
async function inputOf({ file, settings }: LayersCall) {
  const generator = currentGenerator();
  const { prepared } = await openPicture(file, 'picture', settings);
  const { module, family } = generator;
  return { module, title: family.className, input: networkInput(prepared.sized, generator) };
}

/** For a picture that cannot be read, the network is drawn as for the book's. */
const USUAL_SIZE = { width: 314, height: 256 };

/** The layers that a picture goes through, and the network as a drawing. */
export const listLayers: Handler<'listLayers'> = async (call) => {
  const { module, title, shape } = await inputOf(call).then(
    ({ input, ...found }) => ({ ...found, shape: input.shape }),
    (error: unknown) => {
      if (!(error instanceof ImageError)) throw error;
      const generator = currentGenerator();
      const { module, family } = generator;
      return { module, title: family.className, shape: networkInputShape(USUAL_SIZE, generator) };
    },
  );
  const layers = traceGraph(module, shape).nodes.map(({ id, name, op, shape: sides }) => ({
    id,
    label: `${name} ${op} [${sides.join(', ')}]`,
  }));
  return { layers, svg: drawSvg(module, shape, { title }) };
};

/** What a layer makes of a picture: its channels side by side, as PNG. */
export const featureMapsOf: Handler<'featureMaps'> = async ({ layer, ...call }, { signal }) => {
  const { module, input } = await inputOf(call);
  for await (const { node, output } of activations(module, input)) {
    signal.throwIfAborted();
    if (node.id === layer) return pngOf(featureMaps(output));
  }
  throw new CycleganError('ERR_SHAPE', `The network has no layer ${layer}.`);
};
