"""The folders that n6gen keeps things in, outside of a project."""

from __future__ import annotations

import os
from pathlib import Path


def state_dir() -> Path:
    """State worth keeping (virtual boards, locks, sessions): `$N6GEN_STATE_DIR` or the platform's state folder."""
    given = os.environ.get("N6GEN_STATE_DIR")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_state_dir("n6gen"))


def cache_dir() -> Path:
    """What can be made or fetched again: `$N6GEN_CACHE_DIR` or the platform's cache folder."""
    given = os.environ.get("N6GEN_CACHE_DIR")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("n6gen"))
