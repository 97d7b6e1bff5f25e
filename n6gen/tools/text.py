"""Text from boards and tools is untrusted: it is made harmless before a terminal or a log sees it."""

from __future__ import annotations

import re

# CSI and OSC sequences whole, then any control byte that is left (C0 but tab and newline, DEL, C1).
_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str, limit: int = 2000) -> str:
    """Return `text` without terminal sequences, control characters and direction marks, cut to `limit` characters."""
    harmless = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", _SEQUENCES.sub("", text))
    return harmless if len(harmless) <= limit else harmless[: limit - 1] + "…"
