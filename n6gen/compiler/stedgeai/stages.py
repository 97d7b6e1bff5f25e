"""How far a running `stedgeai` is, told by what it prints. It has no percentage worth showing: it says stages."""

from __future__ import annotations

from collections.abc import Callable

from n6gen.compiler.stedgeai.lines import clean_lines

#: What a line that begins so stands for.
_STAGES = (
    (">>>> EXECUTING NEURAL ART COMPILER", "schedule and allocate epochs"),
    (">>>> EXECUTING EPOCH_CONTROLLER POST_PROCESSING", "make epoch controller blobs"),
    ("Exec/report summary", "write reports"),
    ("Computing AI RT data/code size", "estimate sizes"),
)


class Stages:
    """Passes cleaned lines on and names stages, each once."""

    def __init__(self, on_line: Callable[[str], None], on_stage: Callable[[str], None]) -> None:
        """Tell `on_line` every line that says something, `on_stage` every new stage."""
        self._on_line = on_line
        self._on_stage = on_stage
        self._told: set[str] = set()

    def line(self, text: str) -> None:
        """Take in a line as the tool printed it, progress bars and all."""
        for line in clean_lines(text):
            self._on_line(line)
            for start, stage in _STAGES:
                if line.startswith(start) and stage not in self._told:
                    self._told.add(stage)
                    self._on_stage(f"stedgeai: {stage}")
