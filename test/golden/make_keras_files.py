"""The generator of golden case keras-cyclegan as Keras saves it, by h5py: in every layout of the file that Keras has had.

    python3 test/golden/make_keras_files.py            writes test/golden/data/kerasFiles (Debian: python3-h5py)

Kernels are put as Keras has them: [height, width, in, out], of transposed convolutions [height, width, out, in].
"""

import json
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).parent
OUT = HERE / "data" / "kerasFiles"

NAMES = {"conv": ("kernel", "bias"), "norm": ("gamma", "beta")}
CLASSES = {
    "conv2d": "Conv2D",
    "conv2d_transpose": "Conv2DTranspose",
    "instance_normalization": "Addons>InstanceNormalization",
}


def layers_of(network):
    """Name, and arrays in Keras' order, of each layer that has weights."""
    layers = {}
    for key, tensor in network.state_dict().items():
        layer, name = key.rsplit(".", 1)
        array = tensor.numpy().astype("<f4")
        kind = "conv" if layer.startswith("conv") else "norm"
        own = NAMES[kind][name == "bias"]
        layers.setdefault(layer, {})[own] = array.transpose(2, 3, 1, 0) if own == "kernel" else array
    return layers


def kind_of(layer):
    return layer.rsplit("_", 1)[0] if layer[-1].isdigit() and not layer.endswith("conv2d") else layer


def in_order(layers):
    """As they stand in the model, each with those that have no weights before it."""
    order = []
    for number, layer in enumerate(layers):
        order += [f"reflection_padding2d_{number}", layer, f"activation_{number}"]
    return order


def renumbered(layer, more):
    """As layers are called that were made after others."""
    kind = kind_of(layer)
    number = 0 if kind == layer else int(layer.rsplit("_", 1)[1])
    return f"{kind}_{number + more}"


def old_group(group, layers, more, **options):
    """save_weights_to_hdf5_group of Keras 2."""
    order = [renumbered(layer, more) if layer in layers else layer for layer in in_order(layers)]
    group.attrs["layer_names"] = np.array([name.encode() for name in order])
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.12.0"
    arrays = {renumbered(layer, more): weights for layer, weights in layers.items()}
    for name in sorted(order):
        inner = group.create_group(name)
        own = arrays.get(name, {})
        inner.attrs["weight_names"] = np.array([f"{name}/{weight}:0".encode() for weight in own])
        for weight, array in own.items():
            inner.create_dataset(f"{name}/{weight}:0", data=array, **options)


def nested_group(group, models):
    """Models within a model: each is a layer, with the weights of all its own."""
    group.attrs["layer_names"] = np.array([name.encode() for name in models])
    group.attrs["backend"] = b"tensorflow"
    group.attrs["keras_version"] = b"2.12.0"
    for number, (model, layers) in enumerate(models.items()):
        inner = group.create_group(model)
        named = {f"{renumbered(layer, 30 * number)}/{weight}:0": array for layer, own in layers.items() for weight, array in own.items()}
        inner.attrs["weight_names"] = np.array([name.encode() for name in named])
        for name, array in named.items():
            inner.create_dataset(name, data=array)


def new_group(group, layers):
    """H5IOStore of Keras 3: the layers of a functional model, by their class and number."""
    for layer in in_order(layers):
        inner = group.create_group(f"layers/{layer}/vars")
        inner.attrs["name"] = f"{layer}_of_the_model"
        for number, array in enumerate(layers.get(layer, {}).values()):
            inner[str(number)] = array


def model_config(layers, **norm):
    config = [
        {"class_name": CLASSES[kind_of(layer)], "config": {"name": layer, **({"groups": -1, "epsilon": 0.001, **norm} if "norm" in layer else {})}}
        for layer in layers
    ]
    return json.dumps({"class_name": "Functional", "config": {"name": "generator_G", "layers": config}})


def discriminator(rng):
    sides = [(4, 4, 3, 2), (4, 4, 2, 4)]
    return {("conv2d" if i == 0 else f"conv2d_{i}"): {"kernel": rng.normal(size=side).astype("<f4")} for i, side in enumerate(sides)}


def network_of(case):
    from make_families import weights_of

    network = case.build().eval()
    weights_of(case, network)
    return network


def main():
    sys.path.insert(0, str(HERE))
    import make_families
    from families.keras import CASES

    layers = layers_of(network_of(CASES[0]))
    rng = np.random.default_rng(7)
    other = {layer: {name: rng.normal(size=array.shape).astype("<f4") for name, array in own.items()} for layer, own in layers.items()}
    OUT.mkdir(exist_ok=True)
    with h5py.File(OUT / "keras2.h5", "w") as file:
        old_group(file, layers, 21)
    with h5py.File(OUT / "keras2_whole.h5", "w") as file:
        file.attrs["model_config"] = model_config(layers).encode()
        file.attrs["keras_version"] = b"2.12.0"
        old_group(file.create_group("model_weights"), layers, 0)
        file.create_dataset("optimizer_weights/Adam/conv2d/kernel/m:0", data=layers["conv2d"]["kernel"])
    with h5py.File(OUT / "keras2_nested.h5", "w") as file:
        nested_group(file, {"generator_G": layers, "generator_F": other, "discriminator_X": discriminator(rng)})
    with h5py.File(OUT / "packed.h5", "w") as file:
        old_group(file, layers, 0, chunks=True, compression="gzip", shuffle=True, fletcher32=True)
    with h5py.File(OUT / "keras3.weights.h5", "w") as file:
        new_group(file, layers)
    with h5py.File(OUT / "latest.weights.h5", "w", libver="latest") as file:
        new_group(file, layers)
    with h5py.File(OUT / "cyclegan.weights.h5", "w") as file:
        for model, own in {"disc_X": discriminator(rng), "gen_F": other, "gen_G": layers}.items():
            new_group(file.create_group(model), own)
        file.create_group("gen_G_optimizer/vars")["0"] = np.int64(3)
    for name, norm in {"model": {}, "groups": {"groups": 2}, "epsilon": {"epsilon": 1e-5}}.items():
        own = layers
        if name == "groups":
            own = {layer.replace("instance", "group"): weights for layer, weights in layers.items()}
            CLASSES["group_normalization"] = "GroupNormalization"
        weights = BytesIO()
        with h5py.File(weights, "w") as file:
            new_group(file, own)
        with zipfile.ZipFile(OUT / f"{name}.keras", "w") as archive:
            archive.writestr("metadata.json", json.dumps({"keras_version": "3.3.3", "date_saved": "2024-05-01@10:00:00"}))
            archive.writestr("config.json", model_config(own, **norm))
            archive.writestr("model.weights.h5", weights.getvalue())


main()
