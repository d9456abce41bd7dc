#!/usr/bin/env bash
# fflate 0.8.3: gunzipSync reads the first member of a gzip file of several, and passes over the others in silence.
#
# Usual belief: a gzip file may be a concatenation of members (RFC 1952, section 2.2), and decompressors give all of them,
#   as gzip, zlib's gzread, Node and Python do. Files put together with `cat`, bgzip's and pigz's parts are such files.
# Behaviour: the synchronous function gives the first member alone; the streaming class Gunzip gives all of them.
# Seen (fflate 0.8.3, Node 20.20):
#   fflate gunzipSync: "first "
#   fflate Gunzip: "first second"
#   node:zlib: "first second"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent fflate@0.8.3
cat >try.mjs <<'JS'
import { gunzipSync as nodeGunzip, gzipSync } from 'node:zlib';
import { Gunzip, gunzipSync } from 'fflate';
const file = new Uint8Array(Buffer.concat([gzipSync('first '), gzipSync('second')]));
const text = (bytes) => JSON.stringify(Buffer.from(bytes).toString());
console.log(`fflate gunzipSync: ${text(gunzipSync(file))}`);
const parts = [];
const stream = new Gunzip((part) => parts.push(Buffer.from(part)));
stream.push(file, true);
console.log(`fflate Gunzip: ${text(Buffer.concat(parts))}`);
console.log(`node:zlib: ${text(nodeGunzip(file))}`);
JS
node try.mjs | tee seen.txt
diff - seen.txt <<'SEEN'
fflate gunzipSync: "first "
fflate Gunzip: "first second"
node:zlib: "first second"
SEEN
