"""znxlwm/UGATIT-pytorch, networks.py."""

import torch
from make_families import Case
from torch import nn


def mixed_norm(x, rho):
    """An instance norm and a layer norm, both by unbiased variances."""

    def normed(dims):
        return (x - x.mean(dims, keepdim=True)) / torch.sqrt(x.var(dims, keepdim=True) + 1e-5)

    return rho * normed([2, 3]) + (1 - rho) * normed([1, 2, 3])


class Norm(nn.Module):
    def __init__(self, dim, *names):
        super().__init__()
        for name in ("rho", *names):
            setattr(self, name, nn.Parameter(torch.zeros(1, dim, 1, 1)))

    def forward(self, x, gamma=None, beta=None):
        gamma, beta = (self.gamma, self.beta) if gamma is None else (gamma, beta)
        return mixed_norm(x, self.rho) * gamma + beta


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        unit = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3, bias=False), nn.InstanceNorm2d(dim)]
        self.conv_block = nn.Sequential(*unit(), nn.ReLU(), *unit())

    def forward(self, x):
        return x + self.conv_block(x)


class StyledBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.pad = nn.ReflectionPad2d(1)
        self.conv1 = nn.Conv2d(dim, dim, 3, bias=False)
        self.norm1 = Norm(dim)
        self.conv2 = nn.Conv2d(dim, dim, 3, bias=False)
        self.norm2 = Norm(dim)

    def forward(self, x, *style):
        y = torch.relu(self.norm1(self.conv1(self.pad(x)), *style))
        return x + self.norm2(self.conv2(self.pad(y)), *style)


class Generator(nn.Module):
    def __init__(self, inputs, outputs, ngf, blocks, size=0, light=False):
        super().__init__()
        dim = 4 * ngf
        self.light = light
        self.gap_fc = nn.Linear(dim, 1, bias=False)
        self.gmp_fc = nn.Linear(dim, 1, bias=False)
        self.conv1x1 = nn.Conv2d(2 * dim, dim, 1)
        self.gamma = nn.Linear(dim, dim, bias=False)
        self.beta = nn.Linear(dim, dim, bias=False)
        self.styled = [StyledBlock(dim) for _ in range(blocks)]
        for i, block in enumerate(self.styled):
            setattr(self, f"UpBlock1_{i + 1}", block)

        def unit(padding, conv):
            return [nn.ReflectionPad2d(padding), conv, nn.InstanceNorm2d(conv.out_channels), nn.ReLU()]

        down = unit(3, nn.Conv2d(inputs, ngf, 7, bias=False))
        for d in (ngf, 2 * ngf):
            down += unit(1, nn.Conv2d(d, 2 * d, 3, stride=2, bias=False))
        self.DownBlock = nn.Sequential(*down, *[Block(dim) for _ in range(blocks)])
        features = dim if light else dim * (size // 4) ** 2
        fc = [nn.Linear(features, dim, bias=False), nn.ReLU(), nn.Linear(dim, dim, bias=False), nn.ReLU()]
        self.FC = nn.Sequential(*fc)
        up = []
        for d in (2 * ngf, ngf):
            up += [nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), nn.Conv2d(2 * d, d, 3, bias=False)]
            up += [Norm(d, "gamma", "beta"), nn.ReLU()]
        last = nn.Conv2d(ngf, outputs, 7, bias=False)
        self.UpBlock2 = nn.Sequential(*up, nn.ReflectionPad2d(3), last, nn.Tanh())

    def forward(self, x):
        x = self.DownBlock(x)
        weighed = [x * fc.weight[:, :, None, None] for fc in (self.gap_fc, self.gmp_fc)]
        x = torch.relu(self.conv1x1(torch.cat(weighed, dim=1)))
        features = self.FC(x.mean(dim=(2, 3)) if self.light else x.flatten(1))
        style = [layer(features)[:, :, None, None] for layer in (self.gamma, self.beta)]
        for block in self.styled:
            x = block(x, *style)
        return self.UpBlock2(x)


RANGES = {"rho": (0, 1), "gamma": (0.6, 1.4), "beta": (-0.2, 0.2)}

CASES = [
    Case(
        "ugatit-light",
        "ugatit",
        lambda: Generator(3, 3, 2, 2, light=True),
        config={"inputNc": 3, "outputNc": 3, "ngf": 2, "nBlocks": 2, "imgSize": None},
        inputs=((1, 3, 21, 26), (2, 3, 24, 16)),
        ranges=RANGES,
    ),
    Case(
        "ugatit-img-size",
        "ugatit",
        lambda: Generator(1, 3, 2, 1, 16),
        config={"inputNc": 1, "outputNc": 3, "ngf": 2, "nBlocks": 1, "imgSize": 16},
        traits={"inputChannels": 1, "sizeRule": {"multipleOf": 16, "roundsUpTo": 1, "exactly": 16}},
        inputs=((1, 1, 16, 16), (2, 1, 16, 16)),
        ranges=RANGES,
    ),
]
