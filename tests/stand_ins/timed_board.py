"""Stands in for a board whose flash and inference are timed waits: it shows scheduling, and nothing about any board.

    timed_board.py SERIAL PORT LOG

It listens on 127.0.0.1:PORT and answers ``flash HOLD JOB SECONDS`` and ``run HOLD JOB SECONDS`` with ``done``. Each
begin and end is one line of JSON appended to LOG; what was given over a link that is gone has no end. SIGUSR1 cuts all
links.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time


class TimedBoard:
    """One board."""

    def __init__(self, serial: str, log: str) -> None:
        self._serial = serial
        # Whole lines of many processes, none lost: that is what O_APPEND is for.
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._links: set[socket.socket] = set()

    def serve(self, server: socket.socket) -> None:
        """Answer for ever."""
        while True:
            link, _ = server.accept()
            self._links.add(link)
            threading.Thread(target=self._answer, args=(link,), daemon=True).start()

    def cut(self) -> None:
        """Cut all links."""
        for link in list(self._links):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _answer(self, link: socket.socket) -> None:
        try:
            with link, link.makefile("r") as lines:
                for line in lines:
                    what, hold, job, seconds = line.split()
                    self._write("begin", what, hold, job)
                    time.sleep(float(seconds))
                    if _closed(link):
                        # Who gave the work has gone, and does not hold the board any more.
                        return
                    self._write("end", what, hold, job)
                    link.sendall(b"done\n")
        except (OSError, ValueError):
            return
        finally:
            self._links.discard(link)

    def _write(self, event: str, what: str, hold: str, job: str) -> None:
        record = {"board": self._serial, "event": event, "what": what, "hold": hold, "job": job, "time": time.time()}
        os.write(self._log, (json.dumps(record) + "\n").encode())


def _closed(link: socket.socket) -> bool:
    """Whether the other end is gone, or the link was cut."""
    try:
        return link.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def main(serial: str, port: str, log: str) -> None:
    """Serve one board."""
    board = TimedBoard(serial, log)
    signal.signal(signal.SIGUSR1, lambda *_: board.cut())
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", int(port)))
        server.listen()
        print("listening", flush=True)
        board.serve(server)


if __name__ == "__main__":
    main(*sys.argv[1:])
