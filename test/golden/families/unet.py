"""junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, UnetGenerator."""

import torch
from functools import partial

from make_families import Case
from torch import nn


class Level(nn.Module):
    """A level and those below it; `below` is None for the innermost. Activations are in place, as in the repository."""

    def __init__(self, outer, inner, below, norm, bias, inputs=None, dropout=False):
        super().__init__()
        self.outermost = inputs is not None
        down = nn.Conv2d(inputs or outer, inner, 4, 2, 1, bias=bias)
        channels = inner if below is None else 2 * inner
        up = nn.ConvTranspose2d(channels, outer, 4, 2, 1, bias=bias or self.outermost)
        if self.outermost:
            layers = [down, below, nn.ReLU(True), up, nn.Tanh()]
        else:
            middle = [] if below is None else [norm(inner), below]
            layers = [nn.LeakyReLU(0.2, True), down, *middle, nn.ReLU(True), up, norm(outer)]
            layers += [nn.Dropout(0.5)] if dropout else []
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class Unet(nn.Module):
    def __init__(self, inputs, outputs, levels, ngf, norm, bias):
        super().__init__()
        level = Level(8 * ngf, 8 * ngf, None, norm, bias)
        for _ in range(levels - 5):
            level = Level(8 * ngf, 8 * ngf, level, norm, bias, dropout=True)
        for times in (4, 2, 1):
            level = Level(times * ngf, 2 * times * ngf, level, norm, bias)
        self.model = Level(outputs, ngf, level, norm, bias, inputs=inputs)

    def forward(self, x):
        return self.model(x)


def traits(side, **others):
    return {"sizeRule": {"multipleOf": side, "roundsUpTo": 1}, "padding": "zero", **others}


CASES = [
    Case(
        "unet-batch",
        "unet",
        lambda: Unet(3, 3, 5, 2, nn.BatchNorm2d, False),
        config={"inputNc": 3, "outputNc": 3, "numDowns": 5, "ngf": 2, "norm": "batch"},
        traits=traits(32, statistics="running"),
        inputs=((1, 3, 32, 64), (2, 3, 32, 32)),
        every=5,
    ),
    Case(
        "unet-instance",
        "unet",
        lambda: Unet(3, 1, 6, 1, nn.InstanceNorm2d, True),
        config={"inputNc": 3, "outputNc": 1, "numDowns": 6, "ngf": 1, "norm": "instance"},
        traits=traits(64, outputChannels=1),
        inputs=((1, 3, 64, 64),),
    ),
    Case(
        "unet-instance-tracked",
        "unet",
        lambda: Unet(3, 3, 5, 1, partial(nn.InstanceNorm2d, track_running_stats=True), True),
        config={"inputNc": 3, "outputNc": 3, "numDowns": 5, "ngf": 1, "norm": "instance", "tracked": True},
        traits=traits(32, statistics="running"),
        options={"statistics": "running"},
        inputs=((1, 3, 32, 64),),
    ),
    Case(
        "unet-none",
        "unet",
        lambda: Unet(1, 2, 7, 1, lambda _: nn.Identity(), False),
        config={"inputNc": 1, "outputNc": 2, "numDowns": 7, "ngf": 1, "norm": "none"},
        traits=traits(128, inputChannels=1, outputChannels=2),
        inputs=((1, 1, 128, 128),),
        every=7,
    ),
]
