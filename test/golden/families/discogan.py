"""carpedm20/DiscoGAN-pytorch, models.py, and SKTBrain/DiscoGAN, discogan/model.py."""

from make_families import Case
from torch import nn


def layers(inputs, outputs, down, up, last, latent=None):
    modules = [nn.Conv2d(inputs, down[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for before, after in zip(down, down[1:]):
        modules += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    if latent is not None:
        modules += [nn.Conv2d(down[-1], latent, 4, bias=False), nn.BatchNorm2d(latent), nn.LeakyReLU(0.2)]
        modules += [nn.ConvTranspose2d(latent, down[-1], 4, bias=False), nn.BatchNorm2d(down[-1]), nn.ReLU()]
    for before, after in zip([down[-1], *up], up):
        modules += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return [*modules, nn.ConvTranspose2d([*down, *up][-1], outputs, 4, 2, 1, bias=False), last]


class Carpedm20(nn.Module):
    def __init__(self, *arguments):
        super().__init__()
        self.layer_module = nn.ModuleList(layers(*arguments, nn.Tanh()))

    def forward(self, x):
        for layer in self.layer_module:
            x = layer(x)
        return x


class SKTBrain(nn.Module):
    def __init__(self, width, latent=None):
        super().__init__()
        down = [width * 2**i for i in range(4)]
        self.main = nn.Sequential(*layers(3, 3, down, down[2::-1], nn.Sigmoid(), latent))

    def forward(self, x):
        return self.main(x)


def size(multiple):
    return {"sizeRule": {"multipleOf": multiple, "roundsUpTo": multiple}, "statistics": "running", "padding": "zero"}


AUTHORS = {**size(16), "inputRange": [0, 1], "outputRange": [0, 1], "channelOrder": "bgr"}

CASES = [
    Case(
        "carpedm20-discogan",
        "carpedm20-discogan",
        lambda: Carpedm20(3, 3, [2, 4, 6, 8], [5, 4, 3]),
        config={"inputChannel": 3, "outputChannel": 3, "convDims": [2, 4, 6, 8], "deconvDims": [5, 4, 3]},
        traits=size(16),
        inputs=((1, 3, 32, 48), (2, 3, 16, 32)),
    ),
    Case(
        "carpedm20-discogan-one",
        "carpedm20-discogan",
        lambda: Carpedm20(3, 1, [4], []),
        config={"inputChannel": 3, "outputChannel": 1, "convDims": [4], "deconvDims": []},
        traits={**size(2), "outputChannels": 1},
        inputs=((1, 3, 6, 10),),
    ),
    Case(
        "sktbrain-discogan",
        "sktbrain-discogan",
        lambda: SKTBrain(2),
        config={"extraLayers": False, "width": 2},
        traits=AUTHORS,
        inputs=((1, 3, 32, 48),),
        low=0.0,
        high=1.0,
    ),
    Case(
        "sktbrain-discogan-extra",
        "sktbrain-discogan",
        lambda: SKTBrain(2, 5),
        config={"extraLayers": True, "width": 2, "latent": 5},
        traits=AUTHORS,
        inputs=((1, 3, 64, 64),),
        low=0.0,
        high=1.0,
    ),
]
