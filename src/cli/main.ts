import packageJson from '../../package.json' with { type: 'json' };
import { CycleganError } from '../errors.js';
import { demoSpec, runDemo } from './commands/demo.js';
import { downloadSpec, runDownload } from './commands/download.js';
import { inspectSpec, runInspect } from './commands/inspect.js';
import { runTranslate, translateSpec } from './commands/translate.js';
import { commandHelp, mainHelp } from './help.js';
import { createTerminal, printable, type Terminal } from './terminal.js';
import { type CommandSpec, type Invocation, parseCommandLine, UsageError } from './usage.js';

interface Command {
  readonly spec: CommandSpec;
  readonly run: (invocation: Invocation, terminal: Terminal) => Promise<void>;
}

/** The first is the default: what stands first on the line is then a picture, not a command. */
const COMMANDS: readonly Command[] = [
  { spec: translateSpec, run: runTranslate },
  { spec: inspectSpec, run: runInspect },
  { spec: downloadSpec, run: runDownload },
  { spec: demoSpec, run: runDemo },
];

/** Runs a command line and gives the exit code: 0 done, 1 bad input, 2 bad usage. */
async function main(args: readonly string[]): Promise<number> {
  const named = COMMANDS.find(({ spec }) => spec.name === args[0]);
  const { spec, run } = named ?? COMMANDS[0];
  try {
    const invocation = parseCommandLine(spec, named === undefined ? args : args.slice(1));
    if (invocation.flag('version')) {
      process.stdout.write(`${packageJson.version}\n`);
    } else if (invocation.flag('help')) {
      process.stdout.write(named === undefined ? help() : commandHelp(spec));
    } else if (args.length === 0) {
      process.stderr.write(help());
      return 2;
    } else {
      await run(invocation, createTerminal({ quiet: invocation.flag('quiet') }));
    }
    return 0;
  } catch (error) {
    return report(error, args.includes('--debug'));
  }
}

function help(): string {
  return mainHelp(
    COMMANDS.map(({ spec }) => spec),
    packageJson.version,
  );
}

function report(error: unknown, debug: boolean): number {
  const stack = debug && error instanceof Error ? `\n${error.stack}` : '';
  if (error instanceof UsageError) {
    process.stderr.write(`cyclegan: ${printable(error.message)}\nTry "cyclegan --help".${stack}\n`);
    return 2;
  }
  if (error instanceof CycleganError) {
    process.stderr.write(`cyclegan: ${printable(error.message)}${stack}\n`);
    return 1;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `cyclegan: something unexpected went wrong: ${printable(message)}${stack || '\nRun again with --debug for the details.'}\n`,
  );
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
