// What surrounds a forward, one stage at a time, with the library: reading weights, preparing, pictures in and out.
import { readFileSync } from 'node:fs';

/** @param task `{ stage, file?, weights?, model?, shape? }` */
export async function stageRunner(library, { stage, file, weights, model, shape }, options) {
  const { compile, decodeImage, encodeImage, loadStateDict, resize, ResNetGenerator } = library;
  const bytes = file === undefined ? null : new Uint8Array(readFileSync(file));
  switch (stage) {
    case 'load weights':
      return async () => {
        const netG = new ResNetGenerator();
        netG.loadStateDict(await loadStateDict(weights));
      };
    case 'open model':
      return () => library.openGenerator(model, { late: true });
    case 'prepare': {
      const netG = ResNetGenerator.fromStateDict(await loadStateDict(weights));
      return async () => (await compile(netG, { ...options, inputShape: shape })).dispose();
    }
    case 'decode':
      return () => void decodeImage(bytes);
    case 'resize': {
      const picture = decodeImage(bytes);
      return () => void resize(256)(picture);
    }
    case 'encode': {
      const picture = resize(256)(decodeImage(bytes));
      return () => void encodeImage(picture, '.png');
    }
    default:
      throw new Error(`There is no stage "${stage}".`);
  }
}
