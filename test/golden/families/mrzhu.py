"""mrzhu-cool/pix2pix-pytorch, networks.py."""

from make_families import Case
from torch import nn


class Block(nn.Module):
    def __init__(self, dim, norm, dropout, zero, bias):
        super().__init__()
        pad = lambda: [] if zero else [nn.ReflectionPad2d(1)]
        conv = lambda: [*pad(), nn.Conv2d(dim, dim, 3, padding=int(zero), bias=bias), norm(dim)]
        drop = [nn.Dropout(0.5)] if dropout else []
        self.conv_block = nn.Sequential(*conv(), nn.ReLU(), *drop, *conv())

    def forward(self, x):
        return (x + self.conv_block(x)).relu()


class Generator(nn.Module):
    def __init__(self, width, blocks, norm=nn.BatchNorm2d, dropout=False, zero=False):
        super().__init__()
        bias = norm is nn.InstanceNorm2d

        def holder(name, *layers):
            """A module that holds a list under a name of its own."""
            module = nn.Module()
            module.add_module(name, nn.Sequential(*layers))
            module.forward = getattr(module, name).forward
            return module

        unit = lambda conv: [conv, norm(conv.out_channels), nn.ReLU()]
        down = lambda dim: unit(nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1, bias=bias))
        up = lambda dim: unit(nn.ConvTranspose2d(2 * dim, dim, 3, 2, 1, output_padding=1, bias=bias))
        self.inc = holder("inconv", nn.ReflectionPad2d(3), *unit(nn.Conv2d(3, width, 7, bias=bias)))
        self.down1 = holder("down", *down(width))
        self.down2 = holder("down", *down(2 * width))
        self.resblocks = nn.Sequential(*[Block(4 * width, norm, dropout, zero, bias) for _ in range(blocks)])
        self.up1 = holder("up", *up(2 * width))
        self.up2 = holder("up", *up(width))
        self.outc = holder("outconv", nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x


def config(**differs):
    usual = {"inputNc": 3, "outputNc": 3, "ngf": 2, "nBlocks": 2, "norm": "batch", "useDropout": False}
    return {**usual, "paddingType": "reflect", **differs}


CASES = [
    Case(
        "mrzhu-pix2pix",
        "mrzhu-pix2pix",
        lambda: Generator(2, 2),
        config=config(),
        traits={"statistics": "running"},
    ),
    Case(
        "mrzhu-pix2pix-instance",
        "mrzhu-pix2pix",
        lambda: Generator(2, 1, nn.InstanceNorm2d, dropout=True),
        config=config(nBlocks=1, norm="instance", useDropout=True),
        inputs=((1, 3, 9, 18),),
    ),
    Case(
        "mrzhu-pix2pix-zero",
        "mrzhu-pix2pix",
        lambda: Generator(2, 1, dropout=True, zero=True),
        config=config(nBlocks=1, useDropout=True, paddingType="zero"),
        traits={"statistics": "running", "padding": "zero"},
        inputs=((1, 3, 9, 18),),
    ),
]
