"""Training with PyTorch: iterations of a CycleGAN as its authors do them, and the gradient of a layer's weight."""

import itertools

import torch
from torch import nn


def block(channels):
    layers = []
    for activation in ([nn.ReLU(True)], []):
        layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3)]
        layers += [nn.InstanceNorm2d(channels), *activation]
    return nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = block(channels)

    def forward(self, x):
        return x + self.body(x)


def generator(width=64, blocks=9):
    norm = lambda channels: [nn.InstanceNorm2d(channels), nn.ReLU(True)]  # noqa: E731
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, width, 7), *norm(width)]
    for inner in (width, 2 * width):
        layers += [nn.Conv2d(inner, 2 * inner, 3, 2, 1), *norm(2 * inner)]
    layers += [Residual(4 * width) for _ in range(blocks)]
    for inner in (4 * width, 2 * width):
        layers += [nn.ConvTranspose2d(inner, inner // 2, 3, 2, 1, 1), *norm(inner // 2)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())


def discriminator(width=64):
    layers = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for inner, stride in ((width, 2), (2 * width, 2), (4 * width, 1)):
        layers += [nn.Conv2d(inner, 2 * inner, 4, stride, 1), nn.InstanceNorm2d(2 * inner)]
        layers += [nn.LeakyReLU(0.2, True)]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))


def adam(*networks):
    parameters = itertools.chain(*(network.parameters() for network in networks))
    return torch.optim.Adam(parameters, 2e-4, (0.5, 0.999))


def lsgan(judgement, target):
    return nn.functional.mse_loss(judgement, torch.full_like(judgement, target))


class CycleGan:
    """One iteration: both generators with frozen discriminators, then each discriminator."""

    def __init__(self, side):
        torch.manual_seed(1)
        self.generators = [generator(), generator()]
        self.discriminators = [discriminator(), discriminator()]
        self.optimizers = [adam(*self.generators), adam(*self.discriminators)]
        self.pictures = [torch.rand(1, 3, side, side) * 2 - 1 for _ in range(2)]

    def freeze(self, frozen):
        for network in self.discriminators:
            network.requires_grad_(not frozen)

    def run(self):
        (to_b, to_a), (judge_b, judge_a) = self.generators, self.discriminators
        real_a, real_b = self.pictures
        l1 = nn.functional.l1_loss
        self.freeze(True)
        self.optimizers[0].zero_grad()
        fake_b, fake_a = to_b(real_a), to_a(real_b)
        loss = lsgan(judge_b(fake_b), 1.0) + lsgan(judge_a(fake_a), 1.0)
        loss = loss + 10 * l1(to_a(fake_b), real_a) + 10 * l1(to_b(fake_a), real_b)
        loss = loss + 5 * l1(to_b(real_b), real_b) + 5 * l1(to_a(real_a), real_a)
        loss.backward()
        self.optimizers[0].step()
        self.freeze(False)
        self.optimizers[1].zero_grad()
        for judge, real, fake in ((judge_b, real_b, fake_b), (judge_a, real_a, fake_a)):
            judged = lsgan(judge(real), 1.0) + lsgan(judge(fake.detach()), 0.0)
            (judged * 0.5).backward()
        self.optimizers[1].step()
        return fake_b.detach()


def weight_gradient(channels, side):
    torch.manual_seed(1)
    x = torch.rand(1, channels, side + 2, side + 2) * 2 - 1
    weight = torch.rand(channels, channels, 3, 3)
    gradient = torch.rand(1, channels, side, side) * 2 - 1
    asked = [False, True, False]
    backward = torch.ops.aten.convolution_backward
    options = [1, 1], [0, 0], [1, 1], False, [0, 0], 1, asked
    return lambda: backward(gradient, x, weight, [channels], *options)[1]


def prepare(task):
    if task["training"] == "weightGradient":
        return weight_gradient(task["channels"], task["side"])
    model = CycleGan(task["side"])

    def run():
        with torch.enable_grad():
            return model.run()

    return run
