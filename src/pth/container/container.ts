import type { Budget } from '../budget.js';
import type { PickleValue } from '../pickle/values.js';
import type { ReadStorage } from '../storages.js';

/** An opened weight file: its pickle as inert data, and a way to the bytes of its storages. */
export interface OpenedContainer {
  readonly root: PickleValue;
  readonly read: ReadStorage;
}

/** A file format. A new one is a file beside this with one of these in it, listed in `formats.ts`. */
export interface ContainerFormat {
  readonly name: string;
  /** Whether the file's first bytes are this format's. */
  matches(bytes: Uint8Array): boolean;
  /**
   * @param owned Whether nobody else holds the bytes: they may then be moved about.
   * @throws PthError when the file is damaged or forbidden.
   */
  open(bytes: Uint8Array, budget: Budget, owned: boolean): OpenedContainer;
}
