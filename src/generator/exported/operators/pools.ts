import type { Spelling } from './spelling.js';

export const pool =
  (type: string): Spelling =>
  (node) => {
    const kernel = node.pair('kernel_size', null);
    const [top, left] = node.pair('padding', [0, 0]);
    if (node.has('divisor_override')) throw node.refusal('it has a divisor of its own');
    const attributes = {
      kernel_shape: kernel,
      strides: node.pair('stride', kernel),
      pads: [top, left, top, left],
      ceil_mode: Number(node.truth('ceil_mode', false)),
    };
    const more =
      type === 'MaxPool'
        ? { dilations: node.pair('dilation', [1, 1]) }
        : { count_include_pad: Number(node.truth('count_include_pad', true)) };
    node.result(type, [node.value('self')], { ...attributes, ...more });
  };

export const adaptivePool =
  (type: string): Spelling =>
  (node) => {
    if (node.pair('output_size', null).join() !== '1,1')
      throw node.refusal('it pools to more than one pixel');
    node.result(type, [node.value('self')]);
  };
