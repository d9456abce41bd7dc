import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeImage, encodeImage } from '../../src/image/formats.js';
import { commandInFolders } from '../support/command.js';
import { missingChromium } from '../support/pageHost.js';
import { type NamedBytes, PATIENCE, type PageUser, ServedPage } from '../support/pageUser.js';

const SAMPLE = readFileSync(new URL('../../weights/sample.png', import.meta.url));
const TINY = readFileSync(new URL('../golden/data/tiny_zip.pth', import.meta.url));

const small = (name: string, seed: number): NamedBytes => {
  const [width, height] = [36, 28];
  const data = new Uint8Array(3 * width * height).map((_, i) => (i * seed) % 256);
  return { name, bytes: encodeImage({ width, height, data }, name) };
};

describe.skipIf(missingChromium !== null)('what is taken away', () => {
  const { at, run } = commandInFolders();
  let served: ServedPage;
  let user: PageUser;
  beforeAll(async () => {
    served = await ServedPage.start();
  });
  afterAll(() => served?.stop());
  beforeEach(async () => {
    user = await served.visit();
    await user.seesResult('sample.png');
  });
  afterEach(() => user.leave());

  const write = (files: readonly NamedBytes[]) => {
    for (const { name, bytes } of files) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), bytes);
    }
  };
  /** Runs what the page says does the same. */
  const runLine = async (line: string | null) => {
    const words = [...(line ?? '').matchAll(/'([^']*)'|\S+/g)].map(([all, inner]) => inner ?? all);
    expect(words[0]).toBe('cyclegan');
    const { code, stderr } = await run(...words.slice(1));
    expect([code, stderr.includes('Error')]).toEqual([0, false]);
  };
  const shownLine = (place: string) => user.page.locator(`${place} .command code`).textContent();

  it('is the file that the command writes, byte for byte', async () => {
    write([{ name: 'sample.png', bytes: SAMPLE }]);
    await runLine(await shownLine('.cards'));
    const { name, bytes } = await user.saved('Save');
    expect(name).toBe('sample.cyclegan.png');
    expect(Buffer.from(bytes).equals(readFileSync(at(name)))).toBe(true);
  });

  it('is so with other settings and another model, too', async () => {
    const { page } = user;
    await user.drop([{ name: 'tiny.pth', bytes: TINY }]);
    await page.locator('.model-name', { hasText: 'tiny.pth' }).waitFor(PATIENCE);
    await page.getByLabel('Size for the model').selectOption('width');
    await page.getByLabel('Width', { exact: true }).fill('75');
    await page.getByText('Bicubic filter').click();
    await page.getByText('Cut a square out of the middle').click();
    await page.getByLabel('Side of the square').fill('40');
    await page.getByText("Keep the picture's size").click();
    await page.getByLabel('Format').selectOption('jpg');
    await page.getByLabel('Quality').fill('71');
    await page.getByText('How the model is fed').click();
    await page.getByLabel('Input range').selectOption('-1,1');
    await user.drop([{ name: 'a horse.png', bytes: SAMPLE }]);
    await user.seesResult('a horse.png');
    write([
      { name: 'tiny.pth', bytes: TINY },
      { name: 'a horse.png', bytes: SAMPLE },
    ]);
    const line = await shownLine('.cards');
    expect(line).toBe(
      "cyclegan 'a horse.png' -o 'a horse.cyclegan.jpg' --weights tiny.pth --resize bicubic:scale-width:75 --crop 40 --keep-size --quality 71 --input-range=-1..1",
    );
    await runLine(line);
    const { name, bytes } = await user.saved('Save');
    expect(Buffer.from(bytes).equals(readFileSync(at(name)))).toBe(true);
    expect(user.problems).toEqual([]);
  });

  it('is an archive of all files, byte for byte, with the names of the command', async () => {
    const files = [small('one.png', 7), small('two.png', 11), small('two.jpg', 13)];
    await user.drop(files);
    await user.seesTally('3 of 3 pictures');
    await user.page.getByText('Save all').click();
    const { name, bytes } = await user.saved('Zip');
    expect(name).toBe('translated.zip');
    write(files);
    await runLine(await shownLine('.save-all'));
    const entries = unzipSync(bytes);
    expect(Object.keys(entries)).toEqual(['one.png', 'two.png.png', 'two.jpg.png']);
    for (const [entry, content] of Object.entries(entries)) {
      const file = at('translated', entry);
      expect([entry, existsSync(file)]).toEqual([entry, true]);
      expect(Buffer.from(content).equals(readFileSync(file))).toBe(true);
    }
  });

  it.each(['chosen', 'dropped'])(
    'is of a folder that was %s what the command makes of it',
    async (how) => {
      const files = ['horses/near/one.png', 'horses/far/two.png', 'horses/three.png'].map(
        (name, i) => small(name, 17 + i),
      );
      // More than a browser lists at a time.
      const others = Array.from({ length: 101 }, (_, i) => ({
        name: `horses/near/notes${i}.txt`,
        bytes: new Uint8Array(3),
      }));
      write([...files, ...others]);
      if (how === 'dropped') await user.dropFolder(at('horses'));
      else await user.page.locator('input[webkitdirectory]').setInputFiles(at('horses'));
      await user.page.getByText('101 files of the folder passed over').waitFor(PATIENCE);
      await user.seesTally('3 of 3 pictures');
      await user.page.getByText('Save all').click();
      const entries = unzipSync((await user.saved('Zip')).bytes);
      await runLine(await shownLine('.save-all'));
      expect(Object.keys(entries).sort()).toEqual(['far/two.png', 'near/one.png', 'three.png']);
      for (const [entry, content] of Object.entries(entries)) {
        expect(Buffer.from(content).equals(readFileSync(at('translated', entry)))).toBe(true);
      }
    },
  );

  it('is the gallery that the command writes', async () => {
    await user.drop([small('one.png', 7), small('two.png', 11)]);
    await user.seesTally('2 of 2 pictures');
    await user.page.getByText('Save all').click();
    const { name, bytes } = await user.saved('Gallery, one page');
    expect(name).toBe('index.html');
    const text = new TextDecoder().decode(bytes);
    expect(text.match(/<figure /g)?.length).toBe(2);
    write([small('one.png', 7), small('two.png', 11)]);
    const { code } = await run('one.png', 'two.png', '-o', 'out/', '--gallery');
    expect(code).toBe(0);
    // Times differ, pictures do not.
    const pictures = (page: string) => page.match(/data:image\/jpeg;base64,[^"]*/g);
    expect(pictures(text)).toEqual(pictures(readFileSync(at('out/index.html'), 'utf8')));
  });

  it('is shared as the file that is saved, and without a word where somebody thinks better of it', async () => {
    const { page } = user;
    // Chromium has no dialog to share in here; what the page gives to it is looked at.
    await page.addInitScript(() => {
      const shared: File[] = [];
      const outcomes = [null, new DOMException('', 'AbortError'), new Error('no such app')];
      Object.assign(navigator, {
        canShare: ({ files }: ShareData) => files?.[0].type === 'image/png',
        share: async ({ files = [] }: ShareData) => {
          shared.push(...files);
          const outcome = outcomes[shared.length - 1];
          if (outcome !== null) throw outcome;
        },
      });
      Object.assign(globalThis, { shared });
    });
    await page.reload();
    await user.seesResult('sample.png');
    const share = page.getByRole('button', { name: 'Share', exact: true });
    await share.click();
    const [name, bytes] = await page.evaluate(async () => {
      const [file] = (globalThis as unknown as { shared: File[] }).shared;
      return [file.name, [...new Uint8Array(await file.arrayBuffer())]] as const;
    });
    const saved = await user.saved('Save');
    expect(name).toBe(saved.name);
    expect(Buffer.from(bytes).equals(saved.bytes)).toBe(true);
    await share.click();
    await share.click();
    await page.getByText('no such app').waitFor(PATIENCE);
    expect(await page.locator('.notice').count()).toBe(1);
    expect(user.problems).toEqual([]);
  });

  it('is in the clipboard after it was copied', async () => {
    const { page } = user;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('The picture is in the clipboard.').waitFor(PATIENCE);
    const copied = await page.evaluate(async () => {
      const [item] = await navigator.clipboard.read();
      const blob = await item.getType('image/png');
      return [...new Uint8Array(await blob.arrayBuffer())];
    });
    // Chromium writes it anew.
    const saved = decodeImage((await user.saved('Save')).bytes);
    expect(Buffer.from(decodeImage(Uint8Array.from(copied)).data).equals(saved.data)).toBe(true);
    await page.getByRole('button', { name: 'Copy the command that does the same' }).click();
    await page.getByText('The command is in the clipboard.').waitFor(PATIENCE);
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toBe('cyclegan sample.png -o sample.cyclegan.png');
  });
});
