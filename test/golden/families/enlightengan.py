"""VITA-Group/EnlightenGAN, models/networks.py, with the options of scripts/script.py, which feeds the map of darkness, too."""

import torch
from make_families import Case
from torch import nn
from torch.nn import functional as F


class Enlighten(nn.Module):
    def __init__(self, width, attention=True, norm=True):
        super().__init__()
        self.attention = attention
        sizes = [4 if attention else 3] + [width * 2**i for i in range(5)]
        for level in range(1, 6):
            self.level(level, sizes[level - 1], sizes[level], norm)
        for level in range(5, 9):
            wide = sizes[10 - level]
            setattr(self, f"deconv{level}", nn.Conv2d(wide, wide // 2, 3, padding=1))
            self.level(level + 1, wide, wide // 2, norm)
        self.conv10 = nn.Conv2d(width, 3, 1)

    def level(self, level, inputs, outputs, norm):
        for step, source in ((1, inputs), (2, outputs)):
            setattr(self, f"conv{level}_{step}", nn.Conv2d(source, outputs, 3, padding=1))
            if norm and (level, step) != (9, 2):
                setattr(self, f"bn{level}_{step}", nn.BatchNorm2d(outputs))

    def step(self, name, x):
        x = F.leaky_relu(getattr(self, f"conv{name}")(x), 0.2)
        return getattr(self, f"bn{name}")(x) if hasattr(self, f"bn{name}") else x

    def forward(self, x):
        r, g, b = (x + 1).split(1, 1)
        dark = 1 - (0.299 * r + 0.587 * g + 0.114 * b) / 2
        wide = x.shape[-1] > 2200
        if wide:
            x, dark = F.avg_pool2d(x, 2), F.avg_pool2d(dark, 2)
        down, across = [-side % 16 for side in x.shape[-2:]]
        left, top = across // 2, down // 2
        border = (left, across - left, top, down - top)
        height, width = x.shape[-2:]
        y = self.lightened(F.pad(x, border, "reflect"), F.pad(dark, border, "reflect"))
        y = y[:, :, top : top + height, left : left + width]
        return F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False) if wide else y

    def lightened(self, picture, dark):
        masks = [dark]
        for _ in range(4):
            masks.append(F.max_pool2d(masks[-1], 2))
        if not self.attention:
            masks = [torch.ones_like(mask) for mask in masks]
        x = torch.cat((picture, dark), 1) if self.attention else picture
        skips = []
        for level in range(1, 5):
            x = self.step(f"{level}_2", self.step(f"{level}_1", x))
            skips.append(x * masks[level - 1])
            x = F.max_pool2d(x, 2)
        x = self.step("5_2", self.step("5_1", x) * masks[4])
        for level in range(5, 9):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = torch.cat((getattr(self, f"deconv{level}")(x), skips.pop()), 1)
            x = self.step(f"{level + 1}_2", self.step(f"{level + 1}_1", x))
        return self.conv10(x) * masks[0] + picture


def wide(width, inputs):
    """Weights large enough for the innermost level to be seen in the output: each is masked, and averaged by enlarging."""
    ranges = {}
    for key, tensor in Enlighten(width, inputs == 4).state_dict().items():
        if tensor.dim() == 4:
            bound = 1.5 * (3 / tensor[0].numel()) ** 0.5
            ranges[key] = (-bound, bound)
    return ranges


TRAITS = {
    "sizeRule": {"multipleOf": 1, "roundsUpTo": 1},
    "padding": "zero",
    "residual": True,
    "statistics": "running",
}

CASES = [
    Case(
        "enlightengan",
        "enlightengan",
        lambda: Enlighten(2),
        config={"width": 2, "selfAttention": True, "useNorm": True},
        traits=TRAITS,
        inputs=((1, 3, 21, 26), (2, 3, 32, 16)),
        ranges=wide(2, 4),
    ),
    Case(
        "enlightengan-bare",
        "enlightengan",
        lambda: Enlighten(1, attention=False, norm=False),
        config={"width": 1, "selfAttention": False, "useNorm": False},
        traits={**TRAITS, "statistics": "own"},
        inputs=((1, 3, 21, 26),),
        ranges=wide(1, 3),
    ),
]
