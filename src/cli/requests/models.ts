import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const modelsSpec: CommandSpec = {
  name: 'models',
  namesNoFiles: true,
  operands: 'nothing',
  usage: '',
  summary: 'list the models that have a name, and which of them are here',
  options: {},
};

/** @throws UsageError for a name: it is `download` that takes one. */
export function readModels({ operands: [name] }: Invocation): null {
  if (name === undefined) return null;
  throw new UsageError(
    `models lists all of them; "cyclegan download ${name}" fetches one, "-w ${name}" uses it.`,
  );
}
