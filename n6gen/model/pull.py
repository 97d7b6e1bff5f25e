"""From a model's name to a file whose hash the user has accepted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import onnx

from n6gen.errors import InputError
from n6gen.model import lock
from n6gen.model.catalogue import Entry, Published, entries, find
from n6gen.model.download import Progress, base_name, download, from_mirror
from n6gen.model.file import read_proto
from n6gen.tools.files import sha256_bytes, sha256_file, write_atomic, write_if_changed
from n6gen.tools.paths import cache_dir

#: A shipped model made for another resolution (`n6gen.rewrite` knows how; this room must not know that one).
Adapt = Callable[[onnx.ModelProto, int], onnx.ModelProto]


@attrs.frozen
class Pulled:
    """A file that can be used. `place` is where it came from: a url, a file of a mirror, "cache" or "shipped"."""

    path: Path
    sha256: str
    place: str


@contextmanager
def no_progress(title: str, total: float) -> Iterator[Callable[[float], None]]:  # noqa: ARG001
    """Shows nothing."""
    yield lambda done: None  # noqa: ARG005


def locate(model: str, res: int | None = None, *, mirror: Path | None = None, adapt: Adapt | None = None) -> Path:
    """The file that `--model` means: a name of the catalogue (which needs `res`) or a path, which may not exist.

    Raises what `resolve` raises.
    """
    if model not in entries():
        if not model.endswith(".onnx") and not Path(model).exists() and Path(model).name == model:
            find(model)
        return Path(model)
    if res is None:
        known = ", ".join(map(str, find(model).resolutions))
        raise InputError(f"model {model} exists at several resolutions", f"Choose one with --res: {known}.")
    return resolve(model, res, mirror=mirror, adapt=adapt)


def resolve(name: str, res: int, *, mirror: Path | None = None, adapt: Adapt | None = None) -> Path:
    """The file of model `name` at `res`, from n6gen itself, the cache or `mirror`; the network is not used.

    A shipped model at a resolution it was not made for goes through `adapt`. Raises InputError, with the command that
    helps, if the file is not here, its hash was not accepted, or it is not the accepted one.
    """
    entry = find(name)
    entry.check_resolution(res)
    if entry.folder is not None:
        return _shipped(entry, res, adapt)
    known = lock.accepted(name, res)
    if known is not None:
        cached = _cached(known)
        if cached is not None:
            return cached.path
        if mirror is not None:
            return pull(entry, res, mirror=mirror).path
    option = f" --mirror {mirror}" if mirror else ""
    raise InputError(
        f"model {name} at {res} px is not here yet",
        f"Get it: n6gen model pull {name} --res {res}{option}",
        "Or give a file: --model FILE.onnx",
    )


def here(entry: Entry, res: int) -> Path | None:
    """The file of a model at `res`, if it can be used without asking anybody."""
    if entry.folder is not None:
        return entry.shipped
    known = lock.accepted(entry.name, res)
    cached = _cached(known) if known is not None else None
    return cached.path if cached is not None else None


def pull(
    entry: Entry,
    res: int,
    *,
    mirror: Path | None = None,
    accept_hash: bool = False,
    progress: Progress = no_progress,
    adapt: Adapt | None = None,
) -> Pulled:
    """Get the file of a published model into the cache; a shipped one is here already, or made by `adapt`.

    The first time, its hash must be accepted; it then goes to the lock file. Raises InputError if it was not
    accepted, the file is no ONNX model or not the accepted one, MissingToolError if it cannot be downloaded.
    """
    entry.check_resolution(res)
    if entry.folder is not None:
        path = _shipped(entry, res, adapt)
        return Pulled(path, sha256_file(path), "shipped")
    known = lock.accepted(entry.name, res)
    if known is not None:
        cached = _cached(known)
        if cached is not None:
            return cached
    file = entry.files[res]
    waiting = _fetch(entry, file, known, mirror, progress)
    if known is not None and waiting.sha256 != known.sha256:
        waiting.drop()
        raise InputError(
            f"{entry.name} at {res} px from {waiting.place} has sha256 {waiting.sha256}, "
            f"but {known.sha256} was accepted",
            "Find out who changed it before you use it.",
            f"To accept it all the same, remove its entry from {lock.lock_path()} and pull again.",
        )
    try:
        read_proto(waiting.path)
    except InputError as error:
        waiting.drop()
        reason = error.message.removeprefix(f"{waiting.path}: ")
        raise InputError(f"{waiting.place}: {reason}", *error.things_to_try) from error
    if known is None and not accept_hash:
        raise _unaccepted(entry, file, waiting, mirror)
    entry_of_lock = lock.Accepted(waiting.sha256, waiting.path.name, waiting.url)
    target = _cache_path(entry_of_lock)
    write_atomic(target, waiting.path.read_bytes())
    waiting.drop()
    if known is None:
        lock.accept(entry.name, res, entry_of_lock)
    return Pulled(target, waiting.sha256, waiting.place)


@attrs.frozen
class _Waiting:
    """A file as it came, outside of the cache proper until its hash is known to be right."""

    path: Path
    url: str
    place: str
    sha256: str

    def drop(self) -> None:
        shutil.rmtree(self.path.parent)


def _fetch(
    entry: Entry, file: Published, known: lock.Accepted | None, mirror: Path | None, progress: Progress
) -> _Waiting:
    """Get the file. One that was shown but not accepted last time is used again: what is accepted is what was shown."""
    folder = cache_dir() / "models" / "waiting" / f"{entry.name}-{file.resolution}"
    note = folder / "url.txt"
    if mirror is None and known is None and note.is_file():
        url = note.read_text(encoding="utf-8")
        path = folder / base_name(url)
        if url in file.urls and path.is_file():
            return _Waiting(path, url, url, sha256_file(path))
    # An accepted file is asked for where it came from first.
    urls = sorted(file.urls, key=lambda url: known is not None and url != known.url)
    fetched = download(urls, progress) if mirror is None else from_mirror(urls, mirror)
    path = folder / base_name(fetched.url)
    write_atomic(path, fetched.data)
    write_atomic(note, fetched.url)
    return _Waiting(path, fetched.url, fetched.place, sha256_bytes(fetched.data))


def _unaccepted(entry: Entry, file: Published, waiting: _Waiting, mirror: Path | None) -> InputError:
    option = f" --mirror {mirror}" if mirror else ""
    command = f"n6gen model pull {entry.name} --res {file.resolution}{option} --accept-hash"
    hints = [f"If that is the file you want, accept it: {command}"]
    if file.stated_sha256 and waiting.url == file.urls[0]:
        agrees = waiting.sha256 == file.stated_sha256
        hints.insert(
            0,
            "It is the hash that the publisher's repository states."
            if agrees
            else f"Beware: the publisher's repository states another hash, {file.stated_sha256}.",
        )
    return InputError(
        f"{entry.name} at {file.resolution} px from {waiting.place} has sha256 {waiting.sha256}, "
        "which nobody has accepted yet",
        *hints,
    )


def _cached(known: lock.Accepted) -> Pulled | None:
    """The cached file, if it is there and still has its hash."""
    path = _cache_path(known)
    return Pulled(path, known.sha256, "cache") if path.is_file() and sha256_file(path) == known.sha256 else None


def _cache_path(known: lock.Accepted) -> Path:
    return cache_dir() / "models" / known.sha256 / Path(known.file).name


def _shipped(entry: Entry, res: int, adapt: Adapt | None) -> Path:
    file = entry.shipped
    if file is None:
        raise InputError(
            f"this installation of n6gen has no file of the model {entry.name}",
            "Install it again, or give a file: --model FILE.onnx",
        )
    proto = read_proto(file)[0]
    native = proto.graph.input[0].type.tensor_type.shape.dim[2].dim_value
    if native == res:
        return file
    if adapt is None:
        raise InputError(f"model {entry.name} is here at {native} px only", f"Use --res {native}.")
    target = cache_dir() / "models" / f"{entry.name}-{res}" / f"{file.stem}_at_{res}.onnx"
    write_if_changed(target, adapt(proto, res).SerializeToString(deterministic=True))
    return target
