import { diffWeights, type TensorDifference } from '../../generator/diffWeights.js';
import { isWebAddress } from '../../platform/address.js';
import { shownName } from '../addresses.js';
import { resolveWeights } from '../models.js';
import { writeData } from '../standardOutput.js';
import { printable, printableJson, type Terminal } from '../terminal.js';
import { type CommandSpec, type Invocation, UsageError } from '../usage.js';

export const diffSpec: CommandSpec = {
  name: 'diff',
  usage: 'A B',
  summary: 'tell which keys, shapes and values differ between two weight files',
  options: {
    key: {
      type: 'string',
      value: 'NAME',
      help: 'where in both the state dict is; default: it is searched',
    },
    json: { type: 'boolean', help: 'print everything as one JSON object' },
  },
};

export async function runDiff(invocation: Invocation, terminal: Terminal): Promise<void> {
  const [first, second, ...rest] = invocation.operands;
  if (first === undefined || second === undefined || rest.length > 0) {
    throw new UsageError('Which two files? cyclegan diff A B.');
  }
  const [a, b] = await Promise.all([resolveWeights(first), resolveWeights(second)]);
  for (const source of [a, b]) {
    if (isWebAddress(source)) terminal.say(`Fetching ${shownName(source)}`);
  }
  const found = await diffWeights(a, b, { key: invocation.text('key') });
  if (invocation.flag('json')) {
    await writeData(`${printableJson(found, 2)}\n`);
    return;
  }
  const lines = [
    ...found.onlyInFirst.map((key) => `- ${key}  only in ${shownName(first)}`),
    ...found.onlyInSecond.map((key) => `+ ${key}  only in ${shownName(second)}`),
    ...found.different.map(describe),
  ];
  if (lines.length > 0) await writeData(printable(`${lines.join('\n')}\n`));
  terminal.say(
    lines.length === 0
      ? `All ${found.equal} tensors are equal.`
      : `${found.equal} tensors are equal, ${lines.length} differ.`,
  );
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
