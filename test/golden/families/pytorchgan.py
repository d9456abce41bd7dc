"""eriklindernoren/PyTorch-GAN, implementations/cyclegan/models.py."""

from make_families import Case
from torch import nn


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        padded = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), nn.InstanceNorm2d(dim)]
        self.block = nn.Sequential(*padded(), nn.ReLU(), *padded())

    def forward(self, x):
        return x + self.block(x)


class GeneratorResNet(nn.Module):
    def __init__(self, channels, blocks, width):
        super().__init__()
        # Padded by as many pixels as there are channels: a colour picture happens to keep its size.
        layers = [nn.ReflectionPad2d(channels), nn.Conv2d(channels, width, 7), nn.InstanceNorm2d(width), nn.ReLU()]
        for dim in (width, 2 * width):
            layers += [nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1), nn.InstanceNorm2d(2 * dim), nn.ReLU()]
        layers += [Block(4 * width) for _ in range(blocks)]
        for dim in (4 * width, 2 * width):
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(dim, dim // 2, 3, padding=1)]
            layers += [nn.InstanceNorm2d(dim // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(channels), nn.Conv2d(width, channels, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


CASES = [
    Case(
        "pytorch-gan-cyclegan",
        "pytorch-gan-cyclegan",
        lambda: GeneratorResNet(3, 2, 3),
        config={"channels": 3, "numResidualBlocks": 2, "width": 3},
        inputs=((1, 3, 21, 26), (2, 3, 24, 20)),
    ),
    Case(
        "pytorch-gan-cyclegan-grey",
        "pytorch-gan-cyclegan",
        lambda: GeneratorResNet(1, 1, 2),
        config={"channels": 1, "numResidualBlocks": 1, "width": 2},
        traits={
            "inputChannels": 1,
            "outputChannels": 1,
            "sizeRule": {"multipleOf": 1, "roundsUpTo": 4, "grows": -8},
        },
        inputs=((1, 1, 21, 26), (2, 1, 24, 27)),
    ),
]
