"""Lornatang/CycleGAN-PyTorch, model.py: CycleNet."""

from functools import partial

from make_families import Case
from torch import nn


class Block(nn.Module):
    def __init__(self, dim, norm):
        super().__init__()
        layers = [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), norm(dim), nn.ReLU()]
        self.res = nn.Sequential(*layers, nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), norm(dim))

    def forward(self, x):
        return x + self.res(x)


class CycleNet(nn.Module):
    def __init__(self, width, blocks, tracked):
        super().__init__()
        norm = partial(nn.InstanceNorm2d, track_running_stats=tracked)
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7), norm(width), nn.ReLU()]
        for dim in (width, 2 * width):
            layers += [nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1), norm(2 * dim), nn.ReLU()]
        layers += [Block(4 * width, norm) for _ in range(blocks)]
        for dim in (2 * width, width):
            up = nn.ConvTranspose2d(2 * dim, dim, 3, stride=2, padding=1, output_padding=1)
            layers += [up, norm(dim), nn.ReLU()]
        self.main = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())

    def forward(self, x):
        return self.main(x)


def config(**differs):
    usual = {"inChannels": 3, "outChannels": 3, "channels": 2, "nBlocks": 2, "trackRunningStats": True}
    return {**usual, **differs}


CASES = [
    Case(
        "lornatang-cyclegan",
        "lornatang-cyclegan",
        lambda: CycleNet(2, 2, True),
        config=config(),
        traits={"statistics": "running"},
    ),
    Case(
        "lornatang-cyclegan-untracked",
        "lornatang-cyclegan",
        lambda: CycleNet(2, 1, False),
        config=config(nBlocks=1, trackRunningStats=False),
        inputs=((1, 3, 9, 18),),
    ),
]
