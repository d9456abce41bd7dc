"""TIFFs of every kind that is read, and what Pillow makes of them.

    python3 test/golden/make_tiffs.py [--check]

writes data/tiffs.json: for each file its bytes and the pixels of `Image.open(file).convert("RGB")`, in base64, or
the SHA-256 of many. Where Pillow 9.4
refuses a file, or clips or fails to invert 16 bits, the pixels are by the definition of the format, worked out here from the
samples. With --check, it says whether that is still what comes out.
"""

import base64
import hashlib
import io
import json
import struct
import sys
import zlib
from pathlib import Path

from make_other_pictures import noise
from PIL import Image

TARGET = Path(__file__).parent / "data" / "tiffs.json"
WIDTH, HEIGHT = 13, 7
COUNT = WIDTH * HEIGHT
WHITE, BLACK, RGB, PALETTE, CMYK, YCC = 0, 1, 2, 3, 5, 6
CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}


def tiff(entries, blocks, end="<", tiled=False, big=False):
    """A file of one directory, its values, and then the blocks."""
    entries = dict(entries)
    at_tag, length_tag = (324, 325) if tiled else (273, 279)
    entries[length_tag] = [4, [len(b) for b in blocks]]
    kind = 16 if big else 4
    inline, word, head = (8, "Q", 16) if big else (4, "I", 8)
    start = head + (8 if big else 2) + (20 if big else 12) * (len(entries) + 1) + inline

    def build(offsets):
        out, extra = b"", b""
        for tag, (type_, values) in sorted({**entries, at_tag: [kind, offsets]}.items()):
            raw = struct.pack(f"{end}{len(values)}{CODES[type_]}", *values)
            if len(raw) > inline:
                place = start + len(extra)
                extra += raw + b"\0" * (len(raw) % 2)
                raw = struct.pack(end + word, place)
            out += struct.pack(end + "HH" + word, tag, type_, len(values)) + raw.ljust(inline, b"\0")
        return out, extra

    position = start + len(build([0] * len(blocks))[1])
    offsets = []
    for block in blocks:
        offsets.append(position)
        position += len(block)
    out, extra = build(offsets)
    mark = {"<": b"II", ">": b"MM"}[end] + struct.pack(end + "H", 43 if big else 42)
    mark += struct.pack(end + "HHQQ", 8, 0, 16, len(entries) + 1) if big else struct.pack(end + "IH", 8, len(entries) + 1)
    return mark + out + struct.pack(end + word, 0) + extra + b"".join(blocks)


def entries(photometric, bits, samples=1, compression=1, rows=HEIGHT, **others):
    tags = {
        256: [3, [WIDTH]],
        257: [3, [HEIGHT]],
        258: [3, [bits] * samples],
        259: [3, [compression]],
        262: [3, [photometric]],
        277: [3, [samples]],
        278: [3, [rows]],
    }
    names = {"fill": 266, "orientation": 274, "planar": 284, "predictor": 317, "extra": 338, "format": 339, "subsampling": 530}
    for name, value in others.items():
        tags[names[name]] = [3, value if isinstance(value, list) else [value]]
    if "planar" in others or samples == 1:
        tags[284] = [3, [others.get("planar", 1)]]
    if photometric == PALETTE:
        tags[320] = [3, noise(3 << bits, 65536, 5)]
    return tags


def packed(bits, values, width, end="<"):
    """Rows of whole bytes, the first value in the high bits."""
    if bits >= 8:
        return struct.pack(f"{end}{len(values)}{CODES[{8: 1, 16: 3, 32: 4}[bits]]}", *values)
    out = b""
    for at in range(0, len(values), width):
        line = "".join(format(v, f"0{bits}b") for v in values[at : at + width])
        line += "0" * (-len(line) % 8)
        out += bytes(int(line[i : i + 8], 2) for i in range(0, len(line), 8))
    return out


def mirrored(data):
    return bytes(int(format(b, "08b")[::-1], 2) for b in data)


def differences(values, samples, bits):
    """Each sample less that of the pixel before it."""
    row = WIDTH * samples
    return [v if i % row < samples else (v - values[i - samples]) % (1 << bits) for i, v in enumerate(values)]


def strips(data, rows):
    size = len(data) // HEIGHT * rows
    return [data[i : i + size] for i in range(0, len(data), size)]


