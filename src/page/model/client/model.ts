import { computed, effect, signal } from '@preact/signals';
import { settings } from '../../settings/client/settingsStore.js';
import { traitsOf } from '../../settings/settings.js';
import { library, onNewWorker } from '../../worker/libraryWorker.js';
import { CancelledError, WorkerError } from '../../worker/workerClient.js';
import type { ModelFacts } from '../shared.js';

export interface Model {
  readonly name: string;
  readonly file: Blob;
  /** The state dict that was asked for; `null`: the one that was found. */
  readonly key: string | null;
  readonly isBuiltIn: boolean;
  readonly facts: ModelFacts;
  /** Another for every other model, and for every other way of feeding it. */
  readonly version: number;
}

export interface ModelProblem {
  readonly file: File;
  readonly message: string;
  /** State dicts of which one is to be chosen. */
  readonly choices: readonly string[];
}

export const BUILT_IN = 'horse2zebra-mini.pth';

/** What pictures go through; `null` until it is there. */
export const model = signal<Model | null>(null);
/** The name of what is being opened. */
export const opening = signal<string | null>(null);
/** Why the last one that was chosen is not used. */
export const modelProblem = signal<ModelProblem | null>(null);

const traits = computed(() => JSON.stringify(traitsOf(settings.value)));
let versions = 0;

onNewWorker(async () => {
  const current = model.value;
  if (current === null) return;
  const { file, name, key } = current;
  await library.call('openModel', { file, name, key, traits: traitsOf(settings.value) });
});

/** The small model that comes with the page; it is fetched once the page can be used. */
export async function useBuiltIn(): Promise<boolean> {
  opening.value = BUILT_IN;
  const response = await fetch(new URL(BUILT_IN, document.baseURI));
  if (!response.ok) throw new Error(`${BUILT_IN}: the server answered ${response.status}.`);
  return useModel(new File([await response.blob()], BUILT_IN), { isBuiltIn: true });
}

/** Opens a weight file and takes it; one that is no generator says why, and the model before it stays. */
export async function useModel(
  file: File,
  { isBuiltIn = false, key = null }: { isBuiltIn?: boolean; key?: string | null } = {},
): Promise<boolean> {
  opening.value = file.name;
  modelProblem.value = null;
  try {
    const facts = await library.call('openModel', {
      file,
      name: file.name,
      key,
      traits: traitsOf(settings.value),
    });
    model.value = { name: file.name, file, key, isBuiltIn, facts, version: versions++ };
    return true;
  } catch (error) {
    if (error instanceof CancelledError) return false;
    const { message } = error as Error;
    const choices = error instanceof WorkerError ? error.choices : [];
    modelProblem.value = { file, message, choices };
    return false;
  } finally {
    opening.value = null;
  }
}

/** Another way of feeding pictures asks for the model to be opened anew. */
export function followTraits(): void {
  let known = traits.value;
  effect(() => {
    if (traits.value === known) return;
    known = traits.value;
    const current = model.peek();
    if (current === null) return;
    const { isBuiltIn, key } = current;
    void useModel(current.file as File, { isBuiltIn, key });
  });
}
