import type { ErrorCode } from '../../errorCodes.js';
import { CycleganError } from '../../errors.js';
import type { TranslatedBytes } from '../../translate/translateBytes.js';
import type { TranslatorSetup } from './models.js';
import type { ModelReport, TranslationJob } from './translator.js';

/** What a thread is told. */
export type ToThread =
  | { readonly open: TranslatorSetup }
  | { readonly translate: TranslationJob }
  | { readonly abort: true };

/** What it answers: once to `open`, once to `translate`. */
export type FromThread =
  | { readonly opened: readonly ModelReport[] }
  | { readonly translated: TranslatedBytes }
  | { readonly failed: PortableError };

/** Classes do not go from thread to thread. */
export interface PortableError {
  readonly code: ErrorCode | null;
  readonly message: string;
}

export function portable(error: unknown): PortableError {
  if (error instanceof CycleganError) return { code: error.code, message: error.message };
  return { code: null, message: error instanceof Error ? error.message : String(error) };
}

export function restored({ code, message }: PortableError): Error {
  return code === null ? new Error(message) : new CycleganError(code, message);
}
