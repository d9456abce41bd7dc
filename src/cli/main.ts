import { CycleganError } from '../errors.js';
import { pathKind } from '../platform/files.js';
import { listenToNotices } from '../platform/notice.js';
import { printable } from '../platform/printable.js';
import { useProxiesOfEnvironment } from '../platform/proxy.js';
import { isTranslationThread, serveTranslations } from '../serve/translator/translationThread.js';
import { isPictureTaskThread, servePictureTasks } from '../train/data/pictureThread.js';
import { COMMAND_SPECS, COMMANDS } from './commands.js';
import { printFailure } from './failureLine.js';
import { commandHelp, helpColumns, mainHelp } from './help.js';
import { InterruptedError } from './interruption.js';
import { possibleFiles, refuseOwnStreams } from './ownStreams.js';
import { isPictureThread, servePictures } from './pictures/pictureThreads.js';
import { cleanUpOnSignals } from './signals.js';
import { hearStreamErrors, OutputClosedError, writeData, writeMessage } from './standardOutput.js';
import { createTerminal } from './terminal.js';
import { nearest, parseCommandLine, refuseOtherBytes, UsageError } from './usage.js';
import { VERSION } from './version.js';

/** Runs a command line and gives the exit code: 0 done, 1 bad input, 2 bad usage. */
async function main(args: readonly string[]): Promise<number> {
  const named = COMMANDS.find(({ spec }) => spec.name === args[0]);
  const { spec, run } = named ?? COMMANDS[0];
  let json = false;
  try {
    const words = named === undefined ? args : args.slice(1);
    refuseOtherBytes(args);
    if (!spec.namesNoFiles) await refuseOwnStreams(possibleFiles(words));
    const invocation = parseCommandLine(spec, words);
    json = invocation.flag('json');
    if (invocation.flag('version')) {
      await writeData(`${VERSION}\n`);
    } else if (invocation.flag('help')) {
      const options = { all: invocation.flag('all'), columns: helpColumns() };
      await writeData(
        named === undefined
          ? mainHelp(COMMAND_SPECS, VERSION, options)
          : commandHelp(spec, options),
      );
    } else if (args.length === 0) {
      writeMessage(mainHelp(COMMAND_SPECS, VERSION, { all: false, columns: helpColumns() }));
      return 2;
    } else {
      if (named === undefined) await refuseMistypedCommand(args[0]);
      const terminal = createTerminal({ quiet: invocation.flag('quiet') });
      useProxiesOfEnvironment();
      listenToNotices((text) => terminal.say(text));
      try {
        await run(invocation, terminal, COMMAND_SPECS);
        terminal.end();
      } finally {
        // An error must not stand behind what is left of the progress.
        writeMessage(terminal.clearLine());
      }
    }
    return 0;
  } catch (error) {
    if (json && error instanceof CycleganError) await printFailure(error).catch(() => undefined);
    return report(error, args.includes('--debug'));
  }
}

/** A word that is no file, but nearly a command, is not meant as a picture. */
async function refuseMistypedCommand(word: string): Promise<void> {
  if (!/^[a-z]+$/i.test(word) || (await pathKind(word)) !== null) return;
  const near = nearest(
    word,
    COMMAND_SPECS.map(({ name }) => name),
  );
  if (near !== undefined) {
    throw new UsageError(`There is no picture and no command "${word}"; did you mean ${near}?`);
  }
}

function report(error: unknown, debug: boolean): number {
  // Whoever has seen enough of what is only told is no error.
  if (error instanceof OutputClosedError) return 0;
  const stack = debug && error instanceof Error ? printable(`\n${error.stack}`) : '';
  if (error instanceof UsageError) {
    writeMessage(`cyclegan: ${printable(error.message)}\nTry "cyclegan --help".${stack}\n`);
    return 2;
  }
  if (error instanceof CycleganError) {
    writeMessage(`cyclegan: ${printable(error.message)}${stack}\n`);
    return error instanceof InterruptedError ? error.exitCode : 1;
  }
  const message = error instanceof Error ? error.message : String(error);
  writeMessage(
    `cyclegan: something unexpected went wrong: ${printable(message)}${stack || '\nRun again with --debug for the details.'}\n`,
  );
  return 1;
}

// The same file serves the threads that decode and encode pictures, and those that translate them.
if (isPictureThread()) servePictures();
else if (isPictureTaskThread()) servePictureTasks();
else if (isTranslationThread()) serveTranslations();
else {
  hearStreamErrors();
  cleanUpOnSignals();
  process.exitCode = await main(process.argv.slice(2));
}
