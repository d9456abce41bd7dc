import { builtin } from './builtin.js';

/** What opens an address in the browser that its user has chosen, by system; elsewhere, as on Linux. */
const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', '""'],
};
const DEFAULT_OPENER = ['xdg-open'];

/** Opens an address, of characters that no shell takes for its own. @returns Whether the system has what does that. */
export function openInBrowser(address: string): Promise<boolean> {
  const spawn = builtin('child_process')?.spawn;
  if (spawn === undefined) return Promise.resolve(false);
  const [program, ...words] = OPENERS[globalThis.process.platform] ?? DEFAULT_OPENER;
  return new Promise((resolve) => {
    const child = spawn(program, [...words, address], {
      detached: true,
      stdio: 'ignore',
      windowsVerbatimArguments: true,
    });
    child.on('error', () => resolve(false));
    child.on('spawn', () => {
      // It lives on when this process has ended.
      child.unref();
      resolve(true);
    });
  });
}
