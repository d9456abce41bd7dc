"""Makes test/golden/data/gradients/*.json: gradients that PyTorch computes in double precision.

    python3 test/golden/make_gradients.py
    python3 test/golden/make_gradients.py --check      whether PyTorch still gives what is stored

`operators.json` has the gradients of each operator's operands, where the scalar is the sum of its results, each times a number of
its own. `networks.json` has those of whole networks' parameters, in training mode and with the losses that they are trained by;
`families.json` those of a network of each family, told in fewer numbers. Weights, inputs and targets are made by `fill` of `make_families.py`, as over there.
"""

import base64
import copy
import importlib
import json
import sys
from pathlib import Path

import torch
from make_families import HERE, fill, range_of
from torch.nn import functional as F

DATA = HERE / "data" / "gradients"
# Numbers that `fill` makes of an operator's results and of a network's targets.
FACTORS, TARGET = 500, 2000
# Elements of a network's gradient that are stored; of all, and of families, a sum is.
SAMPLES = 6


def operand(*shape, low=-1.0, high=1.0):
    return {"shape": list(shape), "low": low, "high": high}


def values(*elements):
    return {"shape": [len(elements)], "elements": list(elements)}


def group_norm(x, weight, bias, groups, eps, correction, outside):
    flat = x.reshape(x.shape[0], groups, -1)
    variance = flat.var(-1, unbiased=bool(correction), keepdim=True)
    divisor = variance.sqrt() + eps if outside else (variance + eps).sqrt()
    y = ((flat - flat.mean(-1, keepdim=True)) / divisor).reshape(x.shape)
    sides = [1, -1] + [1] * (x.dim() - 2)
    return y if weight is None else y * weight.reshape(sides) + bias.reshape(sides)


def padded(mode):
    return lambda x: F.pad(x, (2, 1, 0, 2), mode=mode)


POOL = {"kernelSize": [3, 3], "stride": [2, 2], "padding": [1, 1], "ceilMode": True}
RESIZE = {"alignCorners": False, "size": None, "scaleFactor": None}
CONV = {"stride": [2, 1], "padding": [1, 2], "dilation": [1, 2], "groups": 2}
TORCH_CONV = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
PICTURE = operand(2, 4, 6, 7)
EQUAL = {"shape": [1, 1, 3, 3], "elements": [1, 2, 2, 2, 2, 1, 0, 2, 2]}
CHANNELS = operand(4)
VARIANCE = operand(4, low=0.5, high=1.5)
# Where a derivative jumps, PyTorch's own choice is the one.
CORNERS = values(-1, -0.0, 0, 0.25, 0.5, 1, 2)

