import { isWebAddress } from '../../platform/address.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const downloadSpec: CommandSpec = {
  name: 'download',
  namesNoFiles: true,
  usage: '[MODEL...]',
  operands: 'models',
  summary: 'fetch models for --weights MODEL; without a name, list them',
  options: {
    url: { type: 'string', value: 'URL', help: 'fetch the model from this address instead' },
    force: { type: 'boolean', help: 'fetch what is there already, too' },
    retries: { type: 'string', value: 'N', help: 'attempts after the first; default: 4' },
  },
};

export interface DownloadRequest {
  /** None: all are listed. */
  readonly models: readonly string[];
  /** In place of the model's own address. */
  readonly url: string | undefined;
  readonly force: boolean;
  /** Attempts after the first. */
  readonly retries: number;
}

/** @throws UsageError for a value that makes no sense, or an address of several models. */
export function readDownload({ operands, text, flag }: Invocation): DownloadRequest {
  const url = readUrl(text('url'));
  const retries = readRetries(text('retries'));
  if (url !== undefined && operands.length !== 1) {
    throw new UsageError('--url is the address of one model: cyclegan download MODEL --url URL.');
  }
  return { models: operands, url, force: flag('force'), retries };
}

function readUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (isWebAddress(text) && URL.canParse(text)) return text;
  throw new UsageError(
    `--url takes an address that begins with http:// or https://, not "${text}".`,
  );
}

function readRetries(text = '4'): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new UsageError(`--retries takes a whole number from 0 to 99, but got "${text}".`);
}
