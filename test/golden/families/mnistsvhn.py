"""yunjey/mnist-svhn-transfer, model.py."""

from make_families import Case
from torch import nn
from torch.nn.functional import leaky_relu


class Transfer(nn.Module):
    def __init__(self, inputs, outputs, width):
        super().__init__()
        unit = lambda conv: nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels))
        twice = 2 * width
        self.conv1 = unit(nn.Conv2d(inputs, width, 4, 2, 1, bias=False))
        self.conv2 = unit(nn.Conv2d(width, twice, 4, 2, 1, bias=False))
        self.conv3 = unit(nn.Conv2d(twice, twice, 3, 1, 1, bias=False))
        self.conv4 = unit(nn.Conv2d(twice, twice, 3, 1, 1, bias=False))
        self.deconv1 = unit(nn.ConvTranspose2d(twice, width, 4, 2, 1, bias=False))
        self.deconv2 = nn.Sequential(nn.ConvTranspose2d(width, outputs, 4, 2, 1, bias=False))

    def forward(self, x):
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4, self.deconv1):
            x = leaky_relu(layer(x), 0.05)
        return self.deconv2(x).tanh()


def case(name, inputs, outputs, **more):
    traits = {"sizeRule": {"multipleOf": 4, "roundsUpTo": 4}, "statistics": "running", "padding": "zero"}
    build = lambda: Transfer(inputs, outputs, 4)
    return Case(name, name, build, config={"convDim": 4}, traits={**traits, **more}, inputs=((1, inputs, 24, 20), (2, inputs, 32, 32)))


CASES = [
    case("mnist-svhn-g12", 1, 3, inputChannels=1),
    case("mnist-svhn-g21", 3, 1, outputChannels=1),
]
