import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { NLayerDiscriminator } from '../../src/discriminator/nLayerDiscriminator.js';
import { encodeImage } from '../../src/image/formats.js';
import { encodeStateDict } from '../../src/pth/write/saveStateDict.js';
import { commandInFolders } from '../support/command.js';

const command = commandInFolders();

function write(path: string, level: number): void {
  const data = new Uint8Array(3 * 24 * 24).map((_, i) => (level + i * (level % 7)) % 256);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, encodeImage({ width: 24, height: 24, data }, path));
}

it('compares pairs', async () => {
  for (const [name, level] of [
    ['a/1.png', 10],
    ['b/1.png', 17],
    ['a/2.png', 7],
    ['b/2.cyclegan.png', 7],
  ] as const) {
    write(command.at(name), level);
  }
  write(command.at('b/3.png'), 3);
  const { code, stdout, stderr } = await command.run('evaluate', 'a', 'b');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^1\.png +L1 +[\d.]+ +PSNR +[\d.]+ dB +SSIM +[\d.]+\n2\.png +L1 +0\.000 +PSNR +equal +SSIM +1\.0000\n\nmean/,
  );
  expect(stderr).toBe('b: without a partner, and left out: 3.png.\n');
  const json = JSON.parse((await command.run('evaluate', 'a', 'b', '--json')).stdout) as object;
  expect(json).toMatchObject({ pairs: [{ a: '1.png' }, { b: '2.cyclegan.png', psnr: null }] });
});

it('compares sets, and tells of pictures that it leaves out', async () => {
  for (let i = 0; i < 4; i++) {
    write(command.at(`a/${i}.png`), i + 3);
    write(command.at(`b/x/${i}.png`), i + 9);
  }
  writeFileSync(command.at('a', 'broken.png'), 'none');
  const netD = new NLayerDiscriminator(3, 2, 2, { norm: 'instance' });
  writeFileSync(command.at('net_D.pth'), encodeStateDict(netD.stateDict(), 'net_D.pth'));
  const args = ['evaluate', 'a', 'b', '-r', '--features', 'net_D.pth', '--size', '32'];
  const { code, stdout, stderr } = await command.run(...args);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^features +8 of a PatchGAN discriminator/);
  expect(stdout).toMatch(
    /pictures +4 and 4\nFréchet distance +[\d.e-]+\nkernel distance +-?[\d.e-]+ ± /,
  );
  expect(stderr).toMatch(/broken\.png.*\ncyclegan: 1 picture is left out/);
  const { stdout: json } = await command.run(...args, '--json');
  expect(JSON.parse(json)).toMatchObject({
    features: 8,
    size: 32,
    failed: [{ name: 'broken.png' }],
  });
});

it('tells what it cannot do', async () => {
  write(command.at('a/1.png'), 1);
  write(command.at('b/2.png'), 2);
  const unpaired = await command.run('evaluate', 'a', 'b');
  expect([unpaired.code, unpaired.stderr]).toEqual([
    ...[1, expect.stringMatching(/No picture of a has one of its name in b; .*--features NETWORK/)],
  ]);
  write(command.at('a/2.png'), 2);
  const odd = encodeImage({ width: 24, height: 20, data: new Uint8Array(1440) }, 'x.png');
  writeFileSync(command.at('b/2.png'), odd);
  const sizes = await command.run('evaluate', 'a', 'b');
  expect([sizes.code, sizes.stderr]).toEqual([
    1,
    expect.stringMatching(/2\.png: .* 24 x 24 and 24 x 20; --keep-size/),
  ]);
  const alone = await command.run('evaluate', 'a', 'b', '--layer', 'x');
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('--features NETWORK')]);
  const missing = await command.run('evaluate', 'a', 'nowhere');
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('nowhere')]);
});
