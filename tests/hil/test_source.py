"""Where keys and values are in TOML, against tomllib and the text itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from n6gen.hil.source import _Finder

_NAMES = st.text("abcxyz_-0", min_size=1, max_size=5)
_SCALARS = st.one_of(
    st.integers(-99, 99).map(str),
    st.sampled_from(
        ["true", "1.5", '"a # [b] = c"', "'it\\'", '"q\\"]"', '"""\nx = 1\n[t]"""', "1979-05-27T07:32:00Z"]
    ),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[ # c\n" + ",\n ".join(parts) + "]"),
        st.dictionaries(_NAMES, inner, max_size=3).map(
            lambda pairs: "{ " + ", ".join(f"{name} = {value}" for name, value in pairs.items()) + " }"
        ),
    ),
    max_leaves=6,
)
_TABLES = st.lists(
    st.tuples(st.booleans(), _NAMES, st.dictionaries(_NAMES, _VALUES, max_size=3)), max_size=4, unique_by=lambda t: t[1]
)


def _written(tables: list[tuple[bool, str, dict[str, str]]]) -> str:
    lines = []
    for many, name, pairs in tables:
        lines.append(f"[[{name}]] # c" if many else f" [{name}]")
        lines += [f"  {key} ={value} # c" for key, value in pairs.items()]
    return "\n".join([*lines, ""])


@given(_TABLES)
def test_every_key_is_found_where_it_stands(tables: list[tuple[bool, str, dict[str, str]]]) -> None:
    """Each path of the parsed content has a place, at which its key is written."""
    text = _written(tables)
    finder = _Finder(text)
    finder.run()

    def check(place: tuple[str | int, ...], value: object) -> None:
        if place and isinstance(place[-1], str):
            at = finder.keys.get(place)
            if at is None:
                # A table of an array stands under its number.
                at = finder.keys[(*place, 0)]
            assert text[at:].lstrip("[").startswith(place[-1])
        elif place:
            assert place in finder.keys or place in finder.values
        for key, inner in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            check((*place, key), inner)

    check((), tomllib.loads(text))


def test_crlf(tmp_path: Path) -> None:
    """Lines of Windows count as lines."""
    from n6gen.hil.source import read

    file = tmp_path / "a.toml"
    file.write_bytes(b"a = 1\r\n[b]\r\nc = 2\r\n")
    assert read(file).error(("b", "c"), "x").message == f"{file}:3:1: x"
