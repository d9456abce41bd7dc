import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const doctorSpec: CommandSpec = {
  name: 'doctor',
  namesNoFiles: true,
  operands: 'nothing',
  usage: '',
  summary: 'tell what this machine can do, what is missing, and the command that mends it',
  notes: [
    'A line each for Node, the engine (which is tried), vectors, threads, memory, the cache and WebGPU: + is fine, ! works less well than it could, or is optional, - is a problem. Behind > stands what mends it. The exit code is 1 where there is a problem.',
  ],
  options: { json: { type: 'boolean', help: 'print everything as one JSON object' } },
};

export interface DoctorRequest {
  readonly json: boolean;
}

/** @throws UsageError for a name. */
export function readDoctor({ operands, flag }: Invocation): DoctorRequest {
  if (operands.length > 0) throw new UsageError('doctor looks at this machine, and at no file.');
  return { json: flag('json') };
}
