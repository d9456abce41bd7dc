import type { ModuleTree } from '../../pth/moduleTree.js';
import type { PlainValue } from '../../pth/plainValue.js';

/** Why a layer cannot be made of what its object tells. */
export class MissingAttribute extends Error {}

/** The arguments of a layer, as its object holds them: whatever a file says. */
export class Attributes {
  readonly #className: string;
  readonly #values: ModuleTree['attributes'];
  readonly #tensors: readonly string[];

  constructor(className: string, values: ModuleTree['attributes'], tensors: readonly string[]) {
    this.#className = className;
    this.#values = values;
    this.#tensors = tensors;
  }

  /** Whether the layer has a parameter or buffer of that name. */
  has(tensor: string): boolean {
    return this.#tensors.includes(tensor);
  }

  value(name: string): PlainValue | undefined {
    return this.#values.get(name);
  }

  number(name: string): number {
    const value = this.value(name);
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.unusable(name);
    return value;
  }

  /** @param absent For files of versions that had no such argument. */
  boolean(name: string, absent?: boolean): boolean {
    const value = this.value(name) ?? absent;
    if (typeof value !== 'boolean') throw this.unusable(name);
    return value;
  }

  /** `(3, 3)`, or 3 for both; `(height, width)`. */
  pair(name: string, absent?: readonly [number, number]): readonly [number, number] {
    const value = this.value(name);
    if ((value === undefined || value === null) && absent !== undefined) return absent;
    const list = numbers(value);
    if (list.length === 1) return [list[0], list[0]];
    if (list.length !== 2) throw this.unusable(name);
    return [list[0], list[1]];
  }

  kernel(): readonly [number, number] {
    return this.pair('kernel_size');
  }

  /** `[left, right, top, bottom]`, or one for all. */
  sides(name: string): readonly [number, number, number, number] {
    const list = numbers(this.value(name));
    if (list.length === 1) return [list[0], list[0], list[0], list[0]];
    if (list.length !== 4) throw this.unusable(name);
    return [list[0], list[1], list[2], list[3]];
  }

  oneOf<T extends string>(name: string, values: readonly T[], absent?: T): T {
    const value = this.value(name) ?? absent;
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw this.unusable(name);
    return found;
  }

  /** What a layer has to have, where it has it at all. */
  require(name: string, wanted: PlainValue): void {
    const value = this.value(name) ?? wanted;
    if (value !== wanted) throw this.unusable(name);
  }

  unusable(name: string): MissingAttribute {
    const value = this.value(name);
    const layer = this.#className.slice(this.#className.lastIndexOf('.') + 1);
    return new MissingAttribute(
      value === undefined
        ? `the file does not say which ${name} its ${layer} has`
        : `its ${layer} has ${name} ${JSON.stringify(value).slice(0, 100)}, which is not known here`,
    );
  }
}

function numbers(value: PlainValue | undefined): readonly number[] {
  const list = Array.isArray(value) ? value : [value];
  const found = list.filter((item): item is number => typeof item === 'number');
  return found.length === list.length ? found : [];
}
