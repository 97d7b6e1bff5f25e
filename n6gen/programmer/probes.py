"""What all programmers of debug probes add to a list of them: what USB shows, serial ports, and who uses them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from n6gen.programmer.base import Probe
from n6gen.programmer.failures import BY_NAME
from n6gen.programmer.probe_lock import holder_of
from n6gen.programmer.usb import port_of, usb_probes


def completed(found: Sequence[Probe], programmer: str) -> list[Probe]:
    """The probes that a tool listed, and those that it could not open; each with its port and its user."""
    known = {probe.serial.upper() for probe in found}
    denied = BY_NAME["no-permission"]
    hidden = [
        Probe(probe.serial, "?", "no permission", programmer=programmer, note=f"{denied.cause}. {denied.remedy}")
        for probe in usb_probes()
        if not probe.accessible and probe.serial.upper() not in known
    ]
    return [_with_user(probe) for probe in (*found, *hidden)]


def _with_user(probe: Probe) -> Probe:
    user = holder_of(probe.serial)
    if user is not None:
        probe = attrs.evolve(probe, state="busy", note=f"in use by {user}")
    return attrs.evolve(probe, vcp=port_of(probe.serial))
