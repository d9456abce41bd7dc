import { known, type OtherNetwork, RUNS } from './otherNetwork.js';

/** What networks that enlarge or restore pictures are called, and keys of theirs. */
const RESTORERS: readonly (readonly [name: string, keys: string])[] = [
  ['ESRGAN (RRDBNet), SwinIR or one like them', 'conv_first.weight conv_last.weight'],
  ['ESRGAN in its old layout, MSRResNet or IMDN', 'model.1.sub.#.'],
  ["PyTorch-GAN's ESRGAN", 'res_blocks.0.dense_blocks.0.'],
  ['EDSR, RCAN or one like them', 'sub_mean.weight tail.'],
  ['SRGAN', 'block1.0.weight block8.0.conv.weight'],
  ['SRGAN', 'upsampling.0.weight res_blocks.0.conv_block.'],
  ['SRResNet', 'conv_input.weight upscale4x.0.weight'],
  ['SRResNet', 'conv_input.weight upscale2x.0.weight'],
  ['IMDN', 'fea_conv.weight LR_conv.weight'],
  ['IMDN', 'fea_conv.0.weight LR_conv.weight'],
  ['FSRCNN', 'first_part.0.weight mid_part.0.weight'],
  ['NAFNet', 'intro.weight middle_blks.'],
  ['Restormer', 'patch_embed.proj.weight encoder_level1.'],
  ['MPRNet', 'shallow_feat1.0.weight'],
  ['MIRNet', 'conv_in.weight body.0.body.0.blocks.'],
  ['MIMO-UNet', 'feat_extract.0.main.0.weight SCM1.'],
  ['HINet', 'down_path_1.0. sam12.'],
  ['FFA-Net', 'g1.gp.0.palayer.pa.0.weight'],
  ['GCANet', 'gate.weight res1.pre_conv1.weight'],
  ['Zero-DCE', 'e_conv1. e_conv7.'],
  ['AOD-Net', 'e_conv1.weight e_conv5.weight'],
  ['SCI', 'enhance.in_conv.0.weight enhance.out_conv.0.weight'],
  ['RetinexNet', 'net1_conv0.weight'],
  ['RetinexNet', 'net2_conv0_1.weight'],
  ['PReNet', 'conv0.0.weight res_conv1.0.weight'],
  ['PyNET', 'conv_l1_d1.conv_3a.'],
  ['DeblurGAN-v2', 'fpn.lateral4.weight smooth2.0.weight'],
  ['CBDNet', 'fcn.fcn.0.weight unet.inc.'],
  ['DRUNet', 'm_head.weight m_down1.0.res.'],
  ['a U-Net of Noise2Noise', '_block1.0.weight _block6.0.weight'],
  ['waifu2x', 'Sequential.0.weight Sequential.12.weight'],
  ['waifu2x', 'unet1.conv1. unet2.conv1.'],
];

/** Networks that enlarge or restore pictures: what they make of one is no translation of it, and most end in values of any size. */
export const RESTORING_NETWORKS: readonly OtherNetwork[] = [
  ...RESTORERS.map(([name, keys]) =>
    known(`${name}, which enlarges or restores pictures`, RUNS, keys),
  ),
  {
    name: 'a row of 3×3 convolutions (DnCNN, FFDNet, IRCNN or alike)',
    advice: RUNS,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)model\.0\.weight$/, 3) &&
      keys.hasKernel(/(^|\.)model\.2\.weight$/, 3) &&
      keys.every(/(^|\.)model\.\d+\.\w+$/, (shape) => shape.length < 2 || shape[2] === 3),
  },
];
