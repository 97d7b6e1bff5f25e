"""docs/benchmarks.md is what the data says."""

from __future__ import annotations

import attrs

from bench import counts, limits, page, peers
from bench.counts import Counts
from bench.subjects import ST


def test_the_page_is_up_to_date() -> None:
    """After `python -m bench --write` nobody has edited either."""
    assert page.PAGE.read_text(encoding="utf-8") == page.page(counts.read(), peers.read())


def test_every_kept_count_is_on_the_page() -> None:
    kept = counts.read()
    made = page.page(kept, peers.read())
    for row in kept.rows:
        assert f"{row.figures['network']:,}" in made
        assert f"{row.figures['arena_bytes']:,}" in made


def test_a_limit_that_is_broken_is_shown_as_broken() -> None:
    """A row that takes more than its limit says so."""
    kept = counts.read()
    row = kept.row((ST, 320, "mve"))
    assert row is not None
    heavy = attrs.evolve(row, figures={**row.figures, "network": 92_000_001, "decode": 0})
    broken = Counts(kept.tools, (heavy,))
    assert [met for limit, _, met in limits.judged(broken) if "network" in limit.what] == [False]
    assert "| 92,000,001 | **no** |" in page.page(broken, peers.read())


def test_a_peer_that_was_not_measured_says_why() -> None:
    for peer in peers.read().peers:
        assert peer.instructions or peer.note, peer.name


def test_decode_of_an_older_model_file_is_not_shown() -> None:
    """Only decoding depends on the weights; the row's other counts stay."""
    kept = counts.read()
    old, new = (kept.row(("demo", 320, kernels)) for kernels in ("c", "mve"))
    assert old is not None
    assert new is not None
    made = page.page(Counts(kept.tools, (attrs.evolve(old, model_sha256="0" * 64), new)), peers.read())
    (line,) = [line for line in made.splitlines() if line.startswith("| 320 | `c` |")]
    assert "n/a (older model file)" in line
    assert f"{old.figures['network']:,}" in line
