"""open-mmlab/mmgeneration, mmgen/models/architectures/cyclegan."""

from make_families import Case
from torch import nn


class ConvModule(nn.Module):
    """A convolution, a norm named by its kind, an activation; padding by a layer of its own where it mirrors."""

    def __init__(self, conv, norm=None, activation=None, mirrored=0):
        super().__init__()
        self.mirror = nn.ReflectionPad2d(mirrored)
        self.conv = conv
        self.name = {nn.BatchNorm2d: "bn", nn.InstanceNorm2d: "in"}.get(norm)
        if norm is not None:
            self.add_module(self.name, norm(conv.out_channels))
        self.activation = activation or nn.Identity()

    def forward(self, x):
        x = self.conv(self.mirror(x))
        return self.activation(x if self.name is None else getattr(self, self.name)(x))


class Block(nn.Module):
    def __init__(self, dim, norm, dropout, bias):
        super().__init__()
        conv = lambda: nn.Conv2d(dim, dim, 3, bias=bias)
        layers = [ConvModule(conv(), norm, nn.ReLU(), 1), ConvModule(conv(), norm, None, 1)]
        self.block = nn.Sequential(layers[0], *([nn.Dropout(0.5)] if dropout else []), layers[1])

    def forward(self, x):
        return x + self.block(x)


class CycleGAN(nn.Module):
    def __init__(self, inputs, outputs, width, blocks, norm, dropout):
        super().__init__()
        bias = norm is nn.InstanceNorm2d
        layers = [ConvModule(nn.Conv2d(inputs, width, 7, bias=bias), norm, nn.ReLU(), 3)]
        for dim in (width, 2 * width):
            down = nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1, bias=bias)
            layers.append(ConvModule(down, norm, nn.ReLU()))
        layers += [Block(4 * width, norm, dropout, bias) for _ in range(blocks)]
        for dim in (2 * width, width):
            up = nn.ConvTranspose2d(2 * dim, dim, 3, stride=2, padding=1, output_padding=1, bias=bias)
            layers.append(ConvModule(up, norm, nn.ReLU()))
        self.model = nn.Sequential(*layers, ConvModule(nn.Conv2d(width, outputs, 7), None, nn.Tanh(), 3))

    def forward(self, x):
        return self.model(x)


def config(**differs):
    usual = {"inChannels": 3, "outChannels": 3, "baseChannels": 2, "numBlocks": 2, "norm": "instance"}
    return {**usual, "useDropout": False, **differs}


CASES = [
    Case(
        "mmgeneration-cyclegan",
        "mmgeneration-cyclegan",
        lambda: CycleGAN(3, 3, 2, 2, nn.InstanceNorm2d, False),
        config=config(),
        traits={"channelOrder": "bgr"},
    ),
    Case(
        "mmgeneration-cyclegan-dropout",
        "mmgeneration-cyclegan",
        lambda: CycleGAN(3, 3, 3, 1, nn.InstanceNorm2d, True),
        config=config(baseChannels=3, numBlocks=1, useDropout=True),
        traits={"channelOrder": "bgr"},
        inputs=((1, 3, 9, 18),),
    ),
    Case(
        "mmgeneration-cyclegan-batch",
        "mmgeneration-cyclegan",
        lambda: CycleGAN(3, 1, 2, 1, nn.BatchNorm2d, True),
        config=config(outChannels=1, numBlocks=1, norm="batch", useDropout=True),
        traits={"channelOrder": "bgr", "outputChannels": 1, "statistics": "running"},
        inputs=((1, 3, 21, 26),),
    ),
]
