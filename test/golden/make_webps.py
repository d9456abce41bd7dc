"""WebPs of every kind, and what Pillow makes of them.

    python3 test/golden/make_webps.py [--check]

writes data/webps.json: for each file its bytes and the pixels of `Image.open(file).convert("RGB")`, and its alpha where it has some,
in base64. Made with Pillow 9.4 and libwebp 1.2. With --check, it says whether the pixels are still what comes out; the files are
those that are there, for encoders may change.
"""

import base64
import io
import json
import sys
from pathlib import Path

from make_other_pictures import noise
from PIL import Image

TARGET = Path(__file__).parent / "data" / "webps.json"


def picture(width, height, mode="RGB"):
    """Smooth, with some noise, and clear at one side."""
    grain = noise(width * height, 40)
    pixels = bytes(
        min(255, max(0, value + grain[y * width + x] - 20))
        for y in range(height)
        for x in range(width)
        for value in ((x * 255) // width, (y * 255) // height, ((x + y) * 97) % 256, max(0, 300 - 300 * x // width))[: len(mode)]
    )
    return Image.frombytes(mode, (width, height), pixels)


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, "WEBP", **options)
    return out.getvalue()


def framed(frame, canvas, left, top):
    """An animation of one picture, which covers a part of its canvas."""
    chunks = frame[12:]
    if chunks[:4] == b"VP8X":
        chunks = chunks[18:]
    three = lambda value: value.to_bytes(3, "little")
    size = Image.open(io.BytesIO(frame)).size
    header = three(left // 2) + three(top // 2) + three(size[0] - 1) + three(size[1] - 1) + three(100) + b"\x02"
    chunk = lambda name, data: name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    body = chunk(b"VP8X", b"\x12\0\0\0" + three(canvas[0] - 1) + three(canvas[1] - 1))
    body += chunk(b"ANIM", b"\x20\x40\x80\xff\0\0") + chunk(b"ANMF", header + chunks) + chunk(b"ANMF", header + chunks)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def files():
    for width, height in ((1, 1), (13, 7), (17, 16), (40, 30)):
        yield f"lossy-{width}x{height}", saved(picture(width, height), quality=75)
        yield f"lossless-{width}x{height}", saved(picture(width, height), lossless=True)
    for quality in (0, 40, 100):
        yield f"lossy-{quality}", saved(picture(31, 22), quality=quality)
    for method in (0, 6):
        yield f"lossy-method-{method}", saved(picture(31, 22), method=method)
        yield f"lossless-method-{method}", saved(picture(31, 22), lossless=True, method=method)
    yield "lossless-few-colours", saved(picture(31, 22).quantize(7).convert("RGB"), lossless=True)
    yield "lossless-grey", saved(picture(31, 22).convert("L").convert("RGB"), lossless=True)
    clear = picture(31, 22, "RGBA")
    yield "alpha-lossy", saved(clear, quality=60)
    yield "alpha-lossy-coarse", saved(clear, quality=60, alpha_quality=20)
    yield "alpha-lossless", saved(clear, lossless=True)
    yield "alpha-lossless-exact", saved(clear, lossless=True, exact=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "turned", saved(picture(31, 22), exif=exif.tobytes())
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="3"/></x:xmpmeta>'
    yield "xmp", saved(picture(31, 22), xmp=xmp)
    pictures = [picture(31, 22), picture(31, 22).rotate(180), picture(31, 22).rotate(90)]
    yield "animated", saved(pictures[0], save_all=True, append_images=pictures[1:], duration=100)
    yield "animated-lossless", saved(pictures[0], save_all=True, append_images=pictures[1:], lossless=True)
    yield "animated-alpha", saved(clear, save_all=True, append_images=[clear.rotate(180)], quality=50)
    for name, frame in {
        "lossy": saved(picture(13, 7)),
        "lossless": saved(picture(13, 7), lossless=True),
        "alpha": saved(picture(13, 7, "RGBA")),
    }.items():
        yield f"animated-part-{name}", framed(frame, (31, 22), 6, 4)


def encode(raw):
    return base64.b64encode(raw).decode()


def pixels(data):
    image = Image.open(io.BytesIO(data))
    rgb = image.convert("RGB")
    alpha = {"alpha": encode(image.getchannel("A").tobytes())} if "A" in image.mode and image.getextrema()[3][0] < 255 else {}
    return {"size": list(rgb.size), "rgb": encode(rgb.tobytes()), **alpha}


def main():
    if "--check" in sys.argv:
        cases = json.loads(TARGET.read_text())["cases"]
        for case in cases:
            name, file, *_ = case.values()
            if case != {"name": name, "file": file, **pixels(base64.b64decode(file))}:
                sys.exit(f"{TARGET}: Pillow {Image.__version__} makes something else of {name}")
    else:
        cases = [{"name": name, "file": encode(data), **pixels(data)} for name, data in files()]
        TARGET.write_text(json.dumps({"pillow": Image.__version__, "cases": cases}, indent=1) + "\n")
    print(f"{len(cases)} pictures")


if __name__ == "__main__":
    main()
