/**
 * The losses of CycleGAN, in the order in which its authors' script prints them: of the discriminators (`D_`), of the
 * generators against them (`G_`), of the way there and back (`cycle_`, with its weight), and of what is in the target domain
 * already (`idt_`, with its weights). `A` and `B` are as in that script: `G_A` makes B of A, and `D_A` judges what it makes.
 *
 * @see junyanz/pytorch-CycleGAN-and-pix2pix, models/cycle_gan_model.py, `loss_names`
 */
export const LOSS_NAMES = [
  'D_A',
  'G_A',
  'cycle_A',
  'idt_A',
  'D_B',
  'G_B',
  'cycle_B',
  'idt_B',
] as const;

export type LossName = (typeof LOSS_NAMES)[number];

/** Each loss of one iteration. */
export type Losses = Readonly<Record<LossName, number>>;

/** What is known of one iteration once it is done. */
export interface TrainingStep {
  /** Counted from 1, over all epochs. */
  readonly iteration: number;
  /** Counted from 1. */
  readonly epoch: number;
  readonly losses: Losses;
  /** With which the generators were updated. */
  readonly learningRate: number;
  /** That the iteration took; absent where it was not measured. */
  readonly seconds?: number;
}
