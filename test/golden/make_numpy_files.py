"""The weights of tiny_zip.pth as archives of NumPy arrays, and as paddle.save pickles them.

    python3 test/golden/make_numpy_files.py            writes test/golden/data/numpyFiles
"""

import pickle
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parent / "data"
OUT = DATA / "numpyFiles"


def main():
    OUT.mkdir(exist_ok=True)
    weights = {key: value.numpy() for key, value in torch.load(DATA / "tiny_zip.pth").items()}
    np.savez(OUT / "plain.npz", **weights)
    turned = {key: np.asfortranarray(value) for key, value in weights.items()}
    np.savez_compressed(OUT / "compressed.npz", **turned)
    # PaddleGAN's instance norms have factors, which are never trained.
    norms = {}
    for key, value in weights.items():
        norms[key] = value
        stem, number = key.rsplit(".", 2)[:2]
        if key.endswith(".bias") and key != list(weights)[-1]:
            norms[f"{stem}.{int(number) + 1}.scale"] = np.ones(value.shape, "f4")
            norms[f"{stem}.{int(number) + 1}.bias"] = np.zeros(value.shape, "f4")
    names = {key: f"conv2d_{i}.w_0" for i, key in enumerate(norms)}
    for protocol in (2, 4):
        whole = {**norms, "StructuredToParameterName@@": names}
        (OUT / f"protocol{protocol}.pdparams").write_bytes(pickle.dumps(whole, protocol))
    other = {"fc.weight": np.arange(6, dtype="f4").reshape(2, 3), "bn._mean": np.ones(2, "f4"), "bn._variance": np.ones(2, "f4")}
    several = {"epoch": 3, "netG": norms, "other": other}
    (OUT / "several.pdparams").write_bytes(pickle.dumps(several, 2))


main()
