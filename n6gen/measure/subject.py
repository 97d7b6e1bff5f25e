"""What a session needs of the board that it measures, however that is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import numpy as np
import numpy.typing as npt

from n6gen.link import Client, Port
from n6gen.measure.facts import Start

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = npt.NDArray[np.uint8]


@attrs.frozen(eq=False)
class Up:
    """A board that is reached, its app running or about to.

    `show` lets it use a picture, uint8 RGB [H, W, 3], instead of what its camera sees; `release` ends that. `picture`
    is what its LCD shows, None where nobody but a person can see it.
    """

    client: Client
    show: Callable[[Pixels], object]
    release: Callable[[], object]
    picture: Callable[[], Image] | None = None


class Subject(Protocol):
    """A board that can be measured."""

    @property
    def name(self) -> str:
        """What a session's folder is named after."""

    @property
    def start(self) -> Start:
        """How its app comes to run."""

    @property
    def sees_lcd(self) -> bool:
        """Whether `Up.picture` is there."""

    def conditions(self) -> Mapping[str, Any]:
        """What is known of the very board: `serial` and `probe`, None where they are not."""

    def up(self, elf: Path, through: Callable[[Port], Port]) -> AbstractContextManager[Up]:
        """Reach it; let go of it at the end. `through` may put something between the board and the client.

        A fault or a silence inside the context is raised anew with what is known of it: the line of `elf`, remedies.
        """
