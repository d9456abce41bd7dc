#!/usr/bin/env bash
# fflate 0.8.3: a buffer given as `out` that is too small cuts the data, and nothing says so.
#
# Usual belief: an inflater that is handed a buffer of the expected size reports data that do not fit, as zlib does
#   (Z_BUF_ERROR; Node: ERR_BUFFER_TOO_LARGE for maxOutputLength). So `out` doubles as a check of the announced size.
# Behaviour: it depends on how the data happen to be packed. Where they are in compressed blocks, the first out.length bytes
#   come back without an error and without a sign that more followed; where a block is stored, a bare RangeError is thrown
#   (no code of fflate's). Whoever wants to notice has to give one byte more than is expected, and catch any error.
# Seen (fflate 0.8.3, Node 20.20):
#   inflateSync, compressed blocks: 10 of 100 bytes, no error
#   inflateSync, stored blocks: RangeError without a code
#   unzlibSync, compressed blocks: 10 of 100 bytes, no error
#   unzlibSync, stored blocks: RangeError without a code
#   node:zlib with maxOutputLength 10: ERR_BUFFER_TOO_LARGE
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent fflate@0.8.3
cat >try.mjs <<'JS'
import { inflateSync as nodeInflate } from 'node:zlib';
import { deflateSync, inflateSync, unzlibSync, zlibSync } from 'fflate';
const data = new Uint8Array(100).fill(7);
const pairs = { inflateSync: [inflateSync, deflateSync], unzlibSync: [unzlibSync, zlibSync] };
for (const [name, [unpack, pack]] of Object.entries(pairs)) {
  for (const [kind, level] of [['compressed', 6], ['stored', 0]]) {
    let seen;
    try {
      const out = unpack(pack(data, { level }), { out: new Uint8Array(10) });
      seen = `${out.length} of ${data.length} bytes, no error`;
    } catch (error) {
      seen = `${error.name} ${'code' in error ? `with code ${error.code}` : 'without a code'}`;
    }
    console.log(`${name}, ${kind} blocks: ${seen}`);
  }
}
try {
  nodeInflate(zlibSync(data), { maxOutputLength: 10 });
  console.log('node:zlib: no error');
} catch (error) {
  console.log(`node:zlib with maxOutputLength 10: ${error.code}`);
}
JS
node try.mjs | tee seen.txt
diff - seen.txt <<'SEEN'
inflateSync, compressed blocks: 10 of 100 bytes, no error
inflateSync, stored blocks: RangeError without a code
unzlibSync, compressed blocks: 10 of 100 bytes, no error
unzlibSync, stored blocks: RangeError without a code
node:zlib with maxOutputLength 10: ERR_BUFFER_TOO_LARGE
SEEN
