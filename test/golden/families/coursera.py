"""Generative Adversarial Networks Specialization, course 3, week 3: CycleGAN."""

from make_families import Case
from torch import nn


def mirroring(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode="reflect")


class FeatureMap(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = mirroring(inputs, outputs, 7)

    def forward(self, x):
        return self.conv(x)


class Unit(nn.Module):
    def __init__(self, conv, channels):
        super().__init__()
        self.conv1 = conv
        self.norm = nn.InstanceNorm2d(channels)

    def forward(self, x):
        return self.norm(self.conv1(x)).relu()


class Block(nn.Module):
    """Its two convolutions share a norm, which has no parameters."""

    def __init__(self, dim):
        super().__init__()
        self.conv1 = mirroring(dim, dim, 3)
        self.conv2 = mirroring(dim, dim, 3)
        self.norm = nn.InstanceNorm2d(dim)

    def forward(self, x):
        return x + self.norm(self.conv2(self.norm(self.conv1(x)).relu()))


class CycleGAN(nn.Module):
    def __init__(self, inputs, outputs, width, blocks):
        super().__init__()
        double = lambda dim: nn.ConvTranspose2d(2 * dim, dim, 3, stride=2, padding=1, output_padding=1)
        self.upfeature = FeatureMap(inputs, width)
        self.contract1 = Unit(mirroring(width, 2 * width, 3, 2), 2 * width)
        self.contract2 = Unit(mirroring(2 * width, 4 * width, 3, 2), 4 * width)
        for i in range(blocks):
            self.add_module(f"res{i}", Block(4 * width))
        self.expand2 = Unit(double(2 * width), 2 * width)
        self.expand3 = Unit(double(width), width)
        self.downfeature = FeatureMap(width, outputs)

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x.tanh()


CASES = [
    Case(
        "coursera-cyclegan",
        "coursera-cyclegan",
        lambda: CycleGAN(3, 1, 2, 2),
        config={"inputChannels": 3, "outputChannels": 1, "hiddenChannels": 2, "nBlocks": 2},
        traits={"outputChannels": 1},
    )
]
