"""JPEGs whose entropy-coded data are too long to be held at once, where little is held: what Pillow makes of them.

    python3 test/golden/make_long_jpegs.py
"""
import base64
import hashlib
import io
import json
import pathlib
import random

import PIL
from PIL import Image

DATA = pathlib.Path(__file__).parent / "data"


def picture(mode, width, height):
    draw = random.Random(7)
    channels = len(mode)
    return Image.frombytes(mode, (width, height), bytes(draw.randrange(256) for _ in range(width * height * channels)))


def case(name, mode, size, **options):
    file = io.BytesIO()
    picture(mode, *size).save(file, "JPEG", **options)
    file.seek(0)
    rgb = Image.open(file).convert("RGB")
    return {
        "name": name,
        "jpeg": base64.b64encode(file.getvalue()).decode(),
        "size": list(rgb.size),
        "sha256": hashlib.sha256(rgb.tobytes()).hexdigest(),
    }


cases = [
    case("baseline, 4:2:0", "RGB", (120, 90), quality=92, subsampling=2),
    case("baseline, 4:4:4", "RGB", (90, 70), quality=92, subsampling=0),
    case("progressive", "RGB", (150, 90), quality=85, progressive=True),
    case("shades", "L", (110, 90), quality=95),
    case("four inks", "CMYK", (70, 60), quality=90),
]
text = json.dumps({"pillow": PIL.__version__, "cases": cases}, indent=1)
(DATA / "longJpegs.json").write_text(text + "\n")
