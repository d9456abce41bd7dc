"""Models that were saved as a whole, and TorchScript archives, with what PyTorch computes with them.

    python3 test/golden/make_whole_models.py            writes test/golden/data/wholeModels
    python3 test/golden/make_whole_models.py --check    compares the outputs with what is there

Archives are packed again, deflated and without what only debuggers read, to keep them small.
"""

import argparse
import base64
import io
import json
import sys
import types
import zipfile
from pathlib import Path

import torch
from torch import nn

DATA = Path(__file__).parent / "data" / "wholeModels"

# A module that nobody else has.
networks = types.ModuleType("networks")
sys.modules["networks"] = networks


def mine(cls):
    cls.__module__ = "networks"
    setattr(networks, cls.__name__, cls)
    return cls


@mine
class ResnetBlock(nn.Module):
    def __init__(self, dim, pad):
        super().__init__()
        conv = lambda: [pad(1), nn.Conv2d(dim, dim, 3), nn.InstanceNorm2d(dim)]
        self.conv_block = nn.Sequential(*conv(), nn.ReLU(True), *conv())

    def forward(self, x):
        return x + self.conv_block(x)


@mine
class ResnetGenerator(nn.Module):
    """The CycleGAN authors' layout, with one block."""

    def __init__(self, ngf, pad):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(3, ngf, 7), nn.InstanceNorm2d(ngf), nn.ReLU(True)]
        for dim in (ngf, 2 * ngf):
            layers += [nn.Conv2d(dim, 2 * dim, 3, 2, 1), nn.InstanceNorm2d(2 * dim), nn.ReLU(True)]
        layers += [ResnetBlock(4 * ngf, pad)]
        for dim in (4 * ngf, 2 * ngf):
            layers += [nn.ConvTranspose2d(dim, dim // 2, 3, 2, 1, 1), nn.InstanceNorm2d(dim // 2), nn.ReLU(True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(ngf, 3, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x):
        return self.model(x)


@mine
class ConvLayer(nn.Module):
    def __init__(self, ins, outs, kernel, stride):
        super().__init__()
        self.reflection_pad = nn.ReflectionPad2d(kernel // 2)
        self.conv2d = nn.Conv2d(ins, outs, kernel, stride)

    def forward(self, x):
        return self.conv2d(self.reflection_pad(x))


@mine
class ResidualBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1, self.in1 = ConvLayer(dim, dim, 3, 1), nn.InstanceNorm2d(dim, affine=True)
        self.conv2, self.in2 = ConvLayer(dim, dim, 3, 1), nn.InstanceNorm2d(dim, affine=True)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.in2(self.conv2(self.relu(self.in1(self.conv1(x))))) + x


@mine
class UpsampleConvLayer(ConvLayer):
    def __init__(self, ins, outs, kernel, scale):
        super().__init__(ins, outs, kernel, 1)
        self.upsample_layer = nn.Upsample(mode="nearest", scale_factor=scale)

    def forward(self, x):
        return super().forward(self.upsample_layer(x))


@mine
class TransformerNet(nn.Module):
    """The style network of PyTorch's examples in 2017, when it was saved as a whole and enlarged by layers, with one block."""

    def __init__(self, width, scale):
        super().__init__()
        norm = lambda dim: nn.InstanceNorm2d(dim, affine=True)
        self.conv1, self.in1 = ConvLayer(3, width, 9, 1), norm(width)
        self.conv2, self.in2 = ConvLayer(width, 2 * width, 3, 2), norm(2 * width)
        self.conv3, self.in3 = ConvLayer(2 * width, 4 * width, 3, 2), norm(4 * width)
        self.res1 = ResidualBlock(4 * width)
        self.deconv1, self.in4 = UpsampleConvLayer(4 * width, 2 * width, 3, scale), norm(2 * width)
        self.deconv2, self.in5 = UpsampleConvLayer(2 * width, width, 3, scale), norm(width)
        self.deconv3 = ConvLayer(width, 3, 9, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        for i in (1, 2, 3):
            x = self.relu(getattr(self, f"in{i}")(getattr(self, f"conv{i}")(x)))
        x = self.res1(x)
        for i in (1, 2):
            x = self.relu(getattr(self, f"in{i + 3}")(getattr(self, f"deconv{i}")(x)))
        return self.deconv3(x)


def layers():
    """Standard layers with arguments that are not the defaults."""
    net = nn.Sequential()
    net.add_module("pad", nn.ReplicationPad2d((1, 2, 3, 0)))
    net.add_module("conv", nn.Conv2d(3, 8, (5, 3), stride=(2, 1), padding=2, padding_mode="reflect", bias=False))
    net.add_module("0", nn.BatchNorm2d(8, eps=0.01))
    net.add_module("act", nn.Sequential(nn.LeakyReLU(0.3), nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4), nn.PReLU(8)))
    net.add_module("shuffle", nn.PixelShuffle(2))
    net.add_module("norm", nn.GroupNorm(1, 2, eps=0.1))
    net.add_module("pool", nn.AvgPool2d(3, 1, 1, count_include_pad=False))
    net.add_module("up", nn.Upsample(size=(5, 7), mode="bilinear", align_corners=True))
    net.add_module("hard", nn.Hardtanh(-0.5, 2))
    net.add_module("drop", nn.Dropout(0.5))
    net.add_module("back", nn.ConvTranspose2d(2, 3, 4, 2, 1, bias=False))
    net.add_module("out", nn.Sigmoid())
    nn.init.uniform_(net[2].running_mean, -1, 1)
    nn.init.uniform_(net[2].running_var, 0.5, 2)
    return net.eval()


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return packed(buffer.getvalue())


def scripted(module):
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    return packed(buffer.getvalue())


def lite(module):
    return packed(module._save_to_buffer_for_lite_interpreter())


def flat(module):
    return module._save_to_buffer_for_lite_interpreter(_use_flatbuffer=True)


def of_torch_1_2(module):
    """As torch 1.0 to 1.3 laid programs out, without code: no PyTorch that is here reads it, and the layout is that of import_legacy.cpp."""
    tensors, entries = [], []

    def described(name, module):
        own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        parameters = []
        for key, tensor in own:
            place = f"tensors/{len(tensors)}"
            entries.append((place, tensor.detach().contiguous().numpy().tobytes()))
            parameters.append({"isBuffer": not isinstance(tensor, nn.Parameter), "tensorId": str(len(tensors)), "name": key})
            tensors.append(
                {
                    "dims": [str(side) for side in tensor.shape],
                    "offset": "0",
                    "strides": [str(step) for step in tensor.stride()],
                    "requiresGrad": tensor.requires_grad,
                    "dataType": "FLOAT",
                    "data": {"key": place},
                    "device": "cpu",
                }
            )
        within = [described(key, child) for key, child in module.named_children()]
        return {"name": name, "submodules": within, "parameters": parameters, "optimize": True}

    main = described("ResnetGenerator", module)
    model = {"protoVersion": "5", "mainModule": main, "producerName": "pytorch", "producerVersion": "1.2.0", "tensors": tensors}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in [("version", b"1\n"), *entries, ("model.json", json.dumps(model).encode()), ("attributes.pkl", b"\x80\x02).")]:
            archive.writestr(zipfile.ZipInfo(f"traced/{name}", (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def packed(data):
    if data[:2] != b"PK":
        return data
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if not name.endswith((".debug_pkl", "mobile_debug_handles.pkl")):
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                new.writestr(info, old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def encoded(tensor):
    return base64.b64encode(tensor.detach().float().contiguous().numpy().astype("<f4").tobytes()).decode()


def files():
    """Name, bytes, the network, and what is expected beside its output."""
    torch.manual_seed(41)
    picture = torch.rand(1, 3, 8, 12) * 2 - 1
    resnet = ResnetGenerator(2, nn.ReplicationPad2d).eval()
    for parameter in resnet.parameters():
        nn.init.normal_(parameter, 0, 0.3)
    standard = layers()
    script = torch.jit.script(resnet)
    family = {"family": "resnet"}
    style = {scale: TransformerNet(1, scale).eval() for scale in (2, (2.0, 2.0))}
    style[(2.0, 2.0)].load_state_dict(style[2].state_dict())
    return picture, [
        ("resnet.pth", saved(resnet), resnet, {**family, "padding": "replicate"}),
        ("checkpoint.pth", saved({"netG": nn.DataParallel(resnet), "epoch": 3}), resnet, {**family, "padding": "replicate"}),
        ("style.pth", saved(style[2]), style[2], {"family": "fast-neural-style"}),
        ("style_pair.pth", saved(style[(2.0, 2.0)]), style[2], {"family": "fast-neural-style"}),
        ("layers.pth", saved(standard), standard, {"family": "layers"}),
        ("layers_legacy.pth", saved(standard, _use_new_zipfile_serialization=False), standard, {"family": "layers"}),
        # The program tells nothing of the padding but in its code.
        ("traced.pt", scripted(torch.jit.trace(resnet, picture)), resnet, {**family, "options": {"padding": "replicate"}}),
        ("scripted.pt", scripted(script), resnet, {**family, "options": {"padding": "replicate"}}),
        ("lite.ptl", lite(script), resnet, {**family, "options": {"padding": "replicate"}}),
        ("lite_flat.ptl", flat(script), resnet, {**family, "options": {"padding": "replicate"}}),
        ("old.pt", of_torch_1_2(resnet), resnet, {**family, "options": {"padding": "replicate"}}),
        ("frozen.pt", scripted(torch.jit.freeze(script)), resnet, {"error": "ERR_PTH_TORCHSCRIPT"}),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    picture, made = files()
    cases, outputs = [], {}
    for name, data, network, expected in made:
        if not check:
            DATA.mkdir(parents=True, exist_ok=True)
            (DATA / name).write_bytes(data)
        output, kind = network(picture), type(network).__name__
        outputs[kind] = {"shape": list(output.shape), "elements": encoded(output)}
        cases.append({"file": name, **expected, "output": kind})
    given = {"shape": list(picture.shape), "elements": encoded(picture)}
    found = {"input": given, "outputs": outputs, "cases": cases}
    if not check:
        (DATA / "wholeModels.json").write_text(json.dumps(found, indent=1) + "\n")
        return
    committed = json.loads((DATA / "wholeModels.json").read_text())
    for kind, new in outputs.items():
        values = [floats(output["elements"]) for output in (committed["outputs"][kind], new)]
        if not torch.allclose(*values, atol=1e-5):
            sys.exit(f"{kind}: the output is another")


def floats(text):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)


main()
