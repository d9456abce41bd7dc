"""Loads what was exported into networks: load_exports.py, with JSON lines `{"file", "keys", "net"}` on standard input.

`keys` are those that `torch.load` has to give, in order; `net` holds the arguments of a ResNet generator that takes
them with a plain `load_state_dict`, or is null. Prints one line for each: `ok`, or what is wrong.
"""

import functools
import json
import sys

import torch
from torch import nn

NORMS = {
    "instance": nn.InstanceNorm2d,
    "instanceAffine": functools.partial(nn.InstanceNorm2d, affine=True),
    "batch": nn.BatchNorm2d,
}


class Block(nn.Module):
    def __init__(self, channels, norm, dropout, bias):
        super().__init__()

        def half():
            return [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3, bias=bias), norm(channels)]

        middle = [nn.ReLU(True), nn.Dropout(0.5)] if dropout else [nn.ReLU(True)]
        self.conv_block = nn.Sequential(*half(), *middle, *half())

    def forward(self, x):
        return x + self.conv_block(x)


class Generator(nn.Module):
    """The layout of Zhu et al., arXiv:1703.10593, section 7.2: c7s1, d, d, R, …, u, u, c7s1."""

    def __init__(self, inputNc, outputNc, ngf, nBlocks, norm, dropout, bias, paddingType="reflect"):
        super().__init__()
        assert paddingType == "reflect", "another padding"
        norm = NORMS[norm]

        def activated(convolution, channels):
            return [convolution, norm(channels), nn.ReLU(True)]

        layers = [nn.ReflectionPad2d(3)]
        layers += activated(nn.Conv2d(inputNc, ngf, 7, bias=bias), ngf)
        for c in (ngf, 2 * ngf):
            layers += activated(nn.Conv2d(c, 2 * c, 3, stride=2, padding=1, bias=bias), 2 * c)
        layers += [Block(4 * ngf, norm, dropout, bias) for _ in range(nBlocks)]
        for c in (4 * ngf, 2 * ngf):
            up = nn.ConvTranspose2d(c, c // 2, 3, stride=2, padding=1, output_padding=1, bias=bias)
            layers += activated(up, c // 2)
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, outputNc, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


def problem(request):
    loads = [torch.load(request["file"]), torch.load(request["file"], weights_only=True)]
    for loaded in loads:
        if list(loaded) != request["keys"]:
            return f"keys {list(loaded)}"
        if request["net"] is not None:
            net = Generator(**request["net"])
            net.load_state_dict(loaded)
            for key, tensor in net.state_dict().items():
                if not torch.equal(tensor.float(), loaded[key].float()):
                    return f"{key} differs"
            net.eval()(torch.zeros(1, request["net"]["inputNc"], 16, 16))
    return "ok"


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            print(problem(json.loads(line)))
        except Exception as error:  # What torch says goes to whoever reads the results.
            print(repr(error).replace("\n", " "))
