"""Programs of torch.export, with what PyTorch computes with them. Needs torch 2.9 or later.

    python test/golden/make_exported.py            writes test/golden/data/exported
    python test/golden/make_exported.py --check    compares the outputs with what is there

Archives are packed again, deflated but for their weights, to keep them small. Those in the layouts of older versions are made of the newest's, as
`torch.export.load` reads them: it is asked for each.
"""

import argparse
import base64
import io
import json
import sys
import zipfile
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

if tuple(map(int, torch.__version__.split(".")[:2])) < (2, 9):
    sys.exit(print(f"torch {torch.__version__} has no such programs: left out") if "--check" in sys.argv else "torch is too old")
from torch.export import Dim, export

DATA = Path(__file__).parent / "data" / "exported"
FREE = ({2: Dim.AUTO, 3: Dim.AUTO},)


class ResnetBlock(nn.Module):
    def __init__(self, dim, pad):
        super().__init__()
        conv = lambda: [pad(1), nn.Conv2d(dim, dim, 3), nn.InstanceNorm2d(dim)]
        self.conv_block = nn.Sequential(*conv(), nn.ReLU(True), *conv())

    def forward(self, x):
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    """The CycleGAN authors' layout, with one block."""

    def __init__(self, ngf, pad, end=nn.Tanh):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, ngf, 7), nn.InstanceNorm2d(ngf), nn.ReLU(True)]
        for dim in (ngf, 2 * ngf):
            layers += [nn.Conv2d(dim, 2 * dim, 3, 2, 1), nn.InstanceNorm2d(2 * dim), nn.ReLU(True)]
        layers += [ResnetBlock(4 * ngf, pad)]
        for dim in (4 * ngf, 2 * ngf):
            layers += [nn.ConvTranspose2d(dim, dim // 2, 3, 2, 1, 1), nn.InstanceNorm2d(dim // 2), nn.ReLU(True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, 3, 7), end()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


class UnetBlock(nn.Module):
    """What goes around the block within is changed in place before it is joined."""

    def __init__(self, outer, inner, within=None):
        super().__init__()
        down = [nn.LeakyReLU(0.2, True), nn.Conv2d(outer, inner, 4, 2, 1)]
        up = [nn.ReLU(True), nn.ConvTranspose2d(inner * (1 if within is None else 2), outer, 4, 2, 1), nn.BatchNorm2d(outer)]
        self.model = nn.Sequential(*down, *([] if within is None else [nn.BatchNorm2d(inner), within]), *up)

    def forward(self, x):
        return torch.cat([x, self.model(x)], 1)


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 4, 2, 1)
        self.blocks = UnetBlock(4, 6, UnetBlock(6, 6))
        self.last = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Sigmoid())

    def forward(self, x):
        return self.last(self.blocks(self.first(x)))


class Mixed(nn.Module):
    """Of no family: many operators, of which each changes the result."""

    def __init__(self):
        super().__init__()
        self.conv, self.batch, self.group = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.GroupNorm(2, 8)
        self.prelu, self.up = nn.PReLU(8), nn.Upsample(scale_factor=2)
        self.same = nn.Conv2d(16, 12, 3, padding="same", bias=False, padding_mode="reflect")
        self.shuffle, self.back = nn.PixelShuffle(2), nn.ConvTranspose2d(8, 8, 4, 2, 1)
        self.tracked = nn.InstanceNorm2d(8, affine=True, track_running_stats=True)
        self.layer, self.mix, self.gate = nn.LayerNorm([8]), nn.Linear(8, 8), nn.Linear(8, 8)
        self.shift = nn.Parameter(torch.ones(1, 8, 1, 1))
        self.register_buffer("mean", torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1), persistent=False)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        height, width = x.shape[2:]
        y = self.prelu(self.group(self.batch(self.conv(x - self.mean))))
        y = F.elu(F.leaky_relu(y, 0.2)) + F.gelu(y) - F.gelu(y, approximate="tanh")
        y = F.mish(F.hardswish(F.silu(y))) * torch.sigmoid(y)
        z = F.interpolate(self.up(F.max_pool2d(y, 2)), size=(height, width), mode="bilinear", align_corners=False)
        y = self.shuffle(self.same(torch.cat([y, z], 1)))
        y = F.avg_pool2d(torch.cat([y, y, y[:, :2]], 1), 3, 2, 1)
        y = self.tracked(self.back(y))
        a = torch.sigmoid(self.gate(F.adaptive_avg_pool2d(y, 1).flatten(1))).view(-1, 8, 1, 1)
        y = self.drop(y * a + self.shift)
        mean = y.mean(dim=[2, 3], keepdim=True)
        y = (y - mean) / torch.sqrt(((y - mean) ** 2).mean([2, 3], keepdim=True) + 1e-5)
        y = self.mix(self.layer(y.permute(0, 2, 3, 1))).permute(0, 3, 1, 2).contiguous()
        y = F.interpolate(F.pad(y, (1, 1, 1, 1))[:, :, 1:-1, 1:-1].clamp(-1, 1), scale_factor=0.5, mode="nearest")
        first, second = torch.chunk(y, 2, 1)
        return torch.tanh(2 - torch.softmax(first, 1) + second.abs())[:, :3]


