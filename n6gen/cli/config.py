"""`n6gen config`: every setting, its value and where it came from."""

from __future__ import annotations

from n6gen.cli.output import Output
from n6gen.cli.shell import command
from n6gen.config.settings import SETTINGS, effective, find_file
from n6gen.tools.paths import cache_dir, state_dir


@command("config")
def config(out: Output) -> None:
    """Show every setting, its value and where it came from."""
    values = effective()
    folders = {"state": str(state_dir()), "cache": str(cache_dir())}
    if not out.for_machine:
        from rich.table import Table

        table = Table("setting", "value", "from", "what", box=None, header_style="bold")
        for name, entry in values.items():
            shown = "-" if entry.value is None else str(entry.value)
            table.add_row(name, shown, entry.source, SETTINGS[name].help)
        for name, folder in folders.items():
            table.add_row(f"{name} folder", folder, f"N6GEN_{name.upper()}_DIR or the platform", "")
        out.show(table)
    file = find_file()
    out.result(
        {
            "file": str(file) if file else None,
            "settings": {name: {"value": entry.value, "source": entry.source} for name, entry in values.items()},
            "folders": folders,
        }
    )
