"""junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py: ResnetGenerator with padding_type "zero"."""

from make_families import Case
from torch import nn


class Block(nn.Module):
    def __init__(self, dim, norm, dropout, bias):
        super().__init__()
        layers = [nn.Conv2d(dim, dim, 3, padding=1, bias=bias), norm(dim), nn.ReLU()]
        layers += [nn.Dropout(0.5)] if dropout else []
        layers += [nn.Conv2d(dim, dim, 3, padding=1, bias=bias), norm(dim)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


class Generator(nn.Module):
    def __init__(self, ngf, blocks, norm, dropout):
        super().__init__()
        bias = norm is nn.InstanceNorm2d
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, ngf, 7, bias=bias), norm(ngf), nn.ReLU()]
        for dim in (ngf, 2 * ngf):
            down = nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1, bias=bias)
            layers += [down, norm(2 * dim), nn.ReLU()]
        layers += [Block(4 * ngf, norm, dropout, bias) for _ in range(blocks)]
        for dim in (4 * ngf, 2 * ngf):
            up = nn.ConvTranspose2d(dim, dim // 2, 3, stride=2, padding=1, output_padding=1, bias=bias)
            layers += [up, norm(dim // 2), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(ngf, 3, 7), nn.Tanh())

    def forward(self, x):
        return self.model(x)


def config(**differs):
    usual = {"inputNc": 3, "outputNc": 3, "ngf": 2, "nBlocks": 2, "norm": "instance", "dropout": False, "bias": True}
    return {**usual, "paddingType": "zero", **differs}


CASES = [
    Case(
        "resnet-zero",
        "resnet",
        lambda: Generator(2, 2, nn.InstanceNorm2d, False),
        config=config(),
        traits={"padding": "zero"},
    ),
    Case(
        "resnet-zero-dropout",
        "resnet",
        lambda: Generator(3, 1, nn.InstanceNorm2d, True),
        config=config(ngf=3, nBlocks=1, dropout=True),
        traits={"padding": "zero"},
        inputs=((1, 3, 9, 18),),
    ),
    Case(
        "resnet-zero-batch",
        "resnet",
        lambda: Generator(2, 1, nn.BatchNorm2d, False),
        config=config(nBlocks=1, norm="batch", bias=False),
        traits={"padding": "zero", "statistics": "running"},
        inputs=((1, 3, 21, 26),),
    ),
]
