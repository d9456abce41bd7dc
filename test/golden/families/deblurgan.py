"""KupynOrest/DeblurGAN, models/networks.py, as it is published today."""

from make_families import Case
from torch import nn
from torch.nn import functional as F


class OwnStatistics(nn.InstanceNorm2d):
    """One that tracks, as its test script runs it, which never calls eval()."""

    def __init__(self, dim):
        super().__init__(dim, track_running_stats=True)

    def forward(self, x):
        return F.instance_norm(x, eps=self.eps)


class Block(nn.Module):
    def __init__(self, dim, norm, bias):
        super().__init__()
        # With dropout there is one convolution; without it, the ReLU is gone, too.
        layers = [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3, bias=bias), norm(dim), nn.ReLU(), nn.Dropout(0.5)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


class Deblur(nn.Module):
    def __init__(self, inputs, outputs, ngf, blocks, norm, bias=True):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, ngf, 7, bias=bias), norm(ngf), nn.ReLU()]
        for dim in (ngf, 2 * ngf):
            layers += [nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1, bias=bias), norm(2 * dim), nn.ReLU()]
        layers += [Block(4 * ngf, norm, bias) for _ in range(blocks)]
        for dim in (4 * ngf, 2 * ngf):
            sides = {"stride": 2, "padding": 1, "output_padding": 1}
            layers += [nn.ConvTranspose2d(dim, dim // 2, 3, bias=bias, **sides), norm(dim // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, outputs, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return (x + self.model(x)).clamp(-1, 1)


def config(**parts):
    counts = {"inputNc": 3, "outputNc": 3, "ngf": 2}
    return {**counts, "norm": "instance", "tracked": False, "learnResidual": True, **parts}


TRAITS = {"sizeRule": {"multipleOf": 4, "roundsUpTo": 1}, "residual": True}
INPUTS = ((1, 3, 20, 24), (2, 3, 16, 28))

CASES = [
    Case(
        "deblurgan",
        "deblurgan",
        lambda: Deblur(3, 3, 2, 2, OwnStatistics),
        config=config(nBlocks=2, tracked=True),
        traits=TRAITS,
        inputs=INPUTS,
    ),
    Case(
        "deblurgan-untracked",
        "deblurgan",
        lambda: Deblur(3, 3, 2, 1, nn.InstanceNorm2d),
        config=config(nBlocks=1),
        traits=TRAITS,
        inputs=INPUTS,
    ),
    Case(
        "deblurgan-batch",
        "deblurgan",
        lambda: Deblur(3, 3, 2, 1, nn.BatchNorm2d, bias=False),
        config=config(nBlocks=1, norm="batch"),
        traits={**TRAITS, "statistics": "running"},
        inputs=INPUTS,
    ),
]
