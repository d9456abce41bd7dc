"""xahidbuffon/FUnIE-GAN, PyTorch/nets/funiegan.py: GeneratorFunieGAN."""

import torch
from make_families import Case
from torch import nn


class Layers(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


def down(inputs, outputs, norm=True):
    between = [nn.BatchNorm2d(outputs, momentum=0.8)] if norm else []
    return Layers(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), *between, nn.LeakyReLU(0.2))


def up(inputs, outputs):
    conv = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
    return Layers(conv, nn.BatchNorm2d(outputs, momentum=0.8), nn.ReLU(inplace=True))


class Generator(nn.Module):
    def __init__(self, inputs, outputs, c):
        super().__init__()
        self.down1 = down(inputs, c[0], norm=False)
        self.down2 = down(c[0], c[1])
        self.down3 = down(c[1], c[2])
        self.down4 = down(c[2], c[3])
        self.down5 = down(c[3], c[4], norm=False)
        self.up1 = up(c[4], c[3])
        self.up2 = up(2 * c[3], c[2])
        self.up3 = up(2 * c[2], c[1])
        self.up4 = up(2 * c[1], c[0])
        last = nn.Conv2d(2 * c[0], outputs, 4, padding=1)
        self.final = nn.Sequential(nn.Upsample(scale_factor=2), nn.ZeroPad2d((1, 0, 1, 0)), last, nn.Tanh())

    def forward(self, x):
        d1 = self.down1(x)
        d2 = self.down2(d1)
        d3 = self.down3(d2)
        d4 = self.down4(d3)
        u1 = torch.cat((self.up1(self.down5(d4)), d4), 1)
        u2 = torch.cat((self.up2(u1), d3), 1)
        u3 = torch.cat((self.up3(u2), d2), 1)
        return self.final(torch.cat((self.up4(u3), d1), 1))


TRAITS = {"sizeRule": {"multipleOf": 32, "roundsUpTo": 1}, "padding": "zero", "statistics": "running"}

CASES = [
    Case(
        "funie-gan",
        "funie-gan",
        lambda: Generator(3, 3, (2, 3, 4, 5, 4)),
        config={"inChannels": 3, "outChannels": 3, "channels": [2, 3, 4, 5, 4]},
        traits=TRAITS,
        inputs=((1, 3, 32, 64), (2, 3, 64, 32)),
        every=3,
    ),
]
