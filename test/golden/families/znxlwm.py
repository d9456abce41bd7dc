"""znxlwm/pytorch-CycleGAN, network.py, and znxlwm/pytorch-CartoonGAN, networks.py."""

from make_families import Case
from torch import nn
from torch.nn.functional import pad


def doubling(inputs, outputs):
    return nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)


class Block(nn.Module):
    def __init__(self, dim, mode):
        super().__init__()
        self.mode = mode
        self.conv1 = nn.Conv2d(dim, dim, 3)
        self.conv2 = nn.Conv2d(dim, dim, 3)
        self.norm = nn.InstanceNorm2d(dim)

    def forward(self, x):
        y = self.norm(self.conv1(pad(x, [1] * 4, self.mode))).relu()
        return x + self.norm(self.conv2(pad(y, [1] * 4, self.mode)))


class CycleGAN(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, 2, 1)
        self.conv3 = nn.Conv2d(2 * width, 4 * width, 3, 2, 1)
        self.resnet_blocks = nn.Sequential(*[Block(4 * width, "reflect") for _ in range(blocks)])
        self.deconv1 = doubling(4 * width, 2 * width)
        self.deconv2 = doubling(2 * width, width)
        self.deconv3 = nn.Conv2d(width, 3, 7)

    def forward(self, x):
        norm = nn.functional.instance_norm
        x = norm(self.conv1(pad(x, [3] * 4, "reflect"))).relu()
        x = norm(self.conv3(norm(self.conv2(x)).relu())).relu()
        x = self.resnet_blocks(x)
        x = norm(self.deconv2(norm(self.deconv1(x)).relu())).relu()
        return self.deconv3(pad(x, [3] * 4, "reflect")).tanh()


class CartoonGAN(nn.Module):
    def __init__(self, width, blocks):
        super().__init__()
        norm = lambda dim: [nn.InstanceNorm2d(dim), nn.ReLU()]
        down = [nn.Conv2d(3, width, 7, 1, 3), *norm(width)]
        for dim in (2 * width, 4 * width):
            down += [nn.Conv2d(dim // 2, dim, 3, 2, 1), nn.Conv2d(dim, dim, 3, 1, 1), *norm(dim)]
        up = []
        for dim in (2 * width, width):
            up += [doubling(2 * dim, dim), nn.Conv2d(dim, dim, 3, 1, 1), *norm(dim)]
        self.down_convs = nn.Sequential(*down)
        self.resnet_blocks = nn.Sequential(*[Block(4 * width, "constant") for _ in range(blocks)])
        self.up_convs = nn.Sequential(*up, nn.Conv2d(width, 3, 7, 1, 3), nn.Tanh())

    def forward(self, x):
        return self.up_convs(self.resnet_blocks(self.down_convs(x)))


CASES = [
    Case(
        "znxlwm-cyclegan",
        "znxlwm-cyclegan",
        lambda: CycleGAN(2, 2),
        config={"inputNc": 3, "outputNc": 3, "ngf": 2, "nb": 2},
    ),
    Case(
        "znxlwm-cartoongan",
        "znxlwm-cartoongan",
        lambda: CartoonGAN(2, 2),
        config={"inNc": 3, "outNc": 3, "nf": 2, "nb": 2},
        traits={"padding": "zero"},
    ),
]
