import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** A server of the system's own packages, on a port of its own, with its data in a folder that outlives it. */
export interface RealServer {
  readonly address: string;
  start(): Promise<void>;
  /** Ends the process where it is. */
  kill9(): Promise<void>;
}

export interface ServerPackage {
  readonly name: string;
  readonly isInstalled: boolean;
  /** @param folder For its data. */
  readonly make: (folder: string) => Promise<RealServer>;
}

/** Where Debian puts what is in no `PATH`. */
const POSTGRES = '/usr/lib/postgresql';
const START_MS = 20_000;
const RETRY_MS = 50;

export const SERVERS: readonly ServerPackage[] = [
  { name: 'Redis', isInstalled: isInPath('redis-server'), make: makeRedis },
  { name: 'PostgreSQL', isInstalled: postgresPrograms() !== null, make: makePostgres },
];

function isInPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** Every command that is answered is on the disk: what was accepted is there after `kill -9`. */
async function makeRedis(folder: string): Promise<RealServer> {
  const port = await freePort();
  const args = [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...['--appendonly', 'yes', '--appendfsync', 'always', '--loglevel', 'warning'],
  ];
  return serverOf({
    address: `redis://127.0.0.1:${port}`,
    spawn: () => spawn('redis-server', args, { stdio: 'ignore' }),
    isReady: () => {
      const ping = ['-p', String(port), 'ping'];
      const options = { encoding: 'utf8', stdio: 'pipe' } as const;
      return execFileSync('redis-cli', ping, options).trim() === 'PONG';
    },
  });
}

/** PostgreSQL does not run as root, so root lends it to the user that the package brings. */
async function makePostgres(folder: string): Promise<RealServer> {
  const port = await freePort();
  const programs = postgresPrograms() ?? '';
  const user = postgresUser();
  const options = { cwd: folder, stdio: 'ignore', ...user } as const;
  const data = join(folder, 'data');
  mkdirSync(data);
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
  }
  const init = ['-D', data, '-U', 'cyclegan', '-A', 'trust', '-E', 'UTF8', '--locale=C'];
  execFileSync(join(programs, 'initdb'), init, options);
  const args = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  return serverOf({
    address: `postgres://cyclegan@127.0.0.1:${port}/postgres`,
    spawn: () => spawn(join(programs, 'postgres'), args, options),
    isReady: () => {
      const asked = ['-h', '127.0.0.1', '-p', String(port), '-q'];
      execFileSync(join(programs, 'pg_isready'), asked, { stdio: 'ignore' });
      return true;
    },
  });
}

/** Of the newest version; `null` where there is none, or its client alone. */
function postgresPrograms(): string | null {
  if (!existsSync(POSTGRES)) return null;
  const versions = readdirSync(POSTGRES).sort((a, b) => Number(b) - Number(a));
  const folders = versions.map((version) => join(POSTGRES, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'postgres'))) ?? null;
}

function postgresUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((kind) =>
    Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' })),
  );
  return { uid, gid };
}

interface Program {
  readonly address: string;
  readonly spawn: () => ChildProcess;
  /** May throw while it is not. */
  readonly isReady: () => boolean;
}

function serverOf({ address, spawn: begin, isReady }: Program): RealServer {
  let child: ChildProcess | null = null;
  return {
    address,
    async start() {
      const end = Date.now() + START_MS;
      while (Date.now() < end) {
        // One that was killed may have left children which it has to wait for.
        if (child === null || child.exitCode !== null) child = begin();
        try {
          if (isReady()) return;
        } catch {
          // Not yet.
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      throw new Error(`no server began at ${address}`);
    },
    async kill9() {
      const killed = child;
      child = null;
      if (killed === null || killed.exitCode !== null || killed.signalCode !== null) return;
      const ended = new Promise((resolve) => killed.once('exit', resolve));
      killed.kill('SIGKILL');
      await ended;
    },
  };
}

/** Nobody has it now; whoever may take it next is told by the server's not beginning. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
