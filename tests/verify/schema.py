"""What docs/verification.schema.json says of a verification's JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "verification.schema.json").read_text("utf-8"))


def check(said: Any) -> None:
    """It is as described; the kept file of one that ended in an error is too."""
    jsonschema.Draft202012Validator(SCHEMA).validate(said)
