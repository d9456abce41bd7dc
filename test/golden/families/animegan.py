"""ptran1203/pytorch-animeGAN, models/anime_gan.py, models/anime_gan_v2.py and models/conv_blocks.py."""

from make_families import Case
from torch import nn
from torch.nn import functional as F


def scaled(x, factor):
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class Conv(nn.Module):
    """Convolution, norm, activation, with a mirrored border or zeros around."""

    def __init__(self, inputs, outputs, reflect, kernel=3, groups=1, bias=False):
        super().__init__()
        self.mode, self.border = "reflect" if reflect else "constant", [kernel // 2] * 4
        self.conv = nn.Conv2d(inputs, outputs, kernel, groups=groups, bias=bias)
        self.ins_norm = nn.InstanceNorm2d(outputs)

    def forward(self, x):
        return F.leaky_relu(self.ins_norm(self.conv(F.pad(x, self.border, self.mode))), 0.2)


class Separable(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x):
        for conv in (self.depthwise, self.pointwise):
            x = F.leaky_relu(F.instance_norm(conv(x)), 0.2)
        return x


class Down(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1, self.conv2 = Separable(dim, dim, 2), Separable(dim, dim)

    def forward(self, x):
        return self.conv1(x) + self.conv2(scaled(x, 0.5))


class Up(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv = Separable(dim, dim)

    def forward(self, x):
        return self.conv(scaled(x, 2.0))


class Inverted(nn.Module):
    """As it is today, with a mirrored border."""

    def __init__(self, dim):
        super().__init__()
        self.conv_block = Conv(dim, 2 * dim, True, 1)
        self.conv_block2 = Conv(2 * dim, 2 * dim, True, groups=2 * dim, bias=True)
        self.conv = nn.Conv2d(2 * dim, dim, 1, bias=False)

    def forward(self, x):
        return x + F.instance_norm(self.conv(self.conv_block2(self.conv_block(x))))


class EarlierInverted(nn.Module):
    """As it was when the weights of release 1.0 were trained, with zeros around."""

    def __init__(self, dim):
        super().__init__()
        self.conv_block = Conv(dim, 2 * dim, False, 1)
        self.depthwise_conv = nn.Conv2d(2 * dim, 2 * dim, 3, 1, 1, groups=2 * dim, bias=False)
        self.conv = nn.Conv2d(2 * dim, dim, 1, bias=False)

    def forward(self, x):
        y = F.leaky_relu(F.instance_norm(self.depthwise_conv(self.conv_block(x))), 0.2)
        return x + F.instance_norm(self.conv(y))


class V1(nn.Module):
    def __init__(self, w, blocks, reflect):
        super().__init__()
        conv = lambda inputs, outputs: Conv(inputs, outputs, reflect)
        encode = [conv(3, w), conv(w, 2 * w), Down(2 * w), conv(2 * w, 2 * w), Separable(2 * w, 4 * w), Down(4 * w)]
        self.encode_blocks = nn.Sequential(*encode, conv(4 * w, 4 * w))
        inverted = Inverted if reflect else EarlierInverted
        self.res_blocks = nn.Sequential(*[inverted(4 * w) for _ in range(blocks)])
        decode = [conv(4 * w, 2 * w), Up(2 * w), Separable(2 * w, 2 * w), conv(2 * w, 2 * w), Up(2 * w)]
        last = [conv(2 * w, w), conv(w, w), nn.Conv2d(w, 3, 1, bias=False), nn.Tanh()]
        self.decode_blocks = nn.Sequential(*decode, *last)

    def forward(self, x):
        return self.decode_blocks(self.res_blocks(self.encode_blocks(x)))


class Layer(nn.Module):
    """As Conv, with a norm of the whole picture; one that halves has a row and a column more, below and on the right."""

    def __init__(self, inputs, outputs, kernel=3, stride=1, groups=1, bias=False):
        super().__init__()
        self.border = (0, 1, 0, 1) if stride == 2 else (kernel // 2,) * 4
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=bias)
        self.ins_norm = nn.GroupNorm(1, outputs)

    def forward(self, x):
        return F.leaky_relu(self.ins_norm(self.conv(F.pad(x, self.border, "reflect"))), 0.2)


class LayerInverted(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_block = Layer(inputs, 2 * inputs, 1)
        self.conv_block2 = Layer(2 * inputs, 2 * inputs, groups=2 * inputs, bias=True)
        self.conv = nn.Conv2d(2 * inputs, outputs, 1, bias=False)
        self.norm = nn.GroupNorm(1, outputs)

    def forward(self, x):
        y = self.norm(self.conv(self.conv_block2(self.conv_block(x))))
        return x + y if x.shape == y.shape else y


class V2(nn.Module):
    def __init__(self, w, blocks):
        super().__init__()
        self.conv_block1 = nn.Sequential(Layer(3, w, 7), Layer(w, 2 * w, stride=2), Layer(2 * w, 2 * w))
        self.conv_block2 = nn.Sequential(Layer(2 * w, 4 * w, stride=2), Layer(4 * w, 4 * w))
        inverted = [LayerInverted(8 * w if i else 4 * w, 8 * w) for i in range(blocks)]
        self.res_blocks = nn.Sequential(Layer(4 * w, 4 * w), *inverted, Layer(8 * w, 4 * w))
        self.conv_block3 = nn.Sequential(Layer(4 * w, 4 * w), Layer(4 * w, 4 * w))
        self.conv_block4 = nn.Sequential(Layer(4 * w, 2 * w), Layer(2 * w, 2 * w), Layer(2 * w, w, 7))
        self.decode_blocks = nn.Sequential(nn.Conv2d(w, 3, 1), nn.Tanh())

    def forward(self, x):
        x = self.res_blocks(self.conv_block2(self.conv_block1(x)))
        x = self.conv_block3(scaled(x, 2.0))
        return self.decode_blocks(self.conv_block4(scaled(x, 2.0)))


SIZES = {"sizeRule": {"multipleOf": 4, "roundsUpTo": 1}}
INPUTS = ((1, 3, 20, 24), (2, 3, 16, 28))

CASES = [
    Case(
        "pytorch-animegan-v1",
        "pytorch-animegan-v1",
        lambda: V1(2, 2, True),
        config={"width": 2, "nBlocks": 2, "padding": "reflect"},
        traits=SIZES,
        inputs=INPUTS,
    ),
    Case(
        "pytorch-animegan-v1-release-1.0",
        "pytorch-animegan-v1",
        lambda: V1(2, 1, False),
        config={"width": 2, "nBlocks": 1, "padding": "zero"},
        traits={**SIZES, "padding": "zero"},
        inputs=INPUTS,
    ),
    Case(
        "pytorch-animegan-v2",
        "pytorch-animegan-v2",
        lambda: V2(2, 2),
        config={"width": 2, "nBlocks": 2},
        traits=SIZES,
        inputs=INPUTS,
    ),
]
