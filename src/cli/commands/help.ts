import { commandHelp, helpColumns, mainHelp } from '../help.js';
import type { HelpRequest } from '../requests/help.js';
import { writeData } from '../standardOutput.js';
import type { Terminal } from '../terminal.js';
import { type CommandSpec, nearest, UsageError } from '../usage.js';
import { VERSION } from '../version.js';

/** @param commands All that there are. */
export async function runHelp(
  { command, all }: HelpRequest,
  _terminal: Terminal,
  commands: readonly CommandSpec[],
): Promise<void> {
  const options = { all, columns: helpColumns() };
  if (command === null) return writeData(mainHelp(commands, VERSION, options));
  const spec = commands.find(({ name }) => name === command);
  if (spec !== undefined) return writeData(commandHelp(spec, options));
  const names = commands.map(({ name }) => name);
  const near = nearest(command, names);
  throw new UsageError(
    `There is no command "${command}"${near === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${near}?`}`.replace(
      /(\w)$/,
      '$1.',
    ),
  );
}
