"""Arrays of HDF5 in chunks that each of the format's newer indices finds, and with values in places that were never written.

    python3 test/golden/make_hdf5_chunks.py            writes test/golden/data/hdf5Chunks (Debian: python3-h5py)

Element i of an array, in row-major order, is i where it was written, and elsewhere what the array has there. With HDF5 2.0 or newer, `latest`
is the fifth version of a layout; with older ones, the fourth, as `v110`.
"""

import json
from pathlib import Path

import h5py
import numpy as np

OUT = Path(__file__).parent / "data" / "hdf5Chunks"
PACKED = {"compression": "gzip", "shuffle": True}

# Name, shape, sides of chunks, how far it may grow, what it has elsewhere, and which elements of its first axis are written: all, or from and to.
ARRAYS = [
    ("single", (5, 7), (5, 7), None, 0, None),
    ("single_larger", (5, 7), (8, 9), (8, 9), 0, None),
    ("fixed", (13, 11), (4, 3), None, 0, None),
    ("fixed_growing", (13, 11), (4, 3), (20, 30), 0, None),
    ("fixed_pages", (5000,), (1,), None, -1, [(1020, 1030)]),
    ("extensible", (13, 11), (4, 3), (None, 11), 0, None),
    ("extensible_inner", (5, 13, 4), (2, 4, 3), (7, None, 20), 0, None),
    ("extensible_blocks", (1500,), (5,), (None,), 0, None),
    ("extensible_pages", (400000,), (2,), (None,), 3, [(5, 9), (270000, 270040)]),
    ("tree", (13, 11), (4, 3), (None, None), 0, None),
    ("tree_levels", (40, 30), (2, 2), (None, None), 0.5, [(0, 36)]),
    ("nothing", (6, 5), (2, 2), None, 9.5, []),
]


def numbers(shape):
    return np.arange(np.prod(shape), dtype="<f4").reshape(shape)


def write(array, parts):
    values = numbers(array.shape)
    for begin, end in [(0, array.shape[0])] if parts is None else parts:
        array[begin:end] = values[begin:end]


def early(file, name, shape, chunks):
    """Given its room at once, so that no index is needed."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk(chunks)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple(shape, shape)
    return h5py.Dataset(h5py.h5d.create(file.id, name.encode(), h5py.h5t.IEEE_F32LE, space, properties))


def main():
    OUT.mkdir(exist_ok=True)
    facts = []
    for version in ("v110", "latest"):
        with h5py.File(OUT / f"{version}.h5", "w", libver=version) as file:
            for name, shape, chunks, most, fill, parts in ARRAYS:
                for end, options in (("", {}), ("_packed", PACKED)):
                    array = file.create_dataset(name + end, shape, "<f4", chunks=chunks, maxshape=most, fillvalue=fill, **options)
                    write(array, parts)
                    facts.append({"name": name + end, "shape": shape, "fill": fill, "parts": parts})
            write(early(file, "implicit", (13, 11), (4, 3)), None)
            write(file.create_dataset("whole", (6, 5), "<f4", fillvalue=2.25), [])
            shrunk = file.create_dataset("shrunk", (40, 11), "<f4", chunks=(4, 3), maxshape=(None, 40))
            shrunk.resize((11, 11))
            write(shrunk, None)
            # A tree of names that has three levels.
            many = file.create_group("many")
            for i in range(1300):
                many[f"n{i}"] = file["single"]
    facts = facts[: len(facts) // 2] + [
        {"name": "implicit", "shape": (13, 11), "fill": 0, "parts": None},
        {"name": "whole", "shape": (6, 5), "fill": 2.25, "parts": []},
        {"name": "shrunk", "shape": (11, 11), "fill": 0, "parts": None},
    ]
    (OUT / "hdf5Chunks.json").write_text(json.dumps({"arrays": facts}, indent=1) + "\n")


main()
