"""The command line of `stedgeai generate`, and the folders of one run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import attrs

from n6gen.board import Board
from n6gen.compiler.stedgeai import profile
from n6gen.compiler.stedgeai.version import CoreVersion
from n6gen.errors import InputError

#: Variables of make and of compilers' callers that disturb the tool's own builds (it compiles for its size estimate).
_DISTURBING = ("CFLAGS", "CPPFLAGS", "LDFLAGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "CC", "LD", "RM")
#: C name of the network; what the generated functions are called is read from network.c, 2.x has an own mind there.
C_NAME = "network"


@attrs.frozen
class Options:
    """What of a compilation a user can choose; all of it is in the cache's key.

    `per_epoch`: without the epoch controller, with a callback for each epoch; for profiles only. `application_io`:
    input and output in buffers of the application, so that a camera can fill one while the network runs.
    """

    per_epoch: bool = False
    application_io: bool = False

    @property
    def kernels(self) -> str:
        """The variant's name, as `CompilerInfo.kernels`."""
        return "per-epoch" if self.per_epoch else "epoch-controller"


@attrs.frozen
class Run:
    """One run of the tool: its own folder, so that two runs share nothing and nothing in it is old."""

    folder: Path

    @property
    def model(self) -> Path:
        """The ONNX given to the tool. Its name is always the same: it ends up in what is generated."""
        return self.folder / "model.onnx"

    @property
    def pools(self) -> Path:
        """The memory pools."""
        return self.folder / "network.mpool"

    @property
    def profiles(self) -> Path:
        """The file of profiles."""
        return self.folder / "neural_art.json"

    @property
    def workspace(self) -> Path:
        """The tool's workspace."""
        return self.folder / "st_ai_ws"

    @property
    def output(self) -> Path:
        """Where the tool puts the network."""
        return self.folder / "st_ai_output"

    @property
    def log(self) -> Path:
        """All that the tool printed."""
        return self.folder / "stedgeai.log"

    def write(self, model: bytes, board: Board, core: CoreVersion, options: Options) -> None:
        """Make the folder anew with all that the tool reads.

        Raises InputError if the path is not ASCII, which the NPU compiler cannot read.
        """
        if not str(self.folder).isascii():
            raise InputError(
                f"{self.folder}: stedgeai cannot work in a folder whose name is not ASCII",
                "Set N6GEN_CACHE_DIR to a folder with an ASCII name.",
            )
        shutil.rmtree(self.folder, ignore_errors=True)
        self.output.mkdir(parents=True)
        self.workspace.mkdir()
        self.model.write_bytes(model)
        self.pools.write_text(profile.render_pools(board), encoding="ascii")
        words = profile.compiler_options(core, per_epoch=options.per_epoch)
        self.profiles.write_text(profile.render_profile(board, self.pools, words), encoding="ascii")


def generate(program: Path, run: Run, board: Board, options: Options) -> list[str]:
    """The arguments of `stedgeai generate`. Input and output are int8, channels last, in every release."""
    words = [
        *_without_disturbance(),
        str(program),
        "generate",
        "--target",
        "stm32n6",
        "--name",
        C_NAME,
        "--model",
        str(run.model),
        "--st-neural-art",
        f"{profile.profile_name(board)}@{run.profiles}",
        "--workspace",
        str(run.workspace),
        "--output",
        str(run.output),
        "--input-data-type",
        "int8",
        "--output-data-type",
        "int8",
        "--inputs-ch-position",
        "chlast",
        "--outputs-ch-position",
        "chlast",
    ]
    if options.application_io:
        words += ["--no-inputs-allocation", "--no-outputs-allocation"]
    return words


def _without_disturbance() -> list[str]:
    set_here = [name for name in _DISTURBING if name in os.environ]
    if not set_here or os.name != "posix":
        return []
    return ["env", *(word for name in set_here for word in ("-u", name))]
