"""junyanz/pytorch-CycleGAN-and-pix2pix, models/networks.py: ResnetGenerator, and the forms that PyTorch's tools give its weights."""

from make_families import Case
from torch import nn
from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        layers = [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), nn.InstanceNorm2d(dim), nn.ReLU()]
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), nn.InstanceNorm2d(dim)]
        self.conv_block = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv_block(x)


class ResNet(nn.Module):
    def __init__(self, ngf, blocks):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, ngf, 7), nn.InstanceNorm2d(ngf), nn.ReLU()]
        for dim in (ngf, 2 * ngf):
            layers += [nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1), nn.InstanceNorm2d(2 * dim), nn.ReLU()]
        layers += [Block(4 * ngf) for _ in range(blocks)]
        for dim in (4 * ngf, 2 * ngf):
            up = nn.ConvTranspose2d(dim, dim // 2, 3, stride=2, padding=1, output_padding=1)
            layers += [up, nn.InstanceNorm2d(dim // 2), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(ngf, 3, 7), nn.Tanh())

    def forward(self, x):
        return self.model(x)


def convolutions(net):
    return [m for m in net.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]


def with_each(change):
    """A network whose convolutions were changed in place."""

    def build():
        net = ResNet(2, 1)
        for convolution in convolutions(net):
            change(convolution)
        return net

    return build


def weight_normed(module):
    # Transposed convolutions have output channels second; PyTorch's default takes the first side all the same.
    weight_norm(module)


def pruned(module):
    prune.random_unstructured(module, "weight", 0.4)
    prune.random_unstructured(module, "bias", 0.5)


def newer_weight_norm(net):
    """As torch.nn.utils.parametrizations.weight_norm of PyTorch 2 calls the same tensors."""
    names = {"_g": "original0", "_v": "original1"}
    renamed = {}
    for key, tensor in net.state_dict().items():
        path, _, name = key.rpartition(".")
        end = name[-2:]
        renamed[f"{path}.parametrizations.{name[:-2]}.{names[end]}" if end in names else key] = tensor
    return renamed


# Positive weights, so that the vectors below see something of them, as those that training leaves do.
SINGULAR = {
    "weight_orig": (0.02, 0.3),
    "weight.original": (0.02, 0.3),
    "_u": (0.1, 1.0),
    "_v": (0.1, 1.0),
}
CONFIG = {"inputNc": 3, "outputNc": 3, "ngf": 2, "nBlocks": 1, "norm": "instance", "dropout": False, "bias": True}
USUAL = {"config": CONFIG, "traits": {"inputRange": [0, 1]}, "inputs": ((1, 3, 18, 21),), "low": 0.0}
FOLDED = {**USUAL, "folded": True}

CASES = [
    Case("resnet", "resnet", lambda: ResNet(2, 1), **USUAL),
    Case("resnet-weight-norm", "resnet", with_each(weight_normed), ranges={"weight_v": (-0.3, 0.3)}, **FOLDED),
    Case(
        "resnet-weight-norm-2",
        "resnet",
        with_each(weight_normed),
        ranges={"original0": (0.6, 1.4), "original1": (-0.3, 0.3)},
        seen=newer_weight_norm,
        **FOLDED,
    ),
    Case("resnet-spectral-norm", "resnet", with_each(spectral_norm), ranges=SINGULAR, **FOLDED),
    Case(
        "resnet-spectral-norm-2",
        "resnet",
        with_each(parametrizations.spectral_norm),
        ranges=SINGULAR,
        **FOLDED,
    ),
    Case("resnet-pruned", "resnet", with_each(pruned), ranges={"_mask": None}, **FOLDED),
]
