import type { ErrorCode } from '../errorCodes.js';
import { CycleganError } from '../errors.js';

/** A request that is not answered with what it asks for. */
export class ServiceError extends CycleganError {
  override readonly name = 'ServiceError';
  /** Of the answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }
}
