"""Coursera, GANs Specialization, course 3, week 2: Pix2Pix, UNet."""

import torch
from make_families import Case
from torch import nn


class Features(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.conv = nn.Conv2d(a, b, 1)

    def forward(self, x):
        return self.conv(x)


class Contract(nn.Module):
    def __init__(self, channels, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        self.conv2 = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1)
        self.activation = nn.LeakyReLU(0.2)
        self.batchnorm = nn.BatchNorm2d(2 * channels)
        self.dropout = nn.Dropout() if dropout else nn.Identity()

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = self.activation(self.dropout(self.batchnorm(conv(x))))
        return nn.functional.max_pool2d(x, 2, 2)


def middle(x, shape):
    top, left = [side // 2 - round(wanted / 2) for side, wanted in zip(x.shape[2:], shape[2:])]
    return x[:, :, top : top + shape[2], left : left + shape[3]]


class Expand(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.conv1 = nn.Conv2d(channels, channels // 2, 2)
        self.conv2 = nn.Conv2d(channels, channels // 2, 3, padding=1)
        self.conv3 = nn.Conv2d(channels // 2, channels // 2, 2, padding=1)
        self.batchnorm = nn.BatchNorm2d(channels // 2)
        self.activation = nn.ReLU()

    def forward(self, x, skip):
        x = self.conv1(self.upsample(x))
        x = torch.cat([x, middle(skip, x.shape)], 1)
        for conv in (self.conv2, self.conv3):
            x = self.activation(self.batchnorm(conv(x)))
        return x


class Unet(nn.Module):
    def __init__(self, inputs, outputs, hidden):
        super().__init__()
        self.upfeature = Features(inputs, hidden)
        for i in range(6):
            setattr(self, f"contract{i + 1}", Contract(hidden * 2**i, i < 3))
        for i in range(6):
            setattr(self, f"expand{i}", Expand(hidden * 2 ** (6 - i)))
        self.downfeature = Features(hidden, outputs)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        x = self.upfeature(x)
        skips = []
        for i in range(6):
            skips.append(x)
            x = getattr(self, f"contract{i + 1}")(x)
        for i in range(6):
            x = getattr(self, f"expand{i}")(x, skips[5 - i])
        return self.sigmoid(self.downfeature(x))


CASES = [
    Case(
        "coursera-pix2pix",
        "coursera-pix2pix",
        lambda: Unet(3, 3, 1),
        config={"inputChannels": 3, "outputChannels": 3, "hiddenChannels": 1},
        traits={
            "inputRange": [0, 1],
            "outputRange": [0, 1],
            "sizeRule": {"multipleOf": 64, "roundsUpTo": 1},
            "padding": "zero",
            "statistics": "running",
        },
        # So that the innermost levels show in the picture, as where a skip is cropped there.
        ranges={"batchnorm.weight": (1.4, 2.2)},
        low=0.0,
        high=1.0,
        inputs=((1, 3, 64, 128), (2, 3, 128, 192)),
        every=19,
    ),
]
