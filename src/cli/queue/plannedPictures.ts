import type { Unusable } from '../../platform/folderWalk.js';
import { readNames, STANDARD } from '../commands/translateNames.js';
import { planMany, planOne } from '../commands/translatePlan.js';
import type { TranslateRequest } from '../requests/translate.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage.js';

/** A picture that goes into a queue, and where its result is to lie. */
export interface PlannedPicture {
  /** A file, or its address on the web. */
  readonly input: string;
  readonly output: string;
  /** Of the result's format: `.png`. */
  readonly extension: string;
  /** Whether a file of the output's name may be replaced. */
  readonly replace: boolean;
}

export interface PlannedPictures {
  readonly pictures: readonly PlannedPicture[];
  readonly unusable: readonly Unusable[];
}

/**
 * What names on a command line mean, as `translate` has it.
 * @throws UsageError or FileError for inputs that are not there, or outputs that are.
 */
export async function planPictures(
  request: TranslateRequest,
  terminal: Terminal,
): Promise<PlannedPictures> {
  if (request.operands.includes(STANDARD) || request.output === STANDARD) {
    throw new UsageError('A queue takes files, and gives files: - is none.');
  }
  const names = await readNames(request);
  if (names.kind === 'many') {
    const { left, replace, unusable } = await planMany(names, request, terminal);
    const { extension } = request;
    const pictures = left.map(({ input, output }) => ({
      input: input.path,
      output,
      extension,
      replace,
    }));
    return { pictures, unusable };
  }
  const plan = await planOne(names, request, terminal);
  if (plan === null) return { pictures: [], unusable: [] };
  const { input, output, encodedAs, replace } = plan;
  return {
    pictures: [{ input, output, extension: extensionOf(encodedAs), replace }],
    unusable: [],
  };
}

/** As jobs spell it: names have `.JPEG` and `.tiff`, too. */
function extensionOf(name: string): string {
  const extension = /\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? '';
  return (
    new Map([
      ['.jpeg', '.jpg'],
      ['.tiff', '.tif'],
    ]).get(extension) ?? extension
  );
}
