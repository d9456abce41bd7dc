"""keras.io/examples/generative/cyclegan, get_resnet_generator: layers are called as Keras 3 calls them in its files."""

import torch.nn.functional as F
from make_families import Case
from torch import nn


class CycleGAN(nn.Module):
    """Norms have Keras' epsilon; padding is `same` by TensorFlow's definition, which puts the odd zero behind."""

    def __init__(self, inputs, outputs, width, halvings, blocks, norm="instance_normalization", eps=1e-3):
        super().__init__()
        counts = {}

        def add(kind, layer):
            counts[kind] = counts.get(kind, -1) + 1
            self.add_module(f"{kind}_{counts[kind]}" if counts[kind] else kind, layer)
            return layer

        def unit(kind, layer, channels):
            # Keras 3 has no instance norm: the example has a single group of all channels since then.
            one = norm == "group_normalization"
            made = nn.GroupNorm(1, channels, eps=eps) if one else nn.InstanceNorm2d(channels, eps=eps, affine=True)
            return add(kind, layer), add(norm, made)

        conv = lambda one, two, size, **more: unit("conv2d", nn.Conv2d(one, two, size, bias=False, **more), two)
        self.first = [conv(inputs, width, 7)]
        self.down, self.blocks, self.up = [], [], []
        for _ in range(halvings):
            self.down.append(conv(width, 2 * width, 3, stride=2))
            width *= 2
        for _ in range(blocks):
            self.blocks.append((conv(width, width, 3), conv(width, width, 3)))
        for _ in range(halvings):
            up = nn.ConvTranspose2d(width, width // 2, 3, stride=2, bias=False)
            self.up.append(unit("conv2d_transpose", up, width // 2))
            width //= 2
        self.last = [add("conv2d", nn.Conv2d(width, outputs, 7))]

    def forward(self, x):
        [(conv, norm)] = self.first
        x = norm(conv(F.pad(x, (3, 3, 3, 3), mode="reflect"))).relu()
        for conv, norm in self.down:
            # ceil(side / 2) windows of three pixels, two apart.
            total = [2 * ((side + 1) // 2 - 1) + 3 - side for side in (x.shape[3], x.shape[2])]
            sides = [share for both in total for share in (both // 2, both - both // 2)]
            x = norm(conv(F.pad(x, sides))).relu()
        for (one, first), (two, second) in self.blocks:
            y = first(one(F.pad(x, (1, 1, 1, 1), mode="reflect"))).relu()
            x = x + second(two(F.pad(y, (1, 1, 1, 1), mode="reflect")))
        for up, norm in self.up:
            # What a convolution with padding `same` reads of a picture of twice the sides, turned round: nothing before it.
            x = norm(up(x)[:, :, : 2 * x.shape[2], : 2 * x.shape[3]]).relu()
        [last] = self.last
        return last(F.pad(x, (3, 3, 3, 3), mode="reflect")).tanh()


def config(**differs):
    usual = {"inChannels": 3, "outChannels": 3, "filters": 2, "numDownsamplingBlocks": 2, "numResidualBlocks": 1}
    return {**usual, "numUpsampleBlocks": 2, "normLayer": "instance_normalization", "norm": "instance", "epsilon": 1e-3, **differs}


CASES = [
    Case(
        "keras-cyclegan",
        "keras-cyclegan",
        lambda: CycleGAN(3, 3, 2, 2, 1),
        config=config(),
        inputs=((1, 3, 21, 26), (2, 3, 24, 20), (1, 3, 23, 19)),
    ),
    Case(
        "keras-cyclegan-group-normalization",
        "keras-cyclegan",
        lambda: CycleGAN(3, 1, 3, 1, 2, "group_normalization"),
        config=config(outChannels=1, filters=3, numDownsamplingBlocks=1, numResidualBlocks=2, numUpsampleBlocks=1, normLayer="group_normalization", norm="unsaid"),
        traits={"outputChannels": 1, "sizeRule": {"multipleOf": 1, "roundsUpTo": 2}},
        inputs=((1, 3, 9, 18),),
    ),
]
