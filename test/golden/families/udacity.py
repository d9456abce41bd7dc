"""udacity/deep-learning-v2-pytorch, cycle-gan/CycleGAN_Exercise.ipynb."""

from make_families import Case
from torch import nn


def unit(inputs, outputs, kernel, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, 1, bias=False), nn.BatchNorm2d(outputs))


def doubling(inputs, outputs):
    return nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv_layer1 = unit(dim, dim, 3, 1)
        self.conv_layer2 = unit(dim, dim, 3, 1)

    def forward(self, x):
        return x + self.conv_layer2(self.conv_layer1(x).relu())


class CycleGenerator(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        self.conv1 = unit(3, width, 4, 2)
        self.conv2 = unit(width, 2 * width, 4, 2)
        self.conv3 = unit(2 * width, 4 * width, 4, 2)
        self.res_blocks = nn.Sequential(*[Block(4 * width) for _ in range(blocks)])
        self.deconv1 = nn.Sequential(doubling(4 * width, 2 * width), nn.BatchNorm2d(2 * width))
        self.deconv2 = nn.Sequential(doubling(2 * width, width), nn.BatchNorm2d(width))
        self.deconv3 = nn.Sequential(doubling(width, 3))

    def forward(self, x):
        for layer in (self.conv1, self.conv2, self.conv3):
            x = layer(x).relu()
        x = self.res_blocks(x)
        return self.deconv3(self.deconv2(self.deconv1(x).relu()).relu()).tanh()


CASES = [
    Case(
        "udacity-cyclegan",
        "udacity-cyclegan",
        lambda: CycleGenerator(2, 2),
        config={"convDim": 2, "nResBlocks": 2},
        traits={"sizeRule": {"multipleOf": 8, "roundsUpTo": 8}, "statistics": "running", "padding": "zero"},
        inputs=((1, 3, 24, 40), (2, 3, 16, 24)),
    )
]
