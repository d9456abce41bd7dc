"""Pictures in formats that are read only (BMP, GIF, PBM, PGM, PPM, animated PNG), and what Pillow makes of them.

    python3 test/golden/make_other_pictures.py [--check]

writes data/otherPictures.json: for each file its bytes and the pixels of `Image.open(file).convert("RGB")`, in base64.
Made with Pillow 9.4. With --check, it says whether that is still what comes out.
"""

import base64
import io
import json
import struct
import sys
from pathlib import Path

from PIL import Image

TARGET = Path(__file__).parent / "data" / "otherPictures.json"
WIDTH, HEIGHT = 13, 7


def noise(count, top=256, seed=1):
    """Numbers from 0 to top - 1, the same on every machine."""
    state, numbers = seed, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        numbers.append((state >> 12) % top)
    return numbers


def rows(bits, values, width=WIDTH):
    """Packs values into rows of whole 32-bit words."""
    out = b""
    for at in range(0, len(values), width):
        line = "".join(format(v, f"0{bits}b") for v in values[at : at + width])
        line += "0" * (-len(line) % 32)
        out += bytes(int(line[i : i + 8], 2) for i in range(0, len(line), 8))
    return out


def words(size, values, width=WIDTH):
    """Packs values of 2, 3 or 4 bytes, low byte first, into rows of whole 32-bit words."""
    out = b""
    for at in range(0, len(values), width):
        line = b"".join(v.to_bytes(size, "little") for v in values[at : at + width])
        out += line + b"\0" * (-len(line) % 4)
    return out


def bmp(bits, pixels, palette=b"", compression=0, masks=b"", header=40, height=HEIGHT, colours=0):
    if header == 12:
        info = struct.pack("<IHHHH", 12, WIDTH, abs(height), 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, WIDTH, height, 1, bits, compression, len(pixels), 2835, 2835, colours, 0)
        info += masks[: header - 40] if header > 40 else b""
        info += b"\0" * (header - len(info))
        info += masks if header == 40 else b""
    offset = 14 + len(info) + len(palette)
    return struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset) + info + palette + pixels


def colour_table(count, entry=4, seed=3):
    values = noise(count * 3, 256, seed)
    return b"".join(bytes(values[i * 3 : i * 3 + 3]) + b"\0" * (entry - 3) for i in range(count))


def masks(*values):
    return struct.pack("<4I", *values)


