import { CycleganError } from '../errors.js';

/**
 * A package that users install who want a queue, by a name that bundlers do not follow.
 * @param install All that has to be installed together: `bullmq ioredis`.
 * @throws CycleganError `ERR_PACKAGE` where it is not there.
 */
export async function importPeer<T>(name: string, install: string): Promise<T> {
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as T;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new CycleganError(
      'ERR_PACKAGE',
      `This needs packages that are not installed: npm i ${install} (for a cyclegan that was installed with -g: npm i -g ${install}).`,
      { cause: error },
    );
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
