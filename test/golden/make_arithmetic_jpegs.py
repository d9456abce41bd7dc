"""Makes `data/arithmeticJpegs.json`: arithmetic-coded JPEGs, whole and damaged, and what Pillow makes of them.

    python3 test/golden/make_arithmetic_jpegs.py            writes it; needs libjpeg-turbo's jpegtran, too
    python3 test/golden/make_arithmetic_jpegs.py --check    asks this Pillow again about the files in it

Each entry: `{name, jpeg, size, sha256}`, as in damagedJpegs.json. Made with Pillow 9.4.0 and libjpeg-turbo 2.1.5.
"""

import base64
import hashlib
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile

from PIL import Image

DATA = pathlib.Path(__file__).parent / "data" / "arithmeticJpegs.json"


def picture(width, height, mode="RGB"):
    pixels = bytes(
        (value + (x * 7919 + y * 104729 + x * y) % 37) % 256
        for y in range(height)
        for x in range(width)
        for value in ((x * 200) // width, (y * 200) // height, ((x + y) * 3) % 200)
    )
    return Image.frombytes("RGB", (width, height), pixels).convert(mode)


def coded(image, *options, **saving):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **saving)
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "source.jpg"
        source.write_bytes(buffer.getvalue())
        made = subprocess.run(["jpegtran", "-arithmetic", *options, str(source)], check=True, capture_output=True)
    return made.stdout


def whole():
    yield "444", coded(picture(33, 21), quality=90, subsampling=0)
    yield "420", coded(picture(33, 21), quality=75, subsampling=2)
    yield "422", coded(picture(33, 21), quality=60, subsampling=1)
    yield "grey", coded(picture(33, 21, "L"), quality=80)
    yield "cmyk", coded(picture(33, 21, "CMYK"), quality=80)
    yield "one", coded(picture(1, 1))
    yield "quality-100", coded(picture(40, 40), quality=100, subsampling=0)
    yield "quality-3", coded(picture(64, 40), quality=3)
    yield "even", coded(Image.new("RGB", (90, 90), (90, 200, 30)))
    yield "large", coded(picture(150, 110), quality=95, subsampling=0)
    yield "restarts", coded(picture(70, 50), "-restart", "2B", quality=85)
    yield "restart-rows", coded(picture(70, 50), "-restart", "1", quality=85)
    yield "progressive-444", coded(picture(50, 37), "-progressive", quality=90, subsampling=0)
    yield "progressive-420", coded(picture(50, 37), "-progressive", quality=75)
    yield "progressive-grey", coded(picture(50, 37, "L"), "-progressive", quality=85)
    yield "progressive-cmyk", coded(picture(50, 37, "CMYK"), "-progressive", quality=85)
    yield "progressive-restarts", coded(picture(50, 37), "-progressive", "-restart", "3B", quality=85)
    yield "progressive-100", coded(picture(50, 37), "-progressive", quality=100, subsampling=0)
    # Other bounds for small differences and low coefficients than the usual ones, which the encoder did not keep to: damage of a kind.
    plain = coded(picture(33, 21), quality=90, subsampling=0)
    conditioning = b"\xff\xcc\x00\x0a\x00\x42\x01\x31\x10\x03\x11\x20"
    at = plain.index(b"\xff\xda")
    yield "conditioned", plain[:at] + conditioning + plain[at:]


def damaged(files):
    chance = random.Random(38)
    for name, data in files:
        scan = data.index(b"\xff\xda") + 14
        if len(data) - scan < 60 or len(data) > 4000:
            continue
        yield f"{name}-cut", data[: scan + (len(data) - scan) * 2 // 3] + b"\xff\xd9"
        yield f"{name}-no-end", data[: scan + (len(data) - scan) * 2 // 3]
        for i in range(2):
            changed = bytearray(data)
            changed[chance.randrange(scan, len(data) - 2)] ^= 1 << chance.randrange(8)
            yield f"{name}-bit-{i}", bytes(changed)


def by_pillow(data):
    try:
        image = Image.open(io.BytesIO(data))
        rgb = image.convert("RGB")
        return {"size": list(rgb.size), "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}
    except OSError:
        return {"size": None, "sha256": None}


def main():
    if "--check" in sys.argv:
        cases = json.loads(DATA.read_text())["cases"]
        for case in cases:
            found = by_pillow(base64.b64decode(case["jpeg"]))
            if found != {key: case[key] for key in found}:
                sys.exit(f"{DATA}: Pillow {Image.__version__} makes something else of {case['name']}")
    else:
        files = list(whole())
        cases = [
            {"name": name, "jpeg": base64.b64encode(data).decode(), **by_pillow(data)} for name, data in [*files, *damaged(files)]
        ]
        DATA.write_text(json.dumps({"pillow": Image.__version__, "cases": cases}, indent=1) + "\n")
    print(f"{len(cases)} pictures")


if __name__ == "__main__":
    main()
