"""Checkpoints that hold, beside a state dict, what people's training scripts leave there.

    python3 test/golden/make_checkpoints.py            writes test/golden/data/checkpoints
"""

import argparse
import collections
import configparser
import datetime
import enum
import io
import pathlib
import random
import sys
import types
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parent / "data" / "checkpoints"

# A module that nobody else has.
training = types.ModuleType("training")
sys.modules["training"] = training


def mine(cls):
    cls.__module__ = "training"
    cls.__qualname__ = cls.__name__
    setattr(training, cls.__name__, cls)
    return cls


@mine
class Options:
    def __init__(self):
        self.lr, self.nested = 2e-4, {"betas": (0.5, 0.999)}


@mine
class Slots:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a, self.b = 1, [2]


@mine
class Settings(dict):
    pass


@mine
class History(list):
    pass


@mine
class Mode(enum.Enum):
    BICUBIC = "bicubic"


@mine
class Parts(enum.IntFlag):
    A, B = 1, 2


@mine
class Trainer:
    def step(self):
        pass


Point = mine(collections.namedtuple("Point", "x y"))


def honest():
    parameter = torch.nn.Parameter(torch.ones(2))
    optimiser = torch.optim.Adam([parameter])
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimiser, [3, 5])
    parameter.sum().backward()
    optimiser.step()
    settings = Settings(a=1)
    settings.note = "kept in __dict__"
    return {
        "optimizer": optimiser.state_dict(),
        "scheduler": scheduler.state_dict(),
        "optimizer object": optimiser,
        "counter": collections.Counter("abca"),
        "set": {1, 2, 3},
        "empty set": set(),
        "frozenset": frozenset("ab"),
        "bytes": b"\x00\xff",
        "empty bytes": b"",
        "bytearray": bytearray(b"ab"),
        "complex": 1 + 2j,
        "long": 2**127 + 1,
        "longer": -(2**3000),
        "slice": slice(1, 2),
        "range": range(3),
        "ellipsis": ...,
        "type": int,
        "namespace": argparse.Namespace(lr=2e-4, name="x", path=pathlib.PurePosixPath("a/b")),
        "simple namespace": types.SimpleNamespace(a=1),
        "path": pathlib.Path("checkpoints") / "latest",
        "defaultdict": collections.defaultdict(list, a=[1]),
        "deque": collections.deque([1, 2], maxlen=5),
        "datetime": datetime.datetime(2020, 1, 2, 3, 4),
        "random": random.Random(0),
        "numpy number": np.float64(1.5),
        "numpy array": np.arange(6, dtype="<f4").reshape(2, 3),
        "numpy objects": np.array([{"a": 1}, None], dtype=object),
        "numpy generator": np.random.default_rng(1).bit_generator.state,
        "options": Options(),
        "slots": Slots(),
        "settings": settings,
        "history": History([1, 2]),
        "point": Point(1, 2),
        "complex tensor": torch.tensor([1 + 2j]),
        "sparse tensor": torch.eye(2).to_sparse(),
        "quantised tensor": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
        "size": torch.Size([1, 2]),
        "device": torch.device("cpu"),
        "dtype": torch.float16,
        "layout": torch.strided,
        "version": torch.__version__,
        "data set": torch.utils.data.TensorDataset(torch.ones(1)),
        "layer": torch.nn.Linear(1, 1),
    }


def members():
    """What Python 3.11 writes with getattr and partial: members of an Enum, methods, and what holds those."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.ones(2))], lr=0.1, momentum=0.9)
    parser = configparser.ConfigParser()
    parser.read_string("[train]\nlr = 2e-4\nsteps = %(count)s\ncount = 5")
    return {
        "member": Mode.BICUBIC,
        "flags": Parts.A | Parts.B,
        "members": {Mode.BICUBIC: [Mode.BICUBIC, Parts.A]},
        "method": Trainer().step,
        "one cycle": torch.optim.lr_scheduler.OneCycleLR(optimiser, 1.0, 100).state_dict(),
        "parser": parser,
        "raw parser": configparser.RawConfigParser(),
        "section": parser["train"],
    }


class DeviceTensor:
    """As torch saves a tensor of a TPU."""

    def __init__(self, array, dtype):
        self.arguments = (array, dtype, "xla:0", False)

    def __reduce__(self):
        return torch._utils._rebuild_xla_tensor, self.arguments


def device_tensors():
    numbers = np.arange(6).reshape(2, 3)
    return {
        "w": DeviceTensor(numbers.astype("<f4"), torch.float32),
        "turned": DeviceTensor(np.asfortranarray(numbers.astype("<f8")), torch.float64),
        "counts": DeviceTensor(numbers.astype("<i8"), torch.int64),
        "halved": DeviceTensor(np.array([1.0, -2.5, 3.140625], "<f4"), torch.bfloat16),
        "swapped": DeviceTensor(numbers.astype(">f4"), torch.float32),
    }


def several_networks():
    """Two generators, a discriminator and an optimiser, as training scripts save them."""
    discriminator = torch.nn.Conv2d(1, 1, 4, bias=False)
    return {
        "nets": {
            "genA2B": {"conv.weight": torch.ones(1, 1, 1, 1)},
            "genB2A": {"conv.weight": torch.zeros(1, 1, 1, 1)},
            "disA": {"model.weight": discriminator.weight.detach()},
        },
        "optimizer": torch.optim.Adam(discriminator.parameters()).state_dict(),
    }


def save(name, content, protocol, zipped):
    buffer = io.BytesIO()
    torch.save(content, buffer, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    (DATA / f"{name}.pth").write_bytes(buffer.getvalue())


def main():
    torch.manual_seed(0)
    DATA.mkdir(parents=True, exist_ok=True)
    state_dict = collections.OrderedDict(w=torch.tensor([[1.0, 2.0], [3.0, 4.0]]), b=torch.tensor([5.0]))
    checkpoint = {"epoch": 3, **honest(), "state_dict": state_dict}
    for zipped, protocol in ((False, 2), (False, 5), (True, 3), (True, 4)):
        save(f"{'zip' if zipped else 'legacy'}_{protocol}", checkpoint, protocol, zipped)
    for protocol in (2, 5):
        save(f"device_{protocol}", device_tensors(), protocol, True)
        save(f"members_{protocol}", {**members(), "state_dict": state_dict}, protocol, True)
        save(f"wrapped_{protocol}", Settings(epoch=3, net=Settings(state_dict)), protocol, True)
    save("several", several_networks(), 2, True)


if __name__ == "__main__":
    main()
