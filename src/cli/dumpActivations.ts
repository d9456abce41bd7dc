import { activations, encodeNpy, featureMaps } from '../export/activations.js';
import { encodeImage } from '../image/formats.js';
import type { Picture } from '../image/picture.js';
import { requireBuiltin } from '../platform/builtin.js';
import { FileError } from '../platform/fileError.js';
import { makeFolder, pathKind, writeFileAtomic } from '../platform/files.js';
import { networkInput } from '../translate/networkInput.js';
import type { PictureNetwork } from '../translate/pictureNetwork.js';
import type { Terminal } from './terminal.js';

/**
 * Writes every layer's output into a folder: `001_model.0_reflectionPad2d.npy`, and its feature maps as a picture beside it.
 * @throws FileError when the folder holds something already.
 */
export async function dumpActivations(
  picture: Picture,
  network: PictureNetwork,
  folder: string,
  terminal: Terminal,
): Promise<void> {
  const { join } = requireBuiltin('path', 'Writing activations');
  const { readdir } = requireBuiltin('fs/promises', 'Writing activations');
  if ((await pathKind(folder)) === 'folder' && (await readdir(folder)).length > 0) {
    throw new FileError(
      'ERR_FILE_EXISTS',
      `${folder}: this folder is not empty; name another one.`,
    );
  }
  await makeFolder(join(folder, 'x'));
  let count = 0;
  for await (const { node, output } of activations(
    network.module,
    networkInput(picture, network),
  )) {
    const number = String(node.id).padStart(3, '0');
    const name = join(folder, `${number}_${node.name.replace(/[^\w.-]/g, '_')}_${node.op}`);
    await writeFileAtomic(`${name}.npy`, encodeNpy(output), { replace: false });
    const sheet = encodeImage(featureMaps(output), 'maps.png');
    await writeFileAtomic(`${name}.png`, sheet, { replace: false });
    terminal.progress(`${node.name} ${node.op} [${output.shape.join(', ')}]`);
    count++;
  }
  terminal.say(`${folder}: ${count} activations, as .npy and as pictures of their feature maps`);
}
