/**
 * The parts of web classes that are used, so that declarations need neither the DOM's types nor Node's: the classes of
 * browsers, Node, Deno and Bun all fit.
 */
export interface AbortSignalLike {
  readonly aborted: boolean;
  /** What its controller was given, or an `AbortError` of the web's. */
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** @see https://url.spec.whatwg.org/#url */
export interface UrlLike {
  readonly href: string;
  readonly origin: string;
  readonly searchParams: object;
}

/** A `Blob` or `File`. */
export interface BlobLike {
  readonly size: number;
  readonly type: string;
  slice(start?: number, end?: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A `ReadableStream` of bytes. */
export interface ByteStreamLike {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
    cancel(): Promise<void>;
  };
  readonly locked: boolean;
}

/** The `Response` of a `fetch`. */
export interface ResponseLike {
  readonly url: string;
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly type: string;
  readonly bodyUsed: boolean;
  readonly body: ByteStreamLike | null;
}

/** The web's `Request`, where a program's types have one: of the DOM, Node, Deno, Bun or a worker. */
export type WebRequest = typeof globalThis extends { Request: { prototype: infer R } } ? R : never;

/** The web's `Response`, where a program's types have one. */
export type WebResponse = typeof globalThis extends { Response: { prototype: infer R } }
  ? R
  : never;
