"""Models by name: mirrors, the web, hashes that must be accepted, and the lock file."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from n6gen.errors import InputError, MissingToolError
from n6gen.model import catalogue, lock, pull
from n6gen.model.catalogue import Entry, Published, entries, find
from n6gen.model.input import InputDeclaration
from n6gen.tools.files import sha256_bytes
from n6gen.tools.paths import cache_dir, state_dir
from tests.support.qdq import QdqBuilder, segmenter

_GOOD = segmenter(seed=1).SerializeToString()
_OTHER = segmenter(seed=2).SerializeToString()


class _Web:
    """A web server on this machine; `hits` are the paths asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.hits = folder, list[str]()
        web = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                web.hits.append(self.path)
                super().do_GET()

            def log_message(self, *args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
        )
        self.root = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[_Web]:
    (tmp_path / "web").mkdir()
    web = _Web(tmp_path / "web")
    thread = threading.Thread(target=web.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield web
    web.server.shutdown()
    thread.join()
    web.server.server_close()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder that is in no project."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def _entry(*urls: str, stated: str | None = None) -> Entry:
    half = (127.5, 127.5, 127.5)
    file = Published(320, urls or ("https://example.invalid/a/b/net.onnx",), stated)
    return Entry("net", "A network", "MIT", ("no", "yes"), InputDeclaration(half, half, "rgb"), (320,), {320: file})


def _mirror(tmp_path: Path, content: bytes = _GOOD, name: str = "net.onnx") -> Path:
    file = tmp_path / "mirror" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return tmp_path / "mirror"


def test_the_first_pull_shows_the_hash_and_stops(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=sha256_bytes(_GOOD)) as caught:
        pull.pull(_entry(), 320, mirror=_mirror(tmp_path))
    assert f"--mirror {tmp_path / 'mirror'} --accept-hash" in caught.value.things_to_try[-1]
    assert not lock.lock_path().exists()


def test_an_accepted_hash_is_enforced_ever_after(tmp_path: Path) -> None:
    """It is in the lock file; the cache serves it; a mirror with other bytes is refused with both hashes."""
    mirror = _mirror(tmp_path)
    pulled = pull.pull(_entry(), 320, mirror=mirror, accept_hash=True)
    assert pulled.path.read_bytes() == _GOOD
    assert pulled.path.name == "net.onnx"
    assert lock.accepted("net", 320) == lock.Accepted(sha256_bytes(_GOOD), "net.onnx", _entry().files[320].urls[0])
    assert pull.pull(_entry(), 320).place == "cache"
    _mirror(tmp_path, _OTHER)
    assert pull.pull(_entry(), 320, mirror=mirror).place == "cache"
    pulled.path.unlink()
    with pytest.raises(InputError) as caught:
        pull.pull(_entry(), 320, mirror=mirror, accept_hash=True)
    assert sha256_bytes(_GOOD) in caught.value.message
    assert sha256_bytes(_OTHER) in caught.value.message
    assert not pulled.path.exists()


def test_a_damaged_cache_is_fetched_anew(tmp_path: Path) -> None:
    mirror = _mirror(tmp_path)
    path = pull.pull(_entry(), 320, mirror=mirror, accept_hash=True).path
    path.write_bytes(_OTHER)
    again = pull.pull(_entry(), 320, mirror=mirror)
    assert again.place == str(mirror / "net.onnx")
    assert path.read_bytes() == _GOOD


@pytest.mark.parametrize("place", ["net.onnx", "b/net.onnx", "a/b/net.onnx"])
def test_mirrors_may_keep_the_path(tmp_path: Path, place: str) -> None:
    """A flat folder, a checkout of the repository and a copy of the whole site are all mirrors."""
    pulled = pull.pull(_entry(), 320, mirror=_mirror(tmp_path, name=place), accept_hash=True)
    assert pulled.place == str(tmp_path / "mirror" / place)


def test_a_mirror_without_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no net\.onnx"):
        pull.pull(_entry(), 320, mirror=_mirror(tmp_path, name="other.onnx"))
    with pytest.raises(InputError, match="no such folder"):
        pull.pull(_entry(), 320, mirror=tmp_path / "nowhere")


def test_what_the_publisher_states_is_told(tmp_path: Path) -> None:
    """Whether the hash is the one that the publisher's repository names; the user still decides."""
    url = "https://example.invalid/net.onnx"
    for stated, said in ((sha256_bytes(_GOOD), "It is the hash"), ("0" * 64, "Beware")):
        with pytest.raises(InputError) as caught:
            pull.pull(_entry(url, stated=stated), 320, mirror=_mirror(tmp_path))
        assert caught.value.things_to_try[0].startswith(said)
    assert pull.pull(_entry(url, stated="0" * 64), 320, mirror=_mirror(tmp_path), accept_hash=True).path.is_file()


def test_what_is_no_model_is_not_even_offered(tmp_path: Path) -> None:
    """A Git LFS pointer where the file should be is refused by name, before any question of its hash."""
    mirror = _mirror(tmp_path, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(InputError, match="a Git LFS pointer") as caught:
        pull.pull(_entry(), 320, mirror=mirror, accept_hash=True)
    assert str(mirror / "net.onnx") in caught.value.message


def test_download(web: _Web) -> None:
    """What was shown is kept, so that what is accepted is what was shown; progress is told in bytes."""
    (web.folder / "net.onnx").write_bytes(_GOOD)
    seen: list[float] = []

    @pull.contextmanager
    def progress(title: str, total: float) -> Iterator[object]:
        assert (title, total) == ("net.onnx", len(_GOOD))
        yield seen.append

    entry = _entry(f"{web.root}/net.onnx")
    with pytest.raises(InputError, match=sha256_bytes(_GOOD)):
        pull.pull(entry, 320, progress=progress)
    assert seen[-1] == len(_GOOD)
    (web.folder / "net.onnx").write_bytes(_OTHER)
    pulled = pull.pull(entry, 320, accept_hash=True)
    assert pulled.path.read_bytes() == _GOOD
    assert pulled.place == f"{web.root}/net.onnx"
    assert web.hits == ["/net.onnx"]
    assert not list((cache_dir() / "models" / "waiting").iterdir())


def test_the_second_url_is_tried(web: _Web) -> None:
    """And asked first from then on, as it has the accepted bytes."""
    (web.folder / "old.onnx").write_bytes(_GOOD)
    entry = _entry(f"{web.root}/new.onnx", f"{web.root}/old.onnx")
    pulled = pull.pull(entry, 320, accept_hash=True)
    assert pulled.place.endswith("/old.onnx")
    pulled.path.unlink()
    web.hits.clear()
    pull.pull(entry, 320)
    assert web.hits == ["/old.onnx"]


def test_no_network() -> None:
    """Nothing answers: something is missing on this machine, and --mirror is offered."""
    entry = _entry("http://127.0.0.1:9/net.onnx")
    with pytest.raises(MissingToolError, match=r"cannot download net\.onnx \(127\.0\.0\.1:9: ") as caught:
        pull.pull(entry, 320, accept_hash=True)
    assert any("--mirror DIR" in thing for thing in caught.value.things_to_try)


def test_a_page_that_is_gone(web: _Web) -> None:
    with pytest.raises(MissingToolError, match="HTTP 404"):
        pull.pull(_entry(f"{web.root}/net.onnx"), 320)


def test_a_download_that_ends_early(web: _Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer bytes than announced are no file."""
    (web.folder / "net.onnx").write_bytes(_GOOD)
    monkeypatch.setattr(
        http.server.SimpleHTTPRequestHandler, "copyfile", lambda self, source, out: out.write(source.read(100))
    )
    with pytest.raises(MissingToolError, match=f"only 100 of {len(_GOOD)} bytes came"):
        pull.pull(_entry(f"{web.root}/net.onnx"), 320)


def test_the_lock_file_lies_in_the_project(tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside n6gen.toml, else in the state folder; what others keep in it stays."""
    assert lock.lock_path() == state_dir() / "n6gen.lock"
    (elsewhere / "n6gen.toml").write_text("")
    (elsewhere / "n6gen.lock").write_text('# ours\n[vendor]\ncube = "1.2"\n')
    (elsewhere / "sub").mkdir()
    monkeypatch.chdir(elsewhere / "sub")
    pull.pull(_entry(), 320, mirror=_mirror(tmp_path), accept_hash=True)
    text = (elsewhere / "n6gen.lock").read_text()
    assert text.startswith('# ours\n[vendor]\ncube = "1.2"\n')
    assert lock.accepted("net", 320) is not None
    assert str(tmp_path) not in text
    assert not (state_dir() / "n6gen.lock").exists()


def test_two_models_in_one_lock_file() -> None:
    lock.accept("a", 1, lock.Accepted("11", "a.onnx", "u"))
    lock.accept("b", 2, lock.Accepted("22", "b.onnx", "v"))
    assert lock.accepted("a", 1) == lock.Accepted("11", "a.onnx", "u")
    assert lock.accepted("b", 2) == lock.Accepted("22", "b.onnx", "v")
    assert lock.accepted("a", 2) is None


@pytest.mark.parametrize(
    "text", ["[models", '[models."net@320"]\nsha256 = "1"\n', "models = 3\n", "[models]\n'net@320' = 1\n"]
)
def test_a_broken_lock_file(text: str) -> None:
    """It is named; it is never taken for an empty one."""
    state_dir().mkdir(parents=True, exist_ok=True)
    lock.lock_path().write_text(text)
    with pytest.raises(InputError, match=r"n6gen\.lock"):
        lock.accepted("net", 320)


def test_resolve_needs_no_network(tmp_path: Path) -> None:
    """A catalogue model comes from the cache or a mirror; else the command that gets it is told."""
    with pytest.raises(InputError) as caught:
        pull.resolve("st-deeplabv3-person", 320)
    assert caught.value.things_to_try[0] == "Get it: n6gen model pull st-deeplabv3-person --res 320"
    entry = find("st-deeplabv3-person")
    name = entry.files[320].names[0]
    accepted = pull.pull(entry, 320, mirror=_mirror(tmp_path, name=name), accept_hash=True)
    assert pull.resolve("st-deeplabv3-person", 320) == accepted.path
    assert pull.here(entry, 320) == accepted.path
    accepted.path.unlink()
    assert pull.here(entry, 320) is None
    assert pull.resolve("st-deeplabv3-person", 320, mirror=tmp_path / "mirror") == accepted.path


def test_locate(tmp_path: Path) -> None:
    """A path is a path, a name a name, and a word that is neither gets a suggestion."""
    assert pull.locate("nets/x.onnx") == Path("nets/x.onnx")
    assert pull.locate(str(tmp_path)) == tmp_path
    with pytest.raises(InputError, match="there is no model called 'st-deeplab-person'") as caught:
        pull.locate("st-deeplab-person", 320)
    assert caught.value.things_to_try[0] == "Did you mean st-deeplabv3-person?"
    with pytest.raises(InputError, match="exists at several resolutions"):
        pull.locate("st-deeplabv3-person")
    with pytest.raises(InputError, match="does not exist at 300 px"):
        pull.locate("st-deeplabv3-person", 300)


def test_a_shipped_model_at_other_resolutions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its own it is used as it lies; at another it goes through the given rewrite; without one it is refused."""
    import attrs

    (tmp_path / "demo").mkdir()
    entry = attrs.evolve(_entry(), name="demo", files={}, folder=tmp_path / "demo", resolutions=(16, 32))
    monkeypatch.setattr(pull, "find", lambda name: entry)
    with pytest.raises(InputError, match="has no file of the model demo"):
        pull.resolve("demo", 16)
    (tmp_path / "demo" / "ours.onnx").write_bytes(_GOOD)
    assert pull.resolve("demo", 16) == tmp_path / "demo" / "ours.onnx"
    with pytest.raises(InputError, match="is here at 16 px only"):
        pull.resolve("demo", 32)

    def adapt(proto: object, size: int) -> object:
        assert size == 32
        b = QdqBuilder(32, 32)
        return b.model(b.conv(b.input, 2))

    made = pull.resolve("demo", 32, adapt=adapt)
    assert made.name == "ours_at_32.onnx"
    assert made.read_bytes() != _GOOD


def test_the_catalogue_is_whole() -> None:
    """Every published file has pinned https urls and an .onnx name; names tell what the input is."""
    known = entries()
    assert {"demo", "st-deeplabv3-person"} <= set(known)
    assert known["st-deeplabv3-person"].resolutions == (256, 320, 416)
    for entry in known.values():
        assert entry.files or entry.folder
        for file in entry.files.values():
            assert all(url.startswith("https://") and url.endswith("_qdq_int8.onnx") for url in file.urls)
            assert len(set(file.names)) == len(file.urls)
            assert all(catalogue.declaration_of(name) == entry.input for name in file.names)
    assert catalogue.declaration_of("something_else.onnx") is None
