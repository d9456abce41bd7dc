"""pytorch/examples, fast_neural_style/neural_style/transformer_net.py."""

from make_families import Case
from torch import nn


class Padded(nn.Module):
    """A convolution behind a mirrored border, and behind an enlargement if there is one."""

    def __init__(self, inputs, outputs, kernel, stride=1, scale=None):
        super().__init__()
        self.conv2d = nn.Conv2d(inputs, outputs, kernel, stride)
        self.before = nn.Sequential(*([nn.Upsample(scale_factor=scale)] if scale else []), nn.ReflectionPad2d(kernel // 2))

    def forward(self, x):
        return self.conv2d(self.before(x))


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1, self.in1 = Padded(dim, dim, 3), nn.InstanceNorm2d(dim, affine=True)
        self.conv2, self.in2 = Padded(dim, dim, 3), nn.InstanceNorm2d(dim, affine=True)

    def forward(self, x):
        return x + self.in2(self.conv2(self.in1(self.conv1(x)).relu()))


class TransformerNet(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        norm = lambda dim: nn.InstanceNorm2d(dim, affine=True)
        self.conv1, self.in1 = Padded(3, width, 9), norm(width)
        self.conv2, self.in2 = Padded(width, 2 * width, 3, 2), norm(2 * width)
        self.conv3, self.in3 = Padded(2 * width, 4 * width, 3, 2), norm(4 * width)
        self.blocks = [f"res{i + 1}" for i in range(blocks)]
        for name in self.blocks:
            setattr(self, name, Block(4 * width))
        self.deconv1, self.in4 = Padded(4 * width, 2 * width, 3, scale=2), norm(2 * width)
        self.deconv2, self.in5 = Padded(2 * width, width, 3, scale=2), norm(width)
        self.deconv3 = Padded(width, 3, 9)

    def forward(self, x):
        for conv, norm in ((self.conv1, self.in1), (self.conv2, self.in2), (self.conv3, self.in3)):
            x = norm(conv(x)).relu()
        for name in self.blocks:
            x = getattr(self, name)(x)
        for conv, norm in ((self.deconv1, self.in4), (self.deconv2, self.in5)):
            x = norm(conv(x)).relu()
        return self.deconv3(x)


CASES = [
    Case(
        "fast-neural-style",
        "fast-neural-style",
        lambda: TransformerNet(2, 5),
        config={"width": 2, "nBlocks": 5},
        traits={"inputRange": [0, 255], "outputRange": [0, 255]},
        low=0.0,
        high=255.0,
    ),
]
