"""The command reference as Markdown, read off the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator

import click


def command_pages(root: click.Group) -> str:
    """All commands under `root`, one section each, in the order of `n6gen --help`."""
    return "# Commands\n\n" + "\n".join(_sections(root, "n6gen"))


def _sections(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _sections(child, f"{path} {name}")
        return
    yield f"## {path}\n\n{command.help or ''}\n\n    {' '.join([path, *command.collect_usage_pieces(context)])}\n"
    rows = [row for row in (_row(parameter) for parameter in command.params) if row]
    if rows:
        yield "| option | default | what |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(parameter: click.Parameter) -> str | None:
    if not isinstance(parameter, click.Option) or parameter.hidden:
        return None
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    default = f"`{parameter.show_default}`" if isinstance(parameter.show_default, str) else ""
    return f"| {names} | {default} | {parameter.help or ''} |"
