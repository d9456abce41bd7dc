import { builtin } from './builtin.js';

/** In lower case first, as curl has it; for http in capitals, a server's own variables could be meant (CVE-2016-5385). */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY'],
  'http:': ['http_proxy'],
};

let inUse = false;

/**
 * Has requests of the whole process go through the proxies that its environment names, where this Node knows how to
 * (24 and later); for a process that is the caller's own.
 */
export function useProxiesOfEnvironment(): void {
  const isNamed = Object.values(VARIABLES).some((names) => named(names) !== null);
  const use = isNamed ? builtin('http')?.setGlobalProxyFromEnv : undefined;
  if (use === undefined) return;
  use();
  inUse = true;
}

/** What is to be said of proxies when an address could not be reached; empty where none is named for it. */
export function proxyHint(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  const name =
    url === null || isExcepted(url.hostname) ? null : named(VARIABLES[url.protocol] ?? []);
  if (name === null) return '';
  return inUse || environment().NODE_USE_ENV_PROXY === '1'
    ? `, through the proxy that ${name} names`
    : `; ${name} names a proxy, which Node 24 and later use if NODE_USE_ENV_PROXY=1 is set`;
}

function named(names: readonly string[]): string | null {
  return names.find((name) => (environment()[name] ?? '') !== '') ?? null;
}

/** Whether a host is to be reached without a proxy: it or a domain that it is in is listed. */
function isExcepted(host: string): boolean {
  const { no_proxy, NO_PROXY } = environment();
  return (no_proxy ?? NO_PROXY ?? '')
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/^\*?\./, ''))
    .some((entry) => entry === '*' || (entry !== '' && `.${host}`.endsWith(`.${entry}`)));
}

/** Empty in a page, and where a runtime does not let it be read. */
function environment(): Readonly<Record<string, string | undefined>> {
  return builtin('fs') === null ? {} : globalThis.process.env;
}
