"""open-mmlab/mmgeneration, mmgen/models/architectures/pix2pix, UnetGenerator."""

import torch
from make_families import Case
from torch import nn


class ConvModule(nn.Module):
    """mmcv's, in the order activation, convolution, norm; activations are in place, as there."""

    def __init__(self, conv, norm, act):
        super().__init__()
        self.conv = conv
        self.name = None
        if norm is not None:
            self.name = "bn" if isinstance(norm, nn.BatchNorm2d) else "in"
            self.add_module(self.name, norm)
        self.act = act

    def forward(self, x):
        x = self.conv(self.act(x))
        return x if self.name is None else getattr(self, self.name)(x)


class Level(nn.Module):
    def __init__(self, outer, inner, below, norm, inputs=None, dropout=False):
        super().__init__()
        self.outermost = inputs is not None
        bias = norm is nn.InstanceNorm2d
        conv = nn.Conv2d(inputs or outer, inner, 4, 2, 1, bias=bias)
        plain = self.outermost or below is None
        act = nn.Identity() if self.outermost else nn.LeakyReLU(0.2, True)
        down = ConvModule(conv, None if plain else norm(inner), act)
        channels = inner if below is None else 2 * inner
        conv = nn.ConvTranspose2d(channels, outer, 4, 2, 1, bias=bias or self.outermost)
        up = ConvModule(conv, None if self.outermost else norm(outer), nn.ReLU(True))
        upper = [nn.Tanh()] if self.outermost else [nn.Dropout(0.5)] if dropout else []
        self.model = nn.Sequential(down, *([] if below is None else [below]), up, *upper)

    def forward(self, x):
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class Unet(nn.Module):
    def __init__(self, inputs, outputs, levels, base, norm):
        super().__init__()
        level = Level(8 * base, 8 * base, None, norm)
        for _ in range(levels - 5):
            level = Level(8 * base, 8 * base, level, norm, dropout=True)
        for times in (4, 2, 1):
            level = Level(times * base, 2 * times * base, level, norm)
        self.model = Level(outputs, base, level, norm, inputs=inputs)

    def forward(self, x):
        return self.model(x)


def config(inputs, outputs, levels, base, norm):
    return {"inChannels": inputs, "outChannels": outputs, "numDown": levels, "baseChannels": base, "norm": norm}


CASES = [
    Case(
        "mmgeneration-pix2pix-batch",
        "mmgeneration-pix2pix",
        lambda: Unet(3, 3, 6, 1, nn.BatchNorm2d),
        config=config(3, 3, 6, 1, "batch"),
        traits={
            "channelOrder": "bgr",
            "sizeRule": {"multipleOf": 64, "roundsUpTo": 1},
            "padding": "zero",
            "statistics": "running",
        },
        inputs=((2, 3, 64, 128),),
        every=11,
    ),
    Case(
        "mmgeneration-pix2pix-instance",
        "mmgeneration-pix2pix",
        lambda: Unet(1, 3, 5, 2, nn.InstanceNorm2d),
        config=config(1, 3, 5, 2, "instance"),
        traits={
            "inputChannels": 1,
            "channelOrder": "bgr",
            "sizeRule": {"multipleOf": 32, "roundsUpTo": 1},
            "padding": "zero",
        },
        inputs=((1, 1, 64, 32),),
    ),
]
