"""arnab39/cycleGAN-PyTorch, arch/generators.py: ResnetGenerator."""

from make_families import Case
from torch import nn


def unit(conv, norm):
    return nn.Sequential(conv, norm(conv.out_channels), nn.ReLU())


class Block(nn.Module):
    def __init__(self, dim, norm, dropout, bias):
        super().__init__()
        layers = [nn.ReflectionPad2d(1), unit(nn.Conv2d(dim, dim, 3, bias=bias), norm)]
        layers += [nn.Dropout(0.5)] if dropout else []
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3, bias=bias), norm(dim)]
        self.res_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.res_block(x)


class Generator(nn.Module):
    def __init__(self, width, blocks, norm, dropout):
        super().__init__()
        bias = norm is nn.InstanceNorm2d
        layers = [nn.ReflectionPad2d(3), unit(nn.Conv2d(3, width, 7, bias=bias), norm)]
        for dim in (width, 2 * width):
            layers.append(unit(nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1, bias=bias), norm))
        layers += [Block(4 * width, norm, dropout, bias) for _ in range(blocks)]
        for dim in (2 * width, width):
            up = nn.ConvTranspose2d(2 * dim, dim, 3, stride=2, padding=1, output_padding=1, bias=bias)
            layers.append(unit(up, norm))
        self.res_model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())

    def forward(self, x):
        return self.res_model(x)


def config(**differs):
    usual = {"inputNc": 3, "outputNc": 3, "ngf": 2, "numBlocks": 2, "norm": "instance", "useDropout": False}
    return {**usual, **differs}


CASES = [
    Case(
        "arnab39-cyclegan",
        "arnab39-cyclegan",
        lambda: Generator(2, 2, nn.InstanceNorm2d, False),
        config=config(),
    ),
    Case(
        "arnab39-cyclegan-dropout",
        "arnab39-cyclegan",
        lambda: Generator(3, 1, nn.InstanceNorm2d, True),
        config=config(ngf=3, numBlocks=1, useDropout=True),
        inputs=((1, 3, 9, 18),),
    ),
    Case(
        "arnab39-cyclegan-batch",
        "arnab39-cyclegan",
        lambda: Generator(2, 1, nn.BatchNorm2d, False),
        config=config(numBlocks=1, norm="batch"),
        traits={"statistics": "running"},
        inputs=((1, 3, 21, 26),),
    ),
]
