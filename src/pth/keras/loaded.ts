import { PthError } from '../pthError.js';

/** @throws PthError where such files are not read. */
export function loaded<T>(reader: (() => Promise<T>) | null): Promise<T> {
  if (reader !== null) return reader();
  throw new PthError(
    'ERR_PTH_VERSION',
    'Files of Keras and of TensorFlow.js are not read on this page: the command takes them, cyclegan PICTURE OUT -w FILE, and makes a .pth of them, cyclegan export FILE OUT.pth',
  );
}
