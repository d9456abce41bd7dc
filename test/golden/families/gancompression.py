"""mit-han-lab/gan-compression, models/modules/resnet_architecture."""

from make_families import Case
from torch import nn


def separable(inputs, outputs, padding, bias):
    """Registered as `conv`; the norm inside is an instance norm, whatever the others are."""
    depthwise = nn.Conv2d(inputs, inputs, 3, padding=padding, groups=inputs, bias=bias)
    module = nn.Module()
    module.conv = nn.Sequential(depthwise, nn.InstanceNorm2d(inputs), nn.Conv2d(inputs, outputs, 1, bias=bias))
    module.forward = module.conv.forward
    return module


class Block(nn.Module):
    def __init__(self, dim, hidden, norm, zero, bias):
        super().__init__()
        pad = lambda: [] if zero else [nn.ReflectionPad2d(1)]
        layers = [*pad(), separable(dim, hidden, int(zero), bias), norm(hidden), nn.ReLU(), nn.Dropout(0)]
        layers += [*pad(), separable(hidden, dim, int(zero), bias), norm(dim)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


class Generator(nn.Module):
    """Widths are channels behind each layer, `hidden` those within each block."""

    def __init__(self, down, hidden, up, norm=nn.InstanceNorm2d, zero=False, clamped=False, outputs=3):
        super().__init__()
        bias = norm is nn.InstanceNorm2d
        self.clamped = clamped
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, down[0], 7, bias=bias), norm(down[0]), nn.ReLU()]
        for before, after in zip(down, down[1:]):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1, bias=bias), norm(after), nn.ReLU()]
        layers += [Block(down[-1], width, norm, zero, bias) for width in hidden]
        for before, after in zip([down[-1], *up], up):
            double = nn.ConvTranspose2d(before, after, 3, stride=2, padding=1, output_padding=1, bias=bias)
            layers += [double, norm(after), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(up[-1], outputs, 7), nn.Tanh())

    def forward(self, x):
        return self.model(x.clamp(-1, 1) if self.clamped else x)


def mobile(**differs):
    usual = {"inputNc": 3, "outputNc": 3, "ngf": 2, "nBlocks": 2, "norm": "instance", "paddingType": "reflect"}
    return {**usual, **differs}


def sub(channels, blocks, **differs):
    usual = {"inputNc": 3, "outputNc": 3, "channels": channels, "nBlocks": blocks}
    return {**usual, "paddingType": "reflect", "legacy": False, **differs}


CASES = [
    Case(
        "gan-compression-mobile",
        "gan-compression-mobile",
        lambda: Generator([2, 4, 8], [8, 8], [4, 2]),
        config=mobile(),
    ),
    Case(
        "gan-compression-mobile-batch",
        "gan-compression-mobile",
        lambda: Generator([2, 4, 8], [8], [4, 2], norm=nn.BatchNorm2d, zero=True, outputs=1),
        config=mobile(outputNc=1, nBlocks=1, norm="batch", paddingType="zero"),
        traits={"outputChannels": 1, "statistics": "running", "padding": "zero"},
        inputs=((1, 3, 21, 26),),
    ),
    Case(
        "gan-compression-sub-mobile",
        "gan-compression-sub-mobile",
        lambda: Generator([3, 4, 4], [12, 12], [2, 4], clamped=True),
        config=sub([3, 2, 1, 3, 1, 4], 2),
        inputs=((1, 3, 21, 26),),
        low=-1.5,
        high=1.5,
    ),
    Case(
        "gan-compression-sub-mobile-threes",
        "gan-compression-sub-mobile",
        lambda: Generator([2, 4, 8], [4] * 3 + [8] * 3 + [12] * 3, [4, 3], clamped=True),
        config=sub([2, 2, 2, 1, 2, 3, 2, 3], 9),
        inputs=((1, 3, 18, 12),),
    ),
    Case(
        "gan-compression-sub-mobile-legacy",
        "gan-compression-sub-mobile",
        lambda: Generator([2, 4, 8], [4, 8, 8, 12, 8, 8, 4, 8, 8], [4, 2], zero=True, clamped=True),
        config=sub([2, 2, 2, 1, 3, 1, 2, 2], 9, legacy=True, paddingType="zero"),
        traits={"padding": "zero"},
        inputs=((1, 3, 18, 12),),
    ),
]
