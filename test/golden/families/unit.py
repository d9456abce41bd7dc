"""mingyuliutw/UNIT, networks.py."""

import torch
from make_families import Case
from torch import nn


class LayerNorm(nn.Module):
    """The unbiased deviation, and eps beside it."""

    def __init__(self, dim):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        deviation = x.flatten(1).std(dim=1)[:, None, None, None]
        y = (x - mean) / (deviation + 1e-5)
        return y * self.gamma[None, :, None, None] + self.beta[None, :, None, None]


class ConvBlock(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, padding, norm=nn.InstanceNorm2d, activation=nn.ReLU):
        super().__init__()
        self.pad = nn.ReflectionPad2d(padding)
        self.norm = norm(outputs) if norm else nn.Identity()
        self.activation = activation()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride)

    def forward(self, x):
        return self.activation(self.norm(self.conv(self.pad(x))))


class Model(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


class Block(Model):
    def __init__(self, dim):
        super().__init__(ConvBlock(dim, dim, 3, 1, 1), ConvBlock(dim, dim, 3, 1, 1, activation=nn.Identity))

    def forward(self, x):
        return x + self.model(x)


class Vae(nn.Module):
    def __init__(self, channels, dim, halvings, blocks):
        super().__init__()
        dims = [dim * 2**i for i in range(halvings)]
        inner = dim * 2**halvings
        down = [ConvBlock(d, 2 * d, 4, 2, 1) for d in dims]
        self.enc = Model(ConvBlock(channels, dim, 7, 1, 3), *down, Model(*[Block(inner) for _ in range(blocks)]))
        up = []
        for d in reversed(dims):
            up += [nn.Upsample(scale_factor=2), ConvBlock(2 * d, d, 5, 1, 2, norm=LayerNorm)]
        last = ConvBlock(dim, channels, 7, 1, 3, norm=None, activation=nn.Tanh)
        self.dec = Model(Model(*[Block(inner) for _ in range(blocks)]), *up, last)

    def forward(self, x):
        return self.dec(self.enc(x))


CASES = [
    Case(
        "unit",
        "unit",
        lambda: Vae(3, 2, 2, 2),
        config={"inputDim": 3, "dim": 2, "nDownsample": 2, "nRes": 2},
        traits={"sizeRule": {"multipleOf": 4, "roundsUpTo": 1}},
        inputs=((1, 3, 20, 28), (2, 3, 24, 16)),
    ),
    Case(
        "unit-grey",
        "unit",
        lambda: Vae(1, 3, 1, 1),
        config={"inputDim": 1, "dim": 3, "nDownsample": 1, "nRes": 1},
        traits={"inputChannels": 1, "outputChannels": 1, "sizeRule": {"multipleOf": 2, "roundsUpTo": 1}},
        inputs=((1, 1, 18, 22),),
    ),
]
