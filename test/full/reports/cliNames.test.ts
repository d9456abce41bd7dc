import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandInFolders } from '../../support/command.js';
import { fixturePath, hasFixtures } from '../../support/fixtures.js';
import { goldenPath } from '../../support/golden.js';

describe.skipIf(!hasFixtures)('JPEGs under all of their names', () => {
  const { run, at } = commandInFolders();

  it('are translated (cli-jfif)', async () => {
    const photos = fixturePath('reports/cli-jfif/photos');
    const size = ['--resize', '16', '-w', goldenPath('tiny_zip.pth')];
    const { code, stderr } = await run(photos, '-o', 'out', ...size);
    expect([code, readdirSync(at('out')).sort()]).toEqual([0, ['a.png', 'd.png', 'e.png']]);
    expect(stderr).toContain('3 pictures');
  });
});
