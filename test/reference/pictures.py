"""What Pillow and torchvision make of pictures: pictures.py FOLDER FILE.png …

Writes eight JPEGs into FOLDER, one for each EXIF orientation, and prints a JSON line `{file, what, size, sha256}` for each of
them (`upright`: the RGB of `ImageOps.exif_transpose`), for each FILE (`alpha`: the alpha of `convert("RGBA")`) and for crops of
the first of the JPEGs (`crop N`: torchvision's CenterCrop).
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
from PIL import Image, ImageOps
from torchvision.transforms import CenterCrop

ORIENTATION = 0x0112


def tell(file, what, image):
    digest = hashlib.sha256(image.tobytes()).hexdigest()
    print(json.dumps({"file": str(file), "what": what, "size": image.size, "sha256": digest}))


folder = pathlib.Path(sys.argv[1])
columns, rows = np.meshgrid(np.arange(37), np.arange(22))
pixels = np.stack([columns * 6, rows * 11, (columns * rows) % 256], axis=2).astype(np.uint8)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = folder / f"orientation{orientation}.jpg"
    Image.fromarray(pixels).save(file, exif=exif, quality=95)
    tell(file, "upright", ImageOps.exif_transpose(Image.open(file)).convert("RGB"))
first = folder / "orientation1.jpg"
for size in (1, 6, 7, 21, 22):
    tell(first, f"crop {size}", CenterCrop(size)(Image.open(first).convert("RGB")))
for file in sys.argv[2:]:
    tell(file, "alpha", Image.open(file).convert("RGBA").getchannel("A"))
