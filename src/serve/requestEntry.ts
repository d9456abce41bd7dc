import type { ErrorCode } from '../errorCodes.js';

/** In milliseconds. */
export interface StageTimes {
  /** Until the body was there. */
  readonly read?: number;
  /** Until it was worked on. */
  readonly queue?: number;
  readonly decode?: number;
  readonly network?: number;
  readonly encode?: number;
}

/** One request, once it is answered. */
export interface RequestEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly requestId: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly stages?: StageTimes;
  readonly model?: string;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly code?: ErrorCode;
  /** Of an error: with what the client is not told. */
  readonly message?: string;
}
