import { descriptorIdentity, fileIdentity } from '../platform/files.js';
import { withoutLine } from './failureLine.js';
import { muteMessages } from './standardOutput.js';
import { UsageError } from './usage.js';

const OUTPUT = 1;
const ERROR = 2;

/**
 * A shell's `>>` can make standard output, or standard error, a file that the run reads: what is told would be written
 * behind a picture's bytes. Where messages would be, nothing more is said.
 *
 * @param paths `-` is standard input.
 * @throws UsageError for such a file.
 */
export async function refuseOwnStreams(paths: readonly string[]): Promise<void> {
  const output = descriptorIdentity(OUTPUT);
  const error = descriptorIdentity(ERROR);
  if (output === null && error === null) return;
  for (const path of paths) {
    const found = path === '-' ? descriptorIdentity(0) : await fileIdentity(path);
    if (found === null) continue;
    if (found === error) muteMessages();
    if (found !== error && found !== output) continue;
    // A line of JSON about it would be written to that file, too.
    throw withoutLine(
      new UsageError(
        `${path}: standard output is this very file: it would replace the input, or stand behind it. Send it elsewhere.`,
      ),
    );
  }
}

/** What of a command line can be a file: words, and values that stand in one word with their option. */
export function possibleFiles(words: readonly string[]): string[] {
  return words.map((word) => {
    if (word === '-' || !word.startsWith('-')) return word;
    return /^--[^=]+=(.*)$/s.exec(word)?.[1] ?? word.slice(2);
  });
}
