/** Options of the CycleGAN authors' script, and of other trainers, that are none here, and what is in their place. */
const OF_THE_AUTHORS: Readonly<Record<string, string>> = {
  dataroot:
    'the folders stand first: cyclegan train A B -o RUN, or FOLDER -o RUN for one with trainA and trainB',
  name: '-o RUN names the folder of the run',
  checkpoints_dir: '-o RUN names the folder of the run',
  gpu_ids: 'training runs on processors; --threads says on how many',
  num_threads: '--threads says on how many processors networks are trained',
  continue_train: 'the same command goes on where its run was stopped',
  epoch_count: 'the same command goes on where its run was stopped',
  load_iter: '--init RUN --epoch N begins with weights that were kept',
  netG: '--n-blocks says how many residual blocks generators have: 9 for resnet_9blocks',
  netD: '--n-layers-d says what discriminators are: 3 for basic',
  dataset_mode: 'pictures are no pairs (unaligned); paired training is not part of this',
  lr_policy: 'the learning rate is linear: --n-epochs and --n-epochs-decay say for how long',
  print_freq: 'log.jsonl in RUN has every iteration',
  display_freq: 'report.html in RUN shows samples of each epoch',
  display_id: 'report.html in RUN shows losses and samples',
  no_html: 'report.html is written beside all else in RUN',
  max_dataset_size: 'all pictures of a folder are used',
  'learning-rate': 'it is --lr',
  epochs: '--n-epochs and --n-epochs-decay say how many',
};

/** The same in kebab case, too. */
export const TRAIN_HINTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(OF_THE_AUTHORS).flatMap(([name, hint]) => [
    [name, hint],
    [name.replaceAll('_', '-'), hint],
  ]),
);
