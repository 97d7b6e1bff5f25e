"""The calls of operations that move bytes."""

from __future__ import annotations

import numpy as np

from n6gen.compiler.cpu import program
from n6gen.compiler.cpu.site import Constant, Fields, Made, Site, shape_field


def repeat(site: Site, repeat: program.Repeat) -> Made:
    """One pixel, many times."""
    return site.simple("repeat", [("channels", site.out.channels), ("count", repeat.count)])


def join(site: Site, join: program.Join) -> Made:
    """Each input to its place."""
    constants, calls = [], []
    if join.fill is not None:
        calls.append(f"kernel_fill({site.out.size}, {join.fill}, {site.at(site.out.name)});")
    for part, (tensor, place) in enumerate(zip(site.inputs, join.places, strict=True)):
        fields: Fields = [
            shape_field("in", tensor),
            ("out_width", site.out.width),
            ("out_channels", site.out.channels),
            ("top", place.top),
            ("left", place.left),
            ("channel", place.channel),
            *([] if place.table is None else [("table", site.blob.add(place.table))]),
        ]
        name = f"layer_{site.index}_{part}"
        constants.append(Constant("kernel_place", name, fields))
        pointers = f"{site.at(tensor.name)}, {site.at(site.out.name)}"
        calls.append(
            f"kernel_place_same(&{name}, {pointers});"
            if place.table is None
            else f"kernel_place(&{name}, blob, {pointers});"
        )
    return constants, calls


def pick(site: Site, pick: program.Pick) -> Made:
    """Some rows, columns and channels."""
    source = site.inputs[0]
    offsets = [("rows", pick.rows, source.width * source.channels), ("columns", pick.columns, source.channels)]
    fields: Fields = [
        shape_field("out", site.out),
        ("channel", pick.first_channel),
        ("channel_step", pick.channel_step),
        *((name, site.blob.add((np.array(of, "<i4") * np.int32(size)).tobytes())) for name, of, size in offsets),
    ]
    return site.then_table(site.simple("pick", fields, blob=True), pick.table)
