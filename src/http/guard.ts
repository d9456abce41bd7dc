/** What a request says of where it goes, and of the page that sends it. */
export interface Addressed {
  readonly headers: { readonly host?: string | undefined; readonly origin?: string | undefined };
}

/** Why a request is not answered. */
export interface Refusal {
  readonly status: number;
  /** For people. */
  readonly why: string;
}

/**
 * Whether a request was meant for a server that only its own machine may reach. A page from elsewhere can send requests to
 * 127.0.0.1, too: its browser names the page as the origin, or, where the page's name was made to lead here, that name as the host.
 *
 * @param hosts What the server goes by: `127.0.0.1:4570`.
 */
export function refusalOf({ headers }: Addressed, hosts: readonly string[]): Refusal | null {
  const { host, origin } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    return { status: 403, why: `This server is ${hosts[0]}, and answers for no other name.` };
  }
  const own = hosts.map((name) => `http://${name}`);
  if (origin !== undefined && !own.includes(origin.toLowerCase())) {
    return { status: 403, why: 'This server answers its own page, and no other.' };
  }
  return null;
}

/** What http uses where an address has no port: clients leave it out, of `Host` and of `Origin`. */
const USUAL_PORT = 80;

/** What a server at a port goes by, for `refusalOf`. */
export function namesAt(port: number, hosts: readonly string[]): string[] {
  return [...hosts.map((host) => `${host}:${port}`), ...(port === USUAL_PORT ? hosts : [])];
}
