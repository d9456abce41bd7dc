import { CommandLine } from '../../saving/client/commandLineField.js';
import { SaveButtons } from '../../saving/client/saveButtons.js';
import { formatBytes, formatDuration, formatSeconds, formatSize } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { type PictureEntry, removePicture, settingsOf } from './pictures.js';
import { cancel, retry } from './queue.js';

/** What there is to say of the picture that is shown, and to do with it. */
export function PictureCard({ entry }: { readonly entry: PictureEntry }) {
  const result = entry.result.value;
  return (
    <section
      class="card picture-card"
      aria-labelledby="picture-title"
      data-status={entry.status.value.kind}
    >
      <div class="card-head">
        <h2 id="picture-title">
          <bdi>{entry.path}</bdi>
        </h2>
        <button type="button" class="plain" onClick={() => removePicture(entry)}>
          <Icon name="close" />
          <span class="unseen">Remove {entry.path}</span>
        </button>
      </div>
      <State entry={entry} />
      {result?.notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      <SaveButtons entry={entry} result={result} />
      <CommandLine paths={[entry.path]} settings={settingsOf(entry)} />
    </section>
  );
}

/** It is as high as the other, so that nothing moves when the first picture comes. */
export function NoPictureCard() {
  return (
    <section class="card picture-card" aria-labelledby="picture-title">
      <h2 id="picture-title">No picture</h2>
      <p class="faint">Drop pictures or a folder anywhere on this page, or choose them above.</p>
    </section>
  );
}

/** One line of the same height, whatever it says. */
function State({ entry }: { readonly entry: PictureEntry }) {
  const status = entry.status.value;
  const result = entry.result.value;
  if (status.kind === 'working' || status.kind === 'waiting') return <Progress entry={entry} />;
  if (status.kind === 'failed') return <Failure entry={entry} {...status} />;
  if (status.kind === 'stopped') {
    return (
      <p class="state">
        <span class="faint">Stopped.</span>
        <button type="button" class="link" onClick={() => retry(entry)}>
          Translate
        </button>
      </p>
    );
  }
  if (result === null) return null;
  return (
    <p class="state faint">
      <span>
        {formatSize(result.inputSize)} → {formatSize(result.outputSize)},{' '}
        {formatBytes(result.file.size)}, in {formatSeconds(result.milliseconds)}
      </span>
    </p>
  );
}

interface FailureProps {
  readonly entry: PictureEntry;
  readonly message: string;
  readonly shortSide: number | null;
}

function Failure({ entry, message, shortSide }: FailureProps) {
  return (
    <>
      <p class="problem" role="alert">
        {message}
      </p>
      {shortSide !== null && (
        <div class="row">
          <button type="button" class="button" onClick={() => retry(entry, shortSide)}>
            Translate at {shortSide}
          </button>
        </div>
      )}
    </>
  );
}

function Progress({ entry }: { readonly entry: PictureEntry }) {
  const status = entry.status.value;
  const progress = status.kind === 'working' ? status.progress : null;
  const share = progress?.share ?? 0;
  return (
    <div class="state">
      <div class="progress">
        <progress value={share} max={1} aria-label={`Progress of ${entry.path}`} />
        <span class="faint">
          {status.kind === 'waiting' ? 'Waiting' : (progress?.name ?? 'Reading')}
          {progress !== null &&
            progress.secondsLeft !== null &&
            `, ${formatDuration(progress.secondsLeft)} left`}
        </span>
      </div>
      <button type="button" class="button" onClick={() => cancel(entry)}>
        <Icon name="stop" />
        <span>Cancel</span>
      </button>
    </div>
  );
}
