import { ImageError } from '../picture.js';

/** What Emscripten makes of libwebp: `instantiateWasm` is called at once, and what it gives is there when the call is over. */
export type CodecFactory<T> = (module: CodecSettings & Partial<T>) => unknown;

interface CodecSettings {
  readonly noInitialRun: true;
  print(text: string): void;
  printErr(text: string): void;
  instantiateWasm(
    imports: WebAssembly.Imports,
    use: (instance: WebAssembly.Instance) => void,
  ): unknown;
}

export interface WebpDecoder {
  /** RGBA, or `null` for what is no WebP. */
  decode(bytes: Uint8Array): DecodedWebp | null;
}

export interface DecodedWebp {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export interface WebpEncoder {
  encode(
    rgba: Uint8Array,
    width: number,
    height: number,
    options: Readonly<Record<string, number>>,
  ): Uint8Array | null;
}

/** A file with a codec: `webpDecoderModule.ts`, `webpEncoderModule.ts`. */
interface CodecModule<T> {
  readonly factory: CodecFactory<T>;
  machineCode(): Promise<Uint8Array>;
}

/** Code that is fetched and compiled when the first picture needs it. */
export class LazyCodec<T> {
  readonly #import: () => Promise<CodecModule<T>>;
  #loading: Promise<void> | undefined;
  #kept: Running<T> | undefined;
  #loaded: { factory: CodecFactory<T>; module: WebAssembly.Module } | undefined;

  constructor(importModule: () => Promise<CodecModule<T>>) {
    this.#import = importModule;
  }

  /** @throws what the import does; the next call tries again. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    const { factory, machineCode } = await this.#import();
    const module = await WebAssembly.compile((await machineCode()) as BufferSource);
    this.#loaded = { factory, module };
  }

  /**
   * Calls the codec. It is used again, for its code is only then fast, unless it failed, or its memory has become large: what a
   * picture left there is gone with it.
   * @param remedy What there is to do where it is not loaded.
   * @throws ImageError `ERR_IMAGE_CODEC` where it is not loaded.
   */
  use<R>(call: (codec: T) => R, remedy: string): R {
    if (this.#loaded === undefined) {
      throw new ImageError(
        'ERR_IMAGE_CODEC',
        `The code for WebP is loaded when it is needed, and that takes an await: ${remedy}.`,
      );
    }
    const { factory, module } = this.#loaded;
    return withImageData(() => {
      const running = this.#kept ?? instanceOf(factory, module);
      this.#kept = undefined;
      const result = call(running.codec);
      if (result !== null && running.memoryBytes() <= MAX_KEPT_BYTES) this.#kept = running;
      return result;
    });
  }
}

/** Of a codec that is kept: enough for pictures of some megapixels. */
const MAX_KEPT_BYTES = 2 ** 26;

interface Running<T> {
  readonly codec: T;
  memoryBytes(): number;
}

function instanceOf<T>(factory: CodecFactory<T>, module: WebAssembly.Module): Running<T> {
  let memory: WebAssembly.Memory | undefined;
  const settings: CodecSettings = {
    noInitialRun: true,
    // What the picture is refused for is told by an error, and not beside.
    print: () => undefined,
    printErr: () => undefined,
    instantiateWasm(
      imports: WebAssembly.Imports,
      use: (instance: WebAssembly.Instance) => void,
    ): unknown {
      const instance = new WebAssembly.Instance(module, imports);
      memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
      use(instance);
      return instance.exports;
    },
  };
  // The promise that it returns is of this object, which by then has the codec's functions.
  const codec = settings as CodecSettings & Partial<T>;
  factory(codec);
  return {
    codec: codec as T,
    memoryBytes: () => memory?.buffer.byteLength ?? Number.POSITIVE_INFINITY,
  };
}

/**
 * The decoder makes an `ImageData`, which Node lacks, and leaves one of its own behind there. It is there for as long as
 * the call lasts; that does not pause, so nobody else sees it.
 */
function withImageData<R>(action: () => R): R {
  if ('ImageData' in globalThis) return action();
  const scope = globalThis as { ImageData?: unknown };
  scope.ImageData = class {
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;

    constructor(data: Uint8ClampedArray, width: number, height: number) {
      this.data = data;
      this.width = width;
      this.height = height;
    }
  };
  try {
    return action();
  } finally {
    delete scope.ImageData;
  }
}
