"""What the app was compiled with, as CMake wrote it down."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from n6gen.errors import InputError

FILE_NAME = "compile_commands.json"
#: Flags that shape the code: optimisation, machine, code generation, language, definitions.
_SHAPING = ("-O", "-m", "-f", "-std=", "-D")
#: But these only say where it lies.
_PLACES = ("-ffile-prefix-map=", "-fmacro-prefix-map=", "-fdebug-prefix-map=")


def compile_flags(build_folder: Path) -> tuple[str, ...]:
    """The flags in the folder that CMake built in: those of every file, in order, then those of only some.

    Raises InputError if CMake did not write its commands down.
    """
    file = build_folder / FILE_NAME
    try:
        commands = [_shaping(entry) for entry in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file} does not say what the app was compiled with: {error}",
            "Leave CMAKE_EXPORT_COMPILE_COMMANDS on in the app's CMakeLists.txt.",
        ) from error
    everywhere = set.intersection(*map(set, commands)) if commands else set()
    ordered = dict.fromkeys(flag for flags in commands for flag in flags)
    return (*(f for f in ordered if f in everywhere), *(f for f in ordered if f not in everywhere))


def _shaping(entry: dict[str, str]) -> list[str]:
    return [
        word for word in shlex.split(entry["command"]) if word.startswith(_SHAPING) and not word.startswith(_PLACES)
    ]