# Name, operator, attributes, operands, what PyTorch has for it.
OPERATORS = [
    ("add", "add", {}, [PICTURE, operand(4, 1, 1)], lambda a, b: a + b),
    ("sub", "sub", {}, [PICTURE, operand(7)], lambda a, b: a - b),
    ("mul", "mul", {}, [PICTURE, operand(2, 1, 6, 1)], lambda a, b: a * b),
    ("div", "div", {}, [PICTURE, operand(4, 1, 1, low=0.5, high=2)], lambda a, b: a / b),
    ("cat", "cat", {"dim": 1}, [PICTURE, operand(2, 1, 6, 7)], lambda a, b: torch.cat([a, b], 1)),
    ("narrow", "narrow", {"dim": -1, "start": 2, "length": 3}, [PICTURE], lambda x: x.narrow(-1, 2, 3)),
    ("reshape", "reshape", {"shape": [0, -1]}, [PICTURE], lambda x: x.reshape(2, -1)),
    ("expand", "expand", {"shape": [2, 4, 6, 7]}, [operand(4, 1, 7)], lambda x: x.expand(2, 4, 6, 7)),
    ("sum", "sum", {"dims": [0, -1]}, [PICTURE], lambda x: x.sum((0, -1), keepdim=True)),
    ("abs", "abs", {}, [CORNERS], torch.abs),
    ("relu", "relu", {}, [CORNERS], torch.relu),
    ("leakyRelu", "leakyRelu", {"negativeSlope": 0.2}, [CORNERS], lambda x: F.leaky_relu(x, 0.2)),
    ("clamp", "clamp", {"min": 0.25, "max": 1}, [CORNERS], lambda x: x.clamp(0.25, 1)),
    ("clamp-below", "clamp", {"min": 0.25, "max": None}, [CORNERS], lambda x: x.clamp(min=0.25)),
    ("softplus", "softplus", {}, [values(-50, -1, 0, 2, 50)], F.softplus),
    ("sqrt", "sqrt", {}, [operand(7, low=0.1, high=4)], torch.sqrt),
    ("tanh", "tanh", {}, [operand(7, low=-4, high=4)], torch.tanh),
    ("sigmoid", "sigmoid", {}, [operand(7, low=-9, high=9)], torch.sigmoid),
    ("prelu", "prelu", {}, [PICTURE, CHANNELS], F.prelu),
    ("prelu-corner", "prelu", {}, [CORNERS, operand(1)], F.prelu),
    ("softmax", "softmax", {"dim": 1}, [operand(2, 4, 3, 2, low=-3, high=3)], lambda x: x.softmax(1)),
    ("reflect", "pad", {"mode": "reflect", "padding": [2, 1, 0, 2]}, [PICTURE], padded("reflect")),
    ("replicate", "pad", {"mode": "replicate", "padding": [2, 1, 0, 2]}, [PICTURE], padded("replicate")),
    ("zeros", "pad", {"mode": "constant", "padding": [2, 1, 0, 2]}, [PICTURE], padded("constant")),
    ("reflectionPad2d", "reflectionPad2d", {"padding": [2, 1, 0, 2]}, [PICTURE], padded("reflect")),
    ("conv2d", "conv2d", CONV, [PICTURE, operand(6, 2, 3, 2), operand(6)], lambda *a: F.conv2d(*a, **TORCH_CONV)),
    (
        "convTranspose2d",
        "convTranspose2d",
        {**CONV, "outputPadding": [1, 0]},
        [PICTURE, operand(4, 3, 3, 3), operand(6)],
        lambda *a: F.conv_transpose2d(*a, **TORCH_CONV, output_padding=(1, 0)),
    ),
    ("linear", "linear", {}, [operand(3, 2, 5), operand(4, 5), operand(4)], F.linear),
    ("instanceNorm2d", "instanceNorm2d", {"eps": 1e-5}, [PICTURE, None, None, None, None], lambda x: F.instance_norm(x)),
    (
        "instanceNorm2d-affine",
        "instanceNorm2d",
        {"eps": 0.1},
        [PICTURE, CHANNELS, CHANNELS, None, None],
        lambda x, w, b: F.instance_norm(x, weight=w, bias=b, eps=0.1),
    ),
    (
        "jointNorm2d",
        "jointNorm2d",
        {"index": 0, "eps": 0.1},
        [PICTURE],
        lambda x: F.batch_norm(x, None, None, training=True, eps=0.1),
    ),
    (
        "jointNorm2d-second",
        "jointNorm2d",
        {"index": 1, "eps": 1e-5},
        [PICTURE, operand(1, 4, 6, 7)],
        lambda a, b: F.batch_norm(torch.cat([a, b]), None, None, training=True)[2:],
    ),
    (
        "batchNorm2d",
        "batchNorm2d",
        {"eps": 1e-5},
        [PICTURE, CHANNELS, CHANNELS, CHANNELS, VARIANCE],
        lambda x, w, b, m, v: (x - m[:, None, None]) / (v + 1e-5).sqrt()[:, None, None] * w[:, None, None] + b[:, None, None],
    ),
    *[
        (
            f"groupNorm-{groups}-{correction}" + ("-outside" if outside else ""),
            "groupNorm",
            {"numGroups": groups, "eps": 0.01, "correction": correction, "epsOutside": outside},
            [PICTURE, CHANNELS, CHANNELS],
            lambda x, w, b, *a: group_norm(x, w, b, *a),
        )
        for groups, correction, outside in ((1, 0, False), (2, 1, False), (2, 1, True))
    ],
    ("pixelShuffle", "pixelShuffle", {"upscaleFactor": 2}, [PICTURE], lambda x: F.pixel_shuffle(x, 2)),
    ("avgPool2d", "avgPool2d", {**POOL, "countIncludePad": True}, [PICTURE], lambda x: F.avg_pool2d(x, 3, 2, 1, True)),
    (
        "avgPool2d-inside",
        "avgPool2d",
        {**POOL, "countIncludePad": False},
        [PICTURE],
        lambda x: F.avg_pool2d(x, 3, 2, 1, True, False),
    ),
    ("maxPool2d", "maxPool2d", {**POOL, "dilation": [1, 1]}, [PICTURE], lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True)),
    (
        "maxPool2d-equal",
        "maxPool2d",
        {**POOL, "kernelSize": [2, 2], "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1]},
        [EQUAL],
        lambda x: F.max_pool2d(x, 2, 1),
    ),
    ("adaptiveAvgPool2d", "adaptiveAvgPool2d", {"outputSize": [4, 3]}, [PICTURE], lambda x: F.adaptive_avg_pool2d(x, (4, 3))),
    ("adaptiveAvgPool2d-1", "adaptiveAvgPool2d", {"outputSize": [1, 1]}, [PICTURE], lambda x: F.adaptive_avg_pool2d(x, 1)),
    ("adaptiveMaxPool2d", "adaptiveMaxPool2d", {"outputSize": [4, 3]}, [PICTURE], lambda x: F.adaptive_max_pool2d(x, (4, 3))),
    ("adaptiveMaxPool2d-equal", "adaptiveMaxPool2d", {"outputSize": [1, 1]}, [EQUAL], lambda x: F.adaptive_max_pool2d(x, 1)),
    ("nearest", "upsample", {**RESIZE, "mode": "nearest", "size": [13, 4]}, [PICTURE], lambda x: F.interpolate(x, (13, 4))),
    (
        "bilinear",
        "upsample",
        {**RESIZE, "mode": "bilinear", "scaleFactor": [2.5, 0.7]},
        [PICTURE],
        lambda x: F.interpolate(x, scale_factor=(2.5, 0.7), mode="bilinear"),
    ),
    (
        "bilinear-corners",
        "upsample",
        {**RESIZE, "mode": "bilinear", "alignCorners": True, "size": [13, 4]},
        [PICTURE],
        lambda x: F.interpolate(x, (13, 4), mode="bilinear", align_corners=True),
    ),
]

