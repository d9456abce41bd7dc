"""Makes test/golden/data/discriminators/*.json: what PyTorch computes with the CycleGAN authors' discriminators.

    python3 test/golden/make_discriminators.py
    python3 test/golden/make_discriminators.py --check      whether PyTorch still gives what is stored
"""

from make_families import DATA, Case, make_all
from torch import nn

NORMS = {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d, "none": lambda _: nn.Identity()}


class Patches(nn.Module):
    """junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, NLayerDiscriminator."""

    def __init__(self, inputs, ndf, count, norm):
        super().__init__()
        layers = [nn.Conv2d(inputs, ndf, 4, 2, 1), nn.LeakyReLU(0.2, True)]
        for i in range(1, count + 1):
            a, b = [ndf * min(2**j, 8) for j in (i - 1, i)]
            conv = nn.Conv2d(a, b, 4, stride=2 if i < count else 1, padding=1, bias=norm == "instance")
            layers += [conv, NORMS[norm](b), nn.LeakyReLU(0.2, True)]
        self.model = nn.Sequential(*layers, nn.Conv2d(ndf * min(2**count, 8), 1, 4, 1, 1))

    def forward(self, x):
        return self.model(x)


class Pixels(nn.Module):
    """The same, PixelDiscriminator."""

    def __init__(self, inputs, ndf, norm):
        super().__init__()
        bias = norm == "instance"
        layers = [nn.Conv2d(inputs, ndf, 1), nn.LeakyReLU(0.2, True), nn.Conv2d(ndf, 2 * ndf, 1, bias=bias)]
        layers += [NORMS[norm](2 * ndf), nn.LeakyReLU(0.2, True), nn.Conv2d(2 * ndf, 1, 1, bias=bias)]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


def patches(inputs, ndf, count, norm):
    return Case(
        f"patches-{count}-{norm}",
        "NLayerDiscriminator",
        lambda: Patches(inputs, ndf, count, norm),
        config={"inputNc": inputs, "ndf": ndf, "nLayers": count, "norm": norm},
        inputs=((1, inputs, 64, 50), (2, inputs, 57, 64)),
    )


def pixels(inputs, ndf, norm):
    return Case(
        f"pixels-{norm}",
        "PixelDiscriminator",
        lambda: Pixels(inputs, ndf, norm),
        config={"inputNc": inputs, "ndf": ndf, "norm": norm},
        inputs=((2, inputs, 9, 14),),
    )


CASES = [
    patches(3, 2, 3, "batch"),
    patches(6, 2, 3, "instance"),
    patches(3, 1, 4, "none"),
    patches(1, 2, 1, "batch"),
    pixels(3, 4, "batch"),
    pixels(6, 3, "instance"),
    pixels(1, 3, "none"),
]

if __name__ == "__main__":
    make_all(CASES, DATA.parent / "discriminators")
