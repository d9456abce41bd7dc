"""Makes test/golden/data/training/*.json: what PyTorch's optimisers do, and how the losses of small CycleGANs go.

    python3 test/golden/make_training.py
    python3 test/golden/make_training.py --check      whether PyTorch still gives what is stored

Weights and pictures are not stored: both sides make them by `fill` of make_families.py.
"""

import json
import sys
from dataclasses import dataclass

import torch
from make_discriminators import Patches
from make_families import DATA, fill, range_of
from make_golden import ResNetGenerator
from torch import nn, optim

FOLDER = DATA.parent / "training"
DOUBLE, SINGLE = torch.float64, torch.float32


@dataclass
class Trajectory:
    """Some steps of an optimiser on mean((p * x - y)^2), p a parameter of shape [2, 3]."""

    name: str
    optimizer: str
    options: dict
    # Of x and y, which scales the gradients.
    scale: float = 1.0
    # Learning rate of LambdaLR by epoch: 1 - max(0, epoch + 1 - flat) / (decay + 1); a step is an epoch.
    schedule: tuple = ()
    steps: int = 6


TRAJECTORIES = [
    Trajectory("adam", "Adam", {}),
    Trajectory("adam-cyclegan", "Adam", {"lr": 2e-4, "betas": (0.5, 0.999)}),
    Trajectory("adam-tiny-gradients", "Adam", {"lr": 1.0}, scale=1e-4),
    Trajectory("adam-eps", "Adam", {"lr": 0.1, "eps": 0.1}),
    Trajectory("adam-decay", "Adam", {"lr": 0.1, "weight_decay": 0.3}),
    Trajectory("adam-amsgrad", "Adam", {"lr": 0.3, "betas": (0.5, 0.6), "amsgrad": True}),
    Trajectory("adam-maximize", "Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}),
    Trajectory("adam-schedule", "Adam", {"lr": 0.1, "betas": (0.5, 0.999)}, schedule=(2, 2)),
    Trajectory("sgd", "SGD", {"lr": 0.5}),
    Trajectory("sgd-momentum", "SGD", {"lr": 0.5, "momentum": 0.9}),
    Trajectory("sgd-dampening", "SGD", {"lr": 0.5, "momentum": 0.9, "dampening": 0.4}),
    Trajectory("sgd-nesterov", "SGD", {"lr": 0.5, "momentum": 0.8, "nesterov": True, "weight_decay": 0.2}),
    Trajectory("sgd-maximize", "SGD", {"lr": 0.5, "momentum": 0.5, "maximize": True, "weight_decay": 0.2}),
    Trajectory("sgd-schedule", "SGD", {"lr": 0.5, "momentum": 0.9}, schedule=(2, 2)),
]


def rule(flat, decay):
    return lambda epoch: 1.0 - max(0, epoch + 1 - flat) / float(decay + 1)


def plain(value):
    """A state dict as JSON has it."""
    if isinstance(value, torch.Tensor):
        return {"shape": list(value.shape), "elements": value.double().reshape(-1).tolist()}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def make_trajectory(case):
    p = nn.Parameter(torch.from_numpy(fill((2, 3), 0, -1, 1)).double())
    optimizer = getattr(optim, case.optimizer)([p], **case.options)
    schedule = optim.lr_scheduler.LambdaLR(optimizer, rule(*case.schedule)) if case.schedule else None
    after, rates = [], []
    for step in range(case.steps):
        x, y = [torch.from_numpy(fill((2, 3), n + step, -case.scale, case.scale)).double() for n in (100, 200)]
        optimizer.zero_grad()
        nn.functional.mse_loss(p * x, y).backward()
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if schedule is not None:
            schedule.step()
        after.append(p.detach().reshape(-1).tolist())
    return {
        "name": case.name,
        "optimizer": case.optimizer,
        "options": case.options,
        "scale": case.scale,
        "schedule": list(case.schedule),
        "rates": rates,
        "parameters": after,
        "stateDict": plain(optimizer.state_dict()),
    }


@dataclass
class Cycle:
    """A small CycleGAN, and how often it is iterated."""

    name: str
    steps: int
    mode: str = "lsgan"
    norm: str = "instance"
    batch: int = 1
    lambdas: tuple = (10.0, 10.0, 0.5)
    lr: float = 2e-4
    side: tuple = (32, 32)
    ngf: int = 4
    blocks: int = 2
    ndf: int = 4


CYCLES = [
    Cycle("lsgan", 50),
    Cycle("vanilla", 3, mode="vanilla", lambdas=(7.0, 4.0, 0.25), side=(32, 24)),
    Cycle("batch", 3, batch=2, lr=1e-3),
    Cycle("no-identity", 3, lambdas=(10.0, 10.0, 0.0)),
    Cycle("batch-norm", 3, norm="batch"),
    Cycle("batch-norm-of-batches", 3, norm="batch", batch=2, side=(24, 32)),
]


def filled(net, first):
    """Fills a network; the numbers of its tensors begin at `first`."""
    with torch.no_grad():
        for number, (key, tensor) in enumerate(net.state_dict().items()):
            bounds = range_of(key, tensor, UsualRanges)
            if bounds is not None:
                tensor.copy_(torch.from_numpy(fill(tuple(tensor.shape), first + number, *bounds)))
    return net


class UsualRanges:
    """A case whose ranges are the usual ones."""

    ranges: dict = {}


class Iteration:
    """As models/cycle_gan_model.py of junyanz/pytorch-CycleGAN-and-pix2pix goes about it, without pools."""

    NAMES = ("D_A", "G_A", "cycle_A", "idt_A", "D_B", "G_B", "cycle_B", "idt_B")

    def __init__(self, case, dtype):
        net_g = lambda: ResNetGenerator(3, 3, case.ngf, case.blocks)
        net_d = lambda: Patches(3, case.ndf, 2, case.norm)
        nets = [filled(net, 10000 * i).to(dtype).train() for i, net in enumerate((net_g(), net_g(), net_d(), net_d()))]
        self.g_a, self.g_b, self.d_a, self.d_b = nets
        adam = lambda a, b: optim.Adam([*a.parameters(), *b.parameters()], lr=case.lr, betas=(0.5, 0.999))
        self.optimizer_g, self.optimizer_d = adam(self.g_a, self.g_b), adam(self.d_a, self.d_b)
        self.case = case
        criterion = nn.MSELoss() if case.mode == "lsgan" else nn.BCEWithLogitsLoss()
        self.judge = lambda y, real: criterion(y, torch.full_like(y, 1.0 if real else 0.0))

    def step(self, a, b):
        l1 = nn.functional.l1_loss
        lambda_a, lambda_b, identity = self.case.lambdas
        fake_b = self.g_a(a)
        rec_a = self.g_b(fake_b)
        fake_a = self.g_b(b)
        rec_b = self.g_a(fake_a)
        for net in (self.d_a, self.d_b):
            net.requires_grad_(False)
        self.optimizer_g.zero_grad()
        losses = dict.fromkeys(self.NAMES, torch.zeros(()))
        if identity > 0:
            losses["idt_A"] = l1(self.g_a(b), b) * lambda_b * identity
            losses["idt_B"] = l1(self.g_b(a), a) * lambda_a * identity
        losses["G_A"] = self.judge(self.d_a(fake_b), True)
        losses["G_B"] = self.judge(self.d_b(fake_a), True)
        losses["cycle_A"] = l1(rec_a, a) * lambda_a
        losses["cycle_B"] = l1(rec_b, b) * lambda_b
        sum(losses[name] for name in self.NAMES if name[0] != "D").backward()
        self.optimizer_g.step()
        for net in (self.d_a, self.d_b):
            net.requires_grad_(True)
        self.optimizer_d.zero_grad()
        for name, net, real, fake in (("D_A", self.d_a, b, fake_b), ("D_B", self.d_b, a, fake_a)):
            loss = (self.judge(net(real), True) + self.judge(net(fake.detach()), False)) * 0.5
            loss.backward()
            losses[name] = loss
        self.optimizer_d.step()
        return {name: float(loss) for name, loss in losses.items()}


def make_cycle(case):
    shape = (case.batch, 3, *case.side)
    losses = {}
    for dtype in (DOUBLE, SINGLE):
        run = Iteration(case, dtype)
        rows = []
        for step in range(case.steps):
            a, b = [torch.from_numpy(fill(shape, n + step, -1, 1)).to(dtype) for n in (100000, 200000)]
            rows.append(run.step(a, b))
        losses[dtype] = {name: [row[name] for row in rows] for name in Iteration.NAMES}
        if dtype == DOUBLE:
            nets = {"G_A": run.g_a, "G_B": run.g_b, "D_A": run.d_a, "D_B": run.d_b}
            # The sum of magnitudes of each tensor.
            sums = {
                name: {key: float(tensor.abs().sum()) for key, tensor in net.state_dict().items()}
                for name, net in nets.items()
            }
    config = {key: value for key, value in case.__dict__.items()}
    return {"config": config, "double": losses[DOUBLE], "single": losses[SINGLE], "sums": sums}


def close(a, b):
    """Whether two values of JSON are the same but for the last bits of numbers."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(close(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(close(x, y) for x, y in zip(a, b))
    if isinstance(a, float) or isinstance(b, float):
        return abs(a - b) <= 1e-3 * max(1e-2, abs(a))
    return a == b


def main():
    check = "--check" in sys.argv
    made = {"optimizers.json": [make_trajectory(case) for case in TRAJECTORIES]}
    for case in CYCLES:
        made[f"cyclegan-{case.name}.json"] = make_cycle(case)
    FOLDER.mkdir(exist_ok=True)
    wrong = []
    for name, content in made.items():
        path = FOLDER / name
        if not check:
            path.write_text(json.dumps(content) + "\n")
        elif not close(json.loads(json.dumps(content)), json.loads(path.read_text())):
            wrong.append(name)
    print(f"{len(made)} files" + (f", {len(wrong)} differ: {', '.join(wrong)}" if wrong else ""))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
