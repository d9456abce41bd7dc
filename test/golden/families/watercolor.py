"""cenarturkmen/watercolor-CycleGAN, generator.py, CycleGAN_Unet_Generator."""

import torch
from make_families import Case
from torch import nn


class Down(nn.Module):
    def __init__(self, a, b, normalized):
        super().__init__()
        self.conv = nn.Conv2d(a, b, 4, 2, 1)
        self.norm = nn.InstanceNorm2d(b) if normalized else nn.Identity()
        self.relu = nn.LeakyReLU(0.2, inplace=True)

    def forward(self, x):
        return self.relu(self.norm(self.conv(x)))


class Up(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        conv = nn.ConvTranspose2d(a, b, 4, 2, 1)
        self.block = nn.Sequential(conv, nn.InstanceNorm2d(b), nn.ReLU(inplace=True))
        self.dropout_layer = nn.Dropout2d(0.5)

    def forward(self, x, skip):
        return torch.cat([self.dropout_layer(self.block(x)), skip], dim=1)


class Generator(nn.Module):
    def __init__(self, f):
        super().__init__()
        downs = [(3, f), (f, 2 * f), (2 * f, 4 * f), (4 * f, 8 * f), (8 * f, 8 * f)]
        self.downsamples = nn.ModuleList(Down(a, b, i > 0) for i, (a, b) in enumerate(downs))
        ups = [(8 * f, 8 * f), (16 * f, 4 * f), (8 * f, 2 * f), (4 * f, f)]
        self.upsamples = nn.ModuleList(Up(a, b) for a, b in ups)
        self.last = nn.Sequential(nn.ConvTranspose2d(2 * f, 3, kernel_size=4, stride=2, padding=1), nn.Tanh())

    def forward(self, x):
        skips = []
        for down in self.downsamples:
            x = down(x)
            skips.append(x)
        for up, skip in zip(self.upsamples, reversed(skips[:-1])):
            x = up(x, skip)
        return self.last(x)


CASES = [
    Case(
        "watercolor",
        "watercolor",
        lambda: Generator(2),
        config={"filter": 2},
        traits={"sizeRule": {"multipleOf": 32, "roundsUpTo": 1}, "padding": "zero"},
        inputs=((1, 3, 64, 96), (2, 3, 64, 32)),
        every=7,
    ),
]