def bmps():
    count = WIDTH * HEIGHT
    yield "bmp1", bmp(1, rows(1, noise(count, 2)), colour_table(2))
    yield "bmp1-white-black", bmp(1, rows(1, noise(count, 2)), b"\xff\xff\xff\0\0\0\0\0")
    yield "bmp4", bmp(4, rows(4, noise(count, 16)), colour_table(16))
    yield "bmp4-few-colours", bmp(4, rows(4, noise(count, 16)), colour_table(9), colours=9)
    yield "bmp8", bmp(8, rows(8, noise(count)), colour_table(256))
    yield "bmp8-grey", bmp(8, rows(8, noise(count)), b"".join(bytes([i, i, i, 0]) for i in range(256)))
    yield "bmp8-few-colours", bmp(8, rows(8, noise(count)), colour_table(100), colours=100)
    yield "bmp8-top-down", bmp(8, rows(8, noise(count)), colour_table(256), height=-HEIGHT)
    yield "bmp8-os2", bmp(8, rows(8, noise(count)), colour_table(256, 3), header=12)
    yield "bmp24-os2", bmp(24, words(3, noise(count, 2**24)), header=12)
    yield "bmp8-os2-2", bmp(8, rows(8, noise(count)), colour_table(256), header=64)
    yield "bmp16", bmp(16, words(2, noise(count, 2**16)))
    yield "bmp16-565", bmp(16, words(2, noise(count, 2**16)), compression=3, masks=masks(0xF800, 0x7E0, 0x1F, 0)[:12])
    yield "bmp24", bmp(24, words(3, noise(count, 2**19)))
    yield "bmp24-top-down", bmp(24, words(3, noise(count, 2**19)), height=-HEIGHT)
    yield "bmp32", bmp(32, words(4, [v * 8191 for v in noise(count, 2**19)]))
    pixels = words(4, [v * 8191 for v in noise(count, 2**19)])
    for name, of in {
        "bgrx": masks(0xFF0000, 0xFF00, 0xFF, 0),
        "xbgr": masks(0xFF000000, 0xFF0000, 0xFF00, 0),
        "abgr": masks(0xFF000000, 0xFF0000, 0xFF00, 0xFF),
        "rgba": masks(0xFF, 0xFF00, 0xFF0000, 0xFF000000),
        "bgra": masks(0xFF0000, 0xFF00, 0xFF, 0xFF000000),
    }.items():
        yield f"bmp32-{name}-4", bmp(32, pixels, compression=3, masks=of, header=108)
        yield f"bmp32-{name}-5", bmp(32, pixels, compression=3, masks=of, header=124)
    runs = bytes([5, 9, 200, 7, 0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 8, 77, 0, 0, 13, 3, 0, 0])
    # Pillow passes over rows without a run: here, each has one.
    runs += bytes([0, 4, 9, 8, 7, 6, 4, 250, 0, 0, 1, 8, 0, 0, 13, 1, 0, 0, 6, 6, 7, 7, 0, 1])
    yield "bmp8-rle", bmp(8, runs, colour_table(256), compression=1)
    runs = bytes([5, 0x9A, 8, 0x70, 0, 0, 0, 5, 0x12, 0x34, 0x50, 0, 8, 0x77, 0, 0, 13, 0x31, 0, 0])
    # Pillow miscounts runs of literal nibbles whose number is odd: of even ones, it is right.
    runs = runs.replace(bytes([0, 5, 0x12, 0x34, 0x50, 0]), bytes([0, 4, 0x12, 0x34, 1, 0x50]))
    runs += bytes([2, 0x98, 0, 0, 1, 0x40, 0, 0, 13, 0x11, 0, 0, 6, 0x66, 7, 0x78, 0, 1])
    yield "bmp4-rle", bmp(4, runs, colour_table(16), compression=2)
    # Some writers give the end of the header, where the palette begins, as the place of the pixels.
    for name, file in {
        "bmp8-palette-place": bmp(8, rows(8, noise(count)), colour_table(256)),
        "bmp4-palette-place": bmp(4, rows(4, noise(count, 16)), colour_table(9), colours=9),
        "bmp8-rle-palette-place": bmp(8, bytes([13, 3, 0, 0] * 7 + [0, 1]), colour_table(256), compression=1),
    }.items():
        yield name, file[:10] + struct.pack("<I", 14 + 40) + file[14:]
    for mode in ["1", "L", "P", "RGB"]:
        picture = Image.frombytes("RGB", (WIDTH, HEIGHT), bytes(noise(count * 3))).convert(mode)
        out = io.BytesIO()
        picture.save(out, "BMP")
        yield f"bmp-pillow-{mode}", out.getvalue()


def lzw(values, bits):
    """Codes that clear the table often enough never to grow: simple, and right."""
    out, buffer, filled = b"", 0, 0

    def put(code):
        nonlocal buffer, filled, out
        buffer |= code << filled
        filled += bits + 1
        while filled >= 8:
            out += bytes([buffer & 255])
            buffer >>= 8
            filled -= 8

    for i, value in enumerate(values):
        if i % (2**bits - 2) == 0:
            put(2**bits)
        put(value)
    put(2**bits + 1)
    out += bytes([buffer & 255])
    blocks = b"".join(bytes([len(out[i : i + 200])]) + out[i : i + 200] for i in range(0, len(out), 200))
    return bytes([bits]) + blocks + b"\0"


def gif(frame, screen=(WIDTH, HEIGHT), bits=4, local=None, table=True, transparent=None, interlaced=False, extra=b""):
    left, top, width, height = frame
    flags = 0x80 | (bits - 1) if table else 0
    data = b"GIF89a" + struct.pack("<HHBBB", *screen, flags, 2, 0)
    data += bytes(noise(3 << bits, 256, 5)) if table else b""
    data += extra
    if transparent is not None:
        data += bytes([0x21, 0xF9, 4, 1, 10, 0, transparent, 0])
    own = 0 if local is None else 0x80 | (local - 1)
    data += b"," + struct.pack("<HHHHB", left, top, width, height, own | (0x40 if interlaced else 0))
    data += bytes(noise(3 << local, 256, 9)) if local is not None else b""
    return data + lzw(noise(width * height, 1 << bits), bits) + b";"


