"""vinesmsuic/White-box-Cartoonization-PyTorch, generator_model.py."""

import torch
from make_families import Case
from torch import nn
from torch.nn import functional as F


def layers(*sizes):
    """Convolutions of (inputs, outputs, kernel, stride) with zeros around, each with its activation."""
    made = []
    for inputs, outputs, kernel, *stride in sizes:
        made += [nn.Conv2d(inputs, outputs, kernel, *(stride or [1]), kernel // 2), nn.LeakyReLU(0.2)]
    return made


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(dim, dim, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(dim, dim, 3, 1, 1))

    def forward(self, x):
        return x + self.block(x)


class WhiteBox(nn.Module):
    def __init__(self, channels, f, residuals):
        super().__init__()
        self.initial_down = nn.Sequential(*layers((channels, f, 7)))
        self.down1 = nn.Sequential(*layers((f, f, 3, 2), (f, 2 * f, 3)))
        self.down2 = nn.Sequential(*layers((2 * f, 2 * f, 3, 2), (2 * f, 4 * f, 3)))
        self.res_blocks = nn.Sequential(*[Block(4 * f) for _ in range(residuals)])
        self.up1 = nn.Sequential(*layers((4 * f, 2 * f, 3)))
        self.up2 = nn.Sequential(*layers((2 * f, 2 * f, 3), (2 * f, f, 3)))
        self.last = nn.Sequential(*layers((f, f, 3)), nn.Conv2d(f, channels, 7, 1, 3))

    def forward(self, x):
        twice = lambda value: F.interpolate(value, scale_factor=2, mode="bilinear", align_corners=False)
        whole = self.initial_down(x)
        half = self.down1(whole)
        y = self.up1(self.res_blocks(self.down2(half)))
        y = self.up2(twice(y) + half)
        return torch.tanh(self.last(twice(y) + whole))


CASES = [
    Case(
        "white-box-cartoonization",
        "white-box-cartoonization",
        lambda: WhiteBox(3, 3, 2),
        config={"imgChannels": 3, "numFeatures": 3, "numResiduals": 2},
        traits={"sizeRule": {"multipleOf": 4, "roundsUpTo": 1}, "padding": "zero"},
        inputs=((1, 3, 20, 24), (2, 3, 16, 28)),
    ),
]
