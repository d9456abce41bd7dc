"""Loads what a training run has written into the CycleGAN authors' networks: load_trained.py RUN OPTIONS, with the options as JSON.

Prints a line for each network: `ok`, or what is wrong. Generators also have to make what is in `RUN/G_A.json` and
`RUN/G_B.json`: `{"input", "output", "shape"}`.
"""

import json
import sys
from pathlib import Path

import torch
from load_exports import Generator

sys.path.append(str(Path(__file__).parents[1] / "golden"))
from make_discriminators import Patches

run, options = Path(sys.argv[1]), json.loads(sys.argv[2])


def load(network, net):
    net.load_state_dict(torch.load(run / f"latest_net_{network}.pth"))
    return net.eval()


def problem(network):
    if network.startswith("D"):
        load(network, Patches(3, options["ndf"], options["nLayersD"], options["norm"]))
        return "ok"
    norm, blocks, dropout = options["norm"], options["nBlocks"], not options["noDropout"]
    net = load(network, Generator(3, 3, options["ngf"], blocks, norm, dropout, norm == "instance"))
    made = json.loads((run / f"{network}.json").read_text())
    values = [torch.tensor(made[name]).reshape(made["shape"]) for name in ("input", "output")]
    with torch.no_grad():
        off = (net(values[0]) - values[1]).abs().max().item()
    return "ok" if off < 1e-5 else f"{network} is {off} off"


for network in ("G_A", "G_B", "D_A", "D_B"):
    try:
        print(problem(network))
    except Exception as error:  # What torch says goes to whoever reads the results.
        print(repr(error).replace("\n", " "))
