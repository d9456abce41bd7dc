"""Makes the small golden files of `npm test` with PyTorch and Pillow, or checks those that are there.

    python3 test/golden/make_golden.py            writes test/golden/data
    python3 test/golden/make_golden.py --check    compares PyTorch's results with the committed ones

Layout: `golden.json` describes, `golden.f32` holds the numbers (little-endian float32; a tensor is an
offset in elements and a shape). Weights also come as `.pth`, in both containers; pictures as a file and
the bytes that Pillow's `convert("RGB")` gives for it.
"""

import argparse
import io
import json
import pathlib
import sys
import zlib

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

HERE = pathlib.Path(__file__).parent
DATA = HERE / "data"
SEED = 20180415


class ResNetBlock(nn.Module):
    """x + conv_block(x), as in section 2.2 of "Deep Learning with PyTorch"."""

    def __init__(self, dim):
        super().__init__()
        half = [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), nn.InstanceNorm2d(dim)]
        other = [nn.ReflectionPad2d(1), nn.Conv2d(dim, dim, 3), nn.InstanceNorm2d(dim)]
        self.conv_block = nn.Sequential(*half, nn.ReLU(True), *other)

    def forward(self, x):
        return x + self.conv_block(x)


class ResNetGenerator(nn.Module):
    """The book's generator, module index by module index."""

    def __init__(self, input_nc=3, output_nc=3, ngf=64, n_blocks=9):
        super().__init__()
        model = [nn.ReflectionPad2d(3), nn.Conv2d(input_nc, ngf, 7), nn.InstanceNorm2d(ngf), nn.ReLU(True)]
        for dim in (ngf, 2 * ngf):
            model += [nn.Conv2d(dim, 2 * dim, 3, stride=2, padding=1), nn.InstanceNorm2d(2 * dim), nn.ReLU(True)]
        model += [ResNetBlock(4 * ngf) for _ in range(n_blocks)]
        for dim in (4 * ngf, 2 * ngf):
            up = nn.ConvTranspose2d(dim, dim // 2, 3, stride=2, padding=1, output_padding=1)
            model += [up, nn.InstanceNorm2d(dim // 2), nn.ReLU(True)]
        model += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, output_nc, 7), nn.Tanh()]
        self.model = nn.Sequential(*model)

    def forward(self, x):
        return self.model(x)


class Store:
    """Collects tensors into one flat file."""

    def __init__(self):
        self.parts, self.size = [], 0

    def add(self, tensor):
        array = tensor.detach().to(torch.float32).contiguous().numpy()
        place = {"offset": self.size, "shape": list(array.shape)}
        self.parts.append(array.reshape(-1))
        self.size += array.size
        return place

    def bytes(self):
        return np.concatenate(self.parts).astype("<f4").tobytes()


def operator_cases():
    """(class name, constructor arguments, input shape); every option of every operator at least once."""
    conv = {"in_channels": 4, "out_channels": 6, "kernel_size": [3, 3]}
    yield "Conv2d", {**conv}, [1, 4, 7, 9]
    yield "Conv2d", {**conv, "stride": [2, 1], "padding": [1, 2]}, [2, 4, 8, 7]
    yield "Conv2d", {**conv, "dilation": [2, 1], "padding": [2, 0]}, [1, 4, 9, 8]
    yield "Conv2d", {**conv, "groups": 2, "bias": False}, [1, 4, 6, 6]
    yield "Conv2d", {"in_channels": 3, "out_channels": 5, "kernel_size": [7, 7]}, [3, 11, 13]
    yield "Conv2d", {"in_channels": 1, "out_channels": 1, "kernel_size": [1, 1]}, [2, 1, 3, 1]
    up = {**conv, "stride": [2, 2], "padding": [1, 1], "output_padding": [1, 1]}
    yield "ConvTranspose2d", up, [1, 4, 5, 6]
    yield "ConvTranspose2d", {**up, "groups": 2, "bias": False}, [2, 4, 3, 4]
    yield "ConvTranspose2d", {**up, "dilation": [2, 2]}, [1, 4, 4, 3]
    yield "ConvTranspose2d", {**conv, "kernel_size": [2, 4], "stride": [3, 2]}, [4, 4, 5]
    for affine in (False, True):
        for track in (False, True):
            norm = {"num_features": 3, "affine": affine, "track_running_stats": track}
            yield "InstanceNorm2d", norm, [2, 3, 4, 5]
    yield "InstanceNorm2d", {"num_features": 2, "eps": 0.01}, [2, 5, 3]
    yield "GroupNorm", {"num_groups": 1, "num_channels": 6}, [2, 6, 4, 5]
    yield "GroupNorm", {"num_groups": 2, "num_channels": 6, "eps": 0.1}, [1, 6, 3, 4]
    yield "GroupNorm", {"num_groups": 7, "num_channels": 7, "affine": False}, [2, 7, 3, 5]
    yield "GroupNorm", {"num_groups": 3, "num_channels": 9}, [2, 9, 1, 2, 3]
    yield "UnbiasedNorm", {"num_groups": 1, "num_channels": 5, "eps_outside": True}, [2, 5, 3, 4]
    yield "UnbiasedNorm", {"num_groups": 3, "num_channels": 6, "eps_outside": False}, [1, 6, 4, 3]
    yield "BatchNorm2d", {"num_features": 3}, [2, 3, 4, 5]
    yield "BatchNorm2d", {"num_features": 3, "affine": False, "eps": 0.1}, [1, 3, 2, 2]
    yield "ReflectionPad2d", {"padding": [3, 3, 3, 3]}, [1, 2, 4, 5]
    yield "ReflectionPad2d", {"padding": [1, 2, 3, 0]}, [2, 5, 4]
    yield "ZeroPad2d", {"padding": [1, 2, 3, 0]}, [1, 2, 3, 4]
    yield "ReplicationPad2d", {"padding": [6, 2, 3, 5]}, [1, 2, 3, 4]
    for sides in ([-1, 2, 2, -2], [-3, 4, -1, -2], [-5, 4, 1, 0]):
        for mode in ("constant", "reflect", "replicate"):
            yield "Pad", {"padding": sides, "mode": mode}, [2, 1, 5, 5]
    yield "Cat", {"dim": 1, "channels": [3, 5]}, [2, 3, 4, 5]
    yield "Cat", {"dim": -3, "channels": [2, 1]}, [2, 4, 5]
    for dim, start, length in ((1, 3, 6), (1, 4, 5), (-3, 10, 1), (2, 1, 2), (-1, 0, 3)):
        yield "Narrow", {"dim": dim, "start": start, "length": length}, [2, 11, 4, 5]
    yield "Narrow", {"dim": 0, "start": 2, "length": 3}, [6, 2, 5]
    for dim, shape in ((1, [2, 10, 3, 5]), (1, [1, 4, 2, 3]), (-3, [3, 4, 5]), (2, [1, 2, 3, 4]), (-1, [2, 3, 4, 5])):
        yield "Softmax", {"dim": dim}, shape
    for op in ("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"):
        for size, shape in ((1, [2, 5, 7, 9]), ([3, 4], [1, 4, 7, 10]), ([2, 6], [6, 4, 3]), ([5, 1], [1, 3, 2, 4])):
            yield op, {"output_size": size}, shape
    for factor, shape in ((2, [2, 12, 3, 4]), (3, [1, 9, 2, 5]), (2, [20, 3, 2]), (1, [1, 3, 2, 2])):
        yield "PixelShuffle", {"upscale_factor": factor}, shape
    for mode in ({"mode": "nearest"}, *({"mode": "bilinear", "align_corners": a} for a in (False, True))):
        yield "Upsample", {"scale_factor": 2, **mode}, [1, 3, 4, 5]
        yield "Upsample", {"scale_factor": [1.7, 0.6], **mode}, [2, 1, 3, 7]
        yield "Upsample", {"size": [5, 4], **mode}, [1, 5, 3, 6]
        yield "Upsample", {"size": [1, 6], **mode}, [1, 2, 6, 4]
    yield "MaxPool2d", {"kernel_size": 2, "stride": 1, "padding": 1, "dilation": 3}, [1, 2, 2, 3]
    for op, options in (("MaxPool2d", {"dilation": [2, 1]}), ("AvgPool2d", {"count_include_pad": False})):
        yield op, {"kernel_size": 2}, [1, 5, 4, 6]
        yield op, {"kernel_size": [3, 2], "stride": [2, 1], "padding": [1, 1]}, [2, 2, 5, 4]
        for ceil in (False, True):
            window = {"kernel_size": [3, 3], "stride": [2, 3], "padding": [1, 1], "ceil_mode": ceil}
            yield op, window, [1, 3, 6, 5]
            yield op, {**window, **options}, [3, 6, 7]
        yield op, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}, [1, 1, 4, 6]
        yield op, {"kernel_size": 2, "stride": 4, "padding": 1, "ceil_mode": True, **options}, [1, 1, 5, 9]
    yield "ReLU", {}, [3, 4, 5]
    yield "LeakyReLU", {"negative_slope": 0.2}, [3, 4, 5]
    yield "Tanh", {}, [3, 4, 50]
    yield "PReLU", {}, [2, 3, 4, 5]
    yield "PReLU", {"num_parameters": 6}, [2, 6, 3, 4]
    yield "PReLU", {"num_parameters": 5}, [3, 5]
    yield "Sigmoid", {}, [3, 4, 50]
    yield "Hardtanh", {"min_val": -0.5, "max_val": 1.25}, [3, 4, 5]
    for bounds in ({"min": 0.25}, {"max": -0.5}, {"min": 1, "max": -1}):
        yield "Clamp", bounds, [2, 3, 4, 5]
    yield "Linear", {"in_features": 7, "out_features": 5}, [3, 7]
    yield "Linear", {"in_features": 4, "out_features": 9, "bias": False}, [4]
    yield "Linear", {"in_features": 1100, "out_features": 4}, [2, 1100]
    yield "Linear", {"in_features": 3, "out_features": 2}, [2, 3, 4, 1, 3]
    yield "Flatten", {}, [2, 3, 2, 5]
    yield "Flatten", {"start_dim": 0, "end_dim": -2}, [2, 3, 4, 1, 2]
    yield "Reshape", {"shape": [2, 5, -1, 2]}, [2, 3, 2, 5]
    yield "Reshape", {"shape": [3, 8, 1, 1]}, [3, 8]
    yield "Reshape", {"shape": [3, 2, 2, 2]}, [3, 8]
    for op in ("Add", "Mul", "Sub", "Div"):
        yield op, {}, [2, 3, 4, 5]
        yield op, {"mask_of": 3}, [2, 3, 4, 5]
        yield op, {"pooled": True}, [2, 6, 3, 4]
        yield op, {"pooled": True, "mask_of": 5}, [5, 4, 3]
        for shape in ([1, 6, 1, 1], [6, 1, 1], [1]):
            yield op, {"parameter": shape}, [2, 6, 3, 4]
        yield op, {"parameter": [1, 6], "view": [1, 6, 1, 1]}, [2, 6, 3, 4]
    for op in ("Add", "Mul", "Sub"):
        yield op, {"mask_of": 5, "reversed": True}, [1, 5, 4, 3]
        yield op, {"pooled": True, "reversed": True}, [2, 3, 2, 4]
        yield op, {"parameter": [1, 3, 1, 1], "reversed": True}, [2, 3, 4, 5]
    yield "Sub", {"reversed": True}, [1, 5, 4, 3]


