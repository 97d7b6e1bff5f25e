"""The command line, refused where the release would refuse it."""

from __future__ import annotations

from stedgeai_parts.layout import ArgumentError
from stedgeai_parts.releases import Release, options_of

_COMMANDS = ("analyze", "generate", "validate", "supported-ops")
_SHORT = {"-m": "--model", "-n": "--name", "-w": "--workspace", "-o": "--output", "-t": "--type", "-v": "--verbosity"}
_TYPES = ("float32", "int8", "uint8")
_CHOICES = {
    "--input-data-type": _TYPES,
    "--output-data-type": _TYPES,
    "--inputs-ch-position": ("chfirst", "chlast"),
    "--outputs-ch-position": ("chfirst", "chlast"),
    "--c-api": ("st-ai", "legacy"),
}


def parse(release: Release, words: list[str]) -> dict[str, str]:
    """Options by their long name; `command` is the command, `line` the whole line."""
    if not words or words[0] not in _COMMANDS:
        raise ArgumentError("the command must be the first argument")
    known = options_of(release)
    found = {"command": words[0], "line": " ".join(words)}
    rest = words[1:]
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name == "--st-neural-art":
            # Its value is optional, and anything at all.
            takes = not equals and rest and not rest[0].startswith("-")
            found[name] = value if equals else rest.pop(0) if takes else ""
            continue
        if name not in known:
            raise ArgumentError(f"unrecognized arguments: {word}")
        if known[name]:
            value = _value(name, value if equals else None, rest)
        found[_SHORT.get(name, name)] = value
    for name in ("--model", "--target"):
        if name not in found:
            raise ArgumentError(f"{name} is required")
    return found


def _value(name: str, given: str | None, rest: list[str]) -> str:
    if given is None and not rest:
        raise ArgumentError(f"argument {name}: expected one argument")
    value = rest.pop(0) if given is None else given
    if value not in _CHOICES.get(name, (value,)):
        raise ArgumentError(f"argument {name}: invalid choice: {value}")
    return value
