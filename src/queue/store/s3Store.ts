import { CycleganError } from '../../errors.js';
import { importPeer } from '../peer.js';
import { isKey, type Store } from './store.js';

const PACKAGE = 'aws4fetch';
/** Of a request, in milliseconds: weights have some hundred megabytes. */
const TIMEOUT_MS = 300_000;
/** An object that is older is written anew when it is used again. */
const FRESH_MS = 43_200_000;

interface AwsClient {
  fetch(
    address: string,
    init: { method: string; body?: Uint8Array; signal: AbortSignal },
  ): Promise<Response>;
}

interface AwsModule {
  readonly AwsClient: new (
    options: Readonly<Record<string, string | number | undefined>>,
  ) => AwsClient;
}

/**
 * A bucket of S3, or of what speaks as it does. Keys, region and endpoint come from the environment, by the names that all such tools have.
 * @param text `s3://BUCKET[/PREFIX]`
 * @throws CycleganError `ERR_PACKAGE` without the package, `ERR_STORE` without keys or for what is no such address.
 */
export async function openS3Store(text: string): Promise<Store> {
  const [, bucket, prefix = ''] =
    /^s3:\/\/([a-z\d][a-z\d.-]{1,62})(?:\/(.*?))?\/*$/.exec(text) ?? [];
  if (bucket === undefined || (prefix !== '' && !isKey(prefix))) {
    throw new CycleganError('ERR_STORE', `${text}: a bucket is named as s3://BUCKET/PREFIX.`);
  }
  const { env } = globalThis.process;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw new CycleganError(
      'ERR_STORE',
      `${text}: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, without which no bucket opens.`,
    );
  }
  // One that is empty is one that is not set, as other tools have it.
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
  const endpoint =
    env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || `https://s3.${region}.amazonaws.com`;
  const { AwsClient } = await importPeer<AwsModule>(PACKAGE, PACKAGE);
  const client = new AwsClient({
    ...{ accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined },
    ...{ service: 's3', region, retries: 3 },
  });
  const base = `${endpoint.replace(/\/+$/, '')}/${bucket}/${prefix === '' ? '' : `${encoded(prefix)}/`}`;
  return new S3Store(text, base, client);
}

class S3Store implements Store {
  readonly folder = null;
  readonly name: string;
  readonly #base: string;
  readonly #client: AwsClient;

  constructor(name: string, base: string, client: AwsClient) {
    this.name = name;
    this.#base = base;
    this.#client = client;
  }

  async read(key: string): Promise<Uint8Array> {
    const response = await this.#ask('GET', key);
    if (!response.ok) throw await this.#refusal(key, response);
    return this.#received(
      key,
      response.arrayBuffer().then((buffer) => new Uint8Array(buffer)),
    );
  }

  async has(key: string): Promise<boolean> {
    return (await this.#head(key)) !== null;
  }

  /** Rules of a bucket go by when an object was written. */
  async renew(key: string): Promise<boolean> {
    const found = await this.#head(key);
    const written = Date.parse(found?.headers.get('last-modified') ?? '');
    return found !== null && Date.now() - written < FRESH_MS;
  }

  async #head(key: string): Promise<Response | null> {
    const response = await this.#ask('HEAD', key);
    if (response.ok) return response;
    if (response.status === 404) return null;
    throw await this.#refusal(key, response);
  }

  /** A bucket shows an object when all of it is there. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    const response = await this.#ask('PUT', key, bytes);
    if (!response.ok) throw await this.#refusal(key, response);
    await this.#received(key, response.arrayBuffer());
  }

  #ask(method: string, key: string, body?: Uint8Array): Promise<Response> {
    if (!isKey(key)) throw new CycleganError('ERR_QUEUE_JOB', `${key}: this is no key of a store.`);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const init = body === undefined ? { method, signal } : { method, signal, body };
    return this.#received(key, this.#client.fetch(this.#base + encoded(key), init));
  }

  #received<T>(key: string, answer: Promise<T>): Promise<T> {
    return answer.catch((error: unknown) => {
      const { message, cause } = error as { readonly message: string; readonly cause?: unknown };
      const why = cause instanceof Error ? cause.message : message;
      throw new CycleganError('ERR_STORE', `${this.name}/${key}: no answer (${why}).`, {
        cause: error,
      });
    });
  }

  async #refusal(key: string, response: Response): Promise<CycleganError> {
    const text = await response.text().catch(() => '');
    const [, code] = /<Code>(\w{1,80})<\/Code>/.exec(text) ?? [];
    const why =
      code === undefined ? `status ${response.status}` : `${code}, status ${response.status}`;
    return new CycleganError('ERR_STORE', `${this.name}/${key}: the bucket refuses (${why}).`);
  }
}

/** As addresses and signatures want it; slashes stay. */
function encoded(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
