import { benchSpec, runBench } from './commands/bench.js';
import { completionSpec, runCompletion } from './commands/completion.js';
import { demoSpec, runDemo } from './commands/demo.js';
import { diffSpec, runDiff } from './commands/diff.js';
import { downloadSpec, runDownload } from './commands/download.js';
import { exportSpec, runExport } from './commands/export.js';
import { inspectSpec, runInspect } from './commands/inspect.js';
import { runSummary, summarySpec } from './commands/summary.js';
import { runTranslate } from './commands/translate.js';
import { translateSpec } from './commands/translateOptions.js';
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

/** The first is the default: what stands first on the line is then a picture, not a command. */
export const COMMANDS: readonly Command[] = [
  { spec: translateSpec, run: runTranslate },
  { spec: inspectSpec, run: runInspect },
  { spec: diffSpec, run: runDiff },
  { spec: exportSpec, run: runExport },
  { spec: summarySpec, run: runSummary },
  { spec: benchSpec, run: runBench },
  { spec: downloadSpec, run: runDownload },
  { spec: demoSpec, run: runDemo },
  { spec: completionSpec, run: runCompletion },
];

export const COMMAND_SPECS: readonly CommandSpec[] = COMMANDS.map(({ spec }) => spec);
