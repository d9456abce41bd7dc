"""PyTorch, float32: python3 bench/gpu/pytorch.py cuda|cpu KIND WEIGHTS SHAPE NGF ROUNDS OUTPUT; prints JSON, and writes the last output.

The picture goes up and the result comes back in each round, as with all other runners.
"""

import json
import sys
import time

import torch
from torch import nn

device, kind, weights, shape, ngf, rounds, output = sys.argv[1:]
shape = [int(side) for side in shape.split(",")]
ngf, rounds = int(ngf), int(rounds)


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        again = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        self.conv_block = nn.Sequential(*half, nn.ReLU(), *again)

    def forward(self, x):
        return x + self.conv_block(x)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, ngf, 7), nn.InstanceNorm2d(ngf), nn.ReLU()]
        for scale in (1, 2):
            down = nn.Conv2d(ngf * scale, ngf * scale * 2, 3, stride=2, padding=1)
            layers += [down, nn.InstanceNorm2d(ngf * scale * 2), nn.ReLU()]
        layers += [Block(ngf * 4) for _ in range(9)]
        for scale in (4, 2):
            up = nn.ConvTranspose2d(ngf * scale, ngf * scale // 2, 3, 2, 1, 1)
            layers += [up, nn.InstanceNorm2d(ngf * scale // 2), nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(ngf, 3, 7), nn.Tanh())

    def forward(self, x):
        return self.model(x)


def module():
    if kind == "network":
        return Network()
    state = torch.load(weights, map_location="cpu")
    out_channels, in_channels = next(iter(state.values())).shape[:2]
    if kind == "residual":
        return nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(in_channels, out_channels, 3))
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 3, padding=1))


if device == "cuda" and not torch.cuda.is_available():
    sys.exit("PyTorch has no CUDA here")
torch.backends.cudnn.benchmark = True
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
net = module()
net.load_state_dict(torch.load(weights, map_location="cpu"))
net = net.eval().to(device)
x = torch.sin(torch.arange(torch.Size(shape).numel(), dtype=torch.float64) * 0.37).float().reshape(shape)
times = []
with torch.no_grad():
    for _ in range(3 + rounds):
        start = time.perf_counter()
        y = net(x.to(device)).cpu()
        times.append((time.perf_counter() - start) * 1e3)
times = sorted(times[3:])
y.numpy().tofile(output)
hardware = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
details = [f"version {torch.__version__}", hardware]
print(json.dumps({"milliseconds": times[len(times) // 2], "fastest": times[0], "details": details}))
