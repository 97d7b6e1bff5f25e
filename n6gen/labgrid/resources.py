"""Boards as labgrid's resources. An exporter knows neither class: it passes on what its file says, as it is."""

from __future__ import annotations

import attr
from labgrid.factory import target_factory
from labgrid.resource.common import NetworkResource

_TEXT = attr.validators.instance_of(str)


# labgrid sets attributes that it has not declared: its classes have no slots, and are old-style attrs throughout.
@target_factory.reg_resource
@attr.s(eq=False)
class N6Board(NetworkResource):  # type: ignore[misc]
    """A real board: the machine that it is connected to, its probe's serial number, and what is special about it.

    `link`: the URL of its link, "" for the probe's own port. `state_dir`: n6gen's state folder on `host`, "" for the
    usual one. `n6gen`: how n6gen is started on `host`.
    """

    serial: str = attr.ib(validator=_TEXT)
    link: str = attr.ib(default="", validator=_TEXT)
    state_dir: str = attr.ib(default="", validator=_TEXT)
    n6gen: str = attr.ib(default="n6gen", validator=_TEXT)


@target_factory.reg_resource
@attr.s(eq=False)
class N6VirtualBoard(NetworkResource):  # type: ignore[misc]
    """A virtual board on `host`. `state_dir` and `n6gen` are as for N6Board."""

    serial: str = attr.ib(default="virtual-0", validator=_TEXT)
    state_dir: str = attr.ib(default="", validator=_TEXT)
    n6gen: str = attr.ib(default="n6gen", validator=_TEXT)