def packed(name, entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for entry, content in entries:
            info = zipfile.ZipInfo(name + entry, (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_STORED if "weight" in entry or "state_dict" in entry else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def saved(program):
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    with zipfile.ZipFile(buffer) as archive:
        entries = [(name.partition("/"), archive.read(name)) for name in archive.namelist()]
    root = entries[0][0][0] + "/"
    return root, [(name[2], untraced(content) if name[2] == "models/model.json" else content) for name, content in entries]


def untraced(content):
    """Without the lines of Python that each node stems from, which say where they lay."""
    model = json.loads(content)
    for node in model["graph_module"]["graph"]["nodes"]:
        node["metadata"].pop("stack_trace", None)
    return json.dumps(model).encode()


def newest(program):
    return packed(*saved(program))


def pickled(tensors):
    buffer = io.BytesIO()
    torch.save(dict(tensors), buffer)
    return buffer.getvalue()


def of_2_8(program):
    """Weights and constants are one file of torch.save each."""
    root, entries = saved(program)
    kept = [(name, content) for name, content in entries if not name.startswith(("data/weights", "data/constants"))]
    weights = [("data/weights/model.pt", pickled(program.state_dict)), ("data/constants/model.pt", pickled(program.constants))]
    return packed(root, weights + kept)


def of_2_2(program):
    """As it was from torch 2.2 to 2.7."""
    entries = dict(saved(program)[1])
    model = json.loads(entries["models/model.json"])
    version = "{major}.{minor}".format(**model["schema_version"])
    return packed(
        "",
        [
            ("version", version.encode()),
            ("serialized_exported_program.json", entries["models/model.json"]),
            ("serialized_state_dict.pt", pickled(program.state_dict)),
            ("serialized_constants.pt", pickled(program.constants)),
            ("serialized_example_inputs.pt", entries["data/sample_inputs/model.pt"]),
        ],
    )


def encoded(tensor):
    return base64.b64encode(tensor.detach().float().contiguous().numpy().astype("<f4").tobytes()).decode()


def settled(network):
    """With numbers that do not all look alike."""
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if tensor.is_floating_point() and name != "mean":
            nn.init.uniform_(tensor, 0.5, 1.5) if name.endswith("running_var") else nn.init.normal_(tensor, 0, 0.3)
    return network.eval()


def files():
    torch.manual_seed(41)
    picture = torch.rand(1, 3, 16, 24) * 2 - 1
    resnet = settled(ResnetGenerator(2, nn.ReplicationPad2d))
    other = settled(ResnetGenerator(2, nn.ReflectionPad2d, nn.Hardtanh))
    unet, mixed = settled(Unet()), settled(Mixed())
    free = lambda network: export(network, (picture,), dynamic_shapes=FREE)
    family = {"family": "resnet", "padding": "replicate"}
    return picture, [
        ("resnet.pt2", newest(free(resnet)), resnet, family),
        ("resnet_2_8.pt2", of_2_8(free(resnet)), resnet, family),
        ("resnet_2_2.pt2", of_2_2(free(resnet)), resnet, family),
        # Keys are the family's, and layers are not.
        ("resnet_hardtanh.pt2", newest(free(other)), other, {"family": "exported"}),
        ("unet.pt2", newest(export(unet, (picture,))), unet, {"family": "exported"}),
        ("unet_decomposed.pt2", newest(free(unet).run_decompositions()), unet, {"family": "exported"}),
        ("mixed.pt2", newest(free(mixed)), mixed, {"family": "exported"}),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    picture, made = files()
    cases, outputs = [], {}
    for name, data, network, expected in made:
        output, kind = network(picture), name.split(".")[0].replace("_2_8", "").replace("_2_2", "").replace("_decomposed", "")
        loaded = torch.export.load(io.BytesIO(data)).module()(picture)
        if not torch.allclose(loaded, output, atol=1e-5):
            sys.exit(f"{name}: PyTorch computes something else with the file")
        if not check:
            DATA.mkdir(parents=True, exist_ok=True)
            (DATA / name).write_bytes(data)
        outputs[kind] = {"shape": list(output.shape), "elements": encoded(output)}
        cases.append({"file": name, **expected, "output": kind})
    given = {"shape": list(picture.shape), "elements": encoded(picture)}
    if not check:
        found = {"torch": torch.__version__.split("+")[0], "input": given, "outputs": outputs, "cases": cases}
        (DATA / "exported.json").write_text(json.dumps(found, indent=1) + "\n")
        return
    committed = json.loads((DATA / "exported.json").read_text())
    for kind, new in outputs.items():
        values = [floats(output["elements"]) for output in (committed["outputs"][kind], new)]
        if not torch.allclose(*values, atol=1e-5):
            sys.exit(f"{kind}: the output is another")


def floats(text):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)


main()
