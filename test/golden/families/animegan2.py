"""bryandlee/animegan2-pytorch, model.py."""

from make_families import Case
from torch import nn
from torch.nn import functional as F


def unit(inputs, outputs, kernel=3, stride=1, padding=1, groups=1, bias=False):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=bias)
    return nn.Sequential(nn.ReflectionPad2d(padding), conv, nn.GroupNorm(1, outputs), nn.LeakyReLU(0.2))


def halving(inputs, outputs):
    return unit(inputs, outputs, stride=2, padding=(0, 1, 0, 1))


class Inverted(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        wide = 2 * inputs
        layers = [unit(inputs, wide, 1, padding=0), unit(wide, wide, groups=wide, bias=True)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(wide, outputs, 1, bias=False), nn.GroupNorm(1, outputs))

    def forward(self, x):
        y = self.layers(x)
        return x + y if x.shape == y.shape else y


class Anime(nn.Module):
    def __init__(self, w, blocks):
        super().__init__()
        self.block_a = nn.Sequential(unit(3, w, 7, padding=3), halving(w, 2 * w), unit(2 * w, 2 * w))
        self.block_b = nn.Sequential(halving(2 * w, 4 * w), unit(4 * w, 4 * w))
        inverted = [Inverted(8 * w if i else 4 * w, 8 * w) for i in range(blocks)]
        self.block_c = nn.Sequential(unit(4 * w, 4 * w), *inverted, unit(8 * w, 4 * w))
        self.block_d = nn.Sequential(unit(4 * w, 4 * w), unit(4 * w, 4 * w))
        self.block_e = nn.Sequential(unit(4 * w, 2 * w), unit(2 * w, 2 * w), unit(2 * w, w, 7, padding=3))
        self.out_layer = nn.Sequential(nn.Conv2d(w, 3, 1, bias=False), nn.Tanh())

    def forward(self, x):
        sized = lambda value, like: F.interpolate(value, like.shape[-2:], mode="bilinear", align_corners=True)
        half = self.block_a(x)
        y = self.block_d(sized(self.block_c(self.block_b(half)), half))
        return self.out_layer(self.block_e(sized(y, x)))


CASES = [
    Case(
        "animegan2",
        "animegan2",
        lambda: Anime(2, 2),
        config={"width": 2, "nBlocks": 2},
        traits={"sizeRule": {"multipleOf": 1, "roundsUpTo": 1}},
        inputs=((1, 3, 21, 26), (2, 3, 16, 19)),
    ),
]
