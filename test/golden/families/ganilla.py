"""giddyyupp/ganilla, models/networks.py, the ResNet of --netG resnet_fpn."""

import torch
from make_families import Case
from torch import nn
from torch.nn import functional as F


def mirrored(x, width):
    return F.pad(x, (width,) * 4, "reflect")


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        conv = lambda size, kernel, step=1: nn.Conv2d(size, outputs, kernel, step, bias=False)
        self.conv1, self.conv2 = conv(inputs, 3, stride), conv(outputs, 3)
        apart = stride > 1 or inputs != outputs
        self.shortcut = nn.Sequential(*([conv(inputs, 1, stride), nn.InstanceNorm2d(outputs)] if apart else []))
        self.final_conv = nn.Sequential(nn.ReflectionPad2d(1), conv(2 * outputs, 3), nn.InstanceNorm2d(outputs))

    def forward(self, x):
        y = F.instance_norm(self.conv1(mirrored(x, 1))).relu()
        y = F.instance_norm(self.conv2(mirrored(y, 1)))
        return self.final_conv(torch.cat((y, self.shortcut(x)), 1)).relu()


class Pyramid(nn.Module):
    def __init__(self, planes, size):
        super().__init__()
        for level in (5, 4, 3, 2):
            setattr(self, f"P{level}_1", nn.Conv2d(planes[level - 2], size, 1))
        self.P2_2 = nn.Conv2d(size, size // 2, 3)

    def forward(self, levels):
        twice = lambda value: F.interpolate(value, scale_factor=2, mode="nearest")
        x = self.P5_1(levels[3])
        for level in (4, 3, 2):
            x = twice(x) + getattr(self, f"P{level}_1")(levels[level - 2])
        return self.P2_2(mirrored(twice(x), 1))


class Ganilla(nn.Module):
    def __init__(self, outputs, ngf, layers, planes, size):
        super().__init__()
        self.outputs = outputs
        self.conv1, self.conv2 = nn.Conv2d(3, ngf, 7), nn.Conv2d(size // 2, outputs, 7)
        for i, (count, dim) in enumerate(zip(layers, planes)):
            before = planes[i - 1] if i else ngf
            blocks = [Block(dim if j else before, dim, 2 if i and not j else 1) for j in range(count)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*blocks))
        self.fpn = Pyramid(planes, size)

    def forward(self, x):
        x = F.instance_norm(self.conv1(mirrored(x, 3))).relu()
        x = F.max_pool2d(mirrored(x, 1), 3, stride=2)
        levels = []
        for i in range(4):
            x = getattr(self, f"layer{i + 1}")(x)
            levels.append(x)
        # Padded by as many pixels as there are channels.
        return self.conv2(mirrored(self.fpn(levels), self.outputs)).tanh()


CASES = [
    Case(
        "ganilla",
        "ganilla",
        lambda: Ganilla(3, 2, (2, 2, 2, 2), (2, 3, 3, 4), 6),
        config={
            "inputNc": 3,
            "outputNc": 3,
            "ngf": 2,
            "layers": [2, 2, 2, 2],
            "planes": [2, 3, 3, 4],
            "featureSize": 6,
        },
        traits={"sizeRule": {"multipleOf": 16, "roundsUpTo": 1}},
        inputs=((1, 3, 48, 32),),
    ),
    Case(
        "ganilla-grey",
        "ganilla",
        lambda: Ganilla(1, 3, (1, 2, 1, 1), (2, 2, 2, 2), 4),
        config={
            "outputNc": 1,
            "ngf": 3,
            "layers": [1, 2, 1, 1],
            "planes": [2, 2, 2, 2],
            "featureSize": 4,
        },
        traits={"outputChannels": 1, "sizeRule": {"multipleOf": 16, "roundsUpTo": 1, "grows": -4}},
        inputs=((2, 3, 32, 48),),
    ),
]
