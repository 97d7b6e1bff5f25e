"""The memory map as an SVG: one bar a memory, each as long as the others; what is used, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import attrs

from n6gen.board import Memory
from n6gen.size.use import OWNERS, Room, Sizes, Use

_COLOURS = dict(
    zip(
        OWNERS,
        ("#1d4ed8", "#60a5fa", "#94a3b8", "#ea580c", "#a855f7", "#65a30d", "#1d4ed8", "#0f766e"),
        strict=True,
    )
)
_WIDTH, _LEFT, _RIGHT = 960, 160, 120
_BAR, _STEP, _TOP = 26, 56, 64
_BAR_WIDTH = _WIDTH - _LEFT - _RIGHT
#: Nothing that is used may vanish: a pixel and a half is seen.
_LEAST = 1.5
#: Of a memory whose uses end before this share of it, only the beginning is drawn.
_SPARSE = 1 / 8
#: A room narrower than this has no place for its name.
_LABEL = 7.0


def svg(sizes: Sizes) -> str:
    """The picture of a build's memories that hold a room."""
    memories = [memory for memory in sizes.board.memories.values() if sizes.of_memory(memory.name)]
    height = _TOP + len(memories) * _STEP + 44
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#0f172a">'
    )
    parts = [
        head,
        f"<title>Memory of {escape(sizes.board.title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="28" font-size="16" font-weight="600">{escape(sizes.board.title)}</text>',
        f'<text x="16" y="46" fill="#475569">build {sizes.build_id[:12]} · each bar is one memory</text>',
    ]
    for index, memory in enumerate(memories):
        parts += _memory(memory, sizes.of_memory(memory.name), _TOP + index * _STEP)
    parts += _legend(sizes, height - 24)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _memory(memory: Memory, rooms: tuple[Room, ...], top: int) -> Iterator[str]:
    used, size = sum(room.used for room in rooms), memory.size
    memory = _beginning(memory, rooms)
    where = f"{memory.base:#010x}" + (f", first {kib(memory.size)}" if memory.size < size else "")
    yield f'<text x="16" y="{top + 12}" font-weight="600">{escape(memory.name)}</text>'
    yield f'<text x="16" y="{top + 26}" fill="#475569" font-size="11">{where}</text>'
    yield f'<rect x="{_LEFT}" y="{top}" width="{_BAR_WIDTH}" height="{_BAR}" fill="#e2e8f0"/>'
    for room in rooms:
        for use in room.uses:
            yield _use(memory, room, use, top)
    for room in rooms:
        if room.base >= memory.end:
            continue
        x, width = _span(memory, room.base, min(room.end, memory.end) - room.base)
        yield (
            f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="none" stroke="#0f172a" '
            'stroke-width="0.75"/>'
        )
        if width >= _LABEL * len(room.name):
            name = escape(room.name)
            yield f'<text x="{x + 2:.1f}" y="{top + _BAR + 12}" fill="#475569" font-size="10">{name}</text>'
    yield (
        f'<text x="{_WIDTH - _RIGHT + 10}" y="{top + 12}">{kib(used)}</text>'
        f'<text x="{_WIDTH - _RIGHT + 10}" y="{top + 26}" fill="#475569" font-size="11">of {kib(size)}, '
        f"{escape(share(used, size))}</text>"
    )


def _beginning(memory: Memory, rooms: tuple[Room, ...]) -> Memory:
    """The part of a memory that is worth a picture: all of it, or a power of two that holds every use."""
    end = max((use.end for room in rooms for use in room.uses), default=memory.base) - memory.base
    if not 0 < end < _SPARSE * memory.size:
        return memory
    return attrs.evolve(memory, size=1 << (end - 1).bit_length())


def _use(memory: Memory, room: Room, use: Use, top: int) -> str:
    x, width = _span(memory, use.base, use.size)
    about = f"{use.owner}: {use.size:,} B at {use.base:#010x} in {room.name}"
    return (
        f'<rect x="{x:.1f}" y="{top}" width="{max(width, _LEAST):.1f}" height="{_BAR}" fill="{_COLOURS[use.owner]}">'
        f"<title>{escape(about)}</title></rect>"
    )


def _legend(sizes: Sizes, y: int) -> Iterator[str]:
    here = {use.owner for room in sizes.rooms for use in room.uses}
    x = 16.0
    for owner in (owner for owner in OWNERS if owner in here):
        yield f'<rect x="{x:.0f}" y="{y - 10}" width="12" height="12" fill="{_COLOURS[owner]}"/>'
        yield f'<text x="{x + 17:.0f}" y="{y}">{escape(owner)}</text>'
        x += 32 + 6.6 * len(owner)
    yield f'<rect x="{x:.0f}" y="{y - 10}" width="12" height="12" fill="#e2e8f0"/>'
    yield f'<text x="{x + 17:.0f}" y="{y}">free</text>'


def _span(memory: Memory, base: int, size: int) -> tuple[float, float]:
    scale = _BAR_WIDTH / memory.size
    return _LEFT + (base - memory.base) * scale, size * scale


def kib(size: int) -> str:
    """Bytes in the unit that people think in."""
    if size >= 2 << 20 and size % (1 << 20) == 0:
        return f"{size >> 20} MiB"
    return f"{size / 1024:,.0f} KiB" if size < 10 << 20 else f"{size / (1 << 20):,.1f} MiB"


def share(part: int, whole: int) -> str:
    """A part in per cent: never 0 for what is there."""
    per_cent = 100 * part / whole
    return "< 1 %" if 0 < per_cent < 1 else f"{per_cent:.0f} %"
