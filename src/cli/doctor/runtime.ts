import { type Finding, fine, note, shellWord } from './finding.js';

/** From this one on, V8 joins pairs of vectors. */
const WIDE_NODE = 24;

/** What a command line with a newer Node would be: by whichever manager of versions is there. */
export function newerNode(
  env: Readonly<Record<string, string | undefined>>,
  command: string,
): string {
  if (env.NVM_DIR !== undefined) return `nvm install ${WIDE_NODE}`;
  if (env.FNM_DIR !== undefined) return `fnm install ${WIDE_NODE} && fnm use ${WIDE_NODE}`;
  if (env.VOLTA_HOME !== undefined) return `volta install node@${WIDE_NODE}`;
  return `npx --yes --package node@${WIDE_NODE} -- node ${shellWord(command)}`;
}

/** Which Node it is, and what of it holds the network back. */
export function nodeFinding(
  { node, v8 }: { readonly node: string; readonly v8: string },
  cure: string,
): Finding {
  const evidence = `Node ${node} (V8 ${v8})`;
  if (Number.parseInt(node, 10) >= WIDE_NODE) return fine('node', evidence);
  return note('node', `${evidence}; Node ${WIDE_NODE} and later make code of 256 bits`, cure);
}

/** Of x64 processors, which instructions there are; nothing of others. */
export interface ProcessorFlags {
  readonly avx2: boolean;
  readonly fma: boolean;
}

/** @param cpuinfo `/proc/cpuinfo`. */
export function processorFlags(cpuinfo: string): ProcessorFlags | null {
  const line = /^flags\s*:(.*)$/m.exec(cpuinfo)?.[1];
  if (line === undefined) return null;
  const flags = new Set(line.trim().split(/\s+/));
  return { avx2: flags.has('avx2'), fma: flags.has('fma') };
}

export interface Vectors {
  /** The engine's way of making code: `fma+256`, `fma` or `simd`; `null`: none runs. */
  readonly variant: string | null;
  readonly arch: string;
  readonly flags: ProcessorFlags | null;
  /** Whether the environment keeps code at 128 bits. */
  readonly isKeptNarrow: boolean;
}

/** How wide the vectors are that the network is computed with, and what would make them wider. */
export function vectorFinding(
  { variant, arch, flags, isKeptNarrow }: Vectors,
  cure: string,
): Finding {
  const name = 'vectors';
  if (variant === null) return note(name, 'no machine code: the reference does the work', cure);
  if (variant.endsWith('256')) return fine(name, `256 bits, multiply-adds (${variant})`);
  const narrow = `128 bits (${variant})`;
  if (isKeptNarrow) {
    return note(
      name,
      `${narrow}, for CYCLEGAN_NO_REVECTORIZE is set`,
      'unset CYCLEGAN_NO_REVECTORIZE',
    );
  }
  if (arch !== 'x64') return fine(name, `${narrow}, which is all that ${arch} has`);
  if (flags !== null && !(flags.avx2 && flags.fma)) {
    return note(name, `${narrow}; this processor has no AVX2 with FMA`, null);
  }
  return note(name, `${narrow}; a newer Node makes 256 bits of it`, cure);
}