def repeated(values):
    """Grey as RGB."""
    return bytes(v for v in values for _ in range(3))


def greys():
    for bits in (1, 2, 4, 8):
        values = noise(COUNT, 1 << bits)
        for end in "<>":
            for photometric in (WHITE, BLACK):
                kind = f"{'white' if photometric == WHITE else 'black'}-is-zero-{'little' if end == '<' else 'big'}"
                yield f"grey{bits}-{kind}", tiff(entries(photometric, bits), [packed(bits, values, WIDTH)], end)
        yield f"grey{bits}-low-bit-first", tiff(entries(BLACK, bits, fill=2), [mirrored(packed(bits, values, WIDTH))])
        deflated = mirrored(zlib.compress(packed(bits, values, WIDTH)))
        yield f"grey{bits}-deflate-low-bit-first", tiff(entries(WHITE, bits, fill=2, compression=8), [deflated])
    values = noise(COUNT, 65536)
    for end in "<>":
        name = "little" if end == "<" else "big"
        raw = packed(16, values, WIDTH, end)
        yield f"grey16-{name}", tiff(entries(BLACK, 16), [raw], end), repeated(v >> 8 for v in values)
        yield f"grey16-white-is-zero-{name}", tiff(entries(WHITE, 16), [raw], end), repeated((65535 - v) >> 8 for v in values)
        less = zlib.compress(packed(16, differences(values, 1, 16), WIDTH, end))
        tags = entries(BLACK, 16, compression=8, predictor=2)
        yield f"grey16-deflate-predictor-{name}", tiff(tags, [less], end), repeated(v >> 8 for v in values)
        signed = struct.pack(f"{end}{COUNT}h", *[v % 700 - 200 for v in values])
        yield f"grey16-signed-{name}", tiff(entries(BLACK, 16, format=2), [signed], end)
        signed = struct.pack(f"{end}{COUNT}i", *[v % 700 - 200 for v in values])
        yield f"grey32-signed-{name}", tiff(entries(BLACK, 32, format=2), [signed], end)
        floats = struct.pack(f"{end}{COUNT}f", *[(v - 9000) / 177 for v in values])
        yield f"grey-float-{name}", tiff(entries(BLACK, 32, format=3), [floats], end)
    twelve = [v >> 4 for v in values]
    line = lambda row: "".join(format(v, "012b") for v in row) + "0000"
    raw = b"".join(int(line(twelve[i : i + WIDTH]), 2).to_bytes(20, "big") for i in range(0, COUNT, WIDTH))
    yield "grey12", tiff(entries(BLACK, 12), [raw]), repeated(v >> 4 for v in twelve)
    floats = [(v - 9000) / 177 for v in values]
    rows = b""
    for at in range(0, COUNT, WIDTH):
        line = struct.pack(f">{WIDTH}f", *floats[at : at + WIDTH])
        spread = b"".join(line[i::4] for i in range(4))
        rows += bytes((b - (spread[i - 1] if i else 0)) % 256 for i, b in enumerate(spread))
    yield "grey-float-predictor", tiff(entries(BLACK, 32, format=3, compression=8, predictor=3), [zlib.compress(rows)])


def palettes():
    for bits in (1, 2, 4, 8):
        values = noise(COUNT, 1 << bits)
        yield f"palette{bits}", tiff(entries(PALETTE, bits), [packed(bits, values, WIDTH)])
        yield f"palette{bits}-deflate", tiff(entries(PALETTE, bits, compression=8), [zlib.compress(packed(bits, values, WIDTH))], ">")
    yield "palette-alpha", tiff({**entries(PALETTE, 8), **{258: [3, [8, 8]], 277: [3, [2]], 338: [3, [2]]}}, [bytes(noise(2 * COUNT))])


