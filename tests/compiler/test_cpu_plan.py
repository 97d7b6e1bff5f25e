"""The memory plan: nothing alive overlaps, and little is wasted."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6gen.compiler.cpu.plan import ALIGNMENT, Plan, Step, make_plan, scratch_name


@st.composite
def networks(draw: st.DrawFn) -> tuple[dict[str, int], list[Step]]:
    """Steps that read any earlier tensors; equal sizes are frequent, so that in-place happens."""
    sizes = {"t0": draw(st.integers(1, 300))}
    steps = []
    for index in range(1, draw(st.integers(2, 14))):
        inputs = tuple(draw(st.lists(st.sampled_from(sorted(sizes)), min_size=1, max_size=3, unique=True)))
        size = draw(st.sampled_from([sizes[inputs[0]], draw(st.integers(1, 300))]))
        in_place = inputs if draw(st.booleans()) else ()
        scratch = draw(st.sampled_from([0, 0, 40]))
        lead = None if in_place else draw(st.sampled_from([None, None, 0, 17, 64]))
        steps.append(Step(inputs, f"t{index}", in_place, scratch, lead))
        sizes[f"t{index}"] = size
    return sizes, steps


def _simulate(plan: Plan, sizes: dict[str, int], steps: list[Step], output: str) -> None:
    """Run the network on a memory that remembers whose byte each is; every read must find its own."""
    memory: list[str | None] = [None] * plan.size

    def write(name: str, size: int) -> None:
        begin = plan.offsets[name]
        memory[begin : begin + size] = [name] * size

    def check(name: str) -> None:
        begin = plan.offsets[name]
        assert memory[begin : begin + sizes[name]] == [name] * sizes[name]

    write("t0", sizes["t0"])
    for index, step in enumerate(steps):
        if step.scratch:
            write(scratch_name(index), step.scratch)
        for name in step.inputs:
            check(name)
        before = list(memory)
        write(step.output, sizes[step.output])
        # What the output overwrites while the step runs: nothing that it still reads, but for in-place inputs.
        taken = {before[at] for at in range(plan.size) if memory[at] != before[at]}
        if step.lead is not None and step.inputs[0] in taken:
            # It may lie over that one, which must be far enough behind it.
            assert plan.offsets[step.inputs[0]] - plan.offsets[step.output] >= step.lead
            taken.discard(step.inputs[0])
        assert not taken & (set(step.inputs) - set(step.in_place) | {scratch_name(index)})
    check(output)


@settings(deadline=None, max_examples=150)
@given(network=networks())
def test_every_read_finds_what_was_written(network: tuple[dict[str, int], list[Step]]) -> None:
    """Whatever is placed where, no tensor is overwritten before its last reader; offsets are aligned."""
    sizes, steps = network
    plan = make_plan(sizes, steps, "t0", steps[-1].output)
    plan.check()
    assert plan.size >= plan.lower_bound
    assert all(offset % ALIGNMENT == 0 for offset in plan.offsets.values())
    _simulate(plan, sizes, steps, steps[-1].output)


def test_the_input_can_be_the_output() -> None:
    """Nothing to place but the input."""
    plan = make_plan({"t0": 10}, [], "t0", "t0")
    assert plan.size == plan.lower_bound == 16


def test_a_sum_takes_the_place_of_an_input_that_ends_there() -> None:
    """And not of one that is read again."""
    steps = [
        Step(("a",), "b"),
        Step(("a", "b"), "sum", in_place=("a", "b")),
        Step(("a", "sum"), "out", in_place=("a", "sum")),
    ]
    plan = make_plan(dict.fromkeys(("a", "b", "sum", "out"), 64), steps, "a", "out")
    assert plan.offsets["sum"] == plan.offsets["b"] != plan.offsets["a"]
    assert plan.offsets["out"] == plan.offsets["a"]
    assert plan.size == 128


def test_the_search_finds_what_no_fixed_order_does() -> None:
    """Each of the first orders needs 592 bytes here."""
    steps = [Step(("t0",), "t1"), Step(("t0", "t1"), "t2"), Step(("t2", "t1"), "t3"), Step(("t3",), "t4")]
    sizes = {"t0": 192, "t1": 80, "t2": 288, "t3": 208, "t4": 304}
    plan = make_plan(sizes, steps, "t0", "t4")
    assert plan.size == plan.lower_bound == 576


@pytest.mark.parametrize("shift", [-16, -8, 16, 4096])
def test_check_finds_an_overlap(shift: int) -> None:
    """A plan that was tampered with is a bug, and says which tensors."""
    plan = make_plan({"a": 64, "b": 64}, [Step(("a",), "b")], "a", "b")
    assert sorted(plan.offsets.values()) == [0, 64]
    name = max(plan.offsets, key=lambda name: plan.offsets[name])
    bad = attrs.evolve(plan, offsets={**plan.offsets, name: plan.offsets[name] + shift})
    with pytest.raises(AssertionError, match=name):
        bad.check()


def test_an_output_lies_over_an_input_that_ends_there() -> None:
    """A chain of such: each begins a little before the one that it is made of; what is read again is left alone."""
    sizes = {"a": 640, "b": 480, "c": 320, "d": 320}
    steps = [Step(("a",), "b", lead=10), Step(("b",), "c", scratch=64, lead=0), Step(("c",), "d", lead=0)]
    plan = make_plan(sizes, steps, "a", "d")
    assert plan.size == plan.lower_bound == 656
    assert plan.offsets["a"] - plan.offsets["b"] == 16
    assert [plan.in_use(at) for at in range(-1, 4)] == [640, 656, 544, 320, 320]
    twice = [*steps[:2], Step(("c", "b"), "d", lead=0)]
    plan = make_plan(sizes, twice, "a", "d")
    low, high = sorted((plan.offsets["b"], plan.offsets["c"]))
    assert high - low >= min(sizes["b"], sizes["c"])
