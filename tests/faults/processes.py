"""Children of a fault: forked, watched, and ended with the process that plays it."""

from __future__ import annotations

import os
import select
import time
import traceback
from collections.abc import Callable

from faults import tracing


def fork(task: Callable[[], object]) -> int:
    """Do ``task`` in a child, which ends with this process; return its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        tracing.end_with_parent()
        task()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def ended(pid: int) -> bool:
    """Wait for a child; say whether it ended well."""
    return os.waitpid(pid, 0)[1] == 0


def spent(pid: int, born: float) -> float:
    """The CPU time of another process where Linux tells it, else the time since it was born."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # how Linux numbers the clocks of processes
    except OSError:
        return time.monotonic() - born


def tell(pipe: int, line: str) -> None:
    """Write a line to who watches."""
    os.write(pipe, line.encode() + b"\n")


def told(pipe: int, enough: Callable[[], bool] = lambda: False) -> bytes:
    """Return what a child tells until ``enough()``, or until it has ended."""
    known = b""
    while not enough():
        if select.select([pipe], [], [], 0.002)[0]:
            more = os.read(pipe, 1 << 16)
            if not more:
                break
            known += more
    return known
