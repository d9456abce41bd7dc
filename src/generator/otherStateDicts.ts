import type { WeightFile } from '../pth/weightFile.js';

/** Names in a message. */
const MAX_NAMES = 8;

/** What training scripts call discriminators: `D`, `netD_A`, `disGA`, `Da`, `d_state_dict`. */
const DISCRIMINATOR = /^(net|model)?_?[Dd](is\w*|_\w*|[A-Z0-9]\w*|[ab])?$/;

/** What stands behind a network's name where it is saved with something else: `netD.state_dict`. */
const HELD_AS = /\.(state_dict|model|module|network|params|weights)$/;

/** What else than the state dict that was taken a checkpoint has: a sentence for those like it, and one for those unlike it. */
export function noteOnOthers({ key, alike, beside }: WeightFile): string[] {
  const parts = beside.filter((name) => {
    const own = name.replace(HELD_AS, '');
    return !DISCRIMINATOR.test(own.slice(own.lastIndexOf('.') + 1));
  });
  return [
    ...(alike.length === 0
      ? []
      : [
          `The state dict "${key}" was taken; ${listed(alike)} ${alike.length === 1 ? 'has' : 'have'} the same keys: --key NAME (in code: { key: NAME }) takes another.`,
        ]),
    ...(parts.length === 0
      ? []
      : [
          `The file holds other networks beside "${key}" (${listed(parts)}): where they are a part of what makes its pictures, the picture is wrong.`,
        ]),
  ];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map((name) => JSON.stringify(name.slice(0, 80)));
  return [...shown, ...(names.length > MAX_NAMES ? ['…'] : [])].join(', ');
}
