#!/usr/bin/env bash
# heic-decode 2.1 with libheif-js 1.23: what is wrong with a file is printed to standard output, and not in the error.
#
# Usual belief: a decoder that rejects a file says why in the error that it throws, and a library prints nothing; a command that
#   writes data to standard output can decode what it is given with any of them.
# Behaviour: libheif's JavaScript calls console.log with its reason ("Could not parse HEIF file", "Decoding image failed") and returns an
#   empty list, and heic-decode throws "HEIF image not found". In Node, that line stands among the data: between lines of JSON, or before
#   a picture. A caller has to keep console.log for as long as a decoding is under way.
# Seen (heic-decode 2.1.0, libheif-js 1.23.2, Node 20.20):
#   Could not parse HEIF file Invalid input: Unspecified: Insufficient input data
#   {"error":"HEIF image not found"}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-fund --no-audit --silent heic-decode@2.1.0 libheif-js@1.23.2
cat >try.mjs <<'JS'
import decode from 'heic-decode';
// A file type box, and a meta box that is cut short.
const buffer = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\x01\0meta\0\0\0\0', 'latin1');
await decode({ buffer }).catch(({ message }) => console.log(JSON.stringify({ error: message })));
JS
node try.mjs | tee seen.txt
diff - seen.txt <<'SEEN'
Could not parse HEIF file Invalid input: Unspecified: Insufficient input data
{"error":"HEIF image not found"}
SEEN
