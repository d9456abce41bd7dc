import { CycleganError } from '../../errors.js';
import { printable } from '../../platform/printable.js';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { withoutLine } from '../failureLine.js';
import type { DoctorRequest } from '../requests/doctor.js';
import { writeData } from '../standardOutput.js';
import { printableJson } from '../terminal.js';

const MARKS: Readonly<Record<Finding['status'], string>> = { fine: '+', note: '!', problem: '-' };

/** @throws CycleganError `ERR_MACHINE` where there is a problem. */
export async function runDoctor({ json }: DoctorRequest): Promise<void> {
  const findings = await examine();
  const problems = findings.filter(({ status }) => status === 'problem');
  if (json) await writeData(`${printableJson({ findings }, 2)}\n`);
  else await writeData(`${findings.flatMap(linesOf).map(printable).join('\n')}\n`);
  if (problems.length === 0) return;
  const names = problems.map(({ name }) => name).join(', ');
  throw withoutLine(new CycleganError('ERR_MACHINE', `Something is in the way: ${names}.`));
}

function linesOf({ name, status, evidence, cure }: Finding): string[] {
  const line = `${MARKS[status]} ${name.padEnd(9)} ${evidence}`;
  return cure === null ? [line] : [line, `            > ${cure}`];
}
