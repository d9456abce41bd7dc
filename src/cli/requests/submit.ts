import { isJobId, type JobSettings } from '../../queue/job.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';
import { SETTING_NAMES, settingsOf } from './jobSettings.js';
import { QUEUE_OPTIONS, type QueueRequest, readQueue } from './queue.js';
import { readCount } from './shared.js';
import { readTranslate, type TranslateRequest, translateSpec } from './translate.js';

/** Options of `translate` that are about names and files. */
const FILE_OPTIONS = [
  ...['weights', 'output', 'recursive', 'format', 'suffix'],
  ...['resume', 'force', 'no-clobber', 'json'],
];

export const submitSpec: CommandSpec = {
  name: 'submit',
  usage: 'IN... [-o OUT] --queue URL [--wait], or --failed, --retry, --cancel',
  summary: 'put pictures into a queue, for workers on any machine',
  notes: [
    'Names mean what they mean to cyclegan IN... -o OUT, and each result gets the name that it would have there. With --wait, the command puts it there as it is done, and ends when all are. Without it, a worker does, where OUT lies in the shared folder (--store); from elsewhere, the same command with --wait fetches what is done.',
    'A picture, its weights and its settings have one number, which is their hash: what was translated once is not translated again, by whomever it is submitted, and a worker that is killed loses nothing. What may go well another time (a disk, a network, memory) is tried again, with pauses that become longer; a damaged picture is not.',
    '--failed lists pictures that failed for good, with the reason. --retry puts them back, all or those whose numbers follow, with the priority and the attempts that they had; --cancel takes those back whose numbers follow, and ends them where they are at work.',
  ],
  options: {
    ...QUEUE_OPTIONS,
    ...pick([...FILE_OPTIONS, ...SETTING_NAMES]),
    wait: {
      matters: true,
      type: 'boolean',
      help: 'wait until all are translated, and put the results at OUT',
    },
    priority: {
      type: 'string',
      value: 'N',
      help: 'from 1 (first) to 1000; default: 0, before all of those',
    },
    attempts: {
      type: 'string',
      value: 'N',
      help: 'so often is a picture tried that may go well another time; default: 5',
    },
    failed: { type: 'boolean', help: 'list what failed for good' },
    retry: {
      type: 'boolean',
      help: 'put back what failed for good: all, or the numbers that follow',
    },
    cancel: { type: 'boolean', help: 'take back the numbers that follow' },
  },
  operands: 'pictures',
};

function pick(names: readonly string[]): CommandSpec['options'] {
  return Object.fromEntries(names.map((name) => [name, translateSpec.options[name]]));
}

interface Common {
  readonly queue: QueueRequest;
  readonly json: boolean;
  readonly priority: number;
  readonly attempts: number;
}

export interface PicturesRequest extends Common {
  readonly kind: 'pictures';
  readonly translate: TranslateRequest;
  readonly settings: JobSettings;
  readonly wait: boolean;
}

export interface LettersRequest extends Common {
  readonly kind: 'failed' | 'retry' | 'cancel';
  /** Numbers of jobs. */
  readonly ids: readonly string[];
}

export type SubmitRequest = PicturesRequest | LettersRequest;

const KINDS = ['failed', 'retry', 'cancel'] as const;
const DEFAULT_ATTEMPTS = 5;

/** @throws UsageError for a value that makes no sense. */
export function readSubmit(invocation: Invocation): SubmitRequest {
  const { operands, flag } = invocation;
  const common = {
    queue: readQueue(invocation),
    json: flag('json'),
    priority: readCount(invocation, 'priority', 0, 1000) ?? 0,
    attempts: readCount(invocation, 'attempts', 1, 100) ?? DEFAULT_ATTEMPTS,
  };
  const [kind, other] = KINDS.filter(flag);
  if (other !== undefined) throw new UsageError(`--${kind} and --${other} are two commands.`);
  if (kind === undefined) {
    const translate = readTranslate(invocation);
    return {
      ...common,
      kind: 'pictures',
      translate,
      settings: settingsOf(invocation),
      wait: flag('wait'),
    };
  }
  const needless = ['priority', 'attempts'].find((name) => invocation.text(name) !== undefined);
  if (needless !== undefined) {
    throw new UsageError(`--${needless} is for pictures that are submitted, not for --${kind}.`);
  }
  const unlike = operands.find((operand) => !isJobId(operand));
  if (unlike !== undefined) {
    throw new UsageError(
      `--${kind} takes numbers of pictures, 64 hexadecimal digits as --failed and --json tell them, but got "${unlike}".`,
    );
  }
  if (kind === 'cancel' && operands.length === 0) {
    throw new UsageError('--cancel takes the numbers of pictures, as --json tells them.');
  }
  return { ...common, kind, ids: operands };
}
