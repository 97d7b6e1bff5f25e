"""A session again, from its raw bytes: same bytes, same commands, same checks, same result."""

from __future__ import annotations

from pathlib import Path

from n6gen.errors import BoardError, InputError
from n6gen.link import Client
from n6gen.measure.conduct import begin, conduct
from n6gen.measure.facts import Facts, read_facts
from n6gen.measure.host import StoredHost
from n6gen.measure.linked import inject
from n6gen.measure.recording import EndOfRecording, Playback
from n6gen.measure.session import Session
from n6gen.measure.sessions import read_result


def _host(folder: Path, facts: Facts, client: Client) -> StoredHost:
    if not facts.injected:
        return StoredHost(folder)
    return StoredHost(folder, lambda pixels: inject(client, pixels), client.inject_end)


def replay(folder: Path) -> Session:
    """The session in `folder`, as its bytes tell it.

    Raises InputError if the folder holds no whole session, BoardError with the words of then if it ended in an error.
    """
    facts = read_facts(folder)
    failed = (read_result(folder) or {}).get("error")
    if failed:
        raise BoardError(f"this session ended in an error: {failed['message']}", *failed["things_to_try"])
    playback = Playback(folder)
    nonces = playback.nonces()
    client = Client(playback, nonces=lambda: next(nonces, "00000001"))
    try:
        begin(client, facts.start, facts.boot_timeout)
        return conduct(client, facts, _host(folder, facts, client))
    except EndOfRecording:
        raise InputError(f"{folder}: the session did not come to an end", "Measure again.") from None
