"""A network's activations over time as an SVG: layers from left to right, addresses of the arena from bottom to top."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from html import escape

import attrs

from n6gen.compiler.cpu.memory import Stretch, Timeline
from n6gen.size.picture import kib
from n6gen.tools.text import clean

_COLOURS = {
    "input": ("#4ade80", "the input"),
    "tensor": ("#60a5fa", "a tensor"),
    "in place": ("#a5b4fc", "a tensor in place of another"),
    "output": ("#fb923c", "the output"),
    "bands": ("#facc15", "bands: a few rows of tensors that are never there as a whole"),
    "buffers": ("#94a3b8", "a kernel's buffers"),
}
_PATTERN = (
    '<defs><pattern id="bands" width="7" height="7" patternUnits="userSpaceOnUse">'
    f'<rect width="7" height="7" fill="{_COLOURS["bands"][0]}"/>'
    '<path d="M0 5h7" stroke="#ca8a04" stroke-width="1.2"/></pattern></defs>'
)
_WIDTH, _LEFT, _RIGHT, _TOP, _HEIGHT, _BELOW = 1200, 84, 24, 100, 540, 100
#: Nothing that lies in memory may vanish: a pixel and a half is seen.
_LEAST = 1.5
#: Pixels of a letter's advance and of a line, at the size of labels.
_LETTER, _LINE = 6.4, 12.0
#: A name that is cut shorter than this says nothing.
_FEWEST = 12
#: Layers whose names stand below are at least so many pixels apart.
_APART = 13.0
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(found: Timeline, title: str) -> str:
    """The picture of a memory plan; `title` says what network it is."""
    scale = _Scale(len(found.layers), found.arena)
    written_over = {stretch.over for stretch in found.stretches} - {None}
    height = _TOP + _HEIGHT + _BELOW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="11" fill="#0f172a">'
    )
    lines = [
        head,
        f"<title>{_text(f'Activations of {title}')}</title>",
        _PATTERN,
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="28" font-size="16" font-weight="600">{_text(title, 110)}</text>',
        f'<text x="16" y="47" fill="#475569">{_summary(found)}</text>',
        *_legend(found),
        *_axes(found, scale),
        *(line for stretch in found.stretches for line in _stretch(stretch, scale, written_over)),
        *_peak(found, scale),
    ]
    return "\n".join([*lines, "</svg>"]) + "\n"


@attrs.frozen
class _Scale:
    """Places in the drawing. Layer -1 is drawn as the first column, the layer behind the last as the last one."""

    layers: int
    arena: int

    @property
    def column(self) -> float:
        return (_WIDTH - _LEFT - _RIGHT) / (self.layers + 2)

    def x(self, layer: int) -> float:
        """Left end of a layer's column."""
        return _LEFT + (layer + 1) * self.column

    def y(self, address: int) -> float:
        return _TOP + _HEIGHT * (1 - address / self.arena)


def _summary(found: Timeline) -> str:
    busiest = max(found.layers, key=lambda layer: layer.bytes, default=None)
    where = f", {busiest.bytes:,} B in use in layer {busiest.index} ({_text(busiest.kind)})" if busiest else ""
    bound = (
        "no plan needs less" if found.peak == found.lower_bound else f"no plan needs less than {found.lower_bound:,} B"
    )
    return f"{len(found.layers)} layers, kernels {_text(found.kernels)}; peak {found.peak:,} B, {bound}{where}"


def _stretch(stretch: Stretch, scale: _Scale, written_over: Container[str | None]) -> Iterator[str]:
    # What is written over is drawn up to the middle of that layer, and what lies over it from there on.
    begin = scale.x(stretch.first) + (scale.column / 2 if stretch.over is not None else 0)
    end = scale.x(stretch.last + 1) - (scale.column / 2 if stretch.name in written_over else 0)
    x, width = begin, end - begin
    top, height = scale.y(stretch.offset + stretch.bytes), _HEIGHT * stretch.bytes / scale.arena
    kind = _kind(stretch)
    fill = "url(#bands)" if kind == "bands" else _COLOURS[kind][0]
    yield (
        f'<rect class="{kind}" x="{x:.2f}" y="{top:.2f}" width="{width:.2f}" height="{max(height, _LEAST):.2f}" '
        f'fill="{fill}" stroke="#ffffff" stroke-width="0.6"><title>{_text(_about(stretch))}</title></rect>'
    )
    yield from _label(stretch, x, top, width, height)


def _kind(stretch: Stretch) -> str:
    return "in place" if stretch.role == "tensor" and stretch.in_place_of is not None else stretch.role


