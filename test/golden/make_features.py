"""Makes test/golden/data/features/*.json: what PyTorch computes with the convolutions of torchvision's VGG.

    python3 test/golden/make_features.py
    python3 test/golden/make_features.py --check      whether PyTorch still gives what is stored
"""

from make_families import DATA, Case, make_all
from torch import nn


class Vgg(nn.Module):
    """torchvision/models/vgg.py, make_layers; up to the ReLU after the last convolution."""

    def __init__(self, channels, norm):
        super().__init__()
        layers, inputs = [], 3
        for outputs in channels:
            if outputs == "M":
                layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
                continue
            layers += [nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)]
            layers += [nn.BatchNorm2d(outputs)] if norm else []
            layers += [nn.ReLU(inplace=True)]
            inputs = outputs
        self.features = nn.Sequential(*layers)

    def forward(self, x):
        return self.features(x)


def vgg(name, channels, norm):
    config = {"channels": [str(c) for c in channels], "norm": norm}
    return Case(name, "VGG", lambda: Vgg(channels, norm), config=config, inputs=((1, 3, 16, 16),))


CASES = [
    vgg("vgg-plain", [4, "M", 6, 6, "M", 8], False),
    vgg("vgg-batch", [4, 4, "M", 8], True),
]

if __name__ == "__main__":
    make_all(CASES, DATA.parent / "features")
