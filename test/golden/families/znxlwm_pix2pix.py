"""znxlwm/pytorch-pix2pix, network.py, generator. Its dropout, which is on in eval mode as well, is left out."""

import torch
from make_families import Case
from torch import nn
from torch.nn import functional as F


class Generator(nn.Module):
    def __init__(self, d):
        super().__init__()
        c = [3, d, 2 * d, 4 * d, 8 * d, 8 * d, 8 * d, 8 * d, 8 * d]
        for i in range(1, 9):
            setattr(self, f"conv{i}", nn.Conv2d(c[i - 1], c[i], 4, 2, 1))
            if 1 < i < 8:
                setattr(self, f"conv{i}_bn", nn.BatchNorm2d(c[i]))
        for i in range(1, 9):
            channels = c[8] if i == 1 else 2 * c[9 - i]
            setattr(self, f"deconv{i}", nn.ConvTranspose2d(channels, c[8 - i], 4, 2, 1))
            if i < 8:
                setattr(self, f"deconv{i}_bn", nn.BatchNorm2d(c[8 - i]))

    def forward(self, x):
        skips = [self.conv1(x)]
        for i in range(2, 9):
            x = getattr(self, f"conv{i}")(F.leaky_relu(skips[-1], 0.2))
            skips.append(x if i == 8 else getattr(self, f"conv{i}_bn")(x))
        x = skips[7]
        for i in range(1, 8):
            x = getattr(self, f"deconv{i}_bn")(getattr(self, f"deconv{i}")(F.relu(x)))
            x = torch.cat([x, skips[7 - i]], 1)
        return torch.tanh(self.deconv8(F.relu(x)))


CASES = [
    Case(
        "znxlwm-pix2pix",
        "znxlwm-pix2pix",
        lambda: Generator(1),
        config={"d": 1},
        traits={"sizeRule": {"multipleOf": 256, "roundsUpTo": 1}, "padding": "zero", "statistics": "running"},
        inputs=((1, 3, 256, 256),),
        every=97,
    ),
]
