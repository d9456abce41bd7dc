"""junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py, ResnetGenerator: what its keys do not tell, or tell by their numbers alone.
KupynOrest/DeblurGAN had the same class, with `learn_residual`; xw-hu/Mask-ShadowGAN's takes the tanh of the sum."""

from functools import partial

import torch
from make_families import Case
from torch import nn
from torch.nn import functional as F

tracked = partial(nn.InstanceNorm2d, track_running_stats=True)


class OwnStatistics(nn.InstanceNorm2d):
    """What a tracked norm computes in a script that never calls eval()."""

    def __init__(self, channels):
        super().__init__(channels, track_running_stats=True)

    def forward(self, x):
        return F.instance_norm(x, use_input_stats=True, eps=self.eps)


class OwnBatchStatistics(nn.BatchNorm2d):
    """The same of a batch norm, for a batch of one."""

    def forward(self, x):
        return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=self.eps)


class Block(nn.Module):
    def __init__(self, dim, norm, dropout, padding, bias):
        super().__init__()
        pads = {"reflect": [nn.ReflectionPad2d(1)], "replicate": [nn.ReplicationPad2d(1)], "zero": []}[padding]
        zeros = 1 if padding == "zero" else 0
        layers = [*pads, nn.Conv2d(dim, dim, 3, padding=zeros, bias=bias), norm(dim), nn.ReLU()]
        layers += [nn.Dropout(0.5)] if dropout else []
        layers += [*pads, nn.Conv2d(dim, dim, 3, padding=zeros, bias=bias), norm(dim)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


class ResNet(nn.Module):
    def __init__(self, ngf, blocks, norm, dropout=False, padding="reflect", residual=False, inputs=3, outputs=3):
        super().__init__()
        bias = norm not in (nn.BatchNorm2d, OwnBatchStatistics, nn.Identity)
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, ngf, 7, bias=bias), norm(ngf), nn.ReLU()]
        for dim in (ngf, 2 * ngf):
            layers += [nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1, bias=bias), norm(2 * dim), nn.ReLU()]
        layers += [Block(4 * ngf, norm, dropout, padding, bias) for _ in range(blocks)]
        for dim in (4 * ngf, 2 * ngf):
            up = nn.ConvTranspose2d(dim, dim // 2, 3, stride=2, padding=1, output_padding=1, bias=bias)
            layers += [up, norm(dim // 2), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(ngf, outputs, 7), nn.Tanh())
        self.residual = residual

    def forward(self, x):
        if self.residual == "tanh":
            return torch.tanh(x + self.model[:-1](x))
        y = self.model(x)
        return torch.clamp(x + y, -1, 1) if self.residual else y


def case(name, build, config, traits, options=None, inputs=((1, 3, 21, 26),)):
    sizes = {"inputNc": 3, "outputNc": 3, "ngf": 2, "nBlocks": 2}
    return Case(
        name, "resnet", build, config={**sizes, **config}, traits=traits, options=options or {}, inputs=inputs
    )


BATCH = {"norm": "batch", "bias": False}
TRACKED = {"norm": "instance", "tracked": True}
WHOLE = {"multipleOf": 4, "roundsUpTo": 1}

CASES = [
    case(
        "traits-batch-replicate",
        lambda: ResNet(2, 2, nn.BatchNorm2d, dropout=True, padding="replicate"),
        {**BATCH, "dropout": True, "paddingType": "replicate"},
        {"padding": "replicate", "statistics": "running"},
        options={"padding": "replicate"},
    ),
    case(
        "traits-batch-own",
        lambda: ResNet(2, 2, OwnBatchStatistics),
        BATCH,
        {"statistics": "own"},
        options={"statistics": "own"},
    ),
    case("traits-no-norm", lambda: ResNet(2, 2, nn.Identity), {"norm": "none", "bias": False}, {}),
    case("traits-tracked", lambda: ResNet(2, 2, OwnStatistics), TRACKED, {"statistics": "own"}),
    case(
        "traits-tracked-running",
        lambda: ResNet(2, 2, tracked),
        TRACKED,
        {"statistics": "running"},
        options={"statistics": "running"},
    ),
    case(
        "traits-residual",
        lambda: ResNet(2, 2, tracked, dropout=True, residual=True),
        {**TRACKED, "dropout": True},
        {"statistics": "running", "residual": True, "sizeRule": WHOLE},
        options={"statistics": "running", "residual": True},
        inputs=((2, 3, 20, 24),),
    ),
    case(
        "traits-residual-tanh",
        lambda: ResNet(2, 2, nn.InstanceNorm2d, residual="tanh"),
        {"norm": "instance"},
        {"inputRange": [-1, 1], "residual": "tanh", "sizeRule": WHOLE},
        options={"residual": "tanh"},
        inputs=((2, 3, 20, 24),),
    ),
]
