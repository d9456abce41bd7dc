import { toImageData } from '../../../image/toImageData.js';
import { translate } from '../../../translate/translate.js';
import { currentGenerator } from '../../model/worker/openModel.js';
import type { Handler } from '../../worker/protocol.js';

/** One picture of the camera, in the size that it comes in. */
export const translateFrame: Handler<'translateFrame'> = async ({ bitmap, threads }) => {
  const begin = performance.now();
  const output = await translate(bitmap, currentGenerator(), {
    resize: null,
    threads: threads ?? undefined,
  });
  bitmap.close();
  const milliseconds = performance.now() - begin;
  return { bitmap: await createImageBitmap(toImageData(output) as ImageData), milliseconds };
};
