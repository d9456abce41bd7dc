import { CycleganError } from '../errors.js';
import { traceGraph } from '../nn/compile.js';
import type { Shaped } from '../nn/loadStateDict.js';
import type { Module } from '../nn/module.js';
import { withoutSeeds } from '../nn/random.js';
import type { AnyRecognised } from './families.js';
import type {
  FamilyConfig,
  PictureTraits,
  SavedOptions,
  SizeRule,
  TraitOptions,
} from './family.js';
import { Residual, TanhResidual } from './residual.js';
import { tracksStatistics, useStatistics } from './statistics.js';
import { PADDINGS } from './traitOptions.js';

/** A generator for which nothing is open any more: how it is built, and how it is fed with pictures. */
export interface Settled {
  readonly config: FamilyConfig;
  readonly traits: PictureTraits;
  /** Weights are yet to be loaded. */
  readonly network: Module;
  readonly notes: readonly string[];
}

/**
 * What callers say goes before what a file says, and that before what its family does.
 *
 * @param asked By a caller.
 * @param saved Beside the weights; what the network cannot have is passed over.
 * @throws CycleganError `ERR_TRAIT` for what is asked for and the network cannot have.
 */
export function settleTraits<T extends Shaped>(
  recognised: AnyRecognised<T>,
  asked: TraitOptions,
  saved: SavedOptions,
): Settled {
  const told = { ...withoutMisfits(recognised, saved), ...asked };
  for (const option of ['padding', 'residual'] as const) {
    const reason = misfit(recognised, option, asked);
    if (reason !== null) throw new CycleganError('ERR_TRAIT', reason);
  }
  const { config, network: plain, traits: usual } = withPadding(recognised, told);
  const notes = [...recognised.notes, ...recognised.hints(told)];
  const tracks = tracksStatistics(plain);
  const statistics = tracks ? (told.statistics ?? usual.statistics) : usual.statistics;
  useStatistics(plain, statistics);
  if (asked.statistics === 'running' && !tracks) notes.push(NO_STATISTICS);

  const { residual = false } = told;
  const adds = residual !== false && usual.residual === false;
  const network = adds ? withInput(plain, residual, usual) : plain;
  const fed = adds ? summed(usual) : usual;
  const traits = { ...fed, ...told, statistics, padding: usual.padding };
  return { config, traits, network, notes };
}

const NO_STATISTICS =
  "The file has no running statistics that its norms could use: they use the picture's own.";

/** The network with the padding that is asked for; keys and shapes are the same. */
function withPadding<T extends Shaped>(
  { family, config, network }: AnyRecognised<T>,
  { padding }: TraitOptions,
): { config: FamilyConfig; network: Module; traits: PictureTraits } {
  const traits = family.traits(config);
  if (padding === undefined || padding === traits.padding) return { config, network, traits };
  const other = family.withPadding?.(config, padding) ?? config;
  const built = withoutSeeds(() => family.build(other));
  return { config: other, network: built, traits: family.traits(other) };
}

function withInput(plain: Module, how: true | 'tanh', { outputRange }: PictureTraits): Module {
  return how === 'tanh' ? new TanhResidual(plain) : new Residual(plain, outputRange);
}

/** Input and output are added: they have one size, and one range. */
function summed(traits: PictureTraits): PictureTraits {
  return { ...traits, inputRange: traits.outputRange, sizeRule: keepingSize(traits.sizeRule) };
}

function keepingSize({ multipleOf, roundsUpTo }: SizeRule): SizeRule {
  let multiple = multipleOf;
  while (multiple % roundsUpTo !== 0) multiple += multipleOf;
  return { multipleOf: multiple, roundsUpTo: 1 };
}

function withoutMisfits<T extends Shaped>(
  recognised: AnyRecognised<T>,
  saved: SavedOptions,
): TraitOptions {
  const { padding, residual, norm: _, ...others } = saved;
  return {
    ...others,
    ...(misfit(recognised, 'padding', saved) === null && padding !== undefined ? { padding } : {}),
    ...(misfit(recognised, 'residual', saved) === null && residual !== undefined
      ? { residual }
      : {}),
  };
}

/** Why a network cannot have what is asked for; `null` where it can, or nothing is. */
function misfit<T extends Shaped>(
  { family, config, network: plain }: AnyRecognised<T>,
  option: 'padding' | 'residual',
  { padding, residual }: TraitOptions,
): string | null {
  const traits = family.traits(config);
  const network = family.describe(config);
  if (option === 'padding') {
    const possible = PADDINGS.filter(
      (kind) => kind === traits.padding || (family.withPadding?.(config, kind) ?? null) !== null,
    );
    if (padding === undefined || possible.includes(padding)) return null;
    return `padding: ${JSON.stringify(padding)} is not what ${network} can have: by its keys, it is ${possible.join(' or ')}.`;
  }
  const { inputChannels, outputChannels } = traits;
  if (residual !== undefined && residual !== false && inputChannels !== outputChannels) {
    return `residual: ${network} turns ${inputChannels} channels into ${outputChannels}, so its input cannot be added to its output.`;
  }
  if (residual === false && traits.residual !== false) {
    return `residual: the input is a part of what ${network} computes; it cannot be left out.`;
  }
  if (residual === 'tanh' && (traits.residual !== false || !endsInTanh(plain, traits))) {
    return `residual: "tanh" is not what ${network} can have: its layers do not end in tanh, or add the input already.`;
  }
  return null;
}

/** Large enough for any network: sides of pictures that are traced, not run. */
const TRACED_SIDE = 256;

function endsInTanh(network: Module, { inputChannels, sizeRule }: PictureTraits): boolean {
  const { multipleOf, exactly } = sizeRule;
  const side = exactly ?? Math.ceil(TRACED_SIDE / multipleOf) * multipleOf;
  const { values, outputs } = traceGraph(network, [1, inputChannels, side, side]);
  return outputs.every((id) => {
    const value = values[id];
    return value.kind === 'node' && value.op === 'tanh';
  });
}
