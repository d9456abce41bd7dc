#!/usr/bin/env bash
# Chromium 156, private file system (OPFS): a write beyond the quota gives 4294967288 bytes, and no error.
#
# Usual belief: FileSystemSyncAccessHandle.write gives how many bytes were written, and throws QuotaExceededError where the storage is full,
#   as the File System Standard says; what it gives is between 0 and the length of the buffer.
# Behaviour: it throws nothing and gives 4294967288, which is -8 as an unsigned number of 32 bits, a code of Chromium's own files for
#   no space. Who adds it to an offset goes on 4 GiB further, and who only looks for exceptions takes the bytes for written; they read
#   back as nothing. Compare the number with the length of what was to be written.
# Seen (Chromium 156.0.8078.114 of Debian, headless; 16 bytes; a quota of 10.7 GB):
#   at 1048576: write gave 16, read gave 16, the file has 1048592 bytes
#   at 20000000000: write gave 4294967288, read gave 0, the file has 0 bytes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent playwright-core
cat >try.mjs <<'JS'
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const worker = `onmessage = async ({ data: at }) => {
  const folder = await navigator.storage.getDirectory();
  const file = await folder.getFileHandle(String(at), { create: true });
  const handle = await file.createSyncAccessHandle();
  try {
    const bytes = new Uint8Array(16).fill(7);
    const written = handle.write(bytes, { at });
    const read = handle.read(bytes, { at });
    postMessage('write gave ' + written + ', read gave ' + read + ', the file has ' + handle.getSize() + ' bytes');
  } catch (error) {
    postMessage(error.name);
  }
};`;
const server = createServer((_, answer) => answer.end('')).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
for (const at of [2 ** 20, 20e9]) {
  const told = await page.evaluate(
    ([source, place]) =>
      new Promise((resolve) => {
        const made = new Worker(URL.createObjectURL(new Blob([source])));
        made.onmessage = ({ data }) => resolve(data);
        made.postMessage(place);
      }),
    [worker, at],
  );
  console.log(`at ${at}: ${told}`);
}
await browser.close();
server.close();
JS
node try.mjs | tee seen.txt
diff - seen.txt <<'SEEN'
at 1048576: write gave 16, read gave 16, the file has 1048592 bytes
at 20000000000: write gave 4294967288, read gave 0, the file has 0 bytes
SEEN
