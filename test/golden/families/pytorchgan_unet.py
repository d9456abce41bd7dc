"""eriklindernoren/PyTorch-GAN, implementations/{pix2pix,discogan,dualgan}/models.py: the U-Nets."""

import torch
from make_families import Case
from torch import nn


class Layers(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.model = nn.Sequential(*layers, nn.Dropout(0.5))

    def forward(self, x):
        return self.model(x)


class Unet(nn.Module):
    def __init__(self, inputs, outputs, width, levels, bias, affine, transposed):
        super().__init__()
        self.levels = levels
        c = [inputs] + [width * min(2**i, 8) for i in range(levels)]
        norm = lambda channels: nn.InstanceNorm2d(channels, affine=affine)
        for i in range(1, levels + 1):
            conv = nn.Conv2d(c[i - 1], c[i], 4, 2, 1, bias=bias)
            between = [norm(c[i])] if 1 < i < levels else []
            setattr(self, f"down{i}", Layers(conv, *between, nn.LeakyReLU(0.2)))
        for i in range(1, levels):
            channels = c[levels] if i == 1 else 2 * c[levels + 1 - i]
            conv = nn.ConvTranspose2d(channels, c[levels - i], 4, 2, 1, bias=bias)
            setattr(self, f"up{i}", Layers(conv, norm(c[levels - i]), nn.ReLU(inplace=True)))
        if transposed:
            last = [nn.ConvTranspose2d(2 * width, outputs, 4, stride=2, padding=1)]
        else:
            last = [nn.Upsample(scale_factor=2), nn.ZeroPad2d((1, 0, 1, 0)), nn.Conv2d(2 * width, outputs, 4, padding=1)]
        self.final = nn.Sequential(*last, nn.Tanh())

    def forward(self, x):
        downs = []
        for i in range(1, self.levels + 1):
            x = getattr(self, f"down{i}")(x)
            downs.append(x)
        for i in range(1, self.levels):
            x = torch.cat((getattr(self, f"up{i}")(x), downs[self.levels - 1 - i]), 1)
        return self.final(x)


def traits(side, **others):
    return {"sizeRule": {"multipleOf": side, "roundsUpTo": 1}, "padding": "zero", **others}


CASES = [
    Case(
        "pytorch-gan-pix2pix",
        "pytorch-gan-pix2pix",
        lambda: Unet(3, 1, 1, 8, False, False, False),
        config={"inChannels": 3, "outChannels": 1, "width": 1},
        traits=traits(256, outputChannels=1),
        inputs=((1, 3, 256, 256),),
        every=37,
    ),
    Case(
        "pytorch-gan-discogan",
        "pytorch-gan-discogan",
        lambda: Unet(3, 3, 2, 6, True, False, False),
        config={"inChannels": 3, "outChannels": 3, "width": 2},
        traits=traits(64),
        inputs=((1, 3, 64, 128), (2, 3, 64, 64)),
        every=11,
    ),
    Case(
        "pytorch-gan-dualgan",
        "pytorch-gan-dualgan",
        lambda: Unet(3, 3, 1, 7, False, True, True),
        config={"inChannels": 3, "outChannels": 3, "width": 1},
        traits=traits(128),
        inputs=((1, 3, 128, 256),),
        every=23,
    ),
]
