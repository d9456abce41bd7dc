"""ONNX models of exporters that are not ours, with what PyTorch computes with them.

    python3 test/golden/make_onnx_models.py            writes test/golden/data/onnxModels
    python3 test/golden/make_onnx_models.py --check    compares the outputs with what is there

Those of PyTorch are exported by torch.onnx.export, with and without folding of constants. The others are written with onnx.helper in
the way that tf2onnx, paddle2onnx, the dynamo exporter of newer PyTorch, and converters of Core ML write them; what they compute is computed here by PyTorch.
"""

import argparse
import base64
import io
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

DATA = Path(__file__).parent / "data" / "onnxModels"
warnings.filterwarnings("ignore")


class ResNet(nn.Module):
    """Mirrored borders, transposed convolutions, residual sums, tanh."""

    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.ReflectionPad2d(2), nn.Conv2d(3, 4, 5), nn.InstanceNorm2d(4), nn.ReLU())
        self.down = nn.Sequential(nn.Conv2d(4, 8, 3, 2, 1), nn.InstanceNorm2d(8, affine=True), nn.ReLU())
        self.block = nn.Sequential(nn.ReplicationPad2d(1), nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.PReLU(8))
        self.up = nn.Sequential(nn.ConvTranspose2d(8, 4, 3, 2, 1, 1), nn.GroupNorm(2, 4), nn.LeakyReLU(0.2))
        self.tail = nn.Sequential(nn.ZeroPad2d((1, 2, 1, 2)), nn.Conv2d(4, 3, 4), nn.Tanh())

    def forward(self, x):
        x = self.down(self.head(x))
        return (self.tail(self.up(x + self.block(x))) + 1) / 2


