"""The epoch timeline: by cost where there is a profile, and never more than is known."""

from __future__ import annotations

from typing import Any

import pytest

from n6gen.measure.epochs import Epoch, split, with_costs
from n6gen.report.epochs import caption, epoch_lines, legend, timeline

Json = dict[str, Any]
EPOCHS = (
    Epoch("epoch_1", "npu"),
    Epoch("epoch_2", "hybrid", ("Concat",)),
    Epoch("epoch_3", "npu"),
    Epoch("epoch_4", "cpu", ("Softmax",)),
)
LAYERS = (Epoch("conv", "cpu", ("Conv",), 3_000_000), Epoch("add", "cpu", ("Add",), 1_000_000))


def session(epochs: tuple[Epoch, ...], profile: Json | None = None, unit: str = "ms") -> Json:
    found = with_costs(epochs, profile)
    return {"unit": unit, "epochs": found, "split": split(found, 6)}


def profiled(*parts: tuple[str, str, float]) -> Json:
    return {"layers": [{"name": n, "unit": u, "kind": "?", "macs": 5, "cost": c} for n, u, c in parts]}


def test_without_a_profile_nothing_is_as_long_as_it_costs() -> None:
    """All alike, in order, and said to be; no cost, no split."""
    values = session(EPOCHS)
    steps = timeline(values, 1000)
    assert [step.width for step in steps] == [pytest.approx(250)] * 4
    assert [step.x for step in steps] == [pytest.approx(250 * i) for i in range(4)]
    assert [step.colour for step in steps] == ["network", "present", "network", "decode"]
    assert values["split"] is None
    assert "say nothing" in caption(values)
    assert [(name, much) for _, name, much in legend(values)] == [("NPU", "2"), ("NPU with the CPU", "1"), ("CPU", "1")]
    assert epoch_lines(values) == [
        "Network: 4 epochs, 2 on NPU, 1 on NPU with the CPU, 1 on CPU; no profile, so nobody knows what each costs."
    ]
    assert " ms" not in "".join(step.says for step in steps)


def test_a_profile_gives_lengths_and_the_split() -> None:
    """The blocks are what the profile saw, and NPU and CPU add up."""
    values = session(EPOCHS, profiled(("b0", "npu", 12.0), ("b1", "cpu", 3.0), ("b2", "npu", 5.0)))
    steps = timeline(values, 1000)
    assert [step.width for step in steps] == pytest.approx([599.2, 150.55, 250.25])
    assert values["split"] == {"npu": 17.0, "cpu": 3.0}
    assert epoch_lines(values) == ["Network by its profile, in ms: NPU 17.000 (85.0%), CPU 3.000 (15.0%)."]
    assert [much for _, _, much in legend(values)] == ["2 for 17.000 ms", "1 for 3.000 ms"]


def test_a_network_of_the_cpus_is_drawn_by_its_work() -> None:
    """Multiply-accumulates are called what they are; a sentence about a split would say nothing."""
    values = session(LAYERS, unit="instructions")
    assert [step.width for step in timeline(values, 1000)] == pytest.approx([749.5, 250.5])
    assert "work and not cost" in caption(values)
    assert epoch_lines(values) == []


def test_many_epochs_are_all_seen() -> None:
    """The least is as wide as it must be, all together no wider than the drawing."""
    costs = [1000.0, *[0.0] * 200]
    values = session((), profiled(*((f"e{i}", "npu", cost) for i, cost in enumerate(costs))))
    steps = timeline(values, 1000)
    assert min(step.width for step in steps) >= 1
    assert sum(step.width for step in steps) == pytest.approx(1000)


def test_nothing_known_is_nothing_drawn() -> None:
    """Sessions of before have no epochs."""
    old = {"unit": "ms"}
    assert (timeline(old, 1000), legend(old), epoch_lines(old)) == ([], [], [])
    assert session(())["split"] is None
