"""Compares state dicts with torch.load: compare_weights.py, with JSON lines `{"a", "b", "path"}` on standard input.

`b` has to hold, bit for bit and type for type, what is in `a` below `path`, loaded with `weights_only`, too. Prints one
line for each pair: `ok`, or what differs.
"""

import json
import sys

import torch


def bits(tensor):
    flat = tensor.detach().contiguous().reshape(-1)
    return flat.numpy().tobytes() if flat.dtype != torch.bfloat16 else flat.view(torch.int16).numpy().tobytes()


def difference(pair):
    expected = torch.load(pair["a"], map_location="cpu")
    for name in pair["path"]:
        expected = expected[name]
    for weights_only in (False, True):
        found = torch.load(pair["b"], weights_only=weights_only)
        if list(found) != list(expected):
            return f"keys {list(found)}"
        for key, tensor in expected.items():
            other = found[key]
            if (other.dtype, other.shape) != (tensor.dtype, tensor.shape):
                return f"{key} is {other.dtype} {list(other.shape)}"
            if bits(other) != bits(tensor):
                return f"{key} differs"
    return "ok"


for line in sys.stdin:
    print(difference(json.loads(line)))
