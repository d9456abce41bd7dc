import { describe, expect, it } from 'vitest';
import {
  type GalleryEntry,
  galleryEntry,
  galleryHead,
  galleryTail,
} from '../../src/html/gallery/galleryPage.js';
import { encodeImage } from '../../src/image/formats.js';
import { ImageError } from '../../src/image/picture.js';

const picture = { width: 9, height: 7, data: new Uint8Array(189).map((_, i) => (i * 5) % 256) };
const png = encodeImage(picture, 'a.png');
const jpeg = encodeImage(picture, 'a.jpg');

const HOSTILE = [
  '"><script>alert(1)</script>.png',
  '</style></title></figcaption><img src=x onerror=alert(1)>',
  "' onfocus='alert(1)",
  '&lt;b&gt; &amp; <!-- -->',
  'https://example.org/a.png',
];

function entry(changes: Partial<GalleryEntry> = {}): GalleryEntry {
  return {
    name: 'horse.jpg',
    inputSize: [9, 7],
    outputSize: [12, 8],
    milliseconds: 1234,
    before: jpeg,
    after: png,
    ...changes,
  };
}

function page(entries: readonly GalleryEntry[], title = 'Zebras', details = ['a.pth']): string {
  return [galleryHead(title, details), ...entries.map(galleryEntry), galleryTail('All done')].join(
    '',
  );
}

const count = (html: string, part: RegExp) => [...html.matchAll(part)].length;

/** The tags of a page with their attributes, without what stands between them. */
function tagsOf(html: string): string[] {
  return [...html.matchAll(/<(?:"[^"]*"|[^">])*>/g)].map(([tag]) =>
    tag.replace(/"[^"]*"/g, '""').replace(/\s+/g, ' '),
  );
}

describe('a gallery', () => {
  it('is one document with a figure for each picture', () => {
    const html = page([entry(), entry({ name: 'b' }), entry({ name: 'c' })]);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html.endsWith('</html>\n')).toBe(true);
    for (const tag of ['main', 'header', 'h1', 'style', 'script', 'title']) {
      expect(count(html, new RegExp(`<${tag}>`, 'g'))).toBe(1);
      expect(count(html, new RegExp(`</${tag}>`, 'g'))).toBe(1);
    }
    expect(count(html, /<figure\b/g)).toBe(3);
    expect(count(html, /<img alt="(Input|Output): /g)).toBe(6);
    expect(count(html, /<input class="divider" type="range"/g)).toBe(3);
  });

  it('closes what it opens', () => {
    const open: string[] = [];
    for (const tag of tagsOf(page([entry(), entry()]).replace(/<(style|script)>.*?<\/\1>/gs, ''))) {
      const [, end, name] = /^<(\/?)(!?\w+)/.exec(tag) as RegExpExecArray;
      if (['!doctype', 'meta', 'link', 'img', 'input'].includes(name)) continue;
      if (end === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it('carries the very bytes of the files, and says what they are', () => {
    const within = new Uint8Array([0, ...png, 0]).subarray(1, png.length + 1);
    const html = page([entry(), entry({ before: within, after: jpeg })]);
    const found = [...html.matchAll(/ src="data:([\w/]+);base64,([^"]*)"/g)];
    expect(found.map(([, type]) => type)).toEqual([
      'image/jpeg',
      'image/png',
      'image/png',
      'image/jpeg',
    ]);
    expect(found.map(([, , base64]) => new Uint8Array(Buffer.from(base64, 'base64')))).toEqual([
      jpeg,
      png,
      png,
      jpeg,
    ]);
  });

  it('tells sizes, time, details and the summary', () => {
    const html = page([entry()], 'Zebras', ['a.pth', 'short side 256']);
    const plain = html.replace(/<(style|script)>.*?<\/\1>/gs, '').replace(/<[^>]*>/g, '');
    expect(plain).toMatch(/From 9 × 7 → {2}to 12 × 8 in 1\.23 s/);
    for (const text of ['Zebras', 'a.pth', 'short side 256', 'horse.jpg', 'All done']) {
      expect(plain).toContain(text);
    }
    expect(html).toContain('alt="Input: horse.jpg" width="9" height="7"');
    expect(html).toContain('alt="Output: horse.jpg" width="12" height="8"');
  });

  it('asks for nothing beyond itself', () => {
    const html = page([entry()]);
    expect(html).not.toMatch(/https?:|url\(|@import/);
    expect(count(html, /src=/g)).toBe(count(html, / src="data:image\//g));
    expect(count(html, /href=/g)).toBe(count(html, / href="data:,"/g));
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(html) as RegExpExecArray;
    expect(policy).toMatch(/^default-src 'none'; img-src data:;/);
    expect(policy).not.toMatch(/\*|http|'self'|unsafe-eval/);
  });

  it('is the same for the same pictures', () => {
    expect(page([entry(), entry({ name: 'b' })])).toBe(page([entry(), entry({ name: 'b' })]));
  });

  it('refuses what browsers would not show, by name', () => {
    const bad = () => galleryEntry(entry({ name: 'a.gif', after: new Uint8Array([71, 73, 70]) }));
    expect(bad).toThrow(ImageError);
    expect(bad).toThrow(/a\.gif: .*PNG and JPEG/);
  });
});

describe('names', () => {
  it.each(HOSTILE)('stay text: %s', (name) => {
    const html = page([entry({ name })], name, [name]) + galleryTail(name);
    expect(tagsOf(html)).toEqual(tagsOf(page([entry()]) + galleryTail('')));
    const escaped = name
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;');
    // The title twice, one detail; the entry in its heading, at the divider and both pictures; the summary.
    expect(html.split(escaped).length - 1).toBe(8);
    if (escaped !== name) expect(html).not.toContain(name);
  });

  it('keep their letters, whichever way those run, and show what has none', () => {
    expect(galleryEntry(entry({ name: 'حصان 🦓.png' }))).toContain(
      '<h2><bdi>حصان 🦓.png</bdi></h2>',
    );
    expect(galleryEntry(entry({ name: 'a\u202egnp.\0\ud800' }))).toContain(
      'a\\u{202e}gnp.\\u{0}\\u{d800}',
    );
  });
});
