"""Measure n6gen on the virtual board, and others beside it (docs/benchmarks.md)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import counts, gate, page, peers
from bench.counts import STAGES, Row
from bench.measure import measure, tools
from bench.startup import startup
from bench.subjects import KERNELS, MODELS, RESOLUTIONS, Subject, gated, subjects
from n6gen.errors import ExitCode, InputError, N6genError
from n6gen.tools.files import write_if_changed


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; its exit code."""
    args = _arguments(argv)
    try:
        return _do(args)
    except N6genError as error:
        print(f"error: {error.message}", *(f"  {hint}" for hint in error.things_to_try), sep="\n", file=sys.stderr)
        return int(error.exit_code)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="keep the counts, and make docs/benchmarks.md anew")
    what.add_argument("--check", action="store_true", help="fail if a count has risen by more than 1 %%")
    what.add_argument("--page", action="store_true", help="only make docs/benchmarks.md anew")
    what.add_argument("--startup", action="store_true", help="what commands cost on this machine, in seconds")
    what.add_argument("--peer", metavar="NAME=DIR", help="measure somebody's code that implements network.h")
    what.add_argument("--emx", action="store_true", help="measure what emx-onnx-cgen makes of the network")
    what.add_argument("--peer-model", metavar="FILE", help="write the ONNX file that a peer has to implement")
    parser.add_argument("--peer-flags", default="-O3", help="how to compile a peer's sources (one word, by spaces)")
    parser.add_argument("--models", "--model", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--res", nargs="+", type=int, choices=RESOLUTIONS, default=RESOLUTIONS)
    parser.add_argument("--kernels", nargs="+", choices=KERNELS, default=KERNELS[1:], help="ref takes minutes")
    parser.add_argument("--templates", type=Path, help="a folder whose files replace the app's, as in n6gen build")
    args = parser.parse_args(argv)
    if args.write and args.templates:
        parser.error("--write keeps the counts of the app as it is, not of one with other --templates")
    if args.peer and not all(args.peer.partition("=")):
        parser.error("--peer takes NAME=DIR")
    return args


def _do(args: argparse.Namespace) -> int:
    if args.page:
        _write_page()
    elif args.startup:
        for name, seconds in startup().items():
            print(f"{name:20} {seconds:6.3f} s")
    elif args.peer or args.emx or args.peer_model:
        _peer(args, _one(args))
    elif args.check:
        chosen = set(subjects(args.models, args.res, args.kernels))
        return _check([subject for subject in gated() if subject in chosen], args.templates)
    else:
        rows = _measured(subjects(args.models, args.res, args.kernels), args.templates)
        if args.write:
            counts.write(counts.read().renewed(tools(), rows))
            _write_page()
    return ExitCode.OK


def _one(args: argparse.Namespace) -> Subject:
    subject = next(subjects(args.models, args.res, ["mve"]), None)
    if subject is None:
        raise InputError(
            f"the network {args.models[0]} is not here", "Set N6GEN_SHARED to the folder that has models/."
        )
    return subject


def _check(chosen: Iterable[Subject], templates: Path | None) -> int:
    kept = counts.read()
    reason = gate.unlike(kept, tools())
    if reason:
        print(f"SKIPPED, nothing was judged: {reason}")
        return ExitCode.OK
    judgement = gate.judge(kept, _measured(chosen, templates))
    print(gate.words(judgement))
    return ExitCode.NEGATIVE if judgement.rises else ExitCode.OK


def _measured(chosen: Iterable[Subject], templates: Path | None) -> list[Row]:
    rows = []
    with tempfile.TemporaryDirectory(prefix="n6gen-bench-") as name:
        for subject in chosen:
            row = measure(subject, Path(name), templates=templates)
            shown = "  ".join(f"{stage} {row.figures[stage]:,}" for stage in STAGES)
            arena = row.figures["arena_bytes"]
            print(f"{row.model} {row.resolution} {row.kernels:4} {shown}  activations {arena:,} B", flush=True)
            rows.append(row)
    return rows


def _peer(args: argparse.Namespace, subject: Subject) -> None:
    # onnx and onnxruntime are loaded only where they are needed.
    import onnx

    from bench.peer import emx
    from bench.peer.compare import compare, cut

    print(f"{subject.model} {subject.resolution}, up to its logits")
    if args.peer_model:
        onnx.save(cut(subject)[1], args.peer_model)
        return
    with tempfile.TemporaryDirectory(prefix="n6gen-emx-") as made:
        name, _, folder = args.peer.partition("=") if args.peer else (emx.write(cut(subject)[1], Path(made)), "", made)
        print(f"{name}: {compare(subject, Path(folder), args.peer_flags.split())}")


def _write_page() -> None:
    write_if_changed(page.PAGE, page.page(counts.read(), peers.read()))


if __name__ == "__main__":
    sys.exit(main())
