"""taesungp/contrastive-unpaired-translation, models/networks.py."""

import torch
from make_families import Case
from torch import nn
from torch.nn import functional as F


class Down(nn.Module):
    """A binomial filter at every other pixel."""

    def __init__(self, dim):
        super().__init__()
        self.register_buffer("filt", torch.zeros(dim, 1, 3, 3))

    def forward(self, x):
        return F.conv2d(F.pad(x, (1, 1, 1, 1), "reflect"), self.filt, stride=2, groups=len(self.filt))


class Up(nn.Module):
    """The transposed one, of which the outermost rows and columns are cut off."""

    def __init__(self, dim):
        super().__init__()
        self.register_buffer("filt", torch.zeros(dim, 1, 4, 4))

    def forward(self, x):
        padded = F.pad(x, (1, 1, 1, 1), "replicate")
        y = F.conv_transpose2d(padded, self.filt, stride=2, padding=2, groups=len(self.filt))
        return y[:, :, 1:-1, 1:-1]


class Block(nn.Module):
    def __init__(self, dim, norm, bias, dropout):
        super().__init__()
        padded = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3, bias=bias), norm(dim)]
        middle = [nn.ReLU()] + ([nn.Dropout(0.5)] if dropout else [])
        self.conv_block = nn.Sequential(*padded(), *middle, *padded())

    def forward(self, x):
        return x + self.conv_block(x)


class Cut(nn.Module):
    def __init__(self, inputs, outputs, ngf, blocks, norm=nn.InstanceNorm2d, dropout=False, blurs=(True, True)):
        super().__init__()
        bias = norm is nn.InstanceNorm2d
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, ngf, 7, bias=bias), norm(ngf), nn.ReLU()]
        for dim in (ngf, 2 * ngf):
            stride = 1 if blurs[0] else 2
            layers += [nn.Conv2d(dim, 2 * dim, 3, stride=stride, padding=1, bias=bias), norm(2 * dim), nn.ReLU()]
            layers += [Down(2 * dim)] if blurs[0] else []
        layers += [Block(4 * ngf, norm, bias, dropout) for _ in range(blocks)]
        for dim in (4 * ngf, 2 * ngf):
            if blurs[1]:
                layers += [Up(dim), nn.Conv2d(dim, dim // 2, 3, padding=1, bias=bias)]
            else:
                sides = {"stride": 2, "padding": 1, "output_padding": 1}
                layers += [nn.ConvTranspose2d(dim, dim // 2, 3, bias=bias, **sides)]
            layers += [norm(dim // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, outputs, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


def config(norm="instance", dropout=False, blurs=(True, True), **counts):
    flags = {"noAntialias": not blurs[0], "noAntialiasUp": not blurs[1]}
    return {"inputNc": 3, "outputNc": 3, "ngf": 2, "norm": norm, "dropout": dropout, **flags, **counts}


CASES = [
    Case("cut", "cut", lambda: Cut(3, 3, 2, 2), config=config(nBlocks=2)),
    Case(
        "cut-no-antialias",
        "cut",
        lambda: Cut(3, 1, 2, 1, dropout=True, blurs=(False, True)),
        config=config(dropout=True, blurs=(False, True), outputNc=1, nBlocks=1),
        traits={"outputChannels": 1},
    ),
    Case(
        "cut-no-antialias-up",
        "cut",
        lambda: Cut(3, 3, 2, 1, norm=nn.BatchNorm2d, blurs=(True, False)),
        config=config("batch", blurs=(True, False), nBlocks=1),
        traits={"statistics": "running"},
    ),
    Case(
        "cut-no-norm",
        "cut",
        lambda: Cut(3, 3, 2, 1, norm=lambda dim: nn.Identity()),
        config=config("none", nBlocks=1),
        inputs=((1, 3, 21, 26),),
    ),
]