class UNet(nn.Module):
    """Skips, pools, resizing by both ways, shuffled pixels, products, and parts of pictures."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4)
        self.c = nn.Conv2d(16, 12, 1, bias=False)
        self.norm = nn.BatchNorm2d(8, affine=False)
        self.gate = nn.Linear(8, 8)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x):
        a = F.relu6(self.a(x))
        b = self.norm(self.b(F.max_pool2d(a, 2) + F.avg_pool2d(a, 3, 2, 1)))
        weights = torch.sigmoid(self.gate(b.mean((2, 3))))
        b = b * weights.view(b.shape[0], -1, 1, 1)
        up = F.interpolate(b, scale_factor=2, mode="bilinear", align_corners=False)
        near = F.interpolate(up, size=a.shape[2:], mode="nearest")
        y = self.c(torch.cat([a, near], 1))
        left, right = y.chunk(2, 1)
        y = self.shuffle(torch.cat([F.hardswish(left), F.silu(right)], 1))[:, :, 1:-1, 2:]
        y = F.interpolate(y, size=(9, 10), mode="bilinear", align_corners=True)
        return torch.clamp(F.elu(y) - F.softplus(y), -1, 1)


def initialised(net):
    for name, tensor in net.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif tensor.is_floating_point():
            tensor.normal_(0, 0.3)
    return net.eval()


def exported(net, x, **options):
    buffer = io.BytesIO()
    torch.onnx.export(net, x, buffer, input_names=["input"], output_names=["output"], **options)
    return onnx.load_from_string(buffer.getvalue())


class Writer:
    """A graph, node by node."""

    def __init__(self, opset, producer, as_constants=False):
        self.nodes, self.initializers = [], []
        self.opset, self.producer, self.as_constants = opset, producer, as_constants

    def tensor(self, name, value):
        value = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        tensor = numpy_helper.from_array(value, name)
        if self.as_constants:
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.initializers.append(tensor)
        return name

    def node(self, kind, inputs, **attributes):
        outputs = attributes.pop("outputs", [f"{kind}_{len(self.nodes)}"])
        self.nodes.append(helper.make_node(kind, inputs, outputs, name=f"{kind}__{len(self.nodes)}", **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def model(self, shape, output, output_shape):
        self.nodes.append(helper.make_node("Identity", [output], ["output"]))
        value = lambda name, sides: helper.make_tensor_value_info(name, TensorProto.FLOAT, sides)
        graph = helper.make_graph(self.nodes, "graph", [value("input", shape)], [value("output", output_shape)], self.initializers)
        model = helper.make_model(graph, producer_name=self.producer, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 7
        return model


def int64(*values):
    return np.array(values, np.int64)


def of_tensorflow(x):
    """Channels last outside, transposes around each convolution, a layer norm by its definition, means from corners on."""
    w = Writer(11, "tf2onnx")
    weight, bias = torch.randn(4, 3, 3, 3) * 0.3, torch.randn(4) * 0.3
    back, deep = torch.randn(3, 4, 2, 2) * 0.3, torch.randn(4, 1, 3, 3) * 0.3
    scale = torch.rand(4) + 0.5
    nchw = w.node("Transpose", ["input"], perm=[0, 3, 1, 2])
    pads = w.tensor("pads", int64(0, 1, 1, 0, 0, 1, 1, 0))
    y = w.node("Pad", ["input", pads], mode="reflect")
    y = w.node("Transpose", [y], perm=[0, 3, 1, 2])
    y = w.node("Conv", [y, w.tensor("conv/kernel", weight)], strides=[2, 2], auto_pad="SAME_UPPER", kernel_shape=[3, 3])
    y = w.node("Transpose", [y], perm=[0, 2, 3, 1])
    y = w.node("Add", [y, w.tensor("conv/bias", bias)])
    mean = w.node("ReduceMean", [y], axes=[1, 2, 3], keepdims=1)
    off = w.node("Sub", [y, mean])
    variance = w.node("ReduceMean", [w.node("Mul", [off, off])], axes=[1, 2, 3], keepdims=1)
    root = w.node("Sqrt", [w.node("Add", [variance, w.tensor("eps", np.float32(1e-3))])])
    y = w.node("Mul", [w.node("Mul", [off, w.node("Reciprocal", [root])]), w.tensor("gamma", scale)])
    y = w.node("Max", [w.node("Mul", [y, w.tensor("alpha", np.float32(0.2))]), y])
    y = w.node("Transpose", [y], perm=[0, 3, 1, 2])
    y = w.node("Conv", [y, w.tensor("depthwise", deep)], group=4, pads=[1, 1, 1, 1])
    scales = w.tensor("scales", np.array([1, 1, 2, 2], np.float32))
    y = w.node("Resize", [y, w.tensor("roi", np.zeros(0, np.float32)), scales], mode="linear", coordinate_transformation_mode="asymmetric")
    y = w.node("ConvTranspose", [y, w.tensor("back", back.transpose(0, 1).contiguous())], strides=[1, 1], auto_pad="SAME_UPPER", output_shape=[12, 14])
    y = w.node("Tanh", [w.node("Transpose", [y], perm=[0, 2, 3, 1])])
    model = w.model(["N", "H", "W", 3], y, ["N", "H", "W", 3])

    p = F.pad(x, (1, 1, 1, 1), mode="reflect")
    t = F.conv2d(F.pad(p, (0, 1, 0, 1)), weight, None, 2) + bias.view(1, -1, 1, 1)
    t = (t - t.mean((1, 2, 3), True)) / (t.var((1, 2, 3), False, True) + 1e-3).sqrt() * scale.view(1, -1, 1, 1)
    t = F.conv2d(F.leaky_relu(t, 0.2), deep, None, 1, 1, 1, 4)
    once_more = F.pad(t, (0, 1, 0, 1), mode="replicate")
    large = F.interpolate(once_more, size=(2 * t.shape[2] + 1, 2 * t.shape[3] + 1), mode="bilinear", align_corners=True)[:, :, :-1, :-1]
    return model, torch.tanh(F.conv_transpose2d(large, back.transpose(0, 1), None, 1)[:, :, : large.shape[2], : large.shape[3]])


def of_paddle(x):
    """All weights as nodes, shapes that are computed, hard activations."""
    w = Writer(11, "PaddlePaddle", as_constants=True)
    weight, back = torch.randn(6, 3, 3, 3) * 0.3, torch.randn(6, 3, 4, 4) * 0.3
    statistics = [torch.rand(6) + 0.5, torch.randn(6), torch.randn(6), torch.rand(6) + 0.5]
    y = w.node("Conv", ["input", w.tensor("conv2d_0.w_0", weight)], pads=[1, 1, 1, 1], kernel_shape=[3, 3], dilations=[1, 1], group=1, strides=[1, 1])
    names = [w.tensor(f"batch_norm_0.{i}", value) for i, value in enumerate(statistics)]
    y = w.node("BatchNormalization", [y, *names], epsilon=1e-5, momentum=0.9)
    y = w.node("Mul", [y, w.node("HardSigmoid", [y], alpha=1 / 6, beta=0.5)])
    shape = w.node("Shape", [y])
    half = w.node("Slice", [shape, w.tensor("s", int64(2)), w.tensor("e", int64(4)), w.tensor("ax", int64(0))])
    half = w.node("Div", [half, w.tensor("two", int64(2))])
    front = w.node("Slice", [shape, w.tensor("s2", int64(0)), w.tensor("e2", int64(2)), w.tensor("ax2", int64(0))])
    sizes = w.node("Concat", [front, half], axis=0)
    empty = w.tensor("empty", np.zeros(0, np.float32))
    y = w.node("Resize", [y, empty, empty, sizes], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    y = w.node("Clip", [y, w.tensor("low", np.float32(-2)), w.tensor("high", np.float32(2))])
    y = w.node("ConvTranspose", [y, w.tensor("conv2d_transpose_0.w_0", back)], pads=[1, 1, 1, 1], strides=[2, 2], group=1)
    y = w.node("Add", [y, w.tensor("conv2d_transpose_0.b_0", torch.full((1, 3, 1, 1), 0.25))])
    y = w.node("Pow", [w.node("Sigmoid", [y]), w.tensor("power", np.float32(2))])
    model = w.model([-1, 3, -1, -1], y, [-1, 3, -1, -1])

    t = F.conv2d(x, weight, None, 1, 1)
    t = F.batch_norm(t, statistics[2], statistics[3], statistics[0], statistics[1])
    t = F.interpolate(F.hardswish(t), size=(t.shape[2] // 2, t.shape[3] // 2)).clamp(-2, 2)
    return model, torch.sigmoid(F.conv_transpose2d(t, back, None, 2, 1) + 0.25) ** 2


def of_dynamo(x):
    """Opset 18: norms, pads and splits of newer versions, axes and sizes as inputs."""
    w = Writer(18, "pytorch")
    weight, norm = torch.randn(6, 3, 3, 3) * 0.3, torch.rand(2, 6) + 0.5
    slope, last = torch.rand(1, 6, 1, 1), torch.randn(3, 4, 1, 1)
    pads, axes = w.tensor("val_0", int64(1, 1, 1, 1)), w.tensor("val_1", int64(2, 3))
    y = w.node("Pad", ["input", pads, "", axes], mode="edge")
    y = w.node("Conv", [y, w.tensor("conv.weight", weight)], auto_pad="NOTSET", pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1], group=1)
    y = w.node("LayerNormalization", [w.node("Transpose", [y], perm=[0, 2, 3, 1]), w.tensor("norm.weight", norm[0]), w.tensor("norm.bias", norm[1])], axis=-1, epsilon=1e-6)
    y = w.node("PRelu", [w.node("Transpose", [y], perm=[0, 3, 1, 2]), w.tensor("slope", slope)])
    halves = w.node("Split", [y, w.tensor("val_2", int64(4, 2))], axis=1, outputs=["first", "second"])
    mean = w.node("ReduceMean", [halves[1], w.tensor("val_3", int64(-1, -2))], keepdims=1)
    one = w.node("ReduceSum", [mean, w.tensor("val_4", int64(1))], keepdims=1)
    y = w.node("Mul", [halves[0], one])
    y = w.node("Conv", [y, w.tensor("last.weight", last)])
    sizes = w.node("Concat", [w.node("Shape", [y], start=0, end=2), w.tensor("val_5", int64(6, 9))], axis=0)
    y = w.node("Resize", [y, "", "", sizes], mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    y = w.node("Softmax", [y], axis=1)
    model = w.model(["batch", 3, "height", "width"], y, ["batch", 3, 6, 9])

    t = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), weight)
    t = F.layer_norm(t.permute(0, 2, 3, 1), (6,), norm[0], norm[1], 1e-6).permute(0, 3, 1, 2)
    t = F.prelu(t, slope.flatten())
    t = F.conv2d(t[:, :4] * t[:, 4:].mean((2, 3), True).sum(1, True), last)
    return model, F.interpolate(t, size=(6, 9), mode="bilinear").softmax(1)


def of_core_ml(x):
    """Operators that ONNX had up to opset 9."""
    w = Writer(7, "OnnxMLTools")
    weight, bias, back = torch.randn(4, 3, 3, 3) * 0.01, torch.randn(4), torch.randn(4, 3, 3, 3)
    factors = torch.rand(2, 4) + 0.5
    y = w.node("ImageScaler", ["input"], bias=[-103.9, -116.8, -123.7], scale=1.0)
    y = w.node("Pad", [y], mode="reflect", pads=[0, 0, 2, 2, 0, 0, 2, 2])
    y = w.node("Conv", [y, w.tensor("W", weight), w.tensor("B", bias)], auto_pad="VALID", kernel_shape=[3, 3], strides=[2, 2])
    y = w.node("InstanceNormalization", [y, w.tensor("scale", factors[0]), w.tensor("shift", factors[1])], epsilon=1e-3)
    cut = w.node("Crop", [y], border=[1, 0, 0, 1])
    y = w.node("ConvTranspose", [w.node("Relu", [cut]), w.tensor("W2", back)], auto_pad="VALID", kernel_shape=[3, 3], strides=[2, 2], output_shape=[12, 14])
    y = w.node("Affine", [w.node("Tanh", [y])], alpha=127.5, beta=127.5)
    model = w.model(["None", 3, "h", "w"], y, ["None", 3, 12, 14])
    del model.opset_import[:]
    model.opset_import.extend([helper.make_opsetid("", 7)])

    t = F.pad(x - torch.tensor([103.9, 116.8, 123.7]).view(1, 3, 1, 1), (2, 2, 2, 2), mode="reflect")
    t = F.instance_norm(F.conv2d(t, weight, bias, 2), None, None, factors[0], factors[1], eps=1e-3)
    t = F.conv_transpose2d(F.relu(t[:, :, :-1, 1:]), back, None, 2)
    full = F.pad(t, (0, 14 - t.shape[3], 0, 12 - t.shape[2]))
    return model, torch.tanh(full) * 127.5 + 127.5


class Bicubic(nn.Module):
    """Resizing by cubic splines: to whole multiples, from corner to corner, and to other sizes."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        y = F.interpolate(self.conv(x), scale_factor=2, mode="bicubic", align_corners=False)
        y = F.interpolate(y, size=(13, 17), mode="bicubic", align_corners=True)
        return F.interpolate(y, size=(7, 31), mode="bicubic", align_corners=False).tanh()


