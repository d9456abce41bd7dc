import { diffWeights, type TensorDifference } from '../../generator/diffWeights.js';
import { isWebAddress } from '../../platform/address.js';
import { printable } from '../../platform/printable.js';
import { shownName } from '../addresses.js';
import { findWeights } from '../models.js';
import type { DiffRequest } from '../requests/diff.js';
import { writeData } from '../standardOutput.js';
import { printableJson, type Terminal } from '../terminal.js';

export async function runDiff(
  { first, second, key, json }: DiffRequest,
  terminal: Terminal,
): Promise<void> {
  const [a, b] = (await Promise.all([findWeights(first), findWeights(second)])).map(
    ({ path }) => path,
  );
  for (const source of [a, b]) {
    if (isWebAddress(source)) terminal.say(`Fetching ${shownName(source)}`);
  }
  const found = await diffWeights(a, b, { key });
  if (json) {
    await writeData(`${printableJson(found, 2)}\n`);
    return;
  }
  const lines = [
    ...found.onlyInFirst.map((key) => `- ${key}  only in ${shownName(first)}`),
    ...found.onlyInSecond.map((key) => `+ ${key}  only in ${shownName(second)}`),
    ...found.different.map(describe),
    ...found.uncompared.map((key) => `? ${key}  cannot be read, and was not compared`),
  ];
  if (lines.length > 0) await writeData(printable(`${lines.join('\n')}\n`));
  terminal.say(
    lines.length === 0
      ? `All ${found.equal} tensors are equal.`
      : `${found.equal} tensors are equal, ${lines.length - found.uncompared.length} differ${uncompared(found.uncompared.length)}.`,
  );
}

function uncompared(count: number): string {
  return count === 0 ? '' : `, ${count} could not be compared`;
}

function describe({ key, shapes, dtypes, largest, different, size }: TensorDifference): string {
  const parts: string[] = [];
  if (shapes !== undefined) parts.push(shapes.map((shape) => `[${shape.join(', ')}]`).join(' / '));
  if (dtypes !== undefined) parts.push(dtypes.join(' / '));
  if (different > 0) {
    parts.push(`${different} of ${size} numbers, by ${largest.toPrecision(4)} at most`);
  }
  return `~ ${key}  ${parts.join(', ')}`;
}
