/** The networks of a run, by the authors' names. */
export const NETWORKS = ['G_A', 'G_B', 'D_A', 'D_B'] as const;

export type NetworkName = (typeof NETWORKS)[number];

/** Beginnings of the names of a checkpoint's files: the one that is being put into place, the last, and the one before. */
export const SLOTS = ['next', 'latest', 'previous'] as const;

export type Slot = (typeof SLOTS)[number];

/** `latest_net_G_A.pth`, as the authors' script calls it; with an epoch, `5_net_G_A.pth`. */
export function weightName(slot: Slot | number, network: NetworkName): string {
  return `${slot}_net_${network}.pth`;
}

/** `latest_state.pth`. */
export function stateName(slot: Slot): string {
  return `${slot}_state.pth`;
}

export const LOG_NAME = 'log.jsonl';

export const NOTES_NAME = 'notes.jsonl';

/** All that a run writes but what is being put into place: in a folder that no run has made, such files are somebody's. */
const OWN =
  /^(?:(?:latest|previous|\d+)_net_[GD]_[AB]\.pth|(?:latest|previous)_state\.pth|log\.jsonl|notes\.jsonl|report\.html|samples|tensorboard)$/;

export function isOwnName(name: string): boolean {
  return OWN.test(name);
}

/** The epoch whose weights a file of that name holds; `null` for another file. */
export function keptEpoch(name: string): number | null {
  const epoch = /^(\d{1,9})_net_G_A\.pth$/.exec(name)?.[1];
  return epoch === undefined ? null : Number(epoch);
}
