"""The child process that reads files: requests come on standard input, answers go to output.

A request is a path and the seconds of CPU its file may take; an answer is a ``Document`` with its
passages, or the reason there is none. ``index.reading`` is the other side. It ends when its input
does, or the process that started it.
"""

from __future__ import annotations

import math
import os
import pickle
import sys
import time
import warnings
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from index.document import UnreadableFile
from index.readers import allowance, read
from index.splitter import split

OUT_OF_MEMORY = "out of memory"  # an answer: the file may have a second try in a fresh process


def main(memory: int) -> None:
    """Read files until there are no more requests, with at most ``memory`` bytes of data."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    _silence()
    warnings.simplefilter("ignore")
    limit_memory(memory)
    Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()

    def ask_for_time(seconds: float) -> None:
        limit_cpu(seconds, more=True)
        _send(answers, ("more", seconds))

    allowance.ask_with(ask_for_time)
    while True:
        try:
            path, seconds = pickle.load(requests)
        except EOFError:
            return
        limit_cpu(seconds)
        _send(answers, _answer(Path(path)))


def limit_memory(size: int) -> None:
    """Let this process have ``size`` bytes of data, where the system can hold it to that."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):  # Windows has no such limits, macOS not all of them
        pass


def limit_cpu(seconds: float, more: bool = False) -> None:
    """Let the system end this process (SIGXCPU) after ``seconds`` of CPU from now on.

    With ``more`` they are added to what it has left.
    """
    try:
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        limit = math.ceil((soft if more else used) + seconds)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    except (ImportError, ValueError, OSError):
        pass


def _end_with_parent(parent: int) -> None:
    """End this process, whatever it is at, once nobody waits for its answer any more."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _silence() -> None:
    """Point standard streams away: what a library prints there is not for the one who asks."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def _answer(path: Path) -> tuple[str, object]:
    try:
        document = read(path)
        spans = split(document)
        if not spans:
            raise UnreadableFile("it has no text")
    except UnreadableFile as error:
        return "refused", (error.reason, error.remedy)
    except MemoryError:
        return OUT_OF_MEMORY, None
    except Exception as error:
        return "failed", f"{type(error).__name__}: {str(error)[:200]}"
    return "done", (document, spans)


def _send(answers: BinaryIO, answer: tuple[str, object]) -> None:
    pickle.dump(answer, answers, protocol=5)
    answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
