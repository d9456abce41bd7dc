import { expect, it } from 'vitest';
import { median } from '../../src/platform/median.js';

it('the median is the middle by size, and of an even number the mean of the two', () => {
  expect(median([7])).toBe(7);
  expect(median([9, 1, 10])).toBe(9);
  expect(median([100, 20, 3, 1])).toBe(11.5);
  expect(median([-5, -100, 2, 30, 1])).toBe(1);
  expect(median([2, 2, 8, 1, 9, 40])).toBe(5);
});

it('the median leaves its numbers in their order', () => {
  const numbers = [3, 1, 2];
  expect(median(numbers)).toBe(2);
  expect(numbers).toEqual([3, 1, 2]);
});
