"""Makes test/golden/data/trainingPictures.json: what the CycleGAN authors' get_transform makes of a picture, by Pillow and torchvision.

    python3 test/golden/make_training_pictures.py
    python3 test/golden/make_training_pictures.py --check      whether they still give what is stored
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional as F

OUT = Path(__file__).parent / "data" / "trainingPictures.json"

# preprocess, size of the picture, load size, crop size, what RandomCrop and RandomHorizontalFlip draw: top, left, flip
CASES = [
    ("resize_and_crop", (30, 22), 18, 8, (0, 0, False)),
    ("resize_and_crop", (30, 22), 18, 8, (10, 3, True)),
    ("resize_and_crop", (9, 11), 12, 12, (0, 0, True)),
    ("crop", (30, 22), 18, 8, (14, 22, False)),
    ("scale_width", (15, 11), 8, 4, (0, 0, True)),
    ("scale_width", (30, 8), 12, 8, (0, 0, False)),
    ("scale_width", (8, 9), 8, 4, (0, 0, False)),
    ("scale_width_and_crop", (20, 33), 12, 8, (11, 3, True)),
    ("none", (14, 10), 18, 12, (0, 0, True)),
    ("none", (9, 12), 18, 12, (0, 0, False)),
]


def picture(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return Image.fromarray(((x * 37 + y * 59 + c * 101 + x * y * 7) % 256).astype(np.uint8), "RGB")


def scale_width(image, target, crop):
    width, height = image.size
    if width == target and height >= crop:
        return image
    return image.resize((target, int(max(target * height / width, crop))), Image.BICUBIC)


def make_power_2(image, base):
    width, height = image.size
    h, w = int(round(height / base) * base), int(round(width / base) * base)
    return image if (h, w) == (height, width) else image.resize((w, h), Image.BICUBIC)


def transform(image, preprocess, load, crop, drawn):
    """junyanz/pytorch-CycleGAN-and-pix2pix, data/base_dataset.py, get_transform, with what is random given."""
    top, left, flip = drawn
    if "resize" in preprocess:
        image = transforms.Resize([load, load], transforms.InterpolationMode.BICUBIC)(image)
    elif "scale_width" in preprocess:
        image = scale_width(image, load, crop)
    before = image.size
    if "crop" in preprocess:
        image = F.crop(image, top, left, crop, crop)
    if preprocess == "none":
        image = make_power_2(image, 4)
    if flip:
        image = F.hflip(image)
    return before, transforms.Normalize((0.5,) * 3, (0.5,) * 3)(transforms.ToTensor()(image))


def make():
    for preprocess, (width, height), load, crop, drawn in CASES:
        before, tensor = transform(picture(width, height), preprocess, load, crop, drawn)
        yield {
            "preprocess": preprocess,
            "size": [width, height],
            "loadSize": load,
            "cropSize": crop,
            "drawn": {"top": drawn[0], "left": drawn[1], "flip": drawn[2]},
            "resized": list(before),
            "shape": list(tensor.shape),
            "float32": base64.b64encode(tensor.numpy().astype("<f4").tobytes()).decode(),
        }


text = json.dumps(list(make()), indent=1) + "\n"
if "--check" not in sys.argv:
    OUT.write_text(text)
elif OUT.read_text() != text:
    sys.exit(f"{OUT} is not what Pillow and torchvision give")
