"""Files from the web or from a folder that mirrors it."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import attrs

from n6gen import __version__
from n6gen.errors import InputError, MissingToolError

#: Given a title and a total in bytes, shows progress; what it yields is told how many bytes have come.
Progress = Callable[[str, float], AbstractContextManager[Callable[[float], None]]]

_TIMEOUT_S = 30.0
_CHUNK = 1 << 16
#: No model for a microcontroller is nearly as large.
_MAX_BYTES = 256 << 20


@attrs.frozen
class Fetched:
    """A file's content, the url that it is known by, and the place it was taken from (the url, or a local file)."""

    data: bytes
    url: str
    place: str


def download(urls: Sequence[str], progress: Progress) -> Fetched:
    """The first of `urls` that can be had.

    Raises MissingToolError with all that went wrong if none can.
    """
    problems = []
    for url in urls:
        try:
            return Fetched(_get(url, progress), url, url)
        except (OSError, http.client.HTTPException) as error:
            problems.append(f"{urlsplit(url).netloc}: {_reason(error)}")
    name = base_name(urls[0])
    raise MissingToolError(
        f"cannot download {name} ({'; '.join(dict.fromkeys(problems))})",
        "Check the network connection and the proxy (https_proxy).",
        "Download it elsewhere and give its folder: --mirror DIR.",
    )


def from_mirror(urls: Sequence[str], mirror: Path) -> Fetched:
    """The first of `urls` that the folder `mirror` has.

    A url's file is looked for under its whole path and every shorter end of it, down to the base name.
    Raises InputError if the folder does not exist or has none of them.
    """
    if not mirror.is_dir():
        raise InputError(f"--mirror {mirror}: no such folder", "Check the path.")
    for url in urls:
        parts = PurePosixPath(urlsplit(url).path).parts[1:]
        for start in range(len(parts)):
            file = mirror.joinpath(*parts[start:])
            if file.is_file():
                return Fetched(file.read_bytes(), url, str(file))
    names = " or ".join(map(base_name, urls))
    raise InputError(f"--mirror {mirror}: has no {names}", "Put the file there, by its name or by the path of its URL.")


def base_name(url: str) -> str:
    """The name of the file that `url` points at."""
    return PurePosixPath(urlsplit(url).path).name


def _get(url: str, progress: Progress) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": f"n6gen/{__version__}"})  # noqa: S310 - catalogue
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - from our own catalogue
        length = int(answer.headers.get("Content-Length") or 0)
        data = bytearray()
        with progress(base_name(url), length) as advance:
            while chunk := answer.read(_CHUNK):
                data += chunk
                if len(data) > _MAX_BYTES:
                    raise OSError(f"more than {_MAX_BYTES >> 20} MiB")
                advance(len(data))
    if length and len(data) != length:
        raise OSError(f"only {len(data)} of {length} bytes came")
    return bytes(data)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(reason) or type(error).__name__
