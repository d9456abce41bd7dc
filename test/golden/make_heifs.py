"""AVIFs and HEICs of several kinds, and what libheif itself makes of them.

    python3 test/golden/make_heifs.py

writes data/heifs.json: for each file its bytes and its pixels, in base64. Made by Debian's heif-enc and heif-convert
(libheif-examples, 1.15 with x265 and libaom), which Pillow 9.4 does not know. Encoders change, so the files are those that are there.
"""

import base64
import json
import subprocess
import tempfile
from pathlib import Path

from make_webps import picture
from PIL import Image

TARGET = Path(__file__).parent / "data" / "heifs.json"


CASES = {
    "small": (picture(24, 17), []),
    "coarse": (picture(32, 24), ["-q", "10"]),
    "lossless": (picture(24, 17), ["-L"]),
    "alpha": (picture(40, 30, "RGBA"), []),
    "thumbnail": (picture(40, 40), ["-t", "16"]),
    "4:4:4": (picture(33, 21), ["-p", "chroma=444"]),
}


def run(*words):
    subprocess.run(words, check=True, capture_output=True)


def case(folder, name, image, options, kind):
    source, file, decoded = folder / "in.png", folder / f"out.{kind}", folder / "decoded.png"
    image.save(source)
    run("heif-enc", *options, *(["-A"] if kind == "avif" else []), str(source), "-o", str(file))
    run("heif-convert", str(file), str(decoded))
    rgb = Image.open(decoded).convert("RGB")
    return {
        "name": f"{kind} {name}",
        "file": encode(file.read_bytes()),
        "size": list(rgb.size),
        "rgb": encode(rgb.tobytes()),
    }


def encode(raw):
    return base64.b64encode(raw).decode()


def main():
    with tempfile.TemporaryDirectory() as folder:
        cases = [
            case(Path(folder), name, image, options, kind)
            for kind in ("heic", "avif")
            for name, (image, options) in CASES.items()
        ]
    TARGET.write_text(json.dumps({"libheif": "1.15.1", "cases": cases}, indent=1) + "\n")
    print(f"{len(cases)} pictures")


if __name__ == "__main__":
    main()
