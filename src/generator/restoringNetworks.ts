import type { KeyPatterns } from './keyPatterns.js';
import { type OtherNetwork, RUNS } from './otherNetwork.js';

/** What networks that enlarge or restore pictures are called, and keys that a file of one has: all of them. */
const RESTORERS: readonly (readonly [name: string, ...keys: RegExp[]])[] = [
  ['ESRGAN (RRDBNet), SwinIR or one like them', /(^|\.)conv_first\.weight$/, /(^|\.)conv_last\./],
  ['ESRGAN in its old layout, MSRResNet or IMDN', /(^|\.)model\.1\.sub\.\d+\.\w+\./],
  ["PyTorch-GAN's ESRGAN", /(^|\.)res_blocks\.0\.dense_blocks\.0\./],
  ['EDSR, RCAN or one like them', /(^|\.)sub_mean\.weight$/, /(^|\.)tail\./],
  ['SRGAN', /(^|\.)block1\.0\.weight$/, /(^|\.)block8\.0\.conv\.weight$/],
  ['SRGAN', /(^|\.)upsampling\.0\.weight$/, /(^|\.)res_blocks\.0\.conv_block\./],
  ['SRResNet', /(^|\.)conv_input\.weight$/, /(^|\.)upscale[24]x\.0\.weight$/],
  ['IMDN', /(^|\.)fea_conv\.(0\.)?weight$/, /(^|\.)LR_conv\.weight$/],
  ['NAFNet', /(^|\.)intro\.weight$/, /(^|\.)middle_blks\./],
  ['Restormer', /(^|\.)patch_embed\.proj\.weight$/, /(^|\.)encoder_level1\./],
  ['MPRNet', /(^|\.)shallow_feat1\.0\.weight$/],
  ['MIRNet', /(^|\.)conv_in\.weight$/, /(^|\.)body\.0\.body\.0\.blocks\./],
  ['MIMO-UNet', /(^|\.)feat_extract\.0\.main\.0\.weight$/, /(^|\.)SCM1\./],
  ['FFA-Net', /(^|\.)g1\.gp\.0\.palayer\.pa\.0\.weight$/],
  ['GCANet', /(^|\.)gate\.weight$/, /(^|\.)res1\.pre_conv1\.weight$/],
  ['Zero-DCE', /(^|\.)e_conv1\./, /(^|\.)e_conv7\./],
  ['AOD-Net', /(^|\.)e_conv1\.weight$/, /(^|\.)e_conv5\.weight$/],
  ['DeblurGAN-v2', /(^|\.)fpn\.lateral4\.weight$/, /(^|\.)smooth2\.0\.weight$/],
  ['DRUNet', /(^|\.)m_head\.weight$/, /(^|\.)m_down1\.0\.res\./],
  ['a U-Net of Noise2Noise', /(^|\.)_block1\.0\.weight$/, /(^|\.)_block6\.0\.weight$/],
  ['waifu2x', /(^|\.)Sequential\.0\.weight$/, /(^|\.)Sequential\.12\.weight$/],
  ['waifu2x', /(^|\.)unet1\.conv1\./, /(^|\.)unet2\.conv1\./],
];

/** Networks that enlarge or restore pictures: what they make of one is no translation of it, and most end in values of any size. */
export const RESTORING_NETWORKS: readonly OtherNetwork[] = [
  ...RESTORERS.map(([name, ...patterns]) => ({
    name: `${name}, which enlarges or restores pictures`,
    advice: RUNS,
    matches: (keys: KeyPatterns) => keys.hasAll(...patterns),
  })),
  {
    name: 'a row of 3×3 convolutions (DnCNN, FFDNet, IRCNN or alike)',
    advice: RUNS,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)model\.0\.weight$/, 3) &&
      keys.hasKernel(/(^|\.)model\.2\.weight$/, 3) &&
      keys.every(/(^|\.)model\.\d+\.\w+$/, (shape) => shape.length < 2 || shape[2] === 3),
  },
];
