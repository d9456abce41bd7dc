import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readNames } from '../../src/cli/commands/translateNames.js';
import { type ManyPlan, planMany } from '../../src/cli/commands/translatePlan.js';
import { readTranslate, translateSpec } from '../../src/cli/requests/translate.js';
import { parseCommandLine } from '../../src/cli/usage.js';
import { temporaryFolder } from '../support/command.js';
import { quietTerminal } from '../support/quietTerminal.js';

const home = temporaryFolder();
afterAll(home.remove);

async function plan(...args: string[]): Promise<ManyPlan> {
  const request = readTranslate(parseCommandLine(translateSpec, args));
  const names = await readNames(request);
  if (names.kind === 'one') throw new Error('one is planned');
  return planMany(names, request, quietTerminal);
}

const namesOf = ({ left }: ManyPlan) =>
  left.map(({ input, output }) => `${input.path} -> ${output}`);

describe('--shard', () => {
  const folder = join(home.path, 'in');
  mkdirSync(join(folder, 'below'), { recursive: true });
  // Two of one name but for their extension are named by each other.
  const names = [...Array.from({ length: 11 }, (_, i) => `p${i}.png`), 'p3.jpg', 'below/p3.png'];
  for (const name of names) writeFileSync(join(folder, name), '');
  const args = [folder, '-r', '-o', join(home.path, 'out')];

  it.each([1, 2, 3, 5, 13, 20])(
    'parts a folder into %i, each picture in one of them',
    async (parts) => {
      const whole = namesOf(await plan(...args));
      const shards = [];
      for (let part = 1; part <= parts; part++) {
        shards.push(namesOf(await plan(...args, '--shard', `${part}/${parts}`)));
      }
      expect(whole.length).toBe(13);
      expect(shards.flat().sort()).toEqual([...whole].sort());
      const sizes = shards.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    },
  );

  it('leaves outputs of other parts alone, which may be there', async () => {
    const beside = [folder, '-r'];
    const first = await plan(...beside, '--shard', '1/2');
    const second = namesOf(await plan(...beside, '--shard', '2/2'));
    for (const { output } of first.left) writeFileSync(output, '');
    expect(namesOf(await plan(...beside, '--shard', '2/2'))).toEqual(second);
  });

  it('lets no part replace a picture of another one', async () => {
    const inputs = join(home.path, 'ring');
    mkdirSync(join(inputs, 'a'), { recursive: true });
    // a/p.png becomes p_z.png, which the other part reads.
    for (const name of ['a/p.png', 'p_z.png']) writeFileSync(join(inputs, name), '');
    const ring = [
      join(inputs, 'a'),
      join(inputs, 'p_z.png'),
      '-o',
      inputs,
      '--suffix',
      '_z',
      '--force',
    ];
    for (const shard of ['1/2', '2/2']) {
      await expect(plan(...ring, '--shard', shard)).rejects.toThrow(/would replace an input/);
    }
  });
});
