import type { GraphBuilder, Value } from '../graph/builder.js';
import { type PadMode, padOperator, resolvePad } from '../tensor/pad.js';
import type { PaddingSides } from '../tensor/reflectionPad2d.js';
import { Module } from './module.js';

/** What the layers that put a border around have in common. */
export abstract class PaddingLayer extends Module {
  /** `[left, right, top, bottom]`; negative ones take away. */
  readonly padding: readonly [number, number, number, number];
  readonly #mode: PadMode;

  protected constructor(padding: PaddingSides, mode: PadMode) {
    super();
    this.padding = resolvePad(padding, { mode }).padding;
    this.#mode = mode;
  }

  override trace(g: GraphBuilder, x: Value): Value {
    return g.apply(padOperator, [x], { mode: this.#mode, padding: this.padding });
  }

  protected override extraRepr(): string {
    return `(${this.padding.join(', ')})`;
  }
}
