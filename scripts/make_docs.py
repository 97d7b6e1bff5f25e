"""Write the pages of docs/ that are made from the code, or check with --check that they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from n6gen.cli import cli
from n6gen.cli.reference import command_pages
from n6gen.config.settings import FILE_NAME, SETTINGS
from n6gen.errors import ExitCode

_DOCS = Path(__file__).resolve().parent.parent / "docs"
_NOTE = "<!-- Made by `make docs` from the code; changes here are lost. -->\n\n"


def exit_codes() -> str:
    """The table of exit codes."""
    rows = "\n".join(f"| {code.value} | {code.meaning} |" for code in ExitCode)
    return f"{_NOTE}# Exit codes\n\n| code | meaning |\n|---|---|\n{rows}\n| 130 | stopped by Ctrl-C |\n"


def settings() -> str:
    """The table of settings."""
    rows = "\n".join(
        f"| `{s.name}` | `{s.option}` | `{s.variable}` | {'–' if s.default is None else f'`{s.default}`'} | {s.help} |"
        for s in SETTINGS.values()
    )
    head = f"A flag wins over the environment, the environment over `{FILE_NAME}`. `n6gen config` shows what holds.\n\n"
    table = "| key | option | environment | default | what |\n|---|---|---|---|---|\n"
    return f"{_NOTE}# Settings\n\n{head}{table}{rows}\n"


def operators() -> str:
    """The table of ONNX operators, with the first sentence of what the function that imports them says."""
    from n6gen.model.functions import UNARY
    from n6gen.model.operators import OPERATORS

    groups: dict[str, list[str]] = {}
    for name, function in sorted(OPERATORS.items()):
        words = (function.__doc__ or "").splitlines()[0].split(". ")[0].rstrip(".") + "."
        if name in UNARY and not UNARY[name].exact:
            words += " Worked out in float64, as onnxruntime only approximates it."
        groups.setdefault(words, []).append(name)
    rows = "".join(f"| {', '.join(names)} | {words} |\n" for words, names in groups.items())
    head = (
        f"A model consists of these {len(OPERATORS)} between DequantizeLinear and QuantizeLinear, int8, batch 1. What "
        "a node asks for beyond this is refused, by its name. Identity and Dropout vanish; Relu, Clip, MaxPool, Concat "
        "and views may stand between another operator and its QuantizeLinear; Softmax, ArgMax and a change to "
        "channels-last are cut off at the ends. What each computes: [numerics](numerics.md).\n\n"
    )
    return f"{_NOTE}# Operators\n\n{head}| ONNX | what |\n|---|---|\n{rows}"


def main() -> int:
    """Write the pages; with --check, return 1 if one differs."""
    pages = {
        "exit-codes.md": exit_codes(),
        "settings.md": settings(),
        "commands.md": _NOTE + command_pages(cli),
        "operators.md": operators(),
    }
    stale = [name for name, text in pages.items() if _read(_DOCS / name) != text]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"docs/{name} is not what the code says: run 'make docs'", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (_DOCS / name).write_text(pages[name], encoding="utf-8")
    return 0


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
