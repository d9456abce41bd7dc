#!/usr/bin/env bash
# jpeg-js 0.4.4: a picture too wide for a JPEG is written without an error, as a picture of another width.
#
# Usual belief: the sides of a JPEG are numbers of 16 bits, so an encoder refuses what is larger, as libjpeg does
#   (JERR_IMAGE_TOO_BIG); whoever calls one leaves that check to it.
# Behaviour: encode() returns a file. Its frame header has the width modulo 65536, while the scan goes on with the blocks of
#   the whole picture; a decoder, its own as well, gives a picture of that other width, and no complaint. A caller has to hold
#   both sides to 65535 before.
# Seen (jpeg-js 0.4.4, Node 20.20):
#   encoded 70000 x 8; the frame header says 4464; decoded 4464 x 8
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent jpeg-js@0.4.4
cat >try.mjs <<'JS'
import jpeg from 'jpeg-js';
const [width, height] = [70000, 8];
const rgba = new Uint8Array(width * height * 4).fill(128);
const { data } = jpeg.encode({ width, height, data: rgba }, 90);
const frame = data.findIndex((byte, i) => byte === 0xff && data[i + 1] === 0xc0);
const decoded = jpeg.decode(data);
console.log(
  `encoded ${width} x ${height}; the frame header says ${data.readUInt16BE(frame + 7)}; decoded ${decoded.width} x ${decoded.height}`,
);
JS
node try.mjs | tee seen.txt
diff - seen.txt <<'SEEN'
encoded 70000 x 8; the frame header says 4464; decoded 4464 x 8
SEEN