class Clamp(nn.Module):
    """Functions as modules, for operators that have no class in torch.nn."""

    def __init__(self, min=None, max=None):
        super().__init__()
        self.min, self.max = min, max

    def forward(self, x):
        return torch.clamp(x, self.min, self.max)


class UnbiasedNorm(nn.Module):
    """The layer norms of UNIT and U-GAT-IT, by groups: n - 1 below the line, and eps in or outside of the root."""

    def __init__(self, num_groups, num_channels, eps_outside, eps=1e-5):
        super().__init__()
        self.num_groups, self.eps_outside, self.eps = num_groups, eps_outside, eps
        self.weight, self.bias = nn.Parameter(torch.ones(num_channels)), nn.Parameter(torch.zeros(num_channels))

    def forward(self, x):
        groups = x.reshape(len(x), self.num_groups, -1)
        mean, variance = groups.mean(-1, keepdim=True), groups.var(-1, unbiased=True, keepdim=True)
        deviation = variance.sqrt() + self.eps if self.eps_outside else (variance + self.eps).sqrt()
        shape = [1, -1, 1, 1]
        return ((groups - mean) / deviation).reshape(x.shape) * self.weight.reshape(shape) + self.bias.reshape(shape)


class Pad(nn.Module):
    def __init__(self, padding, mode):
        super().__init__()
        self.padding, self.mode = padding, mode

    def forward(self, x):
        return functional.pad(x, self.padding, self.mode)


