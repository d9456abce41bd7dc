import type { Spelling } from './spelling.js';

const PAD_MODES: Readonly<Record<string, string>> = {
  constant: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
  circular: 'wrap',
};

/** PyTorch counts from the last dimension back. */
export const pad =
  (padding: string, mode: string | null): Spelling =>
  (node) => {
    const named = mode ?? node.text('mode', 'constant');
    const sides = node.numbers(padding) ?? [];
    if (sides.length % 2 !== 0 || !Object.hasOwn(PAD_MODES, named))
      throw node.refusal('it pads in no known way');
    const axes = Array.from({ length: sides.length / 2 }, (_, i) => -1 - i);
    const at = (odd: number) => axes.map((_, i) => sides[2 * i + odd]);
    const pads = node.constants('pads', [...at(0), ...at(1)]);
    // Other modes have one, too, and do nothing with it.
    const value = node.has('value') && named === 'constant' ? node.value('value') : '';
    const inputs = [node.value('self'), pads, value, node.constants('axes', axes)];
    node.result('Pad', inputs, { mode: PAD_MODES[named] });
  };
