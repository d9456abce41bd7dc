"""aladdinpersson/Machine-Learning-Collection, ML/Pytorch/GANs/CycleGAN/generator_model.py."""

from make_families import Case
from torch import nn


def mirroring(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode="reflect")


def doubling(inputs, outputs):
    return nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)


class Unit(nn.Module):
    def __init__(self, conv, channels, activated=True):
        super().__init__()
        self.conv = nn.Sequential(conv, nn.InstanceNorm2d(channels), nn.ReLU() if activated else nn.Identity())

    def forward(self, x):
        return self.conv(x)


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.block = nn.Sequential(Unit(mirroring(dim, dim, 3), dim), Unit(mirroring(dim, dim, 3), dim, False))

    def forward(self, x):
        return x + self.block(x)


class CycleGAN(nn.Module):
    def __init__(self, channels, width, blocks):
        super().__init__()
        self.initial = nn.Sequential(mirroring(channels, width, 7), nn.InstanceNorm2d(width), nn.ReLU())
        self.down_blocks = nn.ModuleList(
            [Unit(mirroring(dim, 2 * dim, 3, 2), 2 * dim) for dim in (width, 2 * width)]
        )
        self.res_blocks = nn.Sequential(*[Block(4 * width) for _ in range(blocks)])
        self.up_blocks = nn.ModuleList([Unit(doubling(2 * dim, dim), dim) for dim in (2 * width, width)])
        self.last = mirroring(width, channels, 7)

    def forward(self, x):
        x = self.initial(x)
        for layer in [*self.down_blocks, self.res_blocks, *self.up_blocks]:
            x = layer(x)
        return self.last(x).tanh()


CASES = [
    Case(
        "aladdinpersson-cyclegan",
        "aladdinpersson-cyclegan",
        lambda: CycleGAN(3, 2, 2),
        config={"imgChannels": 3, "numFeatures": 2, "numResiduals": 2},
    )
]
