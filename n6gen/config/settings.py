"""The table of all settings. The command line, `n6gen config` and the docs are made from it.

A project keeps its settings in `n6gen.toml`, looked for in the current folder and its parents::

    board = "virtual"
    model = "person.onnx"    # relative to this file
    res = 320

Any of them can be given for one shell as `N6GEN_<NAME>` and for one call as an option, which wins.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from n6gen.errors import InputError

FILE_NAME = "n6gen.toml"

Kind = Literal["text", "path", "whole", "flag", "triple"]


# Dataclasses, not attrs: this is read by every `n6gen --help`, and click has imported dataclasses already.
@dataclass(frozen=True)
class Setting:
    """One setting. `kind` says how its value is written; `choices` limits a text."""

    name: str
    kind: Kind
    help: str
    default: Any = None
    choices: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return "N6GEN_" + self.name.upper()

    @property
    def option(self) -> str:
        """Its command-line option."""
        return "--" + self.name.replace("_", "-")


_ALL = (
    Setting("board", "text", "The board to build for.", "stm32n6570-dk"),
    Setting("model", "text", "The model: a QDQ ONNX file or a name from `n6gen model ls`."),
    Setting("res", "whole", "Input resolution, in pixels a side."),
    Setting("out", "path", "The folder that a build goes to.", "build"),
    Setting("build", "path", "The build to flash or measure.", "build"),
    Setting("compiler", "text", "What compiles the model; the board's first by default."),
    Setting("kernels", "text", "Kernel set of the cpu compiler; the board's by default.", None, ("ref", "c", "mve")),
    Setting("decode", "text", "How logits become a mask (docs/numerics.md).", "fine", ("fine", "rounded")),
    Setting("keep_head", "flag", "Leave the model's last Resize to the network.", default=False),
    Setting("input_map", "text", "How camera bytes reach the network.", "exact", ("exact", "raw")),
    Setting("mean", "triple", "Declared input: mean of each channel, on the scale of bytes."),
    Setting("std", "triple", "Declared input: standard deviation of each channel, on the scale of bytes."),
    Setting("order", "text", "Declared input: order of the colour channels.", None, ("rgb", "bgr")),
    Setting("templates", "path", "A folder whose files replace the app's templates of the same name."),
    Setting("stedgeai", "path", "Where ST's stedgeai is: its folder, or the program itself."),
    Setting("sn", "text", "Serial number of the board."),
    Setting("programmer", "text", "What writes to the board; the board's first that is installed by default."),
    Setting("cubeprogrammer", "path", "Where STM32CubeProgrammer is: its folder, or STM32_Programmer_CLI itself."),
    Setting("probe_rs", "path", "Where probe-rs is: its folder, or the program itself."),
    Setting("keep_sessions", "whole", "How many measured sessions are kept.", 20),
    Setting("mirror", "path", "A folder to take models and packages from instead of the network."),
)
SETTINGS: Mapping[str, Setting] = {setting.name: setting for setting in _ALL}


@dataclass(frozen=True)
class Value:
    """A setting's value and where it came from."""

    value: Any
    source: str


def find_file() -> Path | None:
    """The project's `n6gen.toml`: in the current folder or the nearest parent that has one."""
    here = Path.cwd()
    return next((folder / FILE_NAME for folder in (here, *here.parents) if (folder / FILE_NAME).is_file()), None)


def file_values() -> Mapping[str, Any]:
    """What `n6gen.toml` sets, checked; paths made relative to the current folder. Empty without a file.

    Raises InputError for a file that cannot be read, an unknown key or a value of the wrong kind.
    """
    file = find_file()
    return {} if file is None else _read(file, Path.cwd())


def lookup(name: str) -> Any:
    """The value of a setting that neither the command line nor the environment gives."""
    return file_values().get(name, SETTINGS[name].default)


def effective() -> dict[str, Value]:
    """Every setting as a command without options would see it."""
    in_file = file_values()
    result = {}
    for name, setting in SETTINGS.items():
        if os.environ.get(setting.variable):
            result[name] = Value(os.environ[setting.variable], f"environment ({setting.variable})")
        elif name in in_file:
            result[name] = Value(in_file[name], str(find_file()))
        else:
            result[name] = Value(setting.default, "default")
    return result


@functools.cache
def _read(file: Path, here: Path) -> Mapping[str, Any]:
    import tomllib

    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{file}: {error}") from error
    values = {}
    for key, value in raw.items():
        if key not in SETTINGS:
            import difflib

            near = difflib.get_close_matches(key, SETTINGS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known keys: {', '.join(SETTINGS)}."
            raise InputError(f"{file}: unknown key {key!r}", hint, "Run 'n6gen config' to see all settings.")
        values[key] = _checked(file, SETTINGS[key], value, here)
    return values


def _checked(file: Path, setting: Setting, value: Any, here: Path) -> Any:
    fits = {
        "text": isinstance(value, str),
        "path": isinstance(value, str),
        "whole": isinstance(value, int) and not isinstance(value, bool),
        "flag": isinstance(value, bool),
        "triple": isinstance(value, list) and len(value) == 3 and all(isinstance(x, (int, float)) for x in value),
    }[setting.kind]
    wanted = f"one of {', '.join(setting.choices)}" if setting.choices else f"a {setting.kind}"
    if not fits or (setting.choices and value not in setting.choices):
        raise InputError(f"{file}: {setting.name} = {value!r} is not {wanted}")
    is_model_file = setting.name == "model" and (value.endswith(".onnx") or "/" in value)
    if setting.kind == "path" or is_model_file:
        return os.path.relpath(file.parent / value, here)
    return tuple(value) if setting.kind == "triple" else value
