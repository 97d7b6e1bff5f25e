"""labgrid's coordinator, spoken to with a time-out on every call.

labgrid's own client is made for a person at a terminal: it prints, waits without an end and leaves by exit codes. The
messages are the same; each call here ends, in a result or in an error of n6gen's.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import attrs

from n6gen.errors import BoardError, MissingToolError

#: Where labgrid's own programs look for the coordinator.
VARIABLE = "LG_COORDINATOR"
DEFAULT = "127.0.0.1:20408"
#: A coordinator that asks an exporter keeps everybody waiting for up to ten seconds.
CALL_S = 30.0
_CHANNEL = (
    # A connection is a session: two of one process must not share one.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.keepalive_time_ms", 7500),
    ("grpc.keepalive_timeout_ms", 10000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
_T = TypeVar("_T")
_Wrap = Callable[[Callable[[], Any]], Any]


class FarmError(BoardError):
    """The coordinator did not answer, or not as it should. `refused`: it answered, and nothing was changed."""

    def __init__(self, message: str, *things_to_try: str, refused: bool = False) -> None:
        """See BoardError."""
        super().__init__(message, *things_to_try)
        self.refused = refused


@attrs.frozen
class Resource:
    """What an exporter offers under `path` (exporter/group/class/name)."""

    path: str
    cls: str
    params: Mapping[str, Any]


@attrs.frozen
class Place:
    """A place. `holder`: who has acquired it, "" for nobody; `reserved`: somebody has the right to be next.

    `resources`: what exporters offer for it at this moment, empty if none is connected.
    """

    name: str
    tags: Mapping[str, str]
    comment: str
    holder: str
    reserved: bool
    changed: float
    resources: tuple[Resource, ...] = ()


class Coordinator:
    """A coordinator by its address; nothing is connected until something is asked."""

    def __init__(self, address: str | None = None) -> None:
        """`address` is host:port; by default what labgrid's own programs take. Raises MissingToolError without it."""
        self.address = address or os.environ.get(VARIABLE) or DEFAULT
        self._pb, self._grpc, self._stubs = _modules()

    def places(self) -> list[Place]:
        """All places, without their resources. Raises FarmError."""
        answer = self._call("GetPlaces", self._pb.GetPlacesRequest())
        return [_place(one) for one in answer.places]

    def holder_of(self, name: str) -> str:
        """Who has acquired a place, "" for nobody or for a place that is not there. Raises FarmError."""
        return next((place.holder for place in self.places() if place.name == name), "")

    def release(self, name: str, holder: str) -> None:
        """Let go of a place, if it is this holder who has it. Raises FarmError."""
        self._call("ReleasePlace", self._pb.ReleasePlaceRequest(placename=name, fromuser=holder))

    def set_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Set tags of a place; an empty value removes one. Raises FarmError."""
        self._call("SetPlaceTags", self._pb.SetPlaceTagsRequest(placename=name, tags=dict(tags)))

    def set_comment(self, name: str, comment: str) -> None:
        """Set the comment of a place. Raises FarmError."""
        self._call("SetPlaceComment", self._pb.SetPlaceCommentRequest(placename=name, comment=comment))

    @contextmanager
    def session(self, holder: str, timeout: float) -> Iterator[Session]:
        """Be `holder` for the coordinator, for at most `timeout` seconds. Raises FarmError."""
        with self._channel() as channel:
            made = Session(self._stubs.CoordinatorStub(channel), self._pb, self._wrap, holder, timeout)
            try:
                made.update()
                yield made
            finally:
                made.close()

    def _call(self, method: str, request: Any) -> Any:
        with self._channel() as channel:
            call = getattr(self._stubs.CoordinatorStub(channel), method)
            return self._wrap(lambda: call(request, timeout=CALL_S))

    def _channel(self) -> Any:
        return self._grpc.insecure_channel(self.address, options=_CHANNEL)

    def _wrap(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except self._grpc.RpcError as error:
            code = self._grpc.StatusCode
            refused = error.code() in {code.FAILED_PRECONDITION, code.PERMISSION_DENIED, code.INVALID_ARGUMENT}
            said = error.details() or error.code().name
            remedy = () if refused else ("Is labgrid-coordinator running there?", f"Set {VARIABLE} to its host:port.")
            raise FarmError(f"the coordinator at {self.address}: {said}", *remedy, refused=refused) from None


class Session:
    """A connection that has a name: only such a one may acquire places. Made by `Coordinator.session`."""

    def __init__(self, stub: Any, pb: Any, wrap: _Wrap, holder: str, timeout: float) -> None:
        """Say who we are, and ask to be told of all places and resources."""
        self._stub, self._pb, self._wrap = stub, pb, wrap
        self._places: dict[str, Place] = {}
        self._matches: dict[str, list[list[str]]] = {}
        self._resources: dict[str, Resource] = {}
        self._out: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._asked = 0
        self._stream = stub.ClientStream(iter(self._out.get, None), timeout=timeout)
        self._out.put(pb.ClientInMessage(startup=pb.StartupDone(version="n6gen", name=holder)))
        self._out.put(pb.ClientInMessage(subscribe=pb.Subscribe(all_places=True)))
        self._out.put(pb.ClientInMessage(subscribe=pb.Subscribe(all_resources=True)))

    def update(self) -> None:
        """Take in all that the coordinator has said up to now. Raises FarmError."""
        self._asked += 1
        self._out.put(self._pb.ClientInMessage(sync=self._pb.Sync(id=self._asked)))
        # A coordinator that is there and says nothing must not hold us until the whole session's end.
        watch = threading.Timer(CALL_S, self._stream.cancel)
        watch.daemon = True
        watch.start()
        try:
            self._wrap(self._read)
        finally:
            watch.cancel()

    def places(self) -> list[Place]:
        """All places with the resources that are there for them, as of the last update."""
        return [
            attrs.evolve(place, resources=tuple(r for r in self._resources.values() if self._fits(place.name, r)))
            for place in self._places.values()
        ]

    def acquire(self, name: str) -> None:
        """Acquire a place. Raises FarmError; unless that says `refused` the place may be ours, and must be released."""
        self._wrap(lambda: self._stub.AcquirePlace(self._pb.AcquirePlaceRequest(placename=name), timeout=CALL_S))

    def close(self) -> None:
        """End it; places that it acquired stay acquired."""
        self._out.put(None)
        self._stream.cancel()

    def _read(self) -> None:
        for message in self._stream:
            for update in message.updates:
                self._take(update)
            if message.HasField("sync") and message.sync.id == self._asked:
                return
        raise FarmError("the coordinator ended the session", "Is it being restarted?")

    def _take(self, update: Any) -> None:
        kind = update.WhichOneof("kind")
        if kind == "place":
            self._places[update.place.name] = _place(update.place)
            self._matches[update.place.name] = [
                [m.exporter, m.group, m.cls, m.name or "*"] for m in update.place.matches
            ]
        elif kind == "del_place":
            self._places.pop(update.del_place, None)
        elif kind == "resource":
            resource = _resource(update.resource)
            self._resources[_key(update.resource.path)] = resource
        elif kind == "del_resource":
            self._resources.pop(_key(update.del_resource), None)

    def _fits(self, name: str, resource: Resource) -> bool:
        from fnmatch import fnmatchcase

        parts = resource.path.split("/")
        return any(all(map(fnmatchcase, parts, match)) for match in self._matches.get(name, ()))


def _modules() -> tuple[Any, Any, Any]:
    try:
        import grpc
        from labgrid.remote.generated import labgrid_coordinator_pb2, labgrid_coordinator_pb2_grpc
    except ImportError as error:
        raise MissingToolError(
            f"labgrid is not installed beside this n6gen: {error.name or error}",
            "Install the farm's environment: pip install 'n6gen[labgrid]' (docs/farm.md).",
        ) from error
    return labgrid_coordinator_pb2, grpc, labgrid_coordinator_pb2_grpc


def _place(raw: Any) -> Place:
    return Place(raw.name, dict(raw.tags), raw.comment, raw.acquired, bool(raw.reservation), raw.changed)


def _resource(raw: Any) -> Resource:
    path = raw.path
    params = {
        key: getattr(value, value.WhichOneof("kind")) for key, value in raw.params.items() if value.WhichOneof("kind")
    }
    return Resource(f"{path.exporter_name}/{path.group_name}/{raw.cls}/{path.resource_name}", raw.cls, params)


def _key(path: Any) -> str:
    return f"{path.exporter_name}/{path.group_name}/{path.resource_name}"
