"""`n6gen completion`: the line that switches on completion in a shell."""

from __future__ import annotations

import rich_click as click

from n6gen.cli.output import Output
from n6gen.cli.shell import command
from n6gen.errors import InputError


@command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(out: Output, shell: str) -> None:
    """Print a completion script: `source <(n6gen completion bash)`."""
    from click.shell_completion import get_completion_class

    from n6gen.cli import cli

    maker = get_completion_class(shell)
    if maker is None:
        raise InputError(f"no completion for {shell}")
    script = maker(cli, {}, "n6gen", "_N6GEN_COMPLETE").source()
    out.show(script)
    out.result({"shell": shell, "script": script})
