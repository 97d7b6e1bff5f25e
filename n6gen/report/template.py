"""The templates of reports. Whatever they print is escaped: names, texts and figures come from boards and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from n6gen.tools.text import clean

_FOLDER = Path(__file__).resolve().parent / "templates"


def render(name: str, **values: Any) -> str:
    """The template `name` (of n6gen/report/templates), filled with `values`."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: clean(value, limit=1 << 30) if type(value) is str else value,
    )
    return environment.get_template(name).render(**values)
