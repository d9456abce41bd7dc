import { type ChildProcess, spawn } from 'node:child_process';

export interface Served {
  readonly child: ChildProcess;
  /** `http://127.0.0.1:N` */
  readonly address: string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  /** What it has said so far. */
  log(): string;
}

/** `cyclegan serve` at any port, once it has said where it listens. @param file The built command. */
export async function serveCommand(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly cache: string },
): Promise<Served> {
  const env = { ...process.env, CYCLEGAN_CACHE: options.cache };
  const words = [file, 'serve', '--port', '0', ...args];
  const child = spawn(process.execPath, words, { cwd: options.cwd, env });
  let said = '';
  child.stderr.on('data', (data) => {
    said = `${said}${data}`.slice(-MAX_LOG);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
      if (text.endsWith('/\n')) resolve(text.trim().replace(/\/$/, ''));
    });
    child.on('close', (code) => reject(new Error(`it ended with ${code}: ${said}`)));
  });
  return { child, address, ended, log: () => said };
}

const MAX_LOG = 1e6;
