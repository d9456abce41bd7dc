"""aladdinpersson/Machine-Learning-Collection, ML/Pytorch/GANs/Pix2Pix/generator_model.py, Generator."""

import torch
from make_families import Case
from torch import nn


class Block(nn.Module):
    def __init__(self, conv, channels, act):
        super().__init__()
        self.conv = nn.Sequential(conv, nn.BatchNorm2d(channels), act)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(self.conv(x))


class Generator(nn.Module):
    def __init__(self, inputs, f):
        super().__init__()
        first = nn.Conv2d(inputs, f, 4, 2, 1, padding_mode="reflect")
        self.initial_down = nn.Sequential(first, nn.LeakyReLU(0.2))
        for i, (a, b) in enumerate([(1, 2), (2, 4), (4, 8), (8, 8), (8, 8), (8, 8)]):
            conv = nn.Conv2d(a * f, b * f, 4, 2, 1, bias=False, padding_mode="reflect")
            setattr(self, f"down{i + 1}", Block(conv, b * f, nn.LeakyReLU(0.2)))
        self.bottleneck = nn.Sequential(nn.Conv2d(8 * f, 8 * f, 4, 2, 1), nn.ReLU())
        for i, (a, b) in enumerate([(8, 8), (16, 8), (16, 8), (16, 8), (16, 4), (8, 2), (4, 1)]):
            conv = nn.ConvTranspose2d(a * f, b * f, 4, 2, 1, bias=False)
            setattr(self, f"up{i + 1}", Block(conv, b * f, nn.ReLU()))
        self.final_up = nn.Sequential(nn.ConvTranspose2d(2 * f, inputs, 4, 2, 1), nn.Tanh())

    def forward(self, x):
        d = [self.initial_down(x)]
        for i in range(1, 7):
            d.append(getattr(self, f"down{i}")(d[-1]))
        up = self.up1(self.bottleneck(d[6]))
        for i in range(2, 8):
            up = getattr(self, f"up{i}")(torch.cat([up, d[8 - i]], 1))
        return self.final_up(torch.cat([up, d[0]], 1))


CASES = [
    Case(
        "aladdinpersson-pix2pix",
        "aladdinpersson-pix2pix",
        lambda: Generator(3, 1),
        config={"inChannels": 3, "features": 1},
        traits={"sizeRule": {"multipleOf": 256, "roundsUpTo": 1}, "statistics": "running"},
        inputs=((1, 3, 256, 256),),
        every=97,
    ),
]
