"""What all commands share: settings as options, `--json`, `--quiet`, `--verbose`, and lazy loading.

A command is written as::

    @command("flash")
    @setting("build")
    def flash(out: Output, build: str) -> None:
        "One line of help."
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click as plain_click
import rich_click as click

from n6gen.cli.output import Output, Verbosity
from n6gen.config.settings import SETTINGS, lookup

_F = TypeVar("_F", bound=Callable[..., Any])


class CurrentOutput:
    """Holds the output of the command that runs, so that main() prints errors the way the command was told to."""

    def __init__(self, output: Output) -> None:
        """Start with what to use before a command has its own."""
        self.output = output


class LazyGroup(click.RichGroup):
    """A group whose commands are imported when they are needed: `n6gen --help` and completion stay fast."""

    def __init__(self, *args: Any, commands_in: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        """`commands_in` maps a command's name to ``module:attribute`` and its line in the group's help."""
        super().__init__(*args, **kwargs)
        self._places = commands_in
        self._listing = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a user's work."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; while the group's help is written, only a placeholder with its line."""
        if cmd_name not in self._places:
            return None
        place, line = self._places[cmd_name]
        if self._listing:
            return click.RichCommand(name=cmd_name, help=line)
        module, _, attribute = place.partition(":")
        found = getattr(importlib.import_module(module), attribute)
        return found if isinstance(found, click.Command) else None

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the group's help without importing its commands."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)  # type: ignore[arg-type]
        finally:
            self._listing = False


def setting(name: str, *, help: str | None = None) -> Callable[[_F], _F]:  # noqa: A002 - click's own word
    """Make the setting `name` an option of a command: flag > environment > n6gen.toml > default."""
    entry = SETTINGS[name]
    extra: dict[str, Any] = {}
    if entry.choices:
        extra["type"] = click.Choice(entry.choices)
    elif entry.kind == "whole":
        extra["type"] = click.IntRange(min=1)
    elif entry.kind == "triple":
        extra.update(type=float, nargs=3, metavar="R G B")
    elif entry.kind == "flag":
        extra["is_flag"] = True
    elif entry.kind == "path":
        extra["metavar"] = "DIR"
    if entry.default is not None and entry.kind != "flag":
        extra["show_default"] = str(entry.default)
    return click.option(
        entry.option,
        name,
        envvar=entry.variable,
        default=functools.partial(lookup, name),
        help=help or entry.help,
        **extra,
    )


def command(name: str, *, json_file: bool = False) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command with the options that all commands have; it gets an Output as `out`.

    What it returns is the exit code; None is success.

    `json_file`: `--json` takes an optional file name (for commands whose stdout people read at the same time).
    """
    json_option = (
        click.option("--json", "json_to", is_flag=False, flag_value="-", metavar="[FILE]", help="Result as JSON.")
        if json_file
        else click.option(
            "--json", "json_to", flag_value="-", default=None, help="Result as one JSON object on stdout."
        )
    )

    def decorate(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        def wrapped(*, json_to: str | None, quiet: bool, verbose: bool, **options: Any) -> Any:
            level = Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else Verbosity.NORMAL
            out = Output(json_to, level)
            plain_click.get_current_context().find_object(CurrentOutput).output = out  # type: ignore[union-attr]
            return function(out, **options)

        with_options = functools.reduce(
            lambda made, option: option(made),
            (
                click.option("-v", "--verbose", is_flag=True, help="Say more."),
                click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors and the result."),
                json_option,
            ),
            wrapped,
        )
        return click.command(name)(with_options)

    return decorate
