"""Images that fit their partitions and still must not be written to this very board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from n6gen.board.facts import Partition
from n6gen.image import stm32
from n6gen.image.weights import TRAILER_SIZE
from n6gen.programmer.base import Identity, Target

Images = Sequence[tuple[Partition, bytes]]


def reasons(target: Target, identity: Identity, images: Images, chosen: Images, *, force: bool) -> Mapping[str, str]:
    """Why images of `chosen` are refused, by partition. `images` are all of the build.

    * An image whose header the silicon does not boot (cut 1 and cut 2 of the STM32N6 want different ones).
    * An app without its weights, unless the board holds them already; `force` writes it all the same.
    """
    found = {
        partition.name: f"its header has version {version}, this silicon boots version {identity.header}"
        for partition, data in chosen
        if partition.image == "stm32"
        and identity.header is not None
        and (version := stm32.parse(data).layout.name) != identity.header
    }
    apps = [partition.name for partition, _ in chosen if _is_app(partition)]
    weights = [(partition, data) for partition, data in images if partition.image == "weights"]
    left_out = [one for one in weights if one not in chosen]
    if apps and left_out and not force:
        partition, data = left_out[0]
        trailer = data[-TRAILER_SIZE:]
        if target.differing(partition.address + len(data) - TRAILER_SIZE, trailer):
            reason = f"the board does not hold the {partition.name} of its network; write them too, or use --force"
            found |= {name: reason for name in apps if name not in found}
    return found


def _is_app(partition: Partition) -> bool:
    return partition.image == "stm32" and partition.binary_type == stm32.APP
