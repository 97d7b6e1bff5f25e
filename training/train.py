"""Train the demo network on generated scenes (CPU only; some three hours on two cores).

    python -m training.train --work DIR          # whole frames at 192, then a mix of 256, 320 and 416

Needs torch (an extra). Interrupted runs go on from the last checkpoint in DIR.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from n6gen.scenes import Split
from training.data import Scenes, batch, cached
from training.network import Network

SEED = 20


@dataclass(frozen=True)
class Stage:
    """One stage: (size, scenes, batch) in turn for `steps` steps, a one-cycle learning rate up to `rate`.

    The cycle ends at `horizon`; a stage may stop before. Scene seeds count from `million` millions. One scene in
    `empty_every` has nobody in it. The first `frozen` blocks of the backbone keep their weights and statistics: they
    are half of the cost.
    """

    name: str
    sets: tuple[tuple[int, int, int], ...]
    million: int
    steps: int
    horizon: int
    rate: float
    empty_every: int
    frozen: int
    split: Split = "train"


_MIXED = ((320, 2400, 16), (256, 2400, 24), (320, 2400, 16), (416, 800, 8))
_WIDE = ((320, 3200, 16), (256, 3200, 24), (320, 3200, 16), (416, 800, 8))
_BROAD = ((320, 4000, 16), (256, 4000, 24), (320, 4000, 16), (416, 1000, 8))
_SIZES = ((256, 4000, 24), (416, 1000, 8), (256, 4000, 24), (320, 4000, 16))
_SMALL = ((256, 4000, 24), (256, 4000, 24), (416, 1000, 8), (256, 4000, 24))
STAGES = (
    Stage("coarse", ((192, 16000, 32),), 0, 1300, 1700, 4e-3, 8, 0),
    Stage("mixed", _MIXED, 1, 600, 600, 2e-3, 5, 4),
    Stage("wide", _WIDE, 2, 1000, 1000, 2e-3, 4, 4, "wide"),
    Stage("broad", _BROAD, 3, 1200, 1200, 2e-3, 5, 4, "broad"),
    Stage("long", _BROAD, 4, 1500, 3400, 2.5e-3, 4, 0, "broad"),
    Stage("settle", _BROAD, 4, 1100, 1100, 1.6e-3, 4, 0, "broad"),
    Stage("sizes", _SIZES, 3, 650, 650, 1.6e-3, 5, 0, "broad"),
    Stage("small", _SMALL, 4, 280, 280, 1.2e-3, 4, 0, "broad"),
)


def loss_of(logits: Tensor, target: Tensor) -> Tensor:
    """Cross entropy plus soft Dice of the person class; logits [N, 2, S, S], target int64 [N, S, S]."""
    person = torch.softmax(logits, 1)[:, 1]
    truth = target.float()
    dice = 1 - (2 * (person * truth).sum() + 1) / (person.sum() + truth.sum() + 1)
    return functional.cross_entropy(logits, target) + 0.5 * dice


def rate_at(step: int, stage: Stage) -> float:
    """Linear warm-up over 5 % of the cycle, then a cosine to zero."""
    warm = max(1, stage.horizon // 20)
    if step < warm:
        return stage.rate * (step + 1) / warm
    return stage.rate * 0.5 * (1 + float(np.cos(np.pi * (step - warm) / (stage.horizon - warm))))


def tensors(scenes: Scenes) -> tuple[Tensor, Tensor]:
    """A batch as input [N, 3, S, S] in -1..1 and target int64 [N, S, S]."""
    x = torch.from_numpy(scenes.images).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
    return x.contiguous(memory_format=torch.channels_last), torch.from_numpy(scenes.masks).long()


@torch.no_grad()
def person_iou(net: Network, scenes: Scenes) -> float:
    """Pooled person IoU of the float network."""
    net.eval()
    both = either = 0
    for k in range(0, len(scenes.images), 16):
        x, target = tensors(Scenes(np.array(scenes.images[k : k + 16]), np.array(scenes.masks[k : k + 16])))
        found, truth = net(x).argmax(1) == 1, target == 1
        both += int((found & truth).sum())
        either += int((found | truth).sum())
    return both / max(either, 1)


def follow(average: Network, net: Network, keep: float) -> None:
    """Exponential moving average of weights and statistics."""
    with torch.no_grad():
        for a, b in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
            if a.is_floating_point():
                a.lerp_(b, 1 - keep)
            else:
                a.copy_(b)


def set_training(net: Network, frozen: int) -> None:
    """Training mode, but for the first `frozen` blocks of the backbone."""
    net.train().requires_grad_(True)
    for block in net.blocks[:frozen]:
        for spec in block.convs:
            net.convs[spec.name].requires_grad_(False).eval()


def run_stage(
    net: Network, average: Network, stage: Stage, number: int, work: Path, resume: dict[str, object] | None
) -> None:
    """Train one stage; writes `checkpoint.pt` every 100 steps."""
    sets = [
        (cached(work / "scenes", size, stage.million * 1_000_000, count, stage.split, stage.empty_every), n)
        for size, count, n in stage.sets
    ]
    check = cached(work / "scenes", stage.sets[0][0], 5_000_000, 96, "heldout", 8)
    set_training(net, stage.frozen)
    decay = [p for p in net.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in net.parameters() if p.requires_grad and p.ndim == 1]
    optimiser = torch.optim.AdamW([{"params": decay, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}])
    start = 0
    if resume is not None:
        optimiser.load_state_dict(resume["optimiser"])  # type: ignore[arg-type]
        start = int(resume["step"])  # type: ignore[call-overload]
    began, seen = time.monotonic(), 0.0
    for step in range(start, stage.steps):
        rng = np.random.default_rng([SEED, number, step])  # so that a resumed run sees what an unbroken one would
        scenes, n = sets[step % len(sets)]
        x, target = tensors(
            batch(scenes, rng.choice(len(scenes.images), n, replace=False), rng, stage.split == "broad")
        )
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, stage)
        loss = loss_of(net(x), target)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        follow(average, net, min(0.995, (step + 1) / (step + 10)))
        seen += float(loss.detach())
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - began) / (step + 1 - start)
            print(f"{stage.name} {step + 1}/{stage.steps} loss {seen / 50:.4f} {pace:.2f} s/step", flush=True)
            seen = 0.0
        if (step + 1) % 100 == 0 or step + 1 == stage.steps:
            print(f"  held-out person IoU {person_iou(average, check):.4f}", flush=True)
            state = {"net": net.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
            torch.save({**state, "stage": number, "step": step + 1}, work / "checkpoint.tmp")
            (work / "checkpoint.tmp").replace(work / "checkpoint.pt")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="scene cache and checkpoints (about 11 GB)")
    args = parser.parse_args()
    torch.manual_seed(SEED)
    net = Network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(net)
    first, resume = 0, None
    if (args.work / "checkpoint.pt").exists():
        resume = torch.load(args.work / "checkpoint.pt", weights_only=True)
        net.load_state_dict(resume["net"])
        average.load_state_dict(resume["average"])
        first = resume["stage"]
    for number in range(first, len(STAGES)):
        run_stage(net, average, STAGES[number], number, args.work, resume)
        resume = None
        net.load_state_dict(average.state_dict())
        torch.save(average.state_dict(), args.work / f"{STAGES[number].name}.pt")


if __name__ == "__main__":
    main()
