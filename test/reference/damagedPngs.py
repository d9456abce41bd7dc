"""What Pillow makes of damaged PNGs: damagedPngs.py FOLDER SEED COUNT.

Writes COUNT files into FOLDER and prints a JSON line for each: `{file, what, size, rgb, alpha}` (digests of convert("RGB") and of
the alpha of convert("RGBA")), or `{file, what, error}` where Pillow refuses it.
"""

import hashlib
import io
import json
import pathlib
import random
import struct
import sys
import warnings
import zlib

from PIL import Image

warnings.simplefilter("ignore")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: [1, 2, 4, 8], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8], 6: [8, 16]}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


class Chunk:
    def __init__(self, kind, content):
        self.kind, self.content, self.length, self.crc = kind, content, None, None

    def bytes(self):
        crc = zlib.crc32(self.kind + self.content) if self.crc is None else self.crc
        length = len(self.content) if self.length is None else self.length
        return struct.pack(">I", length) + self.kind + self.content + struct.pack(">I", crc)

    def copy(self):
        other = Chunk(self.kind, self.content)
        other.length, other.crc = self.length, self.crc
        return other


def rows(r, width, height, bits, interlaced):
    """Any bytes are rows, as long as each begins with a filter."""
    lines = []
    for left, top, step_x, step_y in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        columns, count = -(-(width - left) // step_x), -(-(height - top) // step_y)
        if columns > 0:
            size = -(-columns * bits // 8)
            lines += [bytes([r.randrange(5)]) + r.choice([r.randbytes(size), bytes(size)]) for _ in range(count)]
    return lines


def picture(r):
    colour = r.choice(list(CHANNELS))
    depth = r.choice(DEPTHS[colour])
    width, height, interlaced = r.randrange(1, 30), r.randrange(1, 20), r.randrange(2)
    lines = rows(r, width, height, depth * CHANNELS[colour], interlaced)
    what = ""
    damage = r.randrange(12)
    if damage == 0:
        lines, what = lines[: r.randrange(len(lines))], "fewer rows "
    elif damage == 1:
        lines, what = lines + [r.randbytes(r.randrange(1, 50))], "more data "
    elif damage == 2:
        at = r.randrange(len(lines))
        lines[at], what = bytes([r.randrange(5, 256)]) + lines[at][1:], "unknown filter "
    packer = zlib.compressobj(r.randrange(10), 8, 15, 9, r.choice([0, 0, 2, 4]))
    data = packer.compress(b"".join(lines))
    data += packer.flush(zlib.Z_SYNC_FLUSH if r.randrange(20) == 0 else zlib.Z_FINISH)
    data, more = damage_data(r, data)
    chunks = [Chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))]
    if r.randrange(3) == 0:
        chunks.append(Chunk(b"gAMA", struct.pack(">I", 45455)))
    if colour == 3:
        chunks.append(Chunk(b"PLTE", r.randbytes(3 * r.choice([1 << depth, 1 << depth, r.randrange(1, 200)]))))
    if r.randrange(2) and colour in (2, 3):
        chunks.append(Chunk(b"tRNS", r.randbytes(6 if colour == 2 else r.randrange(1, 9))))
    if r.randrange(3) == 0:
        chunks.append(Chunk(b"tEXt", b"Title\0x"))
    for part in parts(r, data):
        chunks.append(Chunk(b"IDAT", part))
    if r.randrange(3) == 0:
        chunks.append(Chunk(b"tEXt", b"Title\0" + bytes(40)))
    chunks.append(Chunk(b"IEND", b""))
    return chunks, what + more


def damage_data(r, data):
    damage = r.randrange(10)
    if damage == 0:
        cut = r.choice([r.randrange(1, 6), r.randrange(1, len(data))])
        return data[:-cut], f"data {cut} shorter "
    if damage == 1:
        at = r.randrange(len(data))
        return data[:at] + bytes([data[at] ^ (1 << r.randrange(8))]) + data[at + 1 :], f"data changed at {at} "
    if damage == 2:
        return data + r.randbytes(r.randrange(1, 20)), "data with a tail "
    return data, ""


def parts(r, data):
    if r.randrange(2):
        return [data]
    cuts = sorted(r.randrange(len(data) + 1) for _ in range(r.randrange(1, 4)))
    return [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)])]


def damage_chunks(r, chunks):
    at = r.randrange(len(chunks))
    name = chunks[at].kind.decode()
    damage = r.randrange(11)
    if damage == 0:
        chunks[at].crc = r.choice([0, 0, r.randrange(1 << 32)])
        return f"checksum {chunks[at].crc} on {name} "
    if damage == 1:
        del chunks[at]
        return f"without {name} "
    if damage == 2:
        chunks.insert(at, chunks[at].copy())
        return f"{name} twice "
    if damage == 3:
        to = r.randrange(len(chunks))
        chunks.insert(to, chunks.pop(at))
        return f"{name} moved to {to} "
    if damage == 4:
        chunks[at].length = r.choice([len(chunks[at].content) + r.randrange(1, 40), r.randrange(1 << 32)])
        return f"length {chunks[at].length} on {name} "
    if damage == 5:
        kind = r.choice([b"ABCD", b"abCd", b"ab\xff\0", b"tEXt"])
        chunks.insert(r.randrange(1, len(chunks)), Chunk(kind, b"Author\0y"))
        return f"with {kind} "
    return ""


def make(seed):
    r = random.Random(seed)
    chunks, what = picture(r)
    if r.randrange(2):
        what += damage_chunks(r, chunks)
    data = SIGNATURE + b"".join(chunk.bytes() for chunk in chunks)
    if r.randrange(5) == 0:
        cut = r.choice([r.randrange(1, 20), r.randrange(1, len(data))])
        data, what = data[:-cut], what + f"cut by {cut}"
    return data, what.strip() or "whole"


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()


def tell(file, what, data):
    try:
        rgb = Image.open(io.BytesIO(data)).convert("RGB")
        alpha = Image.open(io.BytesIO(data)).convert("RGBA").getchannel("A")
        told = {"size": rgb.size, "rgb": digest(rgb), "alpha": digest(alpha)}
    except Exception as error:  # Pillow throws of all kinds
        told = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps({"file": str(file), "what": what, **told}))


folder, seed, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
for i in range(count):
    made, what = make(seed + i)
    file = folder / f"{seed + i}.png"
    file.write_bytes(made)
    tell(file, what, made)
