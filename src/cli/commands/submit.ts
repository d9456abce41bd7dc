import { AbortError, CycleganError } from '../../errors.js';
import { openStore } from '../../queue/store/openStore.js';
import { InterruptedError, Interruption } from '../interruption.js';
import { removeStaleTemp } from '../pictures/outputs.js';
import { prepareParts } from '../queue/jobMaker.js';
import { planPictures } from '../queue/plannedPictures.js';
import { QueueSession } from '../queue/session.js';
import { Submission } from '../queue/submission.js';
import { failureOf, SubmitTally } from '../queue/submitTally.js';
import type { LettersRequest, PicturesRequest, SubmitRequest } from '../requests/submit.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';

/** Puts pictures into a queue, or tells and does something about those that are in it. */
export async function runSubmit(request: SubmitRequest, terminal: Terminal): Promise<void> {
  if (request.kind === 'pictures') return submitPictures(request, terminal);
  const session = await QueueSession.open(request.queue, terminal);
  try {
    if (request.kind === 'failed') await listFailed(request, session, terminal);
    else if (request.kind === 'retry') await retryFailed(request, session, terminal);
    else await cancel(request, session, terminal);
  } finally {
    await session.close();
  }
}

async function submitPictures(request: PicturesRequest, terminal: Terminal): Promise<void> {
  const { translate, settings, queue, json } = request;
  const { pictures, unusable } = await planPictures(translate, terminal);
  const count = pictures.length + unusable.filter(({ kind }) => kind === 'file').length;
  const tally = new SubmitTally(count, json, terminal);
  for (const { kind, name, error } of unusable) {
    if (kind === 'folder') await tally.failFolder(name, error);
    else await tally.fail(name, error);
  }
  if (pictures.length === 0) {
    tally.throwFailures();
    terminal.say('Nothing to do: all pictures are translated.');
    return;
  }
  await removeStaleTemp(pictures);
  const store = await openStore(queue.store);
  const session = await QueueSession.open(queue, terminal);
  const interruption = new Interruption();
  let toFetch = 0;
  try {
    const { signal } = interruption;
    const parts = await prepareParts(translate.weights.source, settings, store);
    const submission = new Submission({ ...request, store, session, tally, signal });
    await submission.submit(pictures, parts);
    if (request.wait) await submission.wait();
    else toFetch = await submission.leave();
  } catch (error) {
    if (!(error instanceof AbortError)) throw error;
    throw new InterruptedError(interruption.name, interruptedAt(tally, request));
  } finally {
    interruption.end();
    await session.close();
  }
  terminal.say(endOf(tally.total, toFetch));
  tally.throwFailures();
}

function interruptedAt({ done, total }: SubmitTally, { wait }: PicturesRequest): string {
  return wait
    ? `Interrupted: ${done} of ${total} are done, and workers go on with the others. The same command with --resume waits for them.`
    : 'Interrupted: what is in the queue stays there. The same command submits the others.';
}

/** @param toFetch Results that workers cannot put in their place. */
function endOf(total: number, toFetch: number): string {
  const pictures = `${total} ${total === 1 ? 'picture' : 'pictures'}`;
  return toFetch === 0
    ? `${pictures}.`
    : `${pictures}; OUT is not in the shared folder: the same command with --wait puts the results there.`;
}

async function listFailed(
  { ids, json }: LettersRequest,
  session: QueueSession,
  terminal: Terminal,
): Promise<void> {
  let count = 0;
  for await (const letter of session.queue.deadLetters()) {
    if (ids.length > 0 && !ids.includes(letter.id)) continue;
    count++;
    const { id, name, attempts, failedAt, failure } = letter;
    const at = new Date(failedAt).toISOString();
    const line = { id, input: name, attempts, failedAt: at, error: failure };
    const text = `${id}  ${at}  ${attempts === 1 ? 'once' : `${attempts} times`}  ${failure.message}`;
    await writeData(`${json ? printableJson(line) : printableLine(text)}\n`);
  }
  terminal.say(count === 0 ? 'Nothing has failed.' : `${count} failed; --retry puts them back.`);
}

function printableLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

async function retryFailed(
  request: LettersRequest,
  session: QueueSession,
  terminal: Terminal,
): Promise<void> {
  const ids = [...request.ids];
  if (ids.length === 0) {
    for await (const { id, failure } of session.queue.deadLetters()) {
      if (failure.code !== 'ERR_CANCELLED') ids.push(id);
    }
  }
  const refusals: string[] = [];
  for (const id of ids) {
    try {
      await session.ask((queue) => queue.retry(id));
    } catch (error) {
      // The others are put back all the same.
      const { message } = failureOf(error);
      refusals.push(message.startsWith(id) ? message : `${id}: ${message}`);
    }
  }
  terminal.say(`${ids.length - refusals.length} put back.`);
  if (refusals.length > 0) throw new CycleganError('ERR_QUEUE_JOB', refusals.join('\n'));
}

async function cancel(
  { ids }: LettersRequest,
  session: QueueSession,
  terminal: Terminal,
): Promise<void> {
  const missed: string[] = [];
  for (const id of ids) {
    if (!(await session.ask((queue) => queue.cancel(id)))) missed.push(id);
  }
  terminal.say(`${ids.length - missed.length} taken back.`);
  if (missed.length === 0) return;
  throw new CycleganError(
    'ERR_QUEUE_JOB',
    `${missed.join(', ')}: nothing of this number waits or is at work.`,
  );
}
