import type { ComponentChildren } from 'preact';
import { ChooseButton } from '../../intake/chooseButton.js';
import { formatBytes, formatCount } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { tell } from '../../ui/notice.js';
import type { ModelFacts } from '../shared.js';
import {
  forgetModel,
  isPersistent,
  keepModel,
  keptModels,
  openKept,
  rememberKey,
  rememberLast,
} from './keptModels.js';
import { type Model, model, modelProblem, opening, useBuiltIn, useModel } from './model.js';

/** What the model is, and the others that there are. */
export function ModelPanel({ children }: { readonly children: ComponentChildren }) {
  const current = model.value;
  return (
    <section class="card model-card" aria-labelledby="model-title">
      <h2 id="model-title">Model</h2>
      <div class="model-name" aria-busy={opening.value !== null}>
        <strong>{current === null ? 'Opening…' : <bdi>{current.name}</bdi>}</strong>
        {opening.value !== null && current !== null && <span class="faint">opening…</span>}
      </div>
      {current !== null && <Facts facts={current.facts} isBuiltIn={current.isBuiltIn} />}
      <KeyChoice />
      <Problem />
      <KeptList />
      <div class="row">
        <ChooseButton label="Choose a model" icon="folder" />
      </div>
      {children}
    </section>
  );
}

function Facts({ facts, isBuiltIn }: { readonly facts: ModelFacts; readonly isBuiltIn: boolean }) {
  const { title, numbers, bytes, description, config, container, pictures, notes, problem } = facts;
  return (
    <>
      <p class="faint">
        {isBuiltIn ? 'Built in: turns horses into zebras. ' : ''}
        {title.replace(/^an? /, '').replace(/^\w/, (letter) => letter.toUpperCase())},{' '}
        {formatCount(numbers)} weights, {formatBytes(bytes)}
      </p>
      {problem !== null && <p class="problem">{problem}</p>}
      {notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      <details>
        <summary>Details</summary>
        <p class="code">{description}</p>
        <dl>
          <dt>Pictures</dt>
          <dd>{pictures}</dd>
          <dt>File</dt>
          <dd>{container}</dd>
          {config.map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
        </dl>
      </details>
    </>
  );
}

/** Why the last file is not used. */
function Problem() {
  const problem = modelProblem.value;
  if (problem === null) return null;
  const { file, message, choices } = problem;
  return (
    <div class="problem" role="alert">
      <div class="stack">
        <p>
          <strong>
            <bdi>{file.name}</bdi> is not used.
          </strong>{' '}
          {message}
        </p>
        {choices.length > 0 && (
          <div class="row">
            {choices.map((key) => (
              <button key={key} type="button" class="button" onClick={() => void choose(file, key)}>
                {key}
              </button>
            ))}
          </div>
        )}
      </div>
      <button
        type="button"
        class="plain"
        onClick={() => {
          modelProblem.value = null;
        }}
      >
        <Icon name="close" />
        <span class="unseen">Put away</span>
      </button>
    </div>
  );
}

/** One of several state dicts; the file is kept for the next visit, which takes the same. */
async function choose(file: File, key: string): Promise<void> {
  if (await useModel(file, { key })) await keepModel(file, key);
}

/** Other state dicts of the file, with the same keys: an average over training, mostly. */
function KeyChoice() {
  const current = model.value;
  if (current === null || current.facts.otherKeys.length === 0) return null;
  const { key, otherKeys } = current.facts;
  return (
    <label class="field">
      <span>State dict</span>
      <select
        value={key}
        onChange={({ currentTarget }) => void chooseOther(current, currentTarget.value)}
      >
        {[key, ...otherKeys].sort().map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

async function chooseOther({ file, name }: Model, key: string): Promise<void> {
  if (await useModel(file as File, { key })) rememberKey(name, key);
}

/** Models that lie in this browser. */
function KeptList() {
  const current = model.value;
  const others = keptModels.value;
  if (others.length === 0 && current?.isBuiltIn !== false) return null;
  return (
    <ul class="kept" aria-label="Other models">
      {current?.isBuiltIn === false && (
        <li>
          <button type="button" class="link" onClick={() => void takeBuiltIn()}>
            Built-in horse2zebra
          </button>
        </li>
      )}
      {others.map(({ name, bytes }) => (
        <li key={name}>
          {name === current?.name ? (
            <span>
              <bdi>{name}</bdi> <span class="faint">kept, {formatBytes(bytes)}</span>
            </span>
          ) : (
            <button type="button" class="link" onClick={() => void takeKept(name)}>
              <bdi>{name}</bdi> <span class="faint">{formatBytes(bytes)}</span>
            </button>
          )}
          <button type="button" class="link faint" onClick={() => void forget(name)}>
            Forget<span class="unseen"> {name}</span>
          </button>
        </li>
      ))}
      {isPersistent.value === false && (
        <li class="faint">The browser may clear these when it needs room.</li>
      )}
    </ul>
  );
}

async function takeBuiltIn(): Promise<void> {
  rememberLast(null);
  await useBuiltIn();
}

async function takeKept(name: string): Promise<void> {
  const kept = await openKept(name);
  if (kept !== null) await useModel(kept.file, { key: kept.key });
  else {
    await forgetModel(name);
    tell(`${name} is no longer kept: the browser has cleared it. Drop it once more.`, {
      isProblem: true,
    });
  }
}

async function forget(name: string): Promise<void> {
  await forgetModel(name);
  tell(`${name} is forgotten; it is gone from this browser.`);
  // What is in use stays in use until the page is left.
}
