import type { JobNote, JobReport } from '../../queue/report.js';
import { formatNotes, isDecodeNote } from '../pictures/pictureNotes.js';

/** What the decoder had to tell of a picture, as `translate` says it. */
export function decodeLine(name: string, report: JobReport | null): string | null {
  return formatNotes(name, (report?.notes ?? []).filter(isDecodeNote));
}

/** What hints at a wrong picture. */
export function outputNotesOf(report: JobReport | null): readonly JobNote[] {
  return (report?.notes ?? []).filter((note) => !isDecodeNote(note));
}

/** A report as a part of a line of JSON, by the names that `translate` has. */
export function dataOf(report: JobReport | null): Partial<JobReport> {
  if (report === null) return {};
  const { inputSize, networkSize, notes, outputSize } = report;
  return { inputSize, networkSize, notes, outputSize };
}

/** ` (314x256)`, behind a name; nothing where the size is not known. */
export function inBrackets(size: readonly number[] | undefined): string {
  return size === undefined ? '' : ` (${size.join('x')})`;
}

/** `, network input 314x256 in 0..1`, behind what a line says else; nothing where there is no report. */
export function fedOf(report: JobReport | null): string {
  return report === null ? '' : `, ${report.fed}`;
}
