"""The front ends against the runtimes' own headers, where this machine has them: read by gcc, nothing is built."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.core import ROOT, STRICT

from n6gen.app import render_project
from n6gen.board import load_board
from n6gen.vendor.manifest import load_manifest
from tests.dk.test_front_ends import npu_network
from tests.support.app import tiny_config
from tests.support.vendor import real_store

pytestmark = pytest.mark.arm

BOARD = "stm32n6570-dk"
#: Each interface: the package that has its runtime, the network's name, and headers that must be found in it.
_RUNTIMES = {
    "aton": ("runtime-2.1", "Default", ("ll_aton_runtime.h", "mcu_cache.h")),
    "stai": ("runtime-4.0", "network", ("ll_aton_runtime.h", "mcu_cache.h", "stai.h", "STM32N6570-DK/stai_network.h")),
}
_OTHERS = {"hal": "stm32n6xx_hal.h", "cmsis-device": "stm32n6xx.h", "cmsis-core": "core_cm55.h"}
_CORE = ("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard", "-fpermitted-flt-eval-methods=c11")
_OURS = {"STM32N657xx": "1", "LL_ATON_PLATFORM": "LL_ATON_PLAT_STM32N6", "LL_ATON_OSAL": "LL_ATON_OSAL_BARE_METAL"}


def _folder_of(package: str, header: str) -> Path:
    """Where the package's header lies; skips where it does not."""
    manifest, store = load_manifest(BOARD), real_store()
    known = next((one for one in manifest.packages if one.name == package), None)
    found = [] if known is None else sorted(store.home(known).rglob(header)) if store.record(known) else []
    if not found:
        pytest.skip(f"{package} is not fetched on this machine (n6gen vendor fetch)")
    return found[0].parent


@pytest.mark.parametrize("api", list(_RUNTIMES))
def test_the_front_end_fits_the_runtime(tmp_path: Path, api: str) -> None:
    """No warning of the strict ones in what is ours: types of callbacks, of blocks, and of events are the runtime's."""
    package, name, headers = _RUNTIMES[api]
    folders = [_folder_of(package, header) for header in headers]
    folders += [_folder_of(other, header) for other, header in _OTHERS.items()]
    board = load_board(BOARD)
    project = render_project(board, npu_network(tmp_path, api, name), tiny_config(), tmp_path / "p").folder
    words = [
        "arm-none-eabi-gcc",
        *STRICT,
        *_CORE,
        "-fsyntax-only",
        *(f"-D{key}={value}" for key, value in _OURS.items()),
    ]
    own = [f"-I{project / folder}" for folder in ("frontend", "core", "config")]
    foreign = [word for folder in (*folders, ROOT / "board" / BOARD / "src" / "conf") for word in ("-isystem", folder)]
    sources = [project / "frontend" / file for file in ("npu.c", "npu_event.c", f"npu_{api}.c")]
    done = subprocess.run([*words, *own, *foreign, *sources], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
