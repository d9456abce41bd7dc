"""carolineec/informative-drawings, model.py: Generator."""

from make_families import Case
from torch import nn


def unit(conv):
    return [conv, nn.InstanceNorm2d(conv.out_channels), nn.ReLU()]


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        layers = [nn.ReflectionPad2d(1), *unit(nn.Conv2d(dim, dim, 3))]
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), nn.InstanceNorm2d(dim)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


class Generator(nn.Module):
    def __init__(self, ins, outs, blocks, width):
        super().__init__()
        down = lambda dim: unit(nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1))
        up = lambda dim: unit(nn.ConvTranspose2d(dim, dim // 2, 3, stride=2, padding=1, output_padding=1))
        self.model0 = nn.Sequential(nn.ReflectionPad2d(3), *unit(nn.Conv2d(ins, width, 7)))
        self.model1 = nn.Sequential(*down(width), *down(2 * width))
        self.model2 = nn.Sequential(*[Block(4 * width) for _ in range(blocks)])
        self.model3 = nn.Sequential(*up(4 * width), *up(2 * width))
        self.model4 = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(width, outs, 7), nn.Sigmoid())

    def forward(self, x):
        return self.model4(self.model3(self.model2(self.model1(self.model0(x)))))


TRAITS = {"inputRange": [0, 1], "outputRange": [0, 1]}

CASES = [
    Case(
        "informative-drawings",
        "informative-drawings",
        lambda: Generator(3, 1, 3, 2),
        config={"inputNc": 3, "outputNc": 1, "nResidualBlocks": 3, "width": 2},
        traits={**TRAITS, "outputChannels": 1},
        low=0.0,
    ),
    Case(
        "informative-drawings-back",
        "informative-drawings",
        lambda: Generator(1, 3, 1, 3),
        config={"inputNc": 1, "outputNc": 3, "nResidualBlocks": 1, "width": 3},
        traits={**TRAITS, "inputChannels": 1},
        inputs=((1, 1, 9, 18),),
        low=0.0,
    ),
]
