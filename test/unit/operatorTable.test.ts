import { expect, it } from 'vitest';
import { GRADIENT_RULES } from '../../src/autograd/rules/index.js';
import { FUSE_RULES } from '../../src/engine/shared/fuse/rules/index.js';
import { WORDS } from '../../src/export/drawing/operators.js';
import { SPELLINGS } from '../../src/export/onnx/operators/index.js';
import type { Operator } from '../../src/tensor/operator.js';
import { OPERATORS } from '../../src/tensor/operators.js';
import { TRAINING_OPERATORS } from '../../src/tensor/training/operators.js';

/** What other floors register by operator. */
const FLOORS: Readonly<Record<string, (operator: Operator) => boolean>> = {
  region: ({ inputRegions }) => inputRegions !== undefined,
  gradient: (operator) => GRADIENT_RULES.some((rule) => rule.operator === operator),
  engines: (operator) => FUSE_RULES.some((rule) => rule.operator === operator),
  ONNX: (operator) => SPELLINGS.some((spelling) => spelling.operator === operator),
  drawing: ({ op }) => Object.hasOwn(WORDS, op),
};

/** What an operator does without, and why. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {};

it('every operator is registered on every floor', () => {
  const lacking = OPERATORS.flatMap((operator) => {
    const floors = Object.keys(FLOORS).filter((floor) => !FLOORS[floor](operator));
    const unexpected = floors.filter((floor) => !EXCEPTIONS[operator.op]?.includes(floor));
    return unexpected.length > 0 ? [`${operator.op} lacks: ${unexpected.join(', ')}`] : [];
  });
  expect(lacking.join('\n')).toBe('');
});

it('every registration is of an operator that there is, each once', () => {
  const names = OPERATORS.map(({ op }) => op);
  expect(new Set(names).size).toBe(names.length);
  const all = [...OPERATORS, ...TRAINING_OPERATORS];
  for (const { operator } of [...FUSE_RULES, ...GRADIENT_RULES]) expect(all).toContain(operator);
  for (const { operator } of SPELLINGS) expect(OPERATORS).toContain(operator);
  for (const rules of [FUSE_RULES, SPELLINGS, GRADIENT_RULES]) {
    expect(new Set(rules.map(({ operator }) => operator)).size).toBe(rules.length);
  }
  for (const op of Object.keys(WORDS)) expect(names).toContain(op);
});