LOSSES = {"l1": F.l1_loss, "mse": F.mse_loss, "bce": F.binary_cross_entropy_with_logits}

# A case of `make_families.py` or `make_discriminators.py`, by the name of the file in `data`, the input, and the loss.
NETWORKS = [
    ("families/resnet", "families.resnet", (1, 3, 20, 16), "l1"),
    ("families/traits-batch-replicate", "families.resnet_traits", (2, 3, 16, 12), "mse"),
    ("families/traits-tracked-running", "families.resnet_traits", (2, 3, 16, 12), "l1"),
    ("families/unet-batch", "families.unet", (2, 3, 64, 64), "l1"),
    ("families/unet-instance", "families.unet", (1, 3, 128, 128), "l1"),
    ("families/fast-neural-style", "families.fastneuralstyle", (1, 3, 20, 16), "mse"),
    ("families/animegan2", "families.animegan2", (1, 3, 17, 22), "l1"),
    ("discriminators/patches-3-instance", "make_discriminators", (1, 6, 64, 48), "mse"),
    ("discriminators/patches-1-batch", "make_discriminators", (2, 1, 20, 24), "bce"),
    ("discriminators/pixels-batch", "make_discriminators", (2, 3, 9, 14), "mse"),
]


def tensor_of(entry, number):
    if "elements" in entry:
        return torch.tensor(entry["elements"], dtype=torch.float32).reshape(entry["shape"]).double()
    return torch.from_numpy(fill(tuple(entry["shape"]), number, entry["low"], entry["high"])).double()


def base(tensor):
    return base64.b64encode(tensor.float().contiguous().numpy().tobytes()).decode()


def operator(name, op, attributes, operands, run):
    inputs = [None if entry is None else tensor_of(entry, i).requires_grad_() for i, entry in enumerate(operands)]
    extra = (
        [attributes[key] for key in ("numGroups", "eps", "correction", "epsOutside")] if op == "groupNorm" else []
    )
    out = run(*[x for x in inputs if x is not None], *extra)
    (out * torch.from_numpy(fill(tuple(out.shape), FACTORS, -1, 1)).double()).sum().backward()
    gradients = [None if x is None else base(x.grad) for x in inputs]
    return {"name": name, "op": op, "attributes": attributes, "operands": operands, "gradients": gradients}


def families():
    """The first case of each family that a file of weights makes as it is."""
    known = set()
    for path in sorted((HERE / "families").glob("*.py")):
        for case in importlib.import_module(f"families.{path.stem}").CASES:
            if case.family not in known and not case.folded:
                known.add(case.family)
                yield f"families/{case.name}", f"families.{path.stem}", case.inputs[0], "mse", 0


