"""minivision-ai/photo2cartoon, models/networks.py."""

import torch
import torch.nn.functional as F
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

    def forward(self, x):
        return mixed_norm(x, self.rho) * self.gamma + self.beta


class SoftNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.w_gamma = nn.Parameter(torch.zeros(1, dim))
        self.w_beta = nn.Parameter(torch.zeros(1, dim))
        self.norm = Norm(dim)
        for name in ("c_gamma", "c_beta"):
            setattr(self, name, nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim)))
        self.s_gamma = nn.Linear(dim, dim)
        self.s_beta = nn.Linear(dim, dim)

    def forward(self, x, content, style):
        gamma = (1 - self.w_gamma) * self.s_gamma(style) + self.w_gamma * self.c_gamma(content)
        beta = (1 - self.w_beta) * self.s_beta(style) + self.w_beta * self.c_beta(content)
        return mixed_norm(x, self.norm.rho) * gamma[:, :, None, None] + beta[:, :, None, None]


class ConvBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        sizes = [(dim, dim // 2), (dim // 2, dim // 4), (dim // 4, dim // 4)]
        for i, (a, b) in enumerate(sizes):
            layers = [nn.InstanceNorm2d(a), nn.ReLU(), nn.ReflectionPad2d(1), nn.Conv2d(a, b, 3, bias=False)]
            setattr(self, f"ConvBlock{i + 1}", nn.Sequential(*layers))
        # Never used.
        self.ConvBlock4 = nn.Sequential(nn.InstanceNorm2d(dim), nn.ReLU(), nn.Conv2d(dim, dim, 1, bias=False))

    def forward(self, x):
        a = self.ConvBlock1(x)
        b = self.ConvBlock2(a)
        return x + torch.cat([a, b, self.ConvBlock3(b)], dim=1)


class HourGlassBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        for name in ("1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "4_1", "4_2", "5", "6", "7", "8", "9"):
            setattr(self, f"ConvBlock{name}", ConvBlock(dim))

    def level(self, x, i):
        if i > 4:
            return self.ConvBlock5(x)
        skip = getattr(self, f"ConvBlock{i}_1")(x)
        inner = self.level(getattr(self, f"ConvBlock{i}_2")(F.avg_pool2d(x, 2)), i + 1)
        return skip + F.interpolate(getattr(self, f"ConvBlock{10 - i}")(inner), scale_factor=2)

    def forward(self, x):
        return self.level(x, 1)


class HourGlass(nn.Module):
    def __init__(self, dim, residual=True):
        super().__init__()
        layers = [HourGlassBlock(dim), ConvBlock(dim), nn.Conv2d(dim, dim, 1, bias=False)]
        self.HG = nn.Sequential(*layers, nn.InstanceNorm2d(dim), nn.ReLU())
        self.Conv1 = nn.Conv2d(dim, 3, 1)
        self.residual = residual
        if residual:
            self.Conv2 = nn.Conv2d(dim, dim, 1)
            self.Conv3 = nn.Conv2d(3, dim, 1)

    def forward(self, x):
        y = self.HG(x)
        picture = self.Conv1(y)
        return x + self.Conv2(y) + self.Conv3(picture) if self.residual else picture


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        unit = lambda: [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3, bias=False), nn.InstanceNorm2d(dim)]
        self.conv_block = nn.Sequential(*unit(), nn.ReLU(), *unit())

    def forward(self, x):
        return x + self.conv_block(x)


class SoftBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.pad = nn.ReflectionPad2d(1)
        self.conv1 = nn.Conv2d(dim, dim, 3, bias=False)
        self.norm1 = SoftNorm(dim)
        self.conv2 = nn.Conv2d(dim, dim, 3, bias=False)
        self.norm2 = SoftNorm(dim)

    def forward(self, x, *features):
        y = torch.relu(self.norm1(self.conv1(self.pad(x)), *features))
        return x + self.norm2(self.conv2(self.pad(y)), *features)


class Generator(nn.Module):
    def __init__(self, ngf, size=0, light=False):
        super().__init__()
        dim = 4 * ngf
        self.light = light

        def unit(padding, conv):
            return nn.Sequential(nn.ReflectionPad2d(padding), conv, nn.InstanceNorm2d(conv.out_channels), nn.ReLU())

        def up(d):
            conv = nn.Conv2d(d, d // 2, 3, bias=False)
            layers = [nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), conv, Norm(d // 2, "gamma", "beta")]
            return nn.Sequential(*layers, nn.ReLU())

        self.ConvBlock1 = unit(3, nn.Conv2d(3, ngf, 7, bias=False))
        self.HourGlass1 = HourGlass(ngf)
        self.HourGlass2 = HourGlass(ngf)
        self.DownBlock1 = unit(1, nn.Conv2d(ngf, 2 * ngf, 3, stride=2, bias=False))
        self.DownBlock2 = unit(1, nn.Conv2d(2 * ngf, dim, 3, stride=2, bias=False))
        for i in range(4):
            setattr(self, f"EncodeBlock{i + 1}", Block(dim))
        self.gap_fc = nn.Linear(dim, 1)
        self.gmp_fc = nn.Linear(dim, 1)
        self.conv1x1 = nn.Conv2d(2 * dim, dim, 1)
        features = dim if light else dim * (size // 4) ** 2
        self.FC = nn.Sequential(nn.Linear(features, dim), nn.ReLU(), nn.Linear(dim, dim), nn.ReLU())
        for i in range(4):
            setattr(self, f"DecodeBlock{i + 1}", SoftBlock(dim))
        self.UpBlock1 = up(dim)
        self.UpBlock2 = up(2 * ngf)
        self.HourGlass3 = HourGlass(ngf)
        self.HourGlass4 = HourGlass(ngf, False)
        self.ConvBlock2 = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(3, 3, 7, bias=False), nn.Tanh())

    def forward(self, x):
        x = self.HourGlass2(self.HourGlass1(self.ConvBlock1(x)))
        x = self.DownBlock2(self.DownBlock1(x))
        contents = []
        for i in range(4):
            x = getattr(self, f"EncodeBlock{i + 1}")(x)
            contents.append(x.mean(dim=(2, 3)))
        weighed = [x * fc.weight[:, :, None, None] for fc in (self.gap_fc, self.gmp_fc)]
        x = torch.relu(self.conv1x1(torch.cat(weighed, dim=1)))
        style = self.FC(x.mean(dim=(2, 3)) if self.light else x.flatten(1))
        for i in range(4):
            x = getattr(self, f"DecodeBlock{i + 1}")(x, contents[3 - i], style)
        x = self.UpBlock2(self.UpBlock1(x))
        return self.ConvBlock2(self.HourGlass4(self.HourGlass3(x)))


RANGES = {"rho": (0, 1), "w_gamma": (0, 1), "w_beta": (0, 1), "gamma": (0.6, 1.4), "beta": (-0.2, 0.2)}

CASES = [
    Case(
        "photo2cartoon-light",
        "photo2cartoon",
        lambda: Generator(4, light=True),
        config={"ngf": 4, "imgSize": None, "unusedLayers": True},
        traits={"sizeRule": {"multipleOf": 16, "roundsUpTo": 1}},
        inputs=((1, 3, 32, 48),),
        ranges=RANGES,
    ),
    Case(
        "photo2cartoon-img-size",
        "photo2cartoon",
        lambda: Generator(4, 32),
        config={"ngf": 4, "imgSize": 32, "unusedLayers": True},
        traits={"sizeRule": {"multipleOf": 32, "roundsUpTo": 1, "exactly": 32}},
        inputs=((2, 3, 32, 32),),
        ranges=RANGES,
    ),
]