def gifs():
    whole = (0, 0, WIDTH, HEIGHT)
    part = (3, 2, 6, 4)
    yield "gif", gif(whole)
    yield "gif-interlaced", gif(whole, interlaced=True)
    yield "gif-interlaced-tall", gif((0, 0, 5, 23), screen=(5, 23), interlaced=True)
    yield "gif-part", gif(part)
    yield "gif-part-transparent", gif(part, transparent=5)
    yield "gif-own-palette", gif(whole, local=4)
    yield "gif-few-colours", gif(whole, local=2)
    yield "gif-no-palette", gif(whole, table=False)
    yield "gif-beyond-screen", gif((4, 3, 12, 9))
    yield "gif-2-bits", gif(whole, bits=2)
    yield "gif-8-bits", gif(whole, bits=8)
    yield "gif-comment", gif(whole, extra=bytes([0x21, 0xFE, 3, 65, 66, 67, 0]))
    yield "gif-animated", gif(whole)[:-1] + gif(whole)[13 + 48 :]
    large = Image.frombytes("RGB", (90, 70), bytes((x * y * c) // 90 % 256 for y in range(70) for x in range(90) for c in (1, 2, 3)))
    out = io.BytesIO()
    large.convert("P", palette=Image.Palette.ADAPTIVE).save(out, "GIF")
    yield "gif-pillow", out.getvalue()


def pnms():
    count = WIDTH * HEIGHT
    size = f"{WIDTH} {HEIGHT}"
    text = lambda values: " ".join(map(str, values)).encode()
    yield "pbm-text", f"P1\n# a comment\n{size}\n".encode() + text(noise(count, 2))
    yield "pbm-text-dense", f"P1\n{size}\n".encode() + "".join(map(str, noise(count, 2))).encode() + b"\n"
    lines = [noise(WIDTH, 2, 1 + row) for row in range(HEIGHT)]
    packed = b"".join(int("".join(map(str, line)) + "000", 2).to_bytes(2, "big") for line in lines)
    yield "pbm", f"P4\n{size}\n".encode() + packed
    yield "pgm-text", f"P2\n{size}\n100\n".encode() + text(noise(count, 101)) + b"\n"
    yield "pgm", f"P5 {size} 255\n".encode() + bytes(noise(count))
    yield "pgm-100", f"P5\n{size}\n# x\n100\n".encode() + bytes(noise(count, 101))
    yield "ppm-text", f"P3\n{size}\n31\n".encode() + text(noise(count * 3, 32)) + b"\n"
    yield "ppm", f"P6\n{size}\n255\n".encode() + bytes(noise(count * 3))
    yield "ppm-50", f"P6\n{size}\n50\n".encode() + bytes(noise(count * 3, 51))
    yield "ppm-1023", f"P6\n{size}\n1023\n".encode() + b"".join(v.to_bytes(2, "big") for v in noise(count * 3, 1024))
    yield "ppm-65535", f"P6\n{size}\n65535\n".encode() + b"".join(v.to_bytes(2, "big") for v in noise(count * 3, 65536))


def apngs():
    """Animated PNGs: the picture that a reader of PNGs shows, which may be no part of the animation."""
    frame = lambda mode, seed: Image.frombytes("RGB", (WIDTH, HEIGHT), bytes(noise(WIDTH * HEIGHT * 3, seed=seed))).convert(mode)
    for mode in ["RGB", "L", "RGBA", "P"]:
        for hidden in (False, True):
            out = io.BytesIO()
            frame(mode, 1).save(out, "PNG", save_all=True, append_images=[frame(mode, 2), frame(mode, 3)], default_image=hidden)
            yield f"apng-{mode}{'-still-apart' if hidden else ''}", out.getvalue()


def main():
    cases = []
    for name, data in [*bmps(), *gifs(), *pnms(), *apngs()]:
        picture = Image.open(io.BytesIO(data))
        rgb = picture.convert("RGB")
        encode = lambda raw: base64.b64encode(raw).decode()
        cases.append({"name": name, "file": encode(data), "size": list(rgb.size), "rgb": encode(rgb.tobytes())})
    text = json.dumps({"pillow": Image.__version__, "cases": cases}, indent=1) + "\n"
    if "--check" not in sys.argv:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        sys.exit(f"{TARGET}: Pillow {Image.__version__} makes something else of the pictures")
    print(f"{len(cases)} pictures")


if __name__ == "__main__":
    main()
