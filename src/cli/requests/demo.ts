import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const demoSpec: CommandSpec = {
  name: 'demo',
  usage: '[OUT.png]',
  summary: 'translate the built-in sample with the built-in model',
  options: {
    force: { type: 'boolean', help: 'replace the file if it exists; default of OUT: zebra.png' },
  },
};

export interface DemoRequest {
  readonly output: string;
  readonly force: boolean;
}

/** @throws UsageError for more than one name. */
export function readDemo({ operands, flag }: Invocation): DemoRequest {
  const [output = 'zebra.png', ...rest] = operands;
  if (rest.length > 0) throw new UsageError('One file is written: cyclegan demo OUT.png.');
  return { output, force: flag('force') };
}
