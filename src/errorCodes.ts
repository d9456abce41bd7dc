/** What an error code tells; for documentation, so that nothing at run time needs it. */
export interface ErrorCodeInfo {
  /** The class of the error; all are `CycleganError`s. */
  readonly thrownAs: string;
  /** A sentence without its full stop. */
  readonly means: string;
}

/**
 * Every `code` that a `CycleganError` can have. They are stable: programs may rely on them, and on nothing in messages.
 * `docs/errors.md` is made of this list (`npm run docs`).
 */
export const ERROR_CODES = {
  // Calls
  ERR_SHAPE: { thrownAs: 'ShapeError', means: 'Shapes, sizes or options do not fit together' },
  ERR_TOO_LARGE: {
    thrownAs: 'MemoryError',
    means:
      'A network needs more memory for this input than there is; on a GPU, and of pictures, it is a `CycleganError`',
  },
  ERR_SCRATCH: {
    thrownAs: 'FileError',
    means:
      'The disk of a scratch file is full, or has failed; in a page, only dedicated workers have such files',
  },
  ERR_ABORTED: {
    thrownAs: 'AbortError',
    means:
      'A signal that gives no reason of its own fired; any other gives its `reason`, which is what is thrown then',
  },
  ERR_RANGE: {
    thrownAs: 'CycleganError',
    means: 'An `inputRange` is not two numbers, the lower one first',
  },
  ERR_TRAIT: {
    thrownAs: 'CycleganError',
    means:
      'A `channelOrder`, `statistics`, `padding` or `residual` is none, or one that the network cannot have',
  },
  ERR_NORM: {
    thrownAs: 'CycleganError',
    means:
      'A `norm` is none, or an approximation that the network cannot have: its norms do not go by the picture, or it takes a single size',
  },
  ERR_NAN: {
    thrownAs: 'CycleganError',
    means: 'A network gave what is no number (NaN), of which no picture can be made',
  },
  ERR_TRAINING: {
    thrownAs: 'CycleganError',
    means: 'A layer in training mode would do what is not supported; call `eval()` first',
  },
  ERR_STATE_DICT: {
    thrownAs: 'StateDictError',
    means:
      'A state dict does not fit its module, or is of no known generator; the error lists the keys',
  },
  ERR_PARAMETER: {
    thrownAs: 'ShapeError',
    means: 'A program has no parameter of that key, or one of another shape',
  },
  ERR_NO_GRADIENT: {
    thrownAs: 'CycleganError',
    means:
      'Gradients were asked of what is no scalar, or through an operator that has no gradient rule',
  },
  ERR_INIT: {
    thrownAs: 'CycleganError',
    means: 'Weights are to be drawn in a way that there is not',
  },
  ERR_OPTIMIZER: {
    thrownAs: 'CycleganError',
    means: 'An option of an optimiser, or a state that it is to load, is not one that it takes',
  },
  ERR_UNREGISTERED: {
    thrownAs: 'CycleganError',
    means: 'The `trace` of a network uses a module or parameter that no constructor registered',
  },
  ERR_DISPOSED: { thrownAs: 'CycleganError', means: 'A program was used after `dispose()`' },
  ERR_NO_LAYER: {
    thrownAs: 'CycleganError',
    means: 'A network has no layer of that name, whose channels would be features of pictures',
  },
  ERR_ONNX: {
    thrownAs: 'CycleganError',
    means: 'An ONNX model has an operator, or a use of one, that cannot be run',
  },
  ERR_EXPORTED: {
    thrownAs: 'CycleganError',
    means: 'A program of torch.export has an operator, or a use of one, that cannot be run',
  },
  ERR_EXPORT: { thrownAs: 'CycleganError', means: 'A network cannot be written as ONNX' },

  // Engines
  ERR_UNKNOWN_ENGINE: { thrownAs: 'CycleganError', means: 'There is no engine of that name' },
  ERR_UNKNOWN_VARIANT: {
    thrownAs: 'CycleganError',
    means: 'An engine has no variant of that name here',
  },
  ERR_PRECISION: {
    thrownAs: 'CycleganError',
    means:
      'An engine, or the GPU that it is on, does not compute with values of that precision, or they cannot hold what a network computes',
  },
  ERR_ENGINE_UNAVAILABLE: { thrownAs: 'CycleganError', means: 'An engine cannot run here' },
  ERR_DEVICE_LOST: {
    thrownAs: 'CycleganError',
    means: 'A GPU was lost, and the one after it, too, or there was none',
  },
  ERR_WORKER: { thrownAs: 'WorkerError', means: 'A worker thread of an engine failed' },

  // Pictures
  ERR_PICTURE: {
    thrownAs: 'ImageError',
    means: 'A value is no picture, or has not as many bytes as its size asks for',
  },
  ERR_BMP: { thrownAs: 'ImageError', means: 'A BMP is damaged, or of a kind that is not read' },
  ERR_GIF: { thrownAs: 'ImageError', means: 'A GIF is damaged, or has no picture' },
  ERR_TIFF: { thrownAs: 'ImageError', means: 'A TIFF is damaged, or of a kind that is not read' },
  ERR_WEBP: { thrownAs: 'ImageError', means: 'A WebP is damaged, or could not be written' },
  ERR_HEIF: {
    thrownAs: 'ImageError',
    means: 'An AVIF or HEIC is damaged, or not read by its decoder',
  },
  ERR_IMAGE_CODEC: {
    thrownAs: 'ImageError',
    means: 'The code that reads or writes a format of pictures is not loaded, or not installed',
  },
  ERR_PNM: { thrownAs: 'ImageError', means: 'A PBM, PGM or PPM is damaged' },
  ERR_FRAME: {
    thrownAs: 'ImageError',
    means:
      'A stream of pictures is cut off or damaged within one, or holds several where one is meant',
  },
  ERR_IMAGE_FORMAT: {
    thrownAs: 'ImageError',
    means:
      'A file is of no picture format that is read, or a name has an extension that is not written',
  },
  ERR_IMAGE_SIZE: { thrownAs: 'ImageError', means: 'A picture has no pixels, or too many' },
  ERR_IMAGE_QUALITY: { thrownAs: 'ImageError', means: 'A quality is not from 1 to 100' },
  ERR_RESIZE: {
    thrownAs: 'ImageError',
    means: 'A size or an interpolation to resize with is not one that is taken',
  },
  ERR_CROP: {
    thrownAs: 'ImageError',
    means: 'A size to crop to is not one that is taken, or larger than the picture',
  },
  ERR_NO_CANVAS: {
    thrownAs: 'ImageError',
    means: 'An `ImageBitmap` was passed where there is no canvas to read it with',
  },
  ERR_JPEG_FORMAT: { thrownAs: 'ImageError', means: 'What was given is no JPEG' },
  ERR_JPEG_TRUNCATED: { thrownAs: 'ImageError', means: 'A JPEG is incomplete' },
  ERR_JPEG_CORRUPT: { thrownAs: 'ImageError', means: 'A JPEG is damaged' },
  ERR_JPEG_UNSUPPORTED: { thrownAs: 'ImageError', means: 'A JPEG is of a kind that is not read' },
  ERR_JPEG_TOO_LARGE: { thrownAs: 'ImageError', means: 'A JPEG has too many pixels' },
  ERR_PNG: { thrownAs: 'ImageError', means: 'A PNG is damaged, or of a kind that is not read' },
  ERR_PNG_CHECKSUM: { thrownAs: 'ImageError', means: 'A checksum in a PNG is wrong' },
  ERR_PNG_DATA: { thrownAs: 'ImageError', means: 'The pixel data of a PNG are damaged' },
  ERR_PNG_SHORT: { thrownAs: 'ImageError', means: 'A PNG is incomplete' },

  // Weight files
  ERR_PTH_EMPTY: { thrownAs: 'PthError', means: 'A weight file is empty' },
  ERR_PTH_HTML: { thrownAs: 'PthError', means: 'A weight file is a web page' },
  ERR_PTH_LFS_POINTER: {
    thrownAs: 'PthError',
    means: 'A weight file is a git-LFS pointer, not the file that it points to',
  },
  ERR_PTH_GZIP: { thrownAs: 'PthError', means: 'A weight file is compressed with gzip' },
  ERR_PTH_PICTURE: { thrownAs: 'PthError', means: 'A weight file is a picture' },
  ERR_PTH_NUMPY: { thrownAs: 'PthError', means: 'An archive of NumPy arrays is damaged' },
  ERR_PTH_HDF5: { thrownAs: 'PthError', means: 'An HDF5 file of Keras is damaged' },
  ERR_PTH_ONNX: {
    thrownAs: 'PthError',
    means: 'An ONNX model is damaged, or its weights lie in a file that is not beside it',
  },
  ERR_PTH_PT2: { thrownAs: 'PthError', means: 'A program of torch.export is damaged' },
  ERR_PTH_TORCHSCRIPT: {
    thrownAs: 'PthError',
    means: 'A weight file is a TorchScript program that is damaged, or whose weights have no names',
  },
  ERR_PTH_TFJS: { thrownAs: 'PthError', means: 'A layers model of TensorFlow.js is damaged' },
  ERR_PTH_WHOLE_MODEL: {
    thrownAs: 'PthError',
    means:
      'A weight file is a whole pickled model whose modules hold no tensors, or nest without end',
  },
  ERR_PTH_UNPACKED: {
    thrownAs: 'PthError',
    means: 'A weight file is the inner pickle of an archive, without the numbers',
  },
  ERR_PTH_NOT_TORCH: { thrownAs: 'PthError', means: "A file is not one of torch's" },
  ERR_PTH_NOT_STATE_DICT: { thrownAs: 'PthError', means: 'A file of torch holds no state dict' },
  ERR_PTH_AMBIGUOUS: {
    thrownAs: 'PthError',
    means: 'A file holds several state dicts; `key` says which is meant',
  },
  ERR_PTH_NO_KEY: { thrownAs: 'PthError', means: 'A file holds nothing under that key' },
  ERR_PTH_FORBIDDEN: {
    thrownAs: 'PthError',
    means: 'A file names what only an attack needs; it was not run',
  },
  ERR_PICKLE: { thrownAs: 'PthError', means: 'The pickle in a weight file is damaged' },
  ERR_PICKLE_OPCODE: {
    thrownAs: 'PthError',
    means: 'The pickle in a weight file has an opcode that does not belong there',
  },
  ERR_PTH_TRUNCATED: { thrownAs: 'PthError', means: 'A weight file is incomplete' },
  ERR_PTH_CHECKSUM: { thrownAs: 'PthError', means: 'A checksum in a weight file is wrong' },
  ERR_PTH_ZIP: { thrownAs: 'PthError', means: 'The zip archive of a weight file is damaged' },
  ERR_PTH_TAR: { thrownAs: 'PthError', means: 'The tar archive of a weight file is damaged' },
  ERR_PTH_SAFETENSORS: { thrownAs: 'PthError', means: 'A safetensors file is damaged' },
  ERR_PTH_VERSION: { thrownAs: 'PthError', means: 'A file has an unknown version of the format' },
  ERR_PTH_STORAGE: {
    thrownAs: 'PthError',
    means: 'The numbers of a tensor are not where they should be',
  },
  ERR_PTH_TENSOR: { thrownAs: 'PthError', means: 'A tensor is impossible, or cannot be written' },
  ERR_PTH_DTYPE: { thrownAs: 'PthError', means: 'A tensor is of a type that cannot be read' },
  ERR_PTH_TOO_LARGE: {
    thrownAs: 'PthError',
    means:
      'A file asks for more memory or work than its size accounts for, or is too large to write',
  },
  ERR_PTH_EXTENSION: {
    thrownAs: 'PthError',
    means: 'Weights are not written under that extension',
  },

  // Training
  ERR_TRAIN_OPTION: {
    thrownAs: 'CycleganError',
    means: 'An option of a training run has a value that is not taken',
  },
  ERR_TRAIN_DATA: {
    thrownAs: 'CycleganError',
    means: 'The pictures of a training run are missing, cannot be read, or do not come to one size',
  },
  ERR_TRAIN_NETWORK: {
    thrownAs: 'CycleganError',
    means:
      'A network to begin a training run with is missing, or does not fit the others or the pictures',
  },
  ERR_TRAIN_CHANGED: {
    thrownAs: 'CycleganError',
    means: 'A training run would go on with other options, or with other pictures',
  },
  ERR_TRAIN_STATE: {
    thrownAs: 'CycleganError',
    means: 'The state file of a training run is damaged, or no checkpoint is complete',
  },
  ERR_TRAIN_TROUBLE: {
    thrownAs: 'TrainingTroubleError',
    means:
      'A training run has gone wrong: a loss is no number, or a discriminator has won for long',
  },

  // Files and addresses
  ERR_FILE: { thrownAs: 'FileError', means: 'A file cannot be read or written' },
  ERR_FILE_NOT_FOUND: { thrownAs: 'FileError', means: 'There is no such file or folder' },
  ERR_FILE_EXISTS: { thrownAs: 'FileError', means: 'A file exists and must not be replaced' },
  ERR_FILE_NAME: {
    thrownAs: 'FileError',
    means: 'A name is longer than file systems take, or not UTF-8',
  },
  ERR_FILE_BUSY: { thrownAs: 'FileError', means: 'Another process is at work on the same file' },
  ERR_FILE_TOO_LARGE: { thrownAs: 'FileError', means: 'There are more bytes than are taken' },
  ERR_FILE_URL: { thrownAs: 'FileError', means: 'A `file:` address is no path of this machine' },
  ERR_IS_DIRECTORY: { thrownAs: 'FileError', means: 'A folder stands where a file is meant' },
  ERR_PORT: {
    thrownAs: 'CycleganError',
    means: 'A server cannot listen at the port that was named',
  },
  ERR_REQUEST: {
    thrownAs: 'ServiceError',
    means: 'A request is not one that the service takes: its address, method, options or body',
  },
  ERR_REQUEST_SIZE: {
    thrownAs: 'CycleganError',
    means: 'A request has more bytes or pixels than the service takes',
  },
  ERR_REQUEST_TIME: {
    thrownAs: 'ServiceError',
    means: 'A request came too slowly, or took longer than the service gives it',
  },
  ERR_REQUEST_ACCESS: {
    thrownAs: 'ServiceError',
    means: 'A request has no token, or comes from where the service does not answer',
  },
  ERR_BUSY: {
    thrownAs: 'ServiceError',
    means: 'A service has as many requests as it takes, or takes no more; later it may',
  },
  ERR_SERVICE: {
    thrownAs: 'CycleganError',
    means: 'An option of `createHandler` has a value that is not taken',
  },
  ERR_NO_PAGE: {
    thrownAs: 'CycleganError',
    means: 'The command was built without the page that `studio` serves',
  },
  ERR_NO_FILES: { thrownAs: 'CycleganError', means: 'There are no files here, as in a browser' },
  ERR_PACKAGE: {
    thrownAs: 'CycleganError',
    means: 'A package is not installed that those install who need it; the message names it',
  },
  ERR_QUEUE: {
    thrownAs: 'CycleganError',
    means: 'A queue has no such address, or its server does not answer, or refuses',
  },
  ERR_QUEUE_JOB: {
    thrownAs: 'CycleganError',
    means: 'What a queue holds is no job, or not the one that is meant',
  },
  ERR_STORE: {
    thrownAs: 'CycleganError',
    means: 'The store that submitters and workers share cannot be had, or lacks a file',
  },
  ERR_CANCELLED: { thrownAs: 'CycleganError', means: 'A job of a queue was cancelled' },
  ERR_SOURCE: {
    thrownAs: 'CycleganError',
    means: 'A value is nothing that gives bytes',
  },
  ERR_STREAM: {
    thrownAs: 'CycleganError',
    means: 'A stream gives no bytes, or is being read already',
  },
  ERR_MACHINE: {
    thrownAs: 'CycleganError',
    means: 'This machine lacks something that the command needs (`cyclegan doctor`)',
  },
  ERR_TOKEN: {
    thrownAs: 'CycleganError',
    means: 'The environment has a token that is not written as one, or must not be sent there',
  },
  ERR_DOWNLOAD: { thrownAs: 'DownloadError', means: 'An address gave nothing' },
  ERR_DOWNLOAD_HTML: { thrownAs: 'DownloadError', means: 'An address gave a web page' },
  ERR_DOWNLOAD_REDIRECT: {
    thrownAs: 'DownloadError',
    means: 'An address led to another scheme, or too far',
  },
  ERR_DOWNLOAD_SIZE: { thrownAs: 'DownloadError', means: 'An address gave a file of another size' },
  ERR_DOWNLOAD_DIGEST: {
    thrownAs: 'DownloadError',
    means: 'An address gave a file with another SHA-256',
  },
  ERR_DOWNLOAD_TYPE: { thrownAs: 'DownloadError', means: 'An address gave another kind of file' },
  ERR_DOWNLOAD_MIXED: {
    thrownAs: 'DownloadError',
    means: 'A file that came in several answers does not fit together',
  },

  // The command
  ERR_USAGE: { thrownAs: 'UsageError', means: 'The command line is wrong (exit code 2)' },
  ERR_UNKNOWN_MODEL: { thrownAs: 'CycleganError', means: 'There is no model of that name' },
  ERR_MODEL_NOT_DOWNLOADED: {
    thrownAs: 'CycleganError',
    means: 'A model is known, but not downloaded yet',
  },
  ERR_MODEL_BY_HAND: {
    thrownAs: 'CycleganError',
    means:
      'A model is published in an archive or behind a page: its file has to be fetched by other means',
  },
  ERR_NO_CACHE: { thrownAs: 'CycleganError', means: 'The cache, where models lie, is off' },
  ERR_CACHE_READ_ONLY: { thrownAs: 'CycleganError', means: 'The cache cannot be written to' },
  ERR_SOME_FAILED: {
    thrownAs: 'SomeFailedError',
    means: 'Some of several pictures could not be translated or compared (exit code 1)',
  },
  ERR_INTERRUPTED: {
    thrownAs: 'InterruptedError',
    means: 'A signal ended a training run, or a run of several pictures (exit code 130 or 143)',
  },
  ERR_OUTPUT: { thrownAs: 'CycleganError', means: 'Standard output cannot be written' },
  ERR_OUTPUT_CLOSED: {
    thrownAs: 'OutputClosedError',
    means: 'The reader of standard output went away',
  },
} as const satisfies Readonly<Record<`ERR_${string}`, ErrorCodeInfo>>;

/** The `code` of a `CycleganError`. */
export type ErrorCode = keyof typeof ERROR_CODES;
