import { known, type OtherNetwork, RUNS } from './otherNetwork.js';

/** What networks that enlarge or restore pictures are called, and keys of theirs. */
const RESTORERS: readonly (readonly [name: string, keys: string])[] = [
  ['ESRGAN (RRDBNet), SwinIR or one like them', 'conv_first. conv_last.'],
  ['ESRGAN in its old layout, MSRResNet or IMDN', 'model.1.sub.'],
  ["PyTorch-GAN's ESRGAN", 'res_blocks.0.dense_blocks.'],
  ['EDSR, RCAN or one like them', 'sub_mean. tail.'],
  ['CARN', 'sub_mean.shifter.'],
  ['SRGAN', 'block1.0. block8.0.'],
  ['SRGAN', 'upsampling. res_blocks.0.conv_block.'],
  ['SRResNet', 'conv_input. upscale[24]x.'],
  ['IMDN', 'fea_conv. LR_conv.'],
  ['VDSR', 'residual_layer.#.conv.'],
  ['RDN', 'SFENet1. RDBs.'],
  ['DBPN', 'initial. upmodules.'],
  ['FSRCNN', 'first_part. mid_part.'],
  ['NAFNet', 'intro. middle_blks.'],
  ['Restormer', 'patch_embed. encoder_level1.'],
  ['MPRNet', 'shallow_feat1.'],
  ['MIRNet', 'conv_in. body.0.body.0.blocks.'],
  ['MIMO-UNet', 'feat_extract. SCM1.'],
  ['HINet', 'down_path_1. sam12.'],
  ['FFA-Net', 'g1.gp.0.palayer.'],
  ['GCANet', 'gate. res1.pre_conv1.'],
  ['Zero-DCE', 'e_conv1. e_conv7.'],
  ['AOD-Net', 'e_conv1. e_conv5.'],
  ['SCI', 'enhance.in_conv. enhance.out_conv.'],
  ['RetinexNet', 'net(1_conv0|2_conv0_1).'],
  ['PReNet', 'conv0.0. res_conv1.0.'],
  ['DeRaindrop', 'det_conv0. conv_i.'],
  ['PyNET', 'conv_l1_d1.'],
  ['DeblurGAN-v2', 'fpn.lateral4. smooth2.'],
  ['CBDNet', 'fcn.fcn. unet.inc.'],
  ['DRUNet', 'm_head. m_down1.'],
  ['a U-Net of Noise2Noise', '_block1.0. _block6.0.'],
  ['waifu2x', 'Sequential.0. Sequential.12.'],
  ['waifu2x', 'unet1.conv1. unet2.conv1.'],
];

/** Networks that enlarge or restore pictures: what they make of one is no translation of it, and most end in values of any size. */
export const RESTORING_NETWORKS: readonly OtherNetwork[] = [
  ...RESTORERS.map(([name, keys]) =>
    known(`${name}, which enlarges or restores pictures`, RUNS, keys),
  ),
  {
    name: 'a row of convolutions (DnCNN, FFDNet, compact Real-ESRGAN, waifu2x or alike)',
    advice: RUNS,
    matches: (keys) =>
      keys.hasKernel(/(^|\.)(model|body|net)\.0\.weight$/, 3) &&
      keys.hasKernel(/(^|\.)(model|body|net)\.2\.weight$/, 3) &&
      keys.every(/(^|\.)(model|body|net)\.\d+\.\w+$/, () => true),
  },
];
