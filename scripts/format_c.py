"""Format our C files with the pinned clang-format, or check them with --check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_FOLDERS = ("templates", "board", "bench", "tests")


def main() -> int:
    """Return 0 if all files are (now) formatted."""
    files = sorted(str(f) for folder in _FOLDERS for f in (_ROOT / folder).rglob("*.[ch]"))
    if not files:
        return 0
    mode = ["--dry-run", "--Werror"] if "--check" in sys.argv[1:] else ["-i"]
    tool = Path(sys.executable).parent / "clang-format"
    return subprocess.run([str(tool), *mode, *files], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
