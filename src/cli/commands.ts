import { runBench } from './commands/bench.js';
import { runCache } from './commands/cache.js';
import { runCompletion } from './commands/completion.js';
import { runDemo } from './commands/demo.js';
import { runDiff } from './commands/diff.js';
import { runDoctor } from './commands/doctor.js';
import { runDownload } from './commands/download.js';
import { runEvaluate } from './commands/evaluate.js';
import { runExport } from './commands/export.js';
import { runHelp } from './commands/help.js';
import { runInspect } from './commands/inspect.js';
import { runModels } from './commands/models.js';
import { runServe } from './commands/serve.js';
import { runStudio } from './commands/studio.js';
import { runSubmit } from './commands/submit.js';
import { runSummary } from './commands/summary.js';
import { runTrain } from './commands/train.js';
import { runTranslate } from './commands/translate.js';
import { runWorker } from './commands/worker.js';
import { benchSpec, readBench } from './requests/bench.js';
import { cacheSpec, readCache } from './requests/cache.js';
import { completionSpec, readCompletion } from './requests/completion.js';
import { demoSpec, readDemo } from './requests/demo.js';
import { diffSpec, readDiff } from './requests/diff.js';
import { doctorSpec, readDoctor } from './requests/doctor.js';
import { downloadSpec, readDownload } from './requests/download.js';
import { evaluateSpec, readEvaluate } from './requests/evaluate.js';
import { exportSpec, readExport } from './requests/export.js';
import { helpSpec, readHelp } from './requests/help.js';
import { inspectSpec, readInspect } from './requests/inspect.js';
import { modelsSpec, readModels } from './requests/models.js';
import { readServe, serveSpec } from './requests/serve.js';
import { readStudio, studioSpec } from './requests/studio.js';
import { readSubmit, submitSpec } from './requests/submit.js';
import { readSummary, summarySpec } from './requests/summary.js';
import { readTrain, trainSpec } from './requests/train.js';
import { readTranslate, translateSpec } from './requests/translate.js';
import { readWorker, workerSpec } from './requests/worker.js';
import type { Terminal } from './terminal.js';
import type { CommandSpec, Invocation } from './usage.js';

export interface Command {
  readonly spec: CommandSpec;
  /** @param commands All of them, for those that speak of the others. */
  readonly run: (
    invocation: Invocation,
    terminal: Terminal,
    commands: readonly CommandSpec[],
  ) => Promise<void>;
}

/** A command line becomes a request once; nothing behind `run` knows of options. */
function command<R>(
  spec: CommandSpec,
  read: (invocation: Invocation) => R,
  run: (request: R, terminal: Terminal, commands: readonly CommandSpec[]) => Promise<void>,
): Command {
  return {
    spec,
    run: async (invocation, terminal, commands) => run(read(invocation), terminal, commands),
  };
}

/** The first is the default: what stands first on the line is then a picture, not a command. */
export const COMMANDS: readonly Command[] = [
  command(translateSpec, readTranslate, runTranslate),
  command(inspectSpec, readInspect, runInspect),
  command(diffSpec, readDiff, runDiff),
  command(evaluateSpec, readEvaluate, runEvaluate),
  command(exportSpec, readExport, runExport),
  command(summarySpec, readSummary, runSummary),
  command(trainSpec, readTrain, runTrain),
  command(benchSpec, readBench, runBench),
  command(downloadSpec, readDownload, runDownload),
  command(modelsSpec, readModels, runModels),
  command(cacheSpec, readCache, runCache),
  command(demoSpec, readDemo, runDemo),
  command(serveSpec, readServe, runServe),
  command(studioSpec, readStudio, runStudio),
  command(workerSpec, readWorker, runWorker),
  command(submitSpec, readSubmit, runSubmit),
  command(doctorSpec, readDoctor, runDoctor),
  command(helpSpec, readHelp, runHelp),
  command(completionSpec, readCompletion, runCompletion),
];

export const COMMAND_SPECS: readonly CommandSpec[] = COMMANDS.map(({ spec }) => spec);