def _label(stretch: Stretch, x: float, top: float, width: float, height: float) -> Iterator[str]:
    """The shape, along or across, and before it as much of the name as there is room for."""
    along, across = (int((room - 6) / _LETTER) for room in (width, height))
    shape = _shape(stretch.shape) if stretch.shape else stretch.role
    x, y = x + width / 2, top + height / 2
    if along >= len(shape) and height >= _LINE:
        turned, room = "", along
    elif across >= len(shape) and width >= _LINE:
        turned, room = f' transform="rotate(-90 {x:.1f} {y:.1f})"', across
    else:
        return
    left = room - len(shape) - 1
    name = f"{clean(stretch.name, left)} " if left >= _FEWEST else ""
    yield (
        f'<text x="{x:.1f}" y="{y:.1f}" dy="0.35em" font-size="10" text-anchor="middle" pointer-events="none"{turned}>'
        f"{_text(name + shape)}</text>"
    )


def _about(stretch: Stretch) -> str:
    """All there is to know about a stretch, for who points at it."""
    last = "" if stretch.last == stretch.first else f" to {stretch.last}"
    where = f"{stretch.bytes:,} B at {stretch.offset:,}, layer {stretch.first}{last}"
    shape = f" {_shape(stretch.shape)}" if stretch.shape else ""
    lines = [f"{_kind(stretch)}: {stretch.name}{shape}", where]
    if stretch.in_place_of is not None:
        lines.append(f"in place of {stretch.in_place_of}")
    if stretch.over is not None:
        lines.append(f"over {stretch.over}, as that is read")
    if stretch.instead_of:
        lines.append("instead of " + " and ".join(f"{_shape(e.shape)} ({e.bytes:,} B)" for e in stretch.instead_of))
    return "\n".join(lines)


def _peak(found: Timeline, scale: _Scale) -> Iterator[str]:
    y = scale.y(found.peak)
    yield (
        f'<line class="peak" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.2f}" y2="{y:.2f}" stroke="#dc2626" '
        'stroke-width="1.5" stroke-dasharray="6 3"/>'
    )
    yield (
        f'<text x="{_WIDTH - _RIGHT}" y="{y - 5:.1f}" fill="#dc2626" font-weight="600" text-anchor="end">'
        f"peak {found.peak:,} B</text>"
    )


def _axes(found: Timeline, scale: _Scale) -> Iterator[str]:
    """Addresses with lines across; layers by number, kind and output, those that work in bands marked."""
    bottom = _TOP + _HEIGHT
    step = 1 << max(0, (found.arena // 5).bit_length() - 1)
    for address in range(0, found.arena, step):
        y = scale.y(address)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e2e8f0"/>'
        text = kib(address) if address and step >= 1024 else f"{address:,}"
        yield f'<text x="{_LEFT - 8}" y="{y:.1f}" dy="0.35em" fill="#475569" text-anchor="end">{text}</text>'
    every = -int(-_APART // scale.column)
    columns = [(-1, "in", False), *((e.index, f"{e.index} {e.kind}", e.banded) for e in found.layers)]
    for index, text, banded in [*columns, (len(found.layers), "out", False)]:
        x = scale.x(index) + scale.column / 2
        if banded:
            yield (
                f'<rect x="{scale.x(index):.2f}" y="{bottom + 3}" width="{scale.column:.2f}" height="4" '
                f'fill="{_COLOURS["bands"][0]}"/>'
            )
        if index % every == 0 or index in (-1, len(found.layers)):
            yield (
                f'<text x="{x:.1f}" y="{bottom + 14}" dy="0.35em" font-size="10" text-anchor="end" '
                f'transform="rotate(-60 {x:.1f} {bottom + 14})">{_text(text, 28)}</text>'
            )
    yield f'<text x="{_LEFT - 8}" y="{_TOP - 10}" fill="#475569" text-anchor="end">address</text>'
    yield f'<text x="{_LEFT - 8}" y="{bottom + 20}" fill="#475569" text-anchor="end">layer</text>'


def _legend(found: Timeline) -> Iterator[str]:
    here = {_kind(stretch) for stretch in found.stretches}
    x = 16.0
    for kind, (colour, words) in _COLOURS.items():
        if kind in here:
            fill = "url(#bands)" if kind == "bands" else colour
            yield f'<rect x="{x:.0f}" y="57" width="12" height="12" fill="{fill}"/>'
            yield f'<text x="{x + 17:.0f}" y="67">{words}</text>'
            x += 36 + 5.6 * len(words)


def _shape(shape: tuple[int, int, int]) -> str:
    return "×".join(map(str, shape))


def _text(text: str, limit: int = 300) -> str:
    """Text as it may stand in XML: names come from a model that nobody vouches for."""
    return escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", clean(text, limit)))
