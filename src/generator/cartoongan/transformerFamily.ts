import { type Anchor, type Family, USUAL_TRAITS } from '../family.js';
import { convolutionAt } from '../keyReading.js';
import { hasAnchor } from '../ownKeys.js';
import { Transformer } from './transformer.js';

/** What a file tells of CartoonGAN's generator. */
export type TransformerConfig = { readonly width: number };

const ANCHOR: Anchor = {
  key: 'conv01_1.weight',
  fits: ({ shape }) => shape.length === 4 && shape[2] === 7,
};

/** CartoonGAN's published generators. */
export const transformerFamily: Family<TransformerConfig, Transformer> = {
  name: 'cartoongan',
  title: 'a CartoonGAN Transformer (Hayao, Hosoda, Paprika or Shinkai)',
  repository: 'Yijunmaverick/CartoonGAN-Test-Pytorch-Torch',
  className: 'Transformer',
  anchor: ANCHOR,
  matches: (tensors) => hasAnchor(tensors, ANCHOR),
  infer: (tensors) => ({ width: convolutionAt(tensors, ANCHOR.key, 7).first }),
  build: ({ width }) => new Transformer(width),
  describe: ({ width }) => `Transformer(${width})`,
  traits: () => ({ ...USUAL_TRAITS, channelOrder: 'bgr' }),
};
