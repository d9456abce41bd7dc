"""rrmina/fast-neural-style-pytorch, transformer.py: TransformerNetwork."""

from make_families import Case
from torch import nn


class ConvLayer(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, norm=True):
        super().__init__()
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv_layer = nn.Conv2d(inputs, outputs, kernel, stride)
        if norm:
            self.norm_layer = nn.InstanceNorm2d(outputs, affine=True)

    def forward(self, x):
        x = self.conv_layer(self.pad(x))
        return self.norm_layer(x) if hasattr(self, "norm_layer") else x


class DeconvLayer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_transpose = nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, 1)
        self.norm_layer = nn.InstanceNorm2d(outputs, affine=True)

    def forward(self, x):
        return self.norm_layer(self.conv_transpose(x))


class Residual(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1 = ConvLayer(dim, dim, 3)
        self.conv2 = ConvLayer(dim, dim, 3)

    def forward(self, x):
        return self.conv2(self.conv1(x).relu()) + x


class TransformerNetwork(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        one, two, four = width, 2 * width, 4 * width
        convs = [ConvLayer(3, one, 9), ConvLayer(one, two, 3, 2), ConvLayer(two, four, 3, 2)]
        self.ConvBlock = nn.Sequential(*[layer for conv in convs for layer in (conv, nn.ReLU())])
        self.ResidualBlock = nn.Sequential(*[Residual(four) for _ in range(blocks)])
        last = ConvLayer(one, 3, 9, norm=False)
        self.DeconvBlock = nn.Sequential(DeconvLayer(four, two), nn.ReLU(), DeconvLayer(two, one), nn.ReLU(), last)

    def forward(self, x):
        return self.DeconvBlock(self.ResidualBlock(self.ConvBlock(x)))


CASES = [
    Case(
        "rrmina-style",
        "rrmina-style",
        lambda: TransformerNetwork(2, 2),
        config={"width": 2, "nBlocks": 2},
        traits={"inputRange": [0, 255], "outputRange": [0, 255], "channelOrder": "bgr"},
        low=0.0,
        high=255.0,
    )
]
