import { type Finding, fine, note, problem } from './finding.js';

const GIGABYTE = 1e9;
/** The paper's network at 256 pixels takes about so much. */
const NEEDED_BYTES = 0.4 * GIGABYTE;
/** Models are up to 200 MB. */
const NEEDED_DISK = 0.25 * GIGABYTE;

export interface Threads {
  /** Those that a network gets. */
  readonly used: number;
  /** Processors that the system shows. */
  readonly processors: number;
  /** Whether memory can be shared between threads. */
  readonly isShared: boolean;
  /** Whether Node's permission model forbids threads. */
  readonly areForbidden: boolean;
  /** Of the last minute. */
  readonly load: number;
}

export function threadFinding({
  used,
  processors,
  isShared,
  areForbidden,
  load,
}: Threads): Finding {
  const name = 'threads';
  if (areForbidden) {
    return problem(name, "one: Node's permission model forbids others", 'node --allow-worker …');
  }
  if (!isShared) return problem(name, 'one: this runtime has no memory that threads share', null);
  const evidence = `${used} of ${processors} processors`;
  if (load > processors) {
    return note(name, `${evidence}; others are at work (load ${load.toFixed(1)})`, 'uptime; top');
  }
  return fine(name, evidence);
}

/** Memory that threads share is free in Node; pages have it where they are cross-origin isolated. */
export function isolationFinding(isShared: boolean): Finding {
  return isShared
    ? fine(
        'isolation',
        'threads share memory; pages do with two headers, which cyclegan studio sends',
      )
    : problem('isolation', 'this runtime has no SharedArrayBuffer', null);
}

/** @param available Bytes that can still be had; `total`: those that there are, or that a container may have. */
export function memoryFinding({
  available,
  total,
}: {
  readonly available: number;
  readonly total: number;
}): Finding {
  const evidence = `${gigabytes(available)} of ${gigabytes(total)} are free`;
  if (available >= NEEDED_BYTES) return fine('memory', evidence);
  return problem(
    'memory',
    `${evidence}; a picture of 256 pixels takes ${gigabytes(NEEDED_BYTES)} with the paper's network`,
    'cyclegan IN OUT --resize 128',
  );
}

export interface Cache {
  /** `null`: it is off. */
  readonly folder: string | null;
  /** Why nothing can be written there; `null` where it can. */
  readonly refusal: string | null;
  /** Bytes that are free there; `null` where that cannot be told. */
  readonly free: number | null;
}

export function cacheFinding({ folder, refusal, free }: Cache): Finding {
  const name = 'cache';
  if (folder === null) {
    return note(
      name,
      'off (CYCLEGAN_CACHE is empty): no models by name, and machine code is made anew each time',
      'unset CYCLEGAN_CACHE',
    );
  }
  if (refusal !== null) {
    return problem(
      name,
      `${folder} cannot be written to (${refusal})`,
      'export CYCLEGAN_CACHE="$HOME/cyclegan-cache"',
    );
  }
  if (free !== null && free < NEEDED_DISK) {
    return problem(name, `${folder}: ${gigabytes(free)} are free there`, 'cyclegan cache clear');
  }
  return fine(name, free === null ? folder : `${folder}, ${gigabytes(free)} free`);
}

/** @param reason Why there is no GPU; `null` where there is one. */
export function gpuFinding(reason: string | null, cure: string): Finding {
  if (reason === null) return fine('webgpu', 'it runs here: --engine webgpu');
  const isMissing = /npm install/.test(reason);
  return note('webgpu', `none (${reason}); it is optional`, isMissing ? cure : null);
}

function gigabytes(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(1)} GB`;
}
