import { textOf, utf8Bytes } from '../platform/text.js';
import type { Store } from './store/store.js';

/** What there is to tell of a picture, or of what the network made of it. */
export interface JobNote {
  /** `turned`, `damaged`, `faint`: as the translator names them. */
  readonly kind: string;
  /** A sentence without the picture's name. */
  readonly message: string;
}

type Size = readonly [width: number, height: number];

/** What became of a picture, for its submitter, who does not see the worker's terminal. */
export interface JobReport {
  readonly inputSize: Size;
  /** What came to the network: padded, for those that take multiples of some number. */
  readonly networkSize: Size;
  readonly outputSize: Size;
  /** How the network was fed, as a part of a sentence. */
  readonly fed: string;
  readonly notes: readonly JobNote[];
}

const MAX_NOTES = 100;
const MAX_TEXT = 4000;

/** It lies in the store before the result does, so that a result that is there has one. */
export async function writeReport(store: Store, id: string, report: JobReport): Promise<void> {
  await store.write(reportKey(id), utf8Bytes(JSON.stringify(report)));
}

/** `null` where there is none, as of results of earlier versions, or where others have written something else. */
export async function readReport(store: Store, id: string): Promise<JobReport | null> {
  const key = reportKey(id);
  return (await store.has(key)) ? reportOf(await store.read(key)) : null;
}

/** Where it lies in the store. */
export function reportKey(id: string): string {
  return `reports/${id.slice(0, 2)}/${id}.json`;
}

function reportOf(bytes: Uint8Array): JobReport | null {
  try {
    const { inputSize, networkSize, outputSize, fed, notes } = Object(JSON.parse(textOf(bytes)));
    const isWhole =
      [inputSize, networkSize, outputSize].every(isSize) &&
      isText(fed) &&
      Array.isArray(notes) &&
      notes.length <= MAX_NOTES &&
      notes.every(isNote);
    return isWhole ? { inputSize, networkSize, outputSize, fed, notes } : null;
  } catch {
    return null;
  }
}

function isSize(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger);
}

function isNote(value: unknown): boolean {
  const { kind, message } = Object(value) as Record<string, unknown>;
  return isText(kind) && isText(message);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}
