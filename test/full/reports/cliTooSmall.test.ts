import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../../scripts/bundleCommand.mjs';
import { runCommand, temporaryFolder } from '../../support/command.js';
import { fixturePath, hasFixtures } from '../../support/fixtures.js';

describe.skipIf(!hasFixtures)('a picture that is too small', () => {
  const home = temporaryFolder();
  const command = join(home.path, 'cyclegan.mjs');
  beforeAll(async () => {
    await bundleCommand(command);
    copyFileSync(fixturePath('reports/cli-too-small/sz_3x3.png'), join(home.path, 'sz_3x3.png'));
  });
  afterAll(home.remove);

  it('is named, with the smallest size that the generator takes', async () => {
    const args = ['sz_3x3.png', 'o.png', '--resize', 'none', '-q'];
    const { code, stderr } = await runCommand(command, args, home.path);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^cyclegan: sz_3x3\.png: a picture of 3 x 3 is too small.* 5 x 5 pixels/,
    );
  });
});
