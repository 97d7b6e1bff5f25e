"""Two small `network.c`, one of each form, written by the stand-in's own writer."""

from __future__ import annotations

from tests.stand_ins.stedgeai_parts.network_text import Block, BufferText, NetworkText, PoolText, network_c

_POOLS = [
    PoolText(1, "52.00 KB", "npuRAM5", "AXISRAM5", 0x342E0000, 458752),
    PoolText(4, "1.00 MB", "cpuRAM2", "AXISRAM2", 0x34100000, 1048576),
    PoolText(11, "1.05 MB", "cpuRAM2_npuRAM5", "AXISRAM2_AXISRAM5", 0x34100000, 2883576, virtual=True),
    PoolText(7, "?", "hyperRAM", "xSPI1", 0x90000000, 16777208),
    PoolText(8, "959.74 KB", "octoFlash", "xSPI2", 0x70380000, 63963128, read_only=True),
]
_INPUT = BufferText("in", 0x342E0000, (1, 32, 32, 3), "UINT8", 0.00777685595676303, 128)
_WEIGHTS = BufferText("weights", 0x70380000, (982769,), "INT8", param=True)

NETWORK_C_21 = network_c(
    NetworkText(
        name="Default",
        branch="2.1",
        runtime=(1, 1, 0, 31),
        strict=False,
        pools=_POOLS,
        blocks=[Block("blob", 1, 3), Block("sw", 4, 4, "Resize"), Block("hybrid", 5, 5, "DepthToSpace")],
        inputs=[_INPUT],
        outputs=[BufferText("out", None, (1, 8, 8, 2), "FLOAT")],
        params=[_WEIGHTS],
        options=["optimization = 3"],
    )
)

NETWORK_C_40 = network_c(
    NetworkText(
        name="network",
        branch="4.0",
        runtime=(1, 1, 3, 262),
        strict=True,
        pools=_POOLS,
        blocks=[Block("blob", 1, 3), Block("hybrid", 4, 4, "Transpose")],
        inputs=[_INPUT],
        outputs=[BufferText("out", 0x342E0000, (1, 8, 8, 2), "INT8", 0.5, -3)],
        params=[_WEIGHTS],
    )
)
