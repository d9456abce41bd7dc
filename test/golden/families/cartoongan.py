"""Yijunmaverick/CartoonGAN-Test-Pytorch-Torch, network/Transformer.py."""

import torch
from make_families import Case
from torch import nn


class InstanceNormalization(nn.Module):
    """Its variance is that of all elements, and what is added to it less than nn.InstanceNorm2d has."""

    def __init__(self, dim):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(dim))
        self.shift = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        variance, mean = torch.var_mean(x, dim=(2, 3), unbiased=False, keepdim=True)
        y = (x - mean) / torch.sqrt(variance + 1e-9)
        return y * self.scale[:, None, None] + self.shift[:, None, None]


class Transformer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.steps = []
        self.add("conv01_1", nn.Conv2d(3, width, 7), "in01_1", mirrored=3)
        for i, dim in (("02", width), ("03", 2 * width)):
            self.add(f"conv{i}_1", nn.Conv2d(dim, 2 * dim, 3, 2, 1))
            self.add(f"conv{i}_2", nn.Conv2d(2 * dim, 2 * dim, 3, 1, 1), f"in{i}_1")
        dim = 4 * width
        for i in range(4, 12):
            self.add(f"conv{i:02}_1", nn.Conv2d(dim, dim, 3), f"in{i:02}_1", mirrored=1)
            self.add(f"conv{i:02}_2", nn.Conv2d(dim, dim, 3), f"in{i:02}_2", mirrored=1, activated=False)
        for i, dim in (("1", 2 * width), ("2", width)):
            up = nn.ConvTranspose2d(2 * dim, dim, 3, stride=2, padding=1, output_padding=1)
            self.add(f"deconv0{i}_1", up)
            self.add(f"deconv0{i}_2", nn.Conv2d(dim, dim, 3, 1, 1), f"in1{int(i) + 1}_1")
        self.add("deconv03_1", nn.Conv2d(width, 3, 7), mirrored=3)

    def add(self, name, conv, norm=None, mirrored=0, activated=True):
        self.add_module(name, conv)
        if norm is not None:
            self.add_module(norm, InstanceNormalization(conv.out_channels))
        self.steps.append((name, norm, mirrored, activated and norm is not None))

    def forward(self, x):
        for name, norm, mirrored, activated in self.steps:
            if name.startswith("conv") and "04" <= name[4:6] and name.endswith("_1"):
                before = x
            x = nn.functional.pad(x, [mirrored] * 4, "reflect") if mirrored else x
            x = getattr(self, name)(x)
            x = x if norm is None else getattr(self, norm)(x)
            x = x.relu() if activated else x
            if norm is not None and not activated:
                x = x + before
        return x.tanh()


CASES = [
    Case(
        "cartoongan",
        "cartoongan",
        lambda: Transformer(2),
        config={"width": 2},
        traits={"channelOrder": "bgr"},
        # Of a faint first layer, so that it shows what is added to variances.
        ranges={"conv01_1.weight": (-0.001, 0.001), "scale": (0.6, 1.4)},
    )
]
