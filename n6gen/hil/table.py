"""Takes a table of a plan apart, key by key; what is left over is unknown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NoReturn

from n6gen.hil.source import Place, Source, near


class Table:
    """One table of a file. Every method takes one key out of it; the errors say where in the file it is."""

    def __init__(self, source: Source, place: Place, content: dict[str, Any]) -> None:
        """Look at `content`, which stands at `place`."""
        self._source = source
        self._place = place
        self._left = dict(content)
        self._known: list[str] = []

    def __contains__(self, name: str) -> bool:
        """Whether a key is there that nobody took yet."""
        return name in self._left

    def wrong(self, name: str | None, message: str, *remedies: str) -> NoReturn:
        """Raise the InputError for a value, or for the table itself."""
        place = self._place if name is None else (*self._place, name)
        raise self._source.error(place, message, *remedies, at_value=name is not None)

    def take(self, name: str, default: Any, fits: Callable[[Any], bool], wanted: str) -> Any:
        """The value of a key that `fits`, or the default."""
        self._known.append(name)
        if name not in self._left:
            return default
        value = self._left.pop(name)
        if not fits(value):
            self.wrong(name, f"{name} = {_shown(value)} is not {wanted}")
        return value

    def text(self, name: str, default: Any = None, choices: Collection[str] = ()) -> Any:
        """A text, one of `choices` if there are some."""
        value = self.take(name, default, lambda v: isinstance(v, str) and v != "", "a text")
        if choices and name not in self._left and value is not default and value not in choices:
            self.wrong(name, f"{name} = {_shown(value)} is none of {', '.join(choices)}", near(value, choices))
        return value

    def path(self, name: str, default: Path | None = None) -> Path | None:
        """A path, relative to the file."""
        value = self.text(name)
        return default if value is None else self._source.file.parent / value

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        return bool(self.take(name, default, lambda v: isinstance(v, bool), "true or false"))

    def whole(self, name: str, default: int, least: int = 0) -> int:
        """A whole number of at least `least`."""
        return int(self.take(name, default, lambda v: _whole(v) and v >= least, f"a whole number from {least}"))

    def number(self, name: str, default: float, least: float, most: float, what: str) -> float:
        """A number between two others."""
        fits = f"{what} between {least:g} and {most:g}"
        return float(self.take(name, default, lambda v: _number(v) and least <= v <= most, fits))

    def share(self, name: str, default: float | None = None) -> float | None:
        """A share of 1, or a percentage in a text."""

        def fits(value: Any) -> bool:
            return (_number(value) and 0 <= value <= 1) or (isinstance(value, str) and _percent(value) is not None)

        value = self.take(name, default, fits, 'a share from 0 to 1 or a percentage such as "3%"')
        return _percent(value) if isinstance(value, str) else value

    def texts(
        self, name: str, default: tuple[str, ...] = (), choices: Collection[str] = (), note: str = ""
    ) -> tuple[str, ...]:
        """A list of texts, or one; each of `choices` if there are some. `note` is said of one that is not."""

        def fits(value: Any) -> bool:
            return isinstance(value, str) or (isinstance(value, list) and all(isinstance(v, str) for v in value))

        value = self.take(name, list(default), fits, "a list of texts")
        words = (value,) if isinstance(value, str) else tuple(value)
        for index, word in enumerate(words):
            if choices and word not in choices:
                place = (*self._place, name, index)
                message = f"{word!r} is none of {', '.join(choices)}" + (f": {note}" if note else "")
                raise self._source.error(place, message, near(word, choices), at_value=True)
        return words

    def words(self, name: str) -> dict[str, str]:
        """A table of texts."""

        def fits(value: Any) -> bool:
            return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())

        return dict(self.take(name, {}, fits, "a table of texts"))

    def table(self, name: str) -> Table:
        """A table inside of this one, empty if it is not there."""
        value = self.take(name, {}, lambda v: isinstance(v, dict), "a table")
        return Table(self._source, (*self._place, name), value)

    def tables(self, name: str) -> list[Table]:
        """An array of tables."""
        value = self.take(
            name, [], lambda v: isinstance(v, list) and all(isinstance(e, dict) for e in v), "an array of tables"
        )
        return [Table(self._source, (*self._place, name, index), entry) for index, entry in enumerate(value)]

    def rest(self, known: Collection[str]) -> Iterator[tuple[str, Any]]:
        """Each key of `known` that is there, with its value, in the order of the file."""
        self._known += known
        for name in [name for name in self._left if name in known]:
            yield name, self._left.pop(name)

    def done(self) -> None:
        """Refuse whatever nobody took."""
        for name in self._left:
            raise self._source.error((*self._place, name), f"unknown key {name!r}", near(name, self._known))


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _percent(text: str) -> float | None:
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        return None
    return share if text.endswith("%") and 0 <= share <= 100 else None
