import type { ErrorCode } from '../../errorCodes.js';
import type { ByteSource } from '../../platform/byteSource.js';
import { textOf } from '../../platform/text.js';
import { PthError } from '../pthError.js';
import type { ContainerFormat } from './container.js';
import { flatScriptFormat } from './flatScript.js';
import { hdf5Format } from './hdf5.js';
import { legacyFormat } from './legacy.js';
import { npzFormat } from './npz.js';
import { onnxFormat } from './onnx.js';
import { paddleFormat } from './paddle.js';
import { safetensorsFormat } from './safetensors.js';
import { tarFormat } from './tar.js';
import { tfjsFormat } from './tfjs.js';
import { isObjectAlone, objectAlone } from './unpackedFolder.js';
import { zipFormat } from './zip.js';

/** Every format that can be read. */
export const FORMATS: readonly ContainerFormat[] = [
  npzFormat,
  zipFormat,
  legacyFormat,
  tarFormat,
  flatScriptFormat,
  safetensorsFormat,
  onnxFormat,
  paddleFormat,
  hdf5Format,
  tfjsFormat,
];

/** What formats are told apart by. */
const START_BYTES = 512;
/** A pickle that has tensors names one in its first. */
const PICKLE_BYTES = 4096;

/**
 * The format of a file, by its bytes and not by its name.
 * @throws PthError that says what the file is instead, where that can be seen.
 */
export async function detectFormat(source: ByteSource): Promise<ContainerFormat> {
  const start = await source.read(0, Math.min(source.size, START_BYTES));
  const format = FORMATS.find((candidate) => candidate.matches(start, source.size));
  if (format !== undefined) return format;
  if (isObjectAlone(await source.read(0, Math.min(source.size, PICKLE_BYTES)))) {
    throw objectAlone();
  }
  throw diagnose(start);
}

/** What people have in place of weights, most often after a download that went wrong. */
function diagnose(bytes: Uint8Array): PthError {
  const text = textOf(bytes, 'latin1').trimStart();
  const starts = (...prefix: number[]) => prefix.every((byte, i) => bytes[i] === byte);
  if (bytes.length === 0) return notWeights('ERR_PTH_EMPTY', 'The file is empty');
  if (text.startsWith('version https://git-lfs')) {
    const size = /^size (\d+)/m.exec(text)?.[1];
    return notWeights(
      'ERR_PTH_LFS_POINTER',
      `This is a git-LFS pointer, a note that stands for the weights${size === undefined ? '' : ` (${size} bytes)`}: run "git lfs pull", or download the file itself`,
    );
  }
  if (/^<(!doctype|html|\?xml|head|body)/i.test(text)) {
    return notWeights(
      'ERR_PTH_HTML',
      'This is an HTML page, not a weight file: open it in a browser to see what the server said, and download the file again',
    );
  }
  if (starts(0x1f, 0x8b)) {
    return notWeights('ERR_PTH_GZIP', 'The file is compressed with gzip: unpack it first');
  }
  if (starts(0x89, 0x50, 0x4e, 0x47) || starts(0xff, 0xd8, 0xff)) {
    return notWeights('ERR_PTH_PICTURE', 'This is a picture, not a weight file');
  }
  if (starts(0x80) && bytes[1] <= 5) {
    return notWeights(
      'ERR_PTH_NOT_TORCH',
      "This is a Python pickle, but not one of torch's: its magic number is missing",
    );
  }
  return notWeights(
    'ERR_PTH_NOT_TORCH',
    'This is no weight file: neither of torch.save (a zip archive, legacy stream or tar archive) nor safetensors',
  );
}

function notWeights(code: ErrorCode, message: string): PthError {
  return new PthError(code, message);
}
