"""PyTorch as a runtime: JSON lines as in `serve.mjs`.

    python3 pytorch.py THREADS
    python3 pytorch.py --peak THREADS                    its own matrix product, as GFLOP/s
    python3 pytorch.py --onnx TASK.json MODEL.onnx       the network of a task as ONNX
    python3 pytorch.py --phases WEIGHTS MODEL.onnx W H   the generator for ONNX Runtime, with
                                                         transposed convolutions as four convolutions
"""

import io
import json
import pathlib
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "golden"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import training  # noqa: E402
from make_golden import ResNetGenerator  # noqa: E402


class PhaseConvTranspose2d(nn.Module):
    """ConvTranspose2d(3, stride=2, padding=1, output_padding=1): one convolution for each of the four parities.

    An output row is even: the kernel's middle row meets it; odd: the last row meets the input row above it, the first
    the one below. The same holds for columns.
    """

    ROWS = ([1], [2, 0])

    def __init__(self, layer):
        super().__init__()
        kernels = layer.weight.detach().transpose(0, 1)
        self.phases = nn.ParameterList()
        for rows in self.ROWS:
            for columns in self.ROWS:
                self.phases.append(nn.Parameter(kernels[:, :, rows][:, :, :, columns].contiguous()))
        self.bias = layer.bias

    def forward(self, x):
        parts = []
        for i, kernel in enumerate(self.phases):
            # An odd row needs one input row more, which is zero at the end.
            padded = functional.pad(x, (0, i % 2, 0, i // 2))
            parts.append(functional.conv2d(padded, kernel, self.bias))
        # Numbers, so that the exporter knows the shapes: norms need them.
        n, c, height, width = map(int, parts[0].shape)
        # Channels as pixel_shuffle wants them: c · 4 + phase.
        channels = torch.stack(parts, 2).reshape(n, 4 * c, height, width)
        return functional.pixel_shuffle(channels, 2).reshape(n, c, 2 * height, 2 * width)


def generator(weights):
    net = ResNetGenerator().eval()
    net.load_state_dict(torch.load(weights, map_location="cpu"))
    return net


def floats(file, shape):
    return torch.from_numpy(np.fromfile(file, np.float32)).reshape(shape)


def layer(description):
    op = description["op"]
    stride, padding = description.get("stride", 1), description.get("padding", 0)
    if op == "reflectionPad2d":
        return nn.ReflectionPad2d(padding)
    if op == "instanceNorm2d":
        return nn.InstanceNorm2d(description["shape"][1])
    if op in ("relu", "tanh"):
        return nn.ReLU() if op == "relu" else nn.Tanh()
    if op == "add":
        return lambda x: x + x
    weight, bias = (floats(description[k]["file"], description[k]["shape"]) for k in ("weight", "bias"))
    if op == "conv2d":
        return lambda x: functional.conv2d(x, weight, bias, stride, padding)
    output_padding = description["outputPadding"]
    return lambda x: functional.conv_transpose2d(x, weight, bias, stride, padding, output_padding)


class Pair(nn.Module):
    """A value, and what a body makes of it: their sum, or one behind the other."""

    def __init__(self, op, body):
        super().__init__()
        self.op = op
        self.body = family(body)

    def forward(self, x):
        y = self.body(x)
        return x + y if self.op == "sum" else torch.cat([x, y], 1)


class Pad(nn.Module):
    def __init__(self, mode, sides):
        super().__init__()
        self.mode = mode
        self.sides = sides * 4 if len(sides) == 1 else sides

    def forward(self, x):
        if min(self.sides) < 0:
            return functional.pad(x, self.sides)
        return functional.pad(x, self.sides, self.mode)


def convolution(make, d):
    options = {name: d[name] for name in ("stride", "padding", "groups", "bias")}
    if "outputPadding" in d:
        options["output_padding"] = d["outputPadding"]
    return make(d["inChannels"], d["outChannels"], d["kernel"], **options)


def norm(d):
    if d["kind"] == "batch":
        return nn.BatchNorm2d(d["channels"])
    if d["kind"] == "group":
        return nn.GroupNorm(1, d["channels"])
    return nn.InstanceNorm2d(d["channels"], affine=d["isAffine"])


def upsample(d):
    return nn.Upsample(d.get("size"), d.get("scaleFactor"), d["mode"], d.get("alignCorners"))


FAMILY_LAYERS = {
    "conv2d": lambda d: convolution(nn.Conv2d, d),
    "convTranspose2d": lambda d: convolution(nn.ConvTranspose2d, d),
    "pad": lambda d: Pad(d["mode"], d["sides"]),
    "norm": norm,
    "upsample": upsample,
    "relu": lambda d: nn.ReLU(inplace=True),
    "leakyRelu": lambda d: nn.LeakyReLU(d["slope"], inplace=True),
    "tanh": lambda d: nn.Tanh(),
    "sum": lambda d: Pair("sum", d["body"]),
    "join": lambda d: Pair("join", d["body"]),
}


def family(layers):
    """A network as `cases/familyNetworks.mjs` describes it."""
    return nn.Sequential(*(FAMILY_LAYERS[layer["op"]](layer) for layer in layers))


def family_network(task):
    net = family(task["layers"]).eval()
    net.load_state_dict(torch.load(task["weights"], map_location="cpu"))
    return net


def stage(task):
    """What surrounds a forward, as the book's script does it with Pillow and torchvision."""
    from PIL import Image
    from torchvision import transforms

    name, file = task["stage"], task.get("file")
    if name == "load weights":
        return lambda: generator(task["weights"])
    if name == "decode":
        return lambda: Image.open(file).convert("RGB")
    picture = Image.open(file).convert("RGB") if file else None
    if name == "resize":
        return lambda: transforms.Resize(256)(picture)
    if name == "encode":
        small = transforms.Resize(256)(picture)
        return lambda: small.save(io.BytesIO(), "PNG")
    raise ValueError(f"there is no stage {name!r}")


def touch_memory():
    """Half a gigabyte of pages, which malloc keeps if its environment says so (`keepsMemory` in `harness/entries.mjs`)."""
    blocks = [np.ones(2**22, np.float32) for _ in range(32)]
    del blocks


def prepare(task):
    if "stage" in task:
        return stage(task)
    if "training" in task:
        return training.prepare(task)
    if "layers" in task:
        net = family_network(task)
    elif task["layer"] is None:
        net = generator(task["weights"])
    else:
        touch_memory()
        net = layer(task["layer"])
    x = floats(task["input"], task["shape"])
    return lambda: net(x)


def answer(request, state):
    action = request["do"]
    if action == "prepare":
        state["run"] = prepare(request["task"])
        return {"details": [f"{torch.get_num_threads()} threads"]}
    if action == "run":
        start = time.perf_counter()
        output = state["run"]()
        elapsed = (time.perf_counter() - start) * 1000
        state["output"] = output
        return {"milliseconds": elapsed}
    if action == "output":
        state["output"].contiguous().numpy().tofile(request["file"])
        return {}
    state.clear()
    return {}


def serve():
    say = lambda message: print(json.dumps(message), flush=True)  # noqa: E731
    say({"name": f"PyTorch {torch.__version__}"})
    state = {}
    for line in sys.stdin:
        try:
            say(answer(json.loads(line), state))
        except Exception as error:  # noqa: BLE001: the bench is told and goes on
            say({"error": str(error).split("\n")[0]})


def peak():
    a, b = torch.rand(2048, 2048), torch.rand(2048, 2048)
    best = float("inf")
    for _ in range(8):
        start = time.perf_counter()
        torch.matmul(a, b)
        best = min(best, time.perf_counter() - start)
    print(json.dumps({"gflops": 2 * 2048**3 / best / 1e9}))


def export_phases(weights, model, width, height):
    net = generator(weights)
    for i, module in enumerate(net.model):
        if isinstance(module, nn.ConvTranspose2d):
            net.model[i] = PhaseConvTranspose2d(module)
    torch.onnx.export(net, torch.zeros(1, 3, int(height), int(width)), model, opset_version=11)


def export(task, model):
    """As people export their models: to any size."""
    with open(task) as file:
        task = json.load(file)
    net = family_network(task) if "layers" in task else generator(task["weights"])
    free = {2: "height", 3: "width"}
    axes = {"input": free, "output": free}
    names = {"input_names": ["input"], "output_names": ["output"]}
    torch.onnx.export(net, torch.zeros(task["shape"]), model, opset_version=16, dynamic_axes=axes, **names)


if __name__ == "__main__":
    with torch.no_grad():
        if sys.argv[1] == "--phases":
            export_phases(*sys.argv[2:])
        elif sys.argv[1] == "--onnx":
            export(*sys.argv[2:])
        elif sys.argv[1] == "--peak":
            torch.set_num_threads(int(sys.argv[2]))
            peak()
        else:
            torch.set_num_threads(int(sys.argv[1]))
            serve()
