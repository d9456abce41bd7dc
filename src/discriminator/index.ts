export { NLayerDiscriminator } from './nLayerDiscriminator.js';
export type { DiscriminatorNorm, DiscriminatorOptions } from './norm.js';
export { PixelDiscriminator } from './pixelDiscriminator.js';