def colours():
    rgb = noise(3 * COUNT)
    wide = noise(3 * COUNT, 65536)
    four = noise(4 * COUNT, seed=7)
    wide_four = noise(4 * COUNT, 65536, 7)
    yield "rgb", tiff(entries(RGB, 8, 3), [bytes(rgb)])
    yield "rgb-low-bit-first", tiff(entries(RGB, 8, 3, fill=2), [mirrored(bytes(rgb))])
    yield "rgb-strips", tiff(entries(RGB, 8, 3, rows=3), strips(bytes(rgb), 3), ">")
    yield "rgb-one-count-of-bits", tiff({**entries(RGB, 8, 3), 258: [3, [8]]}, [bytes(rgb)])
    for end in "<>":
        name = "little" if end == "<" else "big"
        yield f"rgb16-{name}", tiff(entries(RGB, 16, 3), [packed(16, wide, WIDTH, end)], end)
        less = zlib.compress(packed(16, differences(wide, 3, 16), WIDTH, end))
        yield f"rgb16-predictor-{name}", tiff(entries(RGB, 16, 3, compression=8, predictor=2), [less], end)
        yield f"rgba16-associated-{name}", tiff(entries(RGB, 16, 4, extra=1), [packed(16, wide_four, WIDTH, end)], end)
        # Pillow reads no BigTIFF that begins with its high bytes.
        yield f"big-{name}", tiff(entries(RGB, 8, 3, rows=2), strips(bytes(rgb), 2), end, big=True), bytes(rgb)
    less = bytes(differences(rgb, 3, 8))
    yield "rgb-predictor", tiff(entries(RGB, 8, 3, compression=8, predictor=2, rows=2), [zlib.compress(s) for s in strips(less, 2)])
    yield "rgb-old-deflate", tiff(entries(RGB, 8, 3, compression=32946), [zlib.compress(bytes(rgb))])
    for name, extra in {"absent": None, "unspecified": 0, "associated": 1, "unassociated": 2, "corel": 999}.items():
        others = {} if extra is None else {"extra": extra}
        yield f"rgba-{name}", tiff(entries(RGB, 8, 4, **others), [bytes(four)])
        yield f"rgba-{name}-deflate", tiff(entries(RGB, 8, 4, compression=8, **others), [zlib.compress(bytes(four))])
    yield "rgba-5-samples", tiff(entries(RGB, 8, 5, extra=[1, 0]), [bytes(noise(5 * COUNT))])
    yield "rgb-6-samples", tiff(entries(RGB, 8, 6, extra=[0, 0, 0]), [bytes(noise(6 * COUNT))])
    yield "grey-alpha", tiff({**entries(BLACK, 8, 2), 338: [3, [2]]}, [bytes(noise(2 * COUNT))])
    yield "cmyk", tiff(entries(CMYK, 8, 4), [bytes(four)])
    yield "cmyk-extreme", tiff(entries(CMYK, 8, 4), [bytes(255 * (v > 127) for v in four)])
    yield "cmyk-5-samples", tiff(entries(CMYK, 8, 5, extra=0), [bytes(noise(5 * COUNT))])
    yield "cmyk16", tiff(entries(CMYK, 16, 4), [packed(16, wide_four, WIDTH)])
    yield "cmyk-predictor", tiff(entries(CMYK, 8, 4, compression=8, predictor=2), [zlib.compress(bytes(differences(four, 4, 8)))])


def planes():
    channels = [noise(COUNT, seed=s) for s in (1, 2, 3, 4)]
    raw = [bytes(c) for c in channels]
    zipped = [zlib.compress(c) for c in raw]
    yield "planes", tiff(entries(RGB, 8, 3, planar=2), raw[:3])
    yield "planes-strips", tiff(entries(RGB, 8, 3, planar=2, rows=3), [s for c in raw[:3] for s in strips(c, 3)], ">")
    yield "planes-deflate", tiff(entries(RGB, 8, 3, planar=2, compression=8), zipped[:3])
    yield "planes-predictor", tiff(
        entries(RGB, 8, 3, planar=2, compression=8, predictor=2), [zlib.compress(bytes(differences(c, 1, 8))) for c in channels[:3]]
    )
    yield "planes-rgba", tiff(entries(RGB, 8, 4, planar=2, compression=8, extra=2), zipped)
    yield "planes-rgba-associated", tiff(entries(RGB, 8, 4, planar=2, compression=8, extra=1), zipped)
    yield "planes-cmyk", tiff(entries(CMYK, 8, 4, planar=2, compression=8), zipped)
    wide = [noise(COUNT, 65536, s) for s in (1, 2, 3)]
    pixels = bytes(c[i] >> 8 for i in range(COUNT) for c in wide)
    yield "planes16-deflate", tiff(entries(RGB, 16, 3, planar=2, compression=8), [zlib.compress(packed(16, c, WIDTH)) for c in wide]), pixels
    yield "planes16", tiff(entries(RGB, 16, 3, planar=2), [packed(16, c, WIDTH, ">") for c in wide], ">"), pixels


