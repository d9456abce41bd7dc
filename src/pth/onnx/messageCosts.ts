import { visitFields } from '../../platform/protobuf.js';
import type { Budget } from '../budget.js';
import { DTYPES, TENSOR } from './tensorProto.js';

/** What each byte of a message does: a text, a place in a list, a number. */
export const BYTE_COST = 12;
/** A field in memory: an object, with a window on the message. */
const FIELD_COST = 200;

/** Fields of NodeProto and AttributeProto. */
const [NODE_ATTRIBUTE, ATTRIBUTE_TENSOR] = [5, 5];
/** Of an attribute, what nothing is made of: a graph, tensors, graphs. */
const UNREAD = [6, 10, 11];
/** Of a tensor, what stays as bytes. */
const STORED: readonly number[] = [TENSOR.raw, TENSOR.floats, TENSOR.doubles];

type Bytes = Uint8Array;

/**
 * Charges a node before anything is made of it, by its bytes and its fields, and those of its attributes and their tensors. The
 * floats in it stay as they are, and cost nothing more.
 * @throws PthError `ERR_PTH_TOO_LARGE` when it has too many.
 */
export function chargeNode(message: Bytes, budget: Budget): void {
  const charged = (bytes: Bytes, visit: (field: number, value: number | Bytes) => void) =>
    visitFields(bytes, ({ field, value }) => {
      budget.takeValues(FIELD_COST, 'The model');
      visit(field, value);
    });
  const floatsOf = (tensor: Bytes): number => {
    let [type, stored] = [0, 0];
    charged(tensor, (field, value) => {
      if (typeof value === 'number') type = field === TENSOR.type ? value : type;
      else if (STORED.includes(field)) stored += value.length;
    });
    return DTYPES.get(type)?.includes('float') ? stored : 0;
  };
  let made = message.length;
  charged(message, (field, attribute) => {
    if (field !== NODE_ATTRIBUTE || typeof attribute === 'number') return;
    charged(attribute, (inner, value) => {
      if (typeof value === 'number') return;
      if (inner === ATTRIBUTE_TENSOR) made -= floatsOf(value);
      else if (UNREAD.includes(inner)) made -= value.length;
    });
  });
  budget.takeValues(BYTE_COST * made, 'The model');
}

/** Charges a message that has no tensor in it, by as many fields as it may have. */
export function chargeMessage(length: number, budget: Budget): void {
  budget.takeValues((FIELD_COST / 2) * length, 'The model');
}
