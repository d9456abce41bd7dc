import { dropoutOperator } from '../../../../tensor/training/dropout.js';
import { splitRule } from '../splitRule.js';

/** What is dropped depends on the picture's number. */
export const dropoutSplit = splitRule(dropoutOperator, {
  attributesOf: ({ attributes }, n) => ({
    ...attributes,
    firstPicture: (attributes.firstPicture ?? 0) + n,
  }),
});
