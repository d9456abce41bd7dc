import { CycleganError } from '../errors.js';
import { builtin } from './builtin.js';

/** Names tokens for hosts that give files to those who have one: `huggingface.co=hf_…`, several with spaces between. */
const VARIABLE = 'CYCLEGAN_TOKEN';

/**
 * What a request to that address has as its `authorization` (RFC 6750), by the environment; `undefined` without one. A token
 * is for the host that it was given for, and travels unencrypted to this machine alone.
 *
 * @throws CycleganError `ERR_TOKEN` where the variable is not as it should be.
 */
export function bearerFor({ protocol, host, hostname }: URL): string | undefined {
  const token = tokens().get(host) ?? tokens().get(hostname);
  if (token === undefined) return undefined;
  if (protocol !== 'https:' && !isLoopback(hostname)) {
    throw new CycleganError(
      'ERR_TOKEN',
      `${VARIABLE} has a token for ${host}, which is not sent by http, where everybody between could read it; give the address with https.`,
    );
  }
  return `Bearer ${token}`;
}

/** What is to be said where a server wants to know who asks. */
export function tokenHint(address: string, status: number): string {
  if ((status !== 401 && status !== 403) || builtin('fs') === null) return '';
  const { host } = new URL(address);
  return tokens().has(host)
    ? `, with the token that ${VARIABLE} has for it`
    : `; if it wants a token, set ${VARIABLE}='${host}=TOKEN' in the environment`;
}

/** By host. */
function tokens(): ReadonlyMap<string, string> {
  const text = builtin('fs') === null ? undefined : globalThis.process.env[VARIABLE];
  const entries = (text ?? '').split(/\s+/).filter((entry) => entry !== '');
  return new Map(
    entries.map((entry) => {
      const [, host, token] = /^([a-z0-9.:[\]-]+)=([\x21-\x7e]+)$/i.exec(entry) ?? [];
      if (host !== undefined && token !== undefined) return [host.toLowerCase(), token] as const;
      // Its text stays out of messages: it may be a token.
      throw new CycleganError(
        'ERR_TOKEN',
        `${VARIABLE} is HOST=TOKEN, or several of them with spaces between, such as huggingface.co=hf_…; it has something else.`,
      );
    }),
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
