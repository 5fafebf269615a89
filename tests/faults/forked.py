"""Probe Chroma folders in forks of a process that has imported it: a new one takes a second."""

from __future__ import annotations

import math
import os
import select
import signal
import socket
import time
from pathlib import Path
from threading import Event

from index import probe


class ForkedProbe:
    """Stands in for ``index.probe.survives``: the same child, limits and patience, sooner.

    Make one while the process has no threads; a process forked from that one uses the real probe.
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._asking, serving = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._server = os.fork()
        if self._server == 0:
            self._asking.close()
            _serve(serving)
        serving.close()

    def survives(self, folder: Path, name: str, stopping: Event) -> bool:
        """Whether a child can open the collection ``name`` in ``folder`` and search it."""
        if os.getpid() != self._owner:
            return probe.survives(folder, name, stopping)
        seconds = math.ceil(probe.SECONDS + probe._allocated(folder) / 10e6)
        self._asking.sendall(f"{folder}\n{name}\n{seconds}".encode())
        child = int(self._asking.recv(64))
        deadline = time.monotonic() + probe._PATIENCE * seconds
        while not select.select([self._asking], [], [], 0.02)[0]:
            if stopping.is_set() or time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
                break
        return self._asking.recv(64) == b"0"

    def close(self) -> None:
        """End the process that forks."""
        self._asking.close()
        os.waitpid(self._server, 0)


def _serve(asked: socket.socket) -> None:
    """Fork a child for each question, tell its process id, then how it ended."""
    while question := asked.recv(1 << 16):
        folder, name, seconds = question.decode().split("\n")
        child = os.fork()
        if child == 0:
            _probe(Path(folder), name, int(seconds))
        asked.sendall(str(child).encode())
        asked.sendall(str(os.waitpid(child, 0)[1]).encode())
    os._exit(0)


def _probe(folder: Path, name: str, seconds: int) -> None:
    try:
        nothing = os.open(os.devnull, os.O_RDWR)  # a crash tells of itself there
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        probe._main(folder, name, seconds)
        os._exit(0)
    finally:
        os._exit(1)
