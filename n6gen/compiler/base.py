"""What every compiler is to the rest of n6gen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from n6gen.compiler.network import Network

if TYPE_CHECKING:
    from n6gen.model.loader import Model

#: How logits become a mask: `fine` and `rounded` upsample, `argmax` doesn't. `docs/numerics.md` defines them. `none`:
#: what the network makes are no logits, and nothing becomes of it.
Decode: TypeAlias = Literal["fine", "rounded", "argmax", "none"]


class Compiler(Protocol):
    """Makes networks. `name` is the word in `board.toml` and on the command line."""

    @property
    def name(self) -> str:
        """`cpu`, `stedgeai`, …"""

    @property
    def kernel_sets(self) -> tuple[str, ...]:
        """What `kernels` may be, the default first; empty if there is no choice."""

    def compile(self, model: Model, out: Path, *, kernels: str, keep_head: bool, decode: Decode) -> Network:
        """Compile `model` into the folder `out` and return what is there then.

        `keep_head` keeps a last upsampling in the network; so does the decode `none`, which leaves nothing to do. Files
        that would not change are left alone.
        Raises InputError if the model or an option cannot be compiled.
        """