class Narrow(nn.Module):
    def __init__(self, dim, start, length):
        super().__init__()
        self.part = (dim, start, length)

    def forward(self, x):
        return torch.narrow(x, *self.part)


class Reshape(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(self.shape)


class Cat(nn.Module):
    """An input, what a convolution makes of it, and its hyperbolic tangent."""

    def __init__(self, dim, channels):
        super().__init__()
        self.dim, self.conv = dim, nn.Conv2d(*channels, 1)

    def forward(self, x):
        return torch.cat([x, self.conv(x), torch.tanh(x)], self.dim)


class Combined(nn.Module):
    """An operator of its input and the sigmoid of that, or of one channel that is made of `mask_of` channels, or of the mean of these;
    or a parameter of that shape, in another one."""

    def __init__(self, combine, mask_of=None, pooled=False, parameter=None, view=None, reversed=False):
        super().__init__()
        self.combine, self.pooled, self.reversed, self.view = combine, pooled, reversed, view
        self.conv = nn.Identity() if mask_of is None else nn.Conv2d(mask_of, 1, 1)
        self.weight = None if parameter is None else nn.Parameter(torch.rand(parameter) + 0.5)

    def forward(self, x):
        other = torch.sigmoid(self.conv(x)) if self.weight is None else self.weight
        if self.view:
            other = other.reshape(self.view)
        if self.pooled:
            other = other.mean((-2, -1), keepdim=True)
        return self.combine(other, x) if self.reversed else self.combine(x, other)


FUNCTIONS = {
    "Clamp": Clamp,
    "UnbiasedNorm": UnbiasedNorm,
    "Pad": Pad,
    "Narrow": Narrow,
    "Reshape": Reshape,
    "Cat": Cat,
    "Add": lambda **params: Combined(torch.add, **params),
    "Mul": lambda **params: Combined(torch.mul, **params),
    "Sub": lambda **params: Combined(torch.sub, **params),
    "Div": lambda **params: Combined(torch.div, **params),
}


def grouped_cases():
    """Depthwise and other grouped convolutions, each way that an engine may have for them: these come last, behind all else."""
    depthwise = {"in_channels": 10, "out_channels": 10, "kernel_size": [3, 3], "groups": 10}
    yield "Conv2d", {**depthwise, "padding": [1, 1]}, [1, 10, 7, 19]
    yield "Conv2d", {**depthwise, "stride": [2, 2], "padding": [2, 2], "dilation": [2, 1]}, [2, 10, 9, 8]
    yield "Conv2d", {**depthwise, "kernel_size": [5, 7], "bias": False}, [10, 9, 12]
    yield "Conv2d", {**depthwise, "out_channels": 30, "padding": [1, 0]}, [1, 10, 5, 6]
    yield "Conv2d", {"in_channels": 12, "out_channels": 6, "kernel_size": [3, 2], "groups": 3}, [1, 12, 6, 9]
    yield "Conv2d", {"in_channels": 9, "out_channels": 21, "kernel_size": [1, 3], "groups": 3}, [1, 9, 4, 11]
    yield "Conv2d", {"in_channels": 16, "out_channels": 48, "kernel_size": [3, 3], "groups": 4}, [1, 16, 6, 7]
    up = {"kernel_size": [3, 3], "stride": [2, 2], "padding": [1, 1], "output_padding": [1, 1]}
    yield "ConvTranspose2d", {"in_channels": 10, "out_channels": 10, "groups": 10, **up}, [1, 10, 5, 6]
    yield "ConvTranspose2d", {"in_channels": 6, "out_channels": 21, "groups": 3, **up}, [1, 6, 4, 9]
    yield "ConvTranspose2d", {"in_channels": 8, "out_channels": 4, "groups": 2, **up, "dilation": [1, 3]}, [1, 8, 3, 5]


def perturb(module):
    """Statistics and affine weights start as zeros and ones, which would hide a mistake."""
    for name, tensor in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if tensor.dim() == 1 or "running" in name:
            tensor.copy_(torch.rand_like(tensor) + 0.5)


def run_operators(store, cases):
    for op, params, shape in cases:
        name = f"{op} {json.dumps(params)} {shape}"
        # By its name: a new case leaves the others as they are.
        torch.manual_seed(zlib.crc32(name.encode()))
        module = (FUNCTIONS.get(op) or getattr(nn, op))(**{k: tuple(v) if isinstance(v, list) else v for k, v in params.items()})
        module.eval()
        perturb(module)
        x = torch.randn(shape) * 2
        with torch.no_grad():
            y, exact = module(x), module.double()(x.double())
        tensors = {"input": store.add(x), "output": store.add(exact)}
        for key, value in module.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                tensors[key] = store.add(value)
        error = float((y.double() - exact).nan_to_num(0.0).abs().max())
        yield {"name": name, "op": op, "params": params, "tensors": tensors,
               "f32_vs_f64_max_abs": float(f"{error:.3g}")}


def run_generators(store):
    for name, config, shape in (
        ("tiny", {"input_nc": 3, "output_nc": 3, "ngf": 4, "n_blocks": 2}, [1, 3, 13, 18]),
        ("flat", {"input_nc": 1, "output_nc": 2, "ngf": 3, "n_blocks": 0}, [2, 1, 4, 9]),
    ):
        net = ResNetGenerator(**config).eval()
        state = net.state_dict()
        files = {}
        for container, zipped in (("legacy", False), ("zip", True)):
            buffer = io.BytesIO()
            torch.save(state, buffer, _use_new_zipfile_serialization=zipped)
            files[container] = (f"{name}_{container}.pth", buffer.getvalue())
        x = torch.rand(shape)
        keys = {key: list(value.shape) for key, value in state.items()}
        weights = store.add(torch.cat([value.reshape(-1) for value in state.values()]))
        printed = repr(net)
        with torch.no_grad():
            exact = net.double()(x.double())
        entry = {"name": name, "config": config, "keys": keys, "printed": printed, "weights": weights,
                 "input": store.add(x), "output": store.add(exact),
                 "files": {container: file for container, (file, _) in files.items()}}
        yield entry, dict(files.values())


def ycck_jpeg(width=21, height=13):
    """YCCK, which Pillow reads but does not write: a CMYK file of its own whose Adobe segment says so."""
    y, x = np.mgrid[0:height, 0:width]
    inks = [128 + 100 * np.sin(x / 4 + i) * np.cos(y / 5 - i) for i in range(4)]
    buffer = io.BytesIO()
    Image.fromarray(np.stack(inks, -1).astype(np.uint8), "CMYK").save(buffer, "JPEG", quality=80)
    content = bytearray(buffer.getvalue())
    content[content.index(b"Adobe") + 11] = 2  # The transform byte of APP14.
    return bytes(content)


def as_rgb(content):
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    return list(picture.size), picture.tobytes()


def make_pictures():
    for name, content in (("ycck", ycck_jpeg()),):
        size, rgb = as_rgb(content)
        file, pixels = f"{name}.jpg", f"{name}.rgb"
        yield {"name": name, "file": file, "size": size, "rgb": pixels}, {file: content, pixels: rgb}


def resize_cases():
    """(filter, from, to); smaller, larger, one side alone, one of each, hardly at all, from and to a single pixel."""
    for resample in ("BILINEAR", "BICUBIC"):
        for source, size in (
            ((41, 29), (16, 16)),
            ((41, 29), (64, 48)),
            ((41, 29), (41, 7)),
            ((41, 29), (50, 29)),
            ((41, 29), (13, 60)),
            ((41, 29), (40, 28)),
            ((41, 29), (1, 1)),
            ((1, 1), (3, 2)),
            ((400, 3), (6, 5)),
        ):
            yield resample, source, size


def noise(width, height):
    """Half of it black and white, so that bicubic weights, some of which are negative, leave the bytes on both sides."""
    random = np.random.default_rng(width * height)
    rgb = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    rgb[random.random((height, width)) < 0.25] = 0
    rgb[random.random((height, width)) < 0.25] = 255
    return rgb


def make_resizes():
    entries, content = [], b""

    def add(array):
        nonlocal content
        place = {"offset": len(content), "size": [array.shape[1], array.shape[0]]}
        content += array.tobytes()
        return place

    for resample, source, size in resize_cases():
        picture = noise(*source)
        resized = Image.fromarray(picture).resize(size, getattr(Image, resample))
        name = f"{resample.lower()} {source[0]}x{source[1]} to {size[0]}x{size[1]}"
        entries.append({"name": name, "interpolation": resample.lower(),
                        "input": add(picture), "output": add(np.asarray(resized))})
    return entries, content


def make():
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    store = Store()
    operators = list(run_operators(store, operator_cases()))
    generators, files = [], {}
    torch.manual_seed(SEED)
    for entry, written in run_generators(store):
        generators.append(entry)
        files.update(written)
    pictures = []
    for entry, written in make_pictures():
        pictures.append(entry)
        files.update(written)
    operators += run_operators(store, grouped_cases())
    resizes, files["resizes.rgb"] = make_resizes()
    golden = {"torch": torch.__version__, "operators": operators, "generators": generators, "pictures": pictures,
              "resizes": resizes}
    return golden, store.bytes(), files


def entries(golden):
    return golden["operators"] + golden["generators"] + golden["pictures"] + golden["resizes"]


def check():
    """Numbers may differ in the last bits between versions of PyTorch; names and shapes may not."""
    golden, numbers, files = make()
    committed = json.loads((DATA / "golden.json").read_text())
    strip = lambda g: [{k: v for k, v in e.items() if k != "f32_vs_f64_max_abs"} for e in entries(g)]
    if strip(golden) != strip(committed):
        sys.exit("golden.json differs from what this PyTorch makes")
    a, b = np.frombuffer(numbers, "<f4"), np.fromfile(DATA / "golden.f32", "<f4")
    # Infinities become the largest numbers, so that equal ones differ by 0.
    worst = float(np.abs(np.nan_to_num(a) - np.nan_to_num(b)).max())
    if worst > 1e-5:
        sys.exit(f"golden.f32 differs from what this PyTorch makes by up to {worst}")
    for entry in committed["generators"]:
        for file in entry["files"].values():
            state = torch.load(DATA / file)
            place = entry["weights"]
            flat = torch.cat([value.reshape(-1) for value in state.values()]).numpy()
            if not np.array_equal(flat, b[place["offset"] : place["offset"] + flat.size]):
                sys.exit(f"{file} does not hold the weights of golden.f32")
    if (DATA / "resizes.rgb").read_bytes() != files["resizes.rgb"]:
        sys.exit("resizes.rgb is not what this Pillow makes")
    for entry in committed["pictures"]:
        if as_rgb((DATA / entry["file"]).read_bytes()) != (entry["size"], (DATA / entry["rgb"]).read_bytes()):
            sys.exit(f"{entry['rgb']} is not what this Pillow reads from {entry['file']}")
    print(f"{len(entries(golden))} passed, 0 failed, 0 skipped (PyTorch {torch.__version__}, largest difference {worst:.1e})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        check()
        return
    golden, numbers, files = make()
    DATA.mkdir(exist_ok=True)
    (DATA / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
    (DATA / "golden.f32").write_bytes(numbers)
    for name, content in files.items():
        (DATA / name).write_bytes(content)


if __name__ == "__main__":
    main()
