"""Ha0Tang/AttentionGAN, models/networks.py and AttentionGAN-v1/models.py."""

import torch
import torch.nn.functional as F
from make_families import Case
from torch import nn


def mirrored(x, width):
    return F.pad(x, (width,) * 4, mode="reflect")


class MirroredBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1 = nn.Conv2d(dim, dim, 3)
        self.conv2 = nn.Conv2d(dim, dim, 3)

    def forward(self, x):
        y = F.relu(F.instance_norm(self.conv1(mirrored(x, 1))))
        return x + F.instance_norm(self.conv2(mirrored(y, 1)))


class Our(nn.Module):
    """Nine pictures and the input, by masks that sum up to 1."""

    def __init__(self, inputs, ngf, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, ngf, 7)
        self.conv2 = nn.Conv2d(ngf, 2 * ngf, 3, 2, 1)
        self.conv3 = nn.Conv2d(2 * ngf, 4 * ngf, 3, 2, 1)
        self.resnet_blocks = nn.Sequential(*[MirroredBlock(4 * ngf) for _ in range(blocks)])
        for kind, last in (("content", nn.Conv2d(ngf, 27, 7)), ("attention", nn.Conv2d(ngf, 10, 1))):
            setattr(self, f"deconv1_{kind}", nn.ConvTranspose2d(4 * ngf, 2 * ngf, 3, 2, 1, 1))
            setattr(self, f"deconv2_{kind}", nn.ConvTranspose2d(2 * ngf, ngf, 3, 2, 1, 1))
            setattr(self, f"deconv3_{kind}", last)

    def enlarged(self, x, kind):
        for level in (1, 2):
            x = F.relu(F.instance_norm(getattr(self, f"deconv{level}_{kind}")(x)))
        return x

    def forward(self, x):
        y = mirrored(x, 3)
        for conv in (self.conv1, self.conv2, self.conv3):
            y = F.relu(F.instance_norm(conv(y)))
        y = self.resnet_blocks(y)
        pictures = torch.tanh(self.deconv3_content(mirrored(self.enlarged(y, "content"), 3)))
        masks = torch.softmax(self.deconv3_attention(self.enlarged(y, "attention")), dim=1)
        painted = sum(a * m for a, m in zip(pictures.split(3, dim=1), masks.split(1, dim=1)))
        return painted + x * masks[:, 9:]


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        layers = [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), nn.BatchNorm2d(dim), nn.ReLU()]
        self.conv_block = nn.Sequential(*layers, nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), nn.BatchNorm2d(dim))

    def forward(self, x):
        return x + self.conv_block(x)


class First(nn.Module):
    """A picture, blended with the input by a mask."""

    def __init__(self, ngf, blocks):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, ngf, 7), nn.BatchNorm2d(ngf), nn.ReLU()]
        for dim in (ngf, 2 * ngf):
            layers += [nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1), nn.BatchNorm2d(2 * dim), nn.ReLU()]
        layers += [Block(4 * ngf) for _ in range(blocks)]
        for dim in (2 * ngf, ngf):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(2 * dim, dim, 3), nn.BatchNorm2d(dim), nn.ReLU()]
            layers += [nn.Conv2d(dim, 4 * dim, 1), nn.PixelShuffle(2), nn.BatchNorm2d(dim), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(ngf, 4, 7))

    def forward(self, x):
        y = self.model(x)
        mask = torch.sigmoid(y[:, :1])
        return y[:, 1:] * mask + x * (1 - mask)


RULE = {"sizeRule": {"multipleOf": 4, "roundsUpTo": 1}}

CASES = [
    Case(
        "attentiongan",
        "attentiongan",
        lambda: Our(3, 3, 2),
        config={"inputNc": 3, "ngf": 3, "nBlocks": 2},
        traits=RULE,
        inputs=((1, 3, 20, 28), (2, 3, 24, 16)),
    ),
    Case(
        "attentiongan-grey",
        "attentiongan",
        lambda: Our(1, 2, 1),
        config={"inputNc": 1, "ngf": 2, "nBlocks": 1},
        traits={**RULE, "inputChannels": 1},
        inputs=((1, 1, 20, 24),),
    ),
    Case(
        "attentiongan-v1",
        "attentiongan-v1",
        lambda: First(2, 2),
        config={"ngf": 2, "nBlocks": 2},
        traits={**RULE, "statistics": "running"},
        inputs=((1, 3, 20, 28), (2, 3, 24, 16)),
    ),
]
