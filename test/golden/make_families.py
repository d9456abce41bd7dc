"""Makes test/golden/data/families/*.json: what PyTorch computes with small generators of each family.

    python3 test/golden/make_families.py              all of them
    python3 test/golden/make_families.py pix2pixhd    those of test/golden/families/pix2pixhd.py
    python3 test/golden/make_families.py --check      whether PyTorch still gives what is stored

A file of test/golden/families/ defines a family's network by its layers, with the keys of its repository's class, and a list
CASES. Weights and inputs are not stored: both sides make them by `fill`, of ranges that are.
"""

import base64
import importlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from torch import nn

HERE = Path(__file__).parent
DATA = HERE / "data" / "families"


@dataclass
class Case:
    """A small network of a family."""

    name: str
    # As `Family.name` has it.
    family: str
    build: Callable[[], nn.Module]
    # What `Family.infer` reads off it; only what stands here is compared.
    config: dict
    # `PictureTraits` that are not the usual ones.
    traits: dict = field(default_factory=dict)
    # What has to be said of it, because its keys do not: `TraitOptions`.
    options: dict = field(default_factory=dict)
    # Shapes of the inputs.
    inputs: tuple = ((1, 3, 21, 26), (2, 3, 24, 20))
    # Values of the inputs.
    low: float = -1.0
    high: float = 1.0
    # Ranges of tensors by the end of their keys, where the usual ones will not do: {"rho": (0, 1)}.
    ranges: dict = field(default_factory=dict)
    # Whether its weights are computed of several tensors, as weight norm does.
    folded: bool = False
    # Of each output, only every so many-th element is stored: for networks that take large pictures alone.
    every: int = 1
    # What a file calls its tensors.
    seen: Callable[[nn.Module], dict] = lambda net: net.state_dict()


def fill(shape, number, low, high):
    """Numbers that a few lines of any language make again: a hash of each index, scaled. In double precision."""
    size = int(np.prod(shape, dtype=np.int64))
    x = (np.arange(size, dtype=np.uint64) + np.uint64(0x9E3779B9) * np.uint64(number + 1)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x7FEB352D)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(0x846CA68B)) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    values = low + (high - low) * (x.astype(np.float64) / 2.0**32)
    return values.astype(np.float32).reshape(shape)


def range_of(key, tensor, case):
    """From where to where a tensor's numbers go; None for one that keeps what its class gives it."""
    for end, bounds in case.ranges.items():
        if key.endswith(end):
            return bounds
    if key.endswith("num_batches_tracked"):
        return None
    if key.endswith("running_var"):
        return 0.5, 1.5
    if key.endswith("running_mean"):
        return -0.2, 0.2
    if tensor.dim() > 1:
        bound = float(np.sqrt(3.0 / np.prod(tensor.shape[1:])))
        return -bound, bound
    return (0.6, 1.4) if key.endswith("weight") else (-0.2, 0.2)


def weights_of(case, net):
    """Fills the network. Returns what a reader needs to do the same: key, shape and range or elements of each tensor."""
    tensors = []
    with torch.no_grad():
        for number, (key, tensor) in enumerate(case.seen(net).items()):
            bounds = range_of(key, tensor, case)
            entry = {"key": key, "shape": list(tensor.shape)}
            if bounds is None:
                entry["elements"] = base64.b64encode(tensor.float().numpy().tobytes()).decode()
            else:
                tensor.copy_(torch.from_numpy(fill(tuple(tensor.shape), number, *bounds)))
                entry["low"], entry["high"] = bounds
            tensors.append(entry)
    return tensors


def make(case):
    torch.manual_seed(0)
    net = case.build().eval()
    tensors = weights_of(case, net)
    runs = []
    for number, shape in enumerate(case.inputs):
        x = torch.from_numpy(fill(shape, 1000 + number, case.low, case.high))
        with torch.no_grad():
            single = net.float()(x)
            double = net.double()(x.double())
        net.float()
        output = double.float()
        runs.append(
            {
                "input": list(shape),
                "output": list(output.shape),
                "elements": base64.b64encode(output.numpy().reshape(-1)[:: case.every].tobytes()).decode(),
                **({"every": case.every} if case.every > 1 else {}),
                "float32Error": float((single.double() - double).abs().max()),
            }
        )
    return {
        "name": case.name,
        "family": case.family,
        "config": case.config,
        "traits": case.traits,
        **({"options": case.options} if case.options else {}),
        **({"folded": True} if case.folded else {}),
        "low": case.low,
        "high": case.high,
        "tensors": tensors,
        "runs": runs,
    }


def cases(names):
    for path in sorted((HERE / "families").glob("*.py")):
        if names and path.stem not in names:
            continue
        yield from importlib.import_module(f"families.{path.stem}").CASES


def written(case):
    """JSON with a line for each tensor and run."""
    lines = []
    for key, value in case.items():
        if isinstance(value, list):
            items = ",\n".join(f"  {json.dumps(item)}" for item in value)
            lines.append(f" {json.dumps(key)}: [\n{items}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def differs(made, stored):
    """Whether anything but the last bits of outputs is different."""
    for a, b in zip(made["runs"], stored["runs"]):
        x, y = [np.frombuffer(base64.b64decode(run["elements"]), np.float32) for run in (a, b)]
        if x.shape != y.shape or np.abs(x - y).max() > 1e-5 * max(1.0, float(np.abs(y).max())):
            return True
    rest = lambda case: {key: value for key, value in case.items() if key != "runs"}
    return json.loads(json.dumps(rest(made))) != rest(stored)


def make_all(cases, folder):
    """Writes each case to a file of a folder, or with --check compares."""
    check = "--check" in sys.argv
    folder.mkdir(exist_ok=True)
    wrong = []
    count = 0
    for case in cases:
        count += 1
        made = make(case)
        path = folder / f"{case.name}.json"
        if not check:
            path.write_text(written(made))
        elif differs(made, json.loads(path.read_text())):
            wrong.append(case.name)
    print(f"{count} networks" + (f", {len(wrong)} differ: {', '.join(wrong)}" if wrong else ""))
    sys.exit(1 if wrong else 0)


def main():
    sys.path.insert(0, str(HERE))
    sys.modules["make_families"] = sys.modules["__main__"]
    make_all(cases([name for name in sys.argv[1:] if not name.startswith("--")]), DATA)


if __name__ == "__main__":
    main()
