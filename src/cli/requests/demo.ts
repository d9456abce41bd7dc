import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { type NamedFile, OUTPUT_OPTION, readOutput } from './shared.js';

export const demoSpec: CommandSpec = {
  name: 'demo',
  usage: '[OUT.png]',
  summary: 'translate the built-in sample with the built-in model',
  options: {
    output: OUTPUT_OPTION,
    force: { type: 'boolean', help: 'replace the file if it exists; default of OUT: zebra.png' },
  },
};

export type DemoRequest = NamedFile;

/** @throws UsageError for more than one name. */
export function readDemo(invocation: Invocation): DemoRequest {
  const [placed, ...rest] = invocation.operands;
  if (rest.length > 0) throw new UsageError('One file is written: cyclegan demo OUT.png.');
  return readOutput(invocation, placed) ?? { output: 'zebra.png', force: invocation.flag('force') };
}
