"""NVIDIA/pix2pixHD, models/networks.py."""

from functools import partial

from make_families import Case
from torch import nn


class Block(nn.Module):
    def __init__(self, dim, norm):
        super().__init__()
        layers = [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), norm(dim), nn.ReLU()]
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), norm(dim)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


def global_layers(inputs, outputs, ngf, halvings, blocks, norm):
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, ngf, 7), norm(ngf), nn.ReLU()]
    for i in range(halvings):
        dim = ngf * 2**i
        layers += [nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1), norm(2 * dim), nn.ReLU()]
    layers += [Block(ngf * 2**halvings, norm) for _ in range(blocks)]
    for i in range(halvings, 0, -1):
        dim = ngf * 2**i
        up = nn.ConvTranspose2d(dim, dim // 2, 3, stride=2, padding=1, output_padding=1)
        layers += [up, norm(dim // 2), nn.ReLU()]
    return layers + [nn.ReflectionPad2d(3), nn.Conv2d(ngf, outputs, 7), nn.Tanh()]


class Global(nn.Module):
    def __init__(self, *arguments):
        super().__init__()
        self.model = nn.Sequential(*global_layers(*arguments))

    def forward(self, x):
        return self.model(x)


class Local(nn.Module):
    def __init__(self, inputs, outputs, ngf, halvings, blocks, enhancers, local_blocks, norm):
        super().__init__()
        self.enhancers = enhancers
        dim = ngf * 2**enhancers
        self.model = nn.Sequential(*global_layers(inputs, outputs, dim, halvings, blocks, norm)[:-3])
        for n in range(1, enhancers + 1):
            dim = ngf * 2 ** (enhancers - n)
            down = global_layers(inputs, outputs, dim, 1, 0, norm)[:7]
            up = [Block(2 * dim, norm) for _ in range(local_blocks)]
            up += global_layers(inputs, outputs, dim, 1, 0, norm)[7 : None if n == enhancers else -3]
            setattr(self, f"model{n}_1", nn.Sequential(*down))
            setattr(self, f"model{n}_2", nn.Sequential(*up))
        self.downsample = nn.AvgPool2d(3, stride=2, padding=[1, 1], count_include_pad=False)

    def forward(self, x):
        pictures = [x]
        for _ in range(self.enhancers):
            pictures.append(self.downsample(pictures[-1]))
        y = self.model(pictures.pop())
        for n in range(1, self.enhancers + 1):
            y = getattr(self, f"model{n}_2")(getattr(self, f"model{n}_1")(pictures.pop()) + y)
        return y


def local_config(inputs, outputs, ngf, halvings, blocks, enhancers, local_blocks, norm):
    names = "inputNc outputNc ngf nDownsampleGlobal nBlocksGlobal nLocalEnhancers nBlocksLocal norm".split()
    return dict(zip(names, (inputs, outputs, ngf, halvings, blocks, enhancers, local_blocks, norm)))


CASES = [
    Case(
        "pix2pixhd-global",
        "pix2pixhd-global",
        lambda: Global(3, 3, 2, 4, 2, nn.InstanceNorm2d),
        config={"inputNc": 3, "outputNc": 3, "ngf": 2, "nDownsampling": 4, "nBlocks": 2, "norm": "instance"},
        traits={"sizeRule": {"multipleOf": 1, "roundsUpTo": 16}},
        inputs=((1, 3, 37, 50), (2, 3, 32, 48)),
    ),
    Case(
        "pix2pixhd-global-batch",
        "pix2pixhd-global",
        lambda: Global(6, 3, 2, 1, 1, nn.BatchNorm2d),
        config={"inputNc": 6, "outputNc": 3, "ngf": 2, "nDownsampling": 1, "nBlocks": 1, "norm": "batch"},
        traits={"inputChannels": 6, "sizeRule": {"multipleOf": 1, "roundsUpTo": 2}, "statistics": "running"},
        inputs=((1, 6, 21, 26),),
    ),
    Case(
        "pix2pixhd-local",
        "pix2pixhd-local",
        lambda: Local(3, 3, 2, 2, 2, 1, 3, nn.InstanceNorm2d),
        config=local_config(3, 3, 2, 2, 2, 1, 3, "instance"),
        traits={"sizeRule": {"multipleOf": 8, "roundsUpTo": 1}},
        inputs=((1, 3, 24, 40), (2, 3, 32, 24)),
    ),
    Case(
        "pix2pixhd-local-tracked",
        "pix2pixhd-local",
        lambda: Local(3, 3, 1, 1, 1, 1, 1, partial(nn.InstanceNorm2d, track_running_stats=True)),
        config={**local_config(3, 3, 1, 1, 1, 1, 1, "instance"), "tracked": True},
        traits={"sizeRule": {"multipleOf": 4, "roundsUpTo": 1}, "statistics": "running"},
        options={"statistics": "running"},
        inputs=((1, 3, 24, 32),),
    ),
    Case(
        "pix2pixhd-local-batch",
        "pix2pixhd-local",
        lambda: Local(4, 3, 1, 1, 1, 2, 1, nn.BatchNorm2d),
        config=local_config(4, 3, 1, 1, 1, 2, 1, "batch"),
        traits={"inputChannels": 4, "sizeRule": {"multipleOf": 8, "roundsUpTo": 1}, "statistics": "running"},
        inputs=((1, 4, 32, 40),),
    ),
]
