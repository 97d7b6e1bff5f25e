"""Where the files that ship beside the code are: templates/, board/, models/.

A wheel carries them in ``n6gen/_data``; a checkout (editable install) has them next to the package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """Return the folder `name` (``templates``, ``board`` or ``models``).

    Raises FileNotFoundError if the installation is incomplete, which is a packaging bug.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise FileNotFoundError(f"n6gen was installed without its {name}/ folder")
