"""A TOML file whose every key and value knows its line and column."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from n6gen.errors import InputError

Place = tuple[str | int, ...]
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_PART = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\]|\\.)*)"|'([^']*)')[ \t]*""")
_STRING = re.compile(r"""\"\"\"(?:[^\\]|\\.)*?\"{3,5}|'''.*?'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*'""", re.DOTALL)
_PLAIN = re.compile(r"[^,\]}#\n]*")


@attrs.frozen
class Source:
    """The file, its content, and where in it things are: offsets into `text` by path."""

    file: Path
    text: str
    content: dict[str, Any]
    keys: dict[Place, int]
    values: dict[Place, int]

    def error(self, place: Place, message: str, *remedies: str, at_value: bool = False) -> InputError:
        """The error for what is wrong at `place`; for what is not there, at the table that lacks it."""
        known = {**self.keys, **self.values} if at_value else {**self.values, **self.keys}
        while place and place not in known:
            place = place[:-1]
        line, column = _position(self.text, known.get(place, 0))
        return InputError(f"{self.file}:{line}:{column}: {message}", *remedies)


def read(file: Path) -> Source:
    """Read a TOML file; InputError, with line and column, if it is none."""
    try:
        text = file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError(
            f"there is no plan {file}", "Make one to start from: n6gen ci init", "Or name one: --plan FILE"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read: {error}") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(file, text, str(error)) from error
    finder = _Finder(text)
    finder.run()
    return Source(file, text, content, finder.keys, finder.values)


def near(word: str, known: Iterable[str]) -> str:
    """A sentence that leads from a wrong word to a right one."""
    names = list(known)
    found = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean {found[0]}?" if found else f"Known: {', '.join(names)}."


def _syntax(file: Path, text: str, said: str) -> InputError:
    found = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", said)
    line, column = (found[1], found[2]) if found and found[1] else _position(text, len(text))
    return InputError(f"{file}:{line}:{column}: {said[: found.start()] if found else said}")


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


class _Finder:
    """Walks through the text of valid TOML and notes where things begin."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.keys: dict[Place, int] = {}
        self.values: dict[Place, int] = {}
        self._at = 0
        self._counts: dict[Place, int] = {}

    def run(self) -> None:
        table: Place = ()
        while self._skip() < len(self.text):
            if self.text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _skip(self) -> int:
        found = _SPACE.match(self.text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _header(self) -> Place:
        begin, many = self._at, self.text.startswith("[[", self._at)
        self._at += 2 if many else 1
        place = self._inside(self._dotted())
        self._at += 2 if many else 1
        if many:
            number = self._counts.get(place, 0)
            self._counts[place] = number + 1
            place = (*place, number)
        self.keys.setdefault(place, begin)
        return place

    def _inside(self, place: Place) -> Place:
        """The path below an array of tables goes through its last element."""
        found: Place = ()
        for index, part in enumerate(place):
            found = (*found, part)
            if found in self._counts and index < len(place) - 1:
                found = (*found, self._counts[found] - 1)
        return found

    def _dotted(self) -> Place:
        parts: list[str] = []
        while True:
            found = _PART.match(self.text, self._at)
            if found is None:
                return tuple(parts)
            parts.append(next(group for group in found.groups() if group is not None))
            self._at = found.end()
            if not self.text.startswith(".", self._at):
                return tuple(parts)
            self._at += 1

    def _pair(self, table: Place) -> None:
        begin = self._at
        place = (*table, *self._dotted())
        self.keys.setdefault(place, begin)
        self._at += 1
        self._value(place)

    def _value(self, place: Place) -> None:
        self._skip()
        self.values[place] = self._at
        first = self.text[self._at]
        if first in "[{":
            self._at += 1
            self._members(place, "]" if first == "[" else "}")
        else:
            found = (_STRING if first in "\"'" else _PLAIN).match(self.text, self._at)
            self._at = found.end() if found else self._at + 1

    def _members(self, place: Place, end: str) -> None:
        index = 0
        while self._skip() < len(self.text) and self.text[self._at] != end:
            if self.text[self._at] == ",":
                self._at += 1
            elif end == "}":
                self._pair(place)
            else:
                self._value((*place, index))
                index += 1
        self._at += 1