def network(file, module, shape, loss, samples=SAMPLES):
    name = file.split("/")[1]
    case = next(case for case in importlib.import_module(module).CASES if case.name == name)
    torch.manual_seed(0)
    net = case.build()
    with torch.no_grad():
        for number, (key, tensor) in enumerate(case.seen(net).items()):
            bounds = range_of(key, tensor, case)
            if bounds is not None:
                tensor.copy_(torch.from_numpy(fill(tuple(tensor.shape), number, *bounds)))
    net = net.train()
    for layer in net.modules():
        # Which elements are dropped is drawn by other generators over here.
        if isinstance(layer, torch.nn.modules.dropout._DropoutNd):
            layer.eval()
    single = backward(copy.deepcopy(net), case, shape, loss)[1]
    value, gradients = backward(net.double(), case, shape, loss)
    buffers = {} if samples == 0 else {key: base(buffer) for key, buffer in net.named_buffers()}
    return {
        "name": name,
        "file": file,
        "input": list(shape),
        "loss": loss,
        "value": value,
        **({} if samples else {"float32Error": float(f"{farthest(gradients, single):.2g}")}),
        "gradients": {key: None if gradient is None else told(gradient, samples) for key, gradient in gradients.items()},
        **({"buffers": buffers} if buffers else {}),
    }


def backward(net, case, shape, loss):
    """The loss, and the gradients of the input and of all parameters; None for layers that a class never uses."""
    dtype = next(net.parameters()).dtype
    x = torch.from_numpy(fill(shape, 1000, case.low, case.high)).to(dtype).requires_grad_()
    out = net(x)
    target = torch.from_numpy(fill(tuple(out.shape), TARGET, 0 if loss == "bce" else -1, 1)).to(dtype)
    made = LOSSES[loss](out, target)
    made.backward()
    return made.item(), {"input": x.grad, **{key: parameter.grad for key, parameter in net.named_parameters()}}


def farthest(double, single):
    """How far PyTorch itself is from double precision, of each layer's largest."""
    largest = {key: gradient.abs().max().item() for key, gradient in double.items() if gradient is not None}
    layers = {key: max(own, largest.get(key.replace("bias", "weight"), 0)) for key, own in largest.items()}
    return max((double[key] - single[key].double()).abs().max().item() / layers[key] for key in layers)


def told(gradient, samples):
    """Some elements, the largest magnitude, and the sum of all, each times a number of its own."""
    flat = gradient.reshape(-1)
    factors = torch.from_numpy(fill(tuple(flat.shape), FACTORS, -1, 1)).double()
    rounded = lambda value: float(f"{value:.7g}")
    numbers = {"largest": rounded(flat.abs().max().item()), "sum": rounded((flat * factors).sum().item())}
    if samples == 0:
        return numbers
    every = max(1, flat.numel() // samples)
    return {**numbers, "every": every, "elements": base(flat[::every])}


def written(items):
    return "[\n" + ",\n".join(f" {json.dumps(item)}" for item in items) + "\n]\n"


def numbers_of(item):
    """All numbers of an item, however deep, in order."""
    if isinstance(item, dict):
        return [n for key, value in item.items() if key not in LOOSE for n in numbers_of(value)]
    if isinstance(item, list):
        return [n for value in item for n in numbers_of(value)]
    if isinstance(item, str):
        try:
            return torch.frombuffer(bytearray(base64.b64decode(item, validate=True)), dtype=torch.float32).tolist()
        except ValueError:
            return []
    return [float(item)] if isinstance(item, (int, float)) else []


# What depends on the machine's own kernels.
LOOSE = ("float32Error",)


def differs(made, stored):
    a, b = numbers_of(made), numbers_of(stored)
    return len(a) != len(b) or any(abs(x - y) > 1e-6 * max(1e-3, abs(x)) for x, y in zip(a, b))


def main():
    DATA.mkdir(exist_ok=True)
    files = {
        "operators.json": [operator(*case) for case in OPERATORS],
        "networks.json": [network(*case) for case in NETWORKS],
        "families.json": [network(*case) for case in families()],
    }
    wrong = []
    for name, items in files.items():
        path = DATA / name
        if "--check" not in sys.argv:
            path.write_text(written(items))
            continue
        stored = json.loads(path.read_text())
        if [item["name"] for item in items] != [item["name"] for item in stored]:
            wrong.append(name)
        wrong += [a["name"] for a, b in zip(json.loads(written(items)), stored) if differs(a, b)]
    count = sum(len(items) for items in files.values())
    print(f"{count} gradients" + (f", {len(wrong)} differ: {', '.join(wrong)}" if wrong else ""))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