def of_antialias(x):
    """Opset 18: kernels that are as wide as pictures become smaller, without what lies outside."""
    w = Writer(18, "pytorch")
    size = lambda name, *sides: ["", "", w.tensor(name, int64(*sides))]
    how = {"antialias": 1, "exclude_outside": 1, "coordinate_transformation_mode": "half_pixel"}
    up = w.node("Resize", ["input", *size("large", 1, 3, 40, 36)], mode="cubic", cubic_coeff_a=-0.5, exclude_outside=1, coordinate_transformation_mode="half_pixel")
    half = w.node("Resize", [up, *size("half", 1, 3, 20, 18)], mode="linear", **how)
    odd = w.node("Resize", [half, *size("odd", 1, 3, 11, 7)], mode="cubic", cubic_coeff_a=-0.5, **how)
    last = torch.randn(3, 3, 1, 1)
    y = w.node("Tanh", [w.node("Conv", [odd, w.tensor("last.weight", last)])])
    model = w.model([1, 3, 10, 12], y, [1, 3, 11, 7])

    # Pillow's way, which PyTorch calls antialias, leaves out what lies outside, also where pictures grow.
    t = F.interpolate(x, size=(40, 36), mode="bicubic", antialias=True)
    t = F.interpolate(t, size=(20, 18), mode="bilinear", antialias=True)
    t = F.interpolate(t, size=(11, 7), mode="bicubic", antialias=True)
    return model, torch.tanh(F.conv2d(t, last))