def tiles():
    size = {256: [3, [37]], 257: [3, [21]], 322: [3, [16]], 323: [3, [16]]}
    rgb = [bytes(noise(3 * 256, seed=s)) for s in range(1, 7)]
    grey = [bytes(noise(256, seed=s)) for s in range(1, 19)]
    yield "tiles", tiff({**entries(RGB, 8, 3), **size}, rgb, tiled=True)
    yield "tiles-deflate", tiff({**entries(RGB, 8, 3, compression=8), **size}, [zlib.compress(t) for t in rgb], ">", tiled=True)
    yield "tiles-grey", tiff({**entries(BLACK, 8), **size}, grey[:6], tiled=True)
    yield "tiles-bits", tiff({**entries(BLACK, 1, compression=8), **size}, [zlib.compress(t[:32]) for t in grey[:6]], tiled=True)
    zipped = [zlib.compress(t) for t in grey]
    yield "tiles-planes", tiff({**entries(RGB, 8, 3, planar=2, compression=8), **size}, zipped, tiled=True)
    one = {**entries(RGB, 8, 3, compression=8), 322: [3, [32]], 323: [3, [16]]}
    yield "tiles-one", tiff(one, [zlib.compress(bytes(noise(3 * 32 * 16)))], tiled=True)



def chromas():
    for across, down in ((1, 1), (2, 1), (2, 2), (4, 1), (1, 2), (4, 2), (4, 4)):
        units = -(-WIDTH // across) * -(-HEIGHT // down)
        data = bytes(noise(units * (across * down + 2)))
        deflated = tiff(entries(YCC, 8, 3, compression=8, subsampling=[across, down]), [zlib.compress(data)])
        yield f"ycbcr-{across}{down}", deflated
        # Pillow takes uncompressed ones for something else, and finds that they end early.
        raw = tiff(entries(YCC, 8, 3, subsampling=[across, down]), [data])
        yield f"ycbcr-{across}{down}-raw", raw, Image.open(io.BytesIO(deflated)).convert("RGB").tobytes()


def turned():
    for orientation in range(1, 9):
        raw = [bytes(noise(3 * COUNT))]
        yield f"turned-{orientation}", tiff(entries(RGB, 8, 3, orientation=orientation), raw)
    tags = entries(RGB, 8, 3)
    # Bytes are text for Pillow, which heeds it not.
    tags[274] = [1, [8]]
    yield "turned-8-by-a-byte", tiff(tags, raw)


def saved():
    """By libtiff, large enough for its tables to be full."""
    picture = Image.frombytes("RGB", (90, 70), bytes((x * y * c + (x * 7919 + y * 104729) % 31) % 256 for y in range(70) for x in range(90) for c in (1, 2, 3)))
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK"):
        for compression in ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate"):
            if compression != "tiff_lzw" and mode not in ("RGB", "1"):
                continue
            out = io.BytesIO()
            picture.convert(mode).save(out, "TIFF", compression=compression)
            yield f"saved-{mode}-{compression}", out.getvalue()
    out = io.BytesIO()
    picture.save(out, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
    yield "saved-lzw-predictor", out.getvalue()


def main():
    cases = []
    for name, data, *known in [*greys(), *palettes(), *colours(), *planes(), *tiles(), *chromas(), *turned(), *saved()]:
        encode = lambda raw: base64.b64encode(raw).decode()
        if known:
            size, rgb = [WIDTH, HEIGHT], known[0]
        else:
            picture = Image.open(io.BytesIO(data)).convert("RGB")
            size, rgb = list(picture.size), picture.tobytes()
        pixels = {"rgb": encode(rgb)} if len(rgb) < 4000 else {"sha256": hashlib.sha256(rgb).hexdigest()}
        cases.append({"name": name, "file": encode(data), "size": size, **pixels})
    text = json.dumps({"pillow": Image.__version__, "cases": cases}, indent=1) + "\n"
    if "--check" not in sys.argv:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        sys.exit(f"{TARGET}: Pillow {Image.__version__} makes something else of the pictures")
    print(f"{len(cases)} pictures")


if __name__ == "__main__":
    main()