def of_uneven_pools(x):
    """Pools as TensorFlow pads them: what is odd goes behind."""
    w = Writer(13, "tf2onnx")
    first = w.node("MaxPool", ["input"], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    second = w.node("AveragePool", [first], kernel_shape=[2, 2], strides=[1, 1], auto_pad="SAME_UPPER")
    third = w.node("AveragePool", [second], kernel_shape=[3, 2], strides=[1, 1], pads=[2, 0, 1, 1], count_include_pad=1)
    weight = torch.randn(3, 3, 1, 1)
    y = w.node("Tanh", [w.node("Conv", [third, w.tensor("weight", weight)])])
    model = w.model(["N", 3, "H", "W"], y, ["N", 3, "H2", "W2"])

    t = F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)
    ones = F.pad(torch.ones_like(t), (0, 1, 0, 1))
    t = F.avg_pool2d(F.pad(t, (0, 1, 0, 1)), 2, 1) / F.avg_pool2d(ones, 2, 1)
    t = F.avg_pool2d(F.pad(t, (0, 1, 2, 1)), (3, 2), 1)
    return model, torch.tanh(F.conv2d(t, weight))


def of_reshaped_factors(x):
    """A norm of channels that stand last, whose deviation tf2onnx 1.15 reshapes from [1, C, 1, 1] in place of transposing it."""
    w = Writer(15, "tf2onnx")
    weight, back, gamma = torch.randn(4, 3, 3, 3) * 0.3, torch.randn(3, 4, 1, 1), torch.rand(4) + 0.5
    y = w.node("Transpose", ["input"], perm=[0, 3, 1, 2])
    y = w.node("Conv", [y, w.tensor("kernel", weight)], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    off = w.node("Sub", [y, w.node("GlobalAveragePool", [y])])
    variance = w.node("GlobalAveragePool", [w.node("Mul", [off, off])])
    root = w.node("Sqrt", [w.node("Add", [variance, w.tensor("eps", np.full((1, 1, 1, 1), 1e-5, np.float32))])])
    last = w.node("Reshape", [root, w.tensor("new_shape", int64(1, 1, 1, 4))])
    y = w.node("Div", [w.node("Transpose", [off], perm=[0, 2, 3, 1]), last])
    y = w.node("Mul", [w.tensor("gamma", gamma), y])
    y = w.node("Conv", [w.node("Transpose", [y], perm=[0, 3, 1, 2]), w.tensor("back", back)])
    y = w.node("Tanh", [w.node("Transpose", [y], perm=[0, 2, 3, 1])])
    model = w.model([1, "H", "W", 3], y, [1, "H", "W", 3])

    t = F.conv2d(x, weight, None, 1, 1)
    t = (t - t.mean((2, 3), True)) / (t.var((2, 3), False, True) + 1e-5).sqrt() * gamma.view(1, -1, 1, 1)
    return model, torch.tanh(F.conv2d(t, back))


def of_functions(x):
    """Opset 18 with functions of its own, as torch.onnx.dynamo_export writes modules: one calls another, with an attribute."""
    w = Writer(18, "pytorch")
    weights = [torch.randn(4, 3, 3, 3) * 0.3, torch.randn(4, 4, 3, 3) * 0.3, torch.randn(3, 4, 1, 1)]
    names = [w.tensor(f"block{i}.weight", weight) for i, weight in enumerate(weights[:2])]
    call = lambda values, slope: helper.make_node("Block", values, [f"made_{values[1]}"], domain="pkg.net", name=f"call_{values[1]}", slope=slope)
    w.nodes.append(call(["input", names[0]], 0.1))
    w.nodes.append(call([f"made_{names[0]}", names[1]], 0.3))
    y = w.node("Tanh", [w.node("Conv", [f"made_{names[1]}", w.tensor("last.weight", weights[2])])])
    model = w.model(["batch", 3, "height", "width"], y, ["batch", 3, "height", "width"])
    opset = [helper.make_opsetid("", 18), helper.make_opsetid("pkg.net", 1)]
    leaky = helper.make_node("LeakyRelu", ["x"], ["y"])
    reference = leaky.attribute.add()
    reference.name, reference.ref_attr_name, reference.type = "alpha", "slope", onnx.AttributeProto.FLOAT
    inner = helper.make_function("pkg.net", "Act", ["x"], ["y"], [leaky], opset, ["slope"])
    passed = helper.make_node("Act", ["mid"], ["out"], domain="pkg.net")
    handed = passed.attribute.add()
    handed.name, handed.ref_attr_name, handed.type = "slope", "slope", onnx.AttributeProto.FLOAT
    conv = helper.make_node("Conv", ["x", "weight"], ["mid"], pads=[1, 1, 1, 1])
    outer = helper.make_function("pkg.net", "Block", ["x", "weight"], ["out"], [conv, passed], opset, ["slope"])
    model.functions.extend([outer, inner])
    model.opset_import.append(helper.make_opsetid("pkg.net", 1))
    model.ir_version = 8

    t = F.leaky_relu(F.conv2d(x, weights[0], padding=1), 0.1)
    t = F.leaky_relu(F.conv2d(t, weights[1], padding=1), 0.3)
    return model, torch.tanh(F.conv2d(t, weights[2]))


def with_external_data(model, name):
    """Weights in a file beside the model, one behind the other, aligned."""
    data = bytearray()
    for tensor in model.graph.initializer:
        raw = numpy_helper.to_array(tensor).tobytes()
        data.extend(b"\0" * (-len(data) % 64))
        place = {"location": name, "offset": str(len(data)), "length": str(len(raw))}
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        del tensor.external_data[:]
        for key, value in place.items():
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        data.extend(raw)
    return bytes(data)


def models():
    torch.manual_seed(25)
    picture = torch.rand(1, 3, 10, 12) * 2 - 1
    resnet, unet = initialised(ResNet()), initialised(UNet())
    dynamic = {"input": {0: "batch", 2: "height", 3: "width"}, "output": {0: "batch", 2: "h", 3: "w"}}
    made = []
    for opset in (9, 11, 13, 16):
        made.append((f"torch_resnet_{opset}", exported(resnet, picture, opset_version=opset, dynamic_axes=dynamic, do_constant_folding=opset != 13), resnet(picture), {"range": [0, 1]}))
    for opset in (11, 16):
        made.append((f"torch_unet_{opset}", exported(unet, picture, opset_version=opset, dynamic_axes={}, do_constant_folding=True), unet(picture), {"range": [-1, 1]}))
    kept = exported(unet, picture, opset_version=14, keep_initializers_as_inputs=True, dynamic_axes=dynamic)
    made.append(("torch_inputs_14", kept, unet(picture), {"range": [-1, 1]}))
    made.append(("tf2onnx_11", *of_tensorflow(picture), {"range": [-1, 1], "channelsLast": True}))
    made.append(("paddle2onnx_11", *of_paddle(picture), {}))
    made.append(("dynamo_18", *of_dynamo(picture), {"range": [0, 1]}))
    made.append(("coreml_7", *of_core_ml((picture + 1) * 127.5), {"range": [0, 255], "bytes": True}))
    external = exported(resnet, picture, opset_version=16, dynamic_axes=dynamic)
    made.append(("external_16", external, resnet(picture), {"range": [0, 1], "external": "external_16.data"}))
    cubic = initialised(Bicubic())
    made.append(("torch_bicubic_16", exported(cubic, picture, opset_version=16), cubic(picture), {"range": [-1, 1]}))
    made.append(("antialias_18", *of_antialias(picture), {"range": [-1, 1]}))
    made.append(("pools_13", *of_uneven_pools(picture), {"range": [-1, 1], "fallbacks": [" (mul)"]}))
    made.append(("functions_18", *of_functions(picture), {"range": [-1, 1]}))
    made.append(("tf2onnx_15", *of_reshaped_factors(picture), {"range": [-1, 1], "channelsLast": True}))
    return picture, made


def encoded(tensor):
    return base64.b64encode(tensor.detach().float().contiguous().numpy().astype("<f4").tobytes()).decode()


def floats(text):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    torch.set_num_threads(1)
    with torch.no_grad():
        picture, made = models()
    cases = []
    for name, model, output, facts in made:
        if not check:
            DATA.mkdir(parents=True, exist_ok=True)
            if "external" in facts:
                (DATA / facts["external"]).write_bytes(with_external_data(model, facts["external"]))
            (DATA / f"{name}.onnx").write_bytes(model.SerializeToString())
        cases.append({"file": f"{name}.onnx", **facts, "shape": list(output.shape), "output": encoded(output)})
    if not check:
        given = {"shape": list(picture.shape), "elements": encoded(picture)}
        (DATA / "onnxModels.json").write_text(json.dumps({"input": given, "cases": cases}, indent=1) + "\n")
        return
    committed = json.loads((DATA / "onnxModels.json").read_text())
    for old, new in zip(committed["cases"], cases):
        if not torch.allclose(floats(old["output"]), floats(new["output"]), atol=1e-4):
            sys.exit(f"{new['file']}: the output is another")


if __name__ == "__main__":
    main()
