"""Watch a process's system calls, without its help: count its writes, kill it at one of them.

With ptrace (Linux), so every write is seen: Python's, SQLite's, and those of Chroma's threads.
"""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

_TRACEME, _CONT, _SYSCALL, _SETOPTIONS, _INFO = 0, 7, 24, 0x4200, 0x420E
# tell system calls from signals; follow threads and children; die with the tracer
_OPTIONS = 0x1 | 0x2 | 0x4 | 0x8 | 0x100000
_ENTRY, _EXIT = 1, 2

_NAMES = {
    "x86_64": {
        1: "write", 18: "pwrite64", 20: "writev", 296: "pwritev", 77: "ftruncate",
        74: "fsync", 75: "fdatasync", 82: "rename", 264: "renameat", 316: "renameat2",
        87: "unlink", 263: "unlinkat", 83: "mkdir", 258: "mkdirat", 84: "rmdir", 285: "fallocate",
    },
    "aarch64": {
        64: "write", 68: "pwrite64", 66: "writev", 70: "pwritev", 46: "ftruncate",
        82: "fsync", 83: "fdatasync", 38: "renameat", 276: "renameat2",
        35: "unlinkat", 34: "mkdirat", 47: "fallocate",
    },
}  # fmt: skip
CALLS = _NAMES.get(platform.machine(), {})
_BY_HANDLE = {
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "ftruncate",
    "fsync",
    "fdatasync",
    "fallocate",
}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class _Info(ctypes.Structure):
    """``struct ptrace_syscall_info``."""

    _fields_ = (
        ("op", ctypes.c_uint8),
        ("pad", ctypes.c_uint8 * 3),
        ("arch", ctypes.c_uint32),
        ("pointer", ctypes.c_uint64),
        ("stack", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("arguments", ctypes.c_uint64 * 6),
        ("rest", ctypes.c_uint64),
    )


def why_not() -> str | None:
    """Say why processes cannot be watched here, None if they can."""
    if not CALLS or not hasattr(os, "fork"):
        return f"no ptrace for {platform.system()} on {platform.machine()}"
    pid = os.fork()
    if pid == 0:
        os._exit(0 if _libc.ptrace(_TRACEME, 0, None, None) == 0 else 1)
    _, status = os.waitpid(pid, 0)
    return None if status == 0 else "tracing processes is not permitted here"


def end_with_parent() -> None:
    """Have this process killed when its parent ends; where there is no Linux, do nothing."""
    if platform.system() == "Linux":
        _libc.prctl(1, signal.SIGKILL)


class Disk:
    """The files below ``root`` as far as they are certain to survive a power cut.

    A file is as it was at its last fsync. ``copies`` holds that content by path.
    """

    def __init__(self, root: Path, copies: Path) -> None:
        self.root = root
        self.copies = copies
        self.durable: dict[str, Path] = {}
        for path in sorted(root.rglob("*")):
            if path.is_file():
                self.synced(str(path))

    def synced(self, path: str) -> None:
        """Keep the content of ``path`` as it is now."""
        try:
            copy = self.copies / str(len(list(self.copies.iterdir())))
            shutil.copyfile(path, copy)
            self.durable[path] = copy
        except (FileNotFoundError, IsADirectoryError):
            pass

    def renamed(self, old: str, new: str) -> None:
        """Follow a file to its new name."""
        if old in self.durable:
            self.durable[new] = self.durable.pop(old)


def run(
    victim: Callable[[], None],
    root: Path,
    stop_at: int | None = None,
    disk: Disk | None = None,
    before: Callable[[], None] = lambda: None,
) -> tuple[int, bool]:
    """Run ``victim`` in a child; kill it just before its write number ``stop_at`` below ``root``.

    Writes are all calls in ``CALLS`` on files below ``root``. ``before`` is called just before each
    of them, while that thread waits. Returns how many were seen and whether it ended by itself.
    """
    pid = os.fork()
    if pid == 0:
        try:
            _libc.ptrace(_TRACEME, 0, None, None)
            os.kill(os.getpid(), signal.SIGSTOP)
            victim()
            os._exit(0)
        finally:
            os._exit(1)
    os.waitpid(pid, 0)
    _libc.ptrace(_SETOPTIONS, pid, None, _OPTIONS)
    _libc.ptrace(_SYSCALL, pid, None, None)
    return _follow(pid, str(root), stop_at, disk, before)


def _follow(
    pid: int, root: str, stop_at: int | None, disk: Disk | None, before: Callable[[], None]
) -> tuple[int, bool]:
    seen = 0
    pending: dict[int, tuple[str, list[str]]] = {}
    while True:
        task, status = os.waitpid(-1, 0x40000000)  # __WALL: threads, too
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if task == pid:
                return seen, os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
            continue
        passed = 0
        stop = os.WSTOPSIG(status)
        if stop == signal.SIGTRAP | 0x80:
            call, paths, entry = _call(task, root)
            if entry and paths:
                pending[task] = (call, paths)
                seen += 1
                before()
                if seen == stop_at:
                    os.kill(pid, signal.SIGKILL)
                    _reap(pid)
                    return seen, False
            elif not entry and task in pending and disk:
                _note(disk, *pending.pop(task))
        elif stop not in (signal.SIGTRAP, signal.SIGSTOP):
            passed = stop
        _libc.ptrace(_SYSCALL, task, None, passed)


def _reap(pid: int) -> None:
    while True:
        try:
            task, status = os.waitpid(-1, 0x40000000)
        except ChildProcessError:
            return
        if task == pid and (os.WIFSIGNALED(status) or os.WIFEXITED(status)):
            return


def _call(task: int, root: str) -> tuple[str, list[str], bool]:
    """The call a task is at, the paths below ``root`` it changes, and whether it begins."""
    info = _Info()
    _libc.ptrace(_INFO, task, ctypes.sizeof(info), ctypes.byref(info))
    if info.op != _ENTRY:
        return "", [], False
    call = CALLS.get(info.number, "")
    if not call:
        return "", [], True
    if call in _BY_HANDLE:
        paths = [_link(task, info.arguments[0])]
    elif call in ("unlink", "mkdir", "rmdir"):
        paths = [_path(task, info.arguments[0])]
    elif call == "rename":
        paths = [_path(task, info.arguments[0]), _path(task, info.arguments[1])]
    elif call in ("unlinkat", "mkdirat"):
        paths = [_at(task, info.arguments[0], info.arguments[1])]
    else:
        first = _at(task, info.arguments[0], info.arguments[1])
        paths = [first, _at(task, info.arguments[2], info.arguments[3])]
    return call, paths if paths[0].startswith(root) else [], True


def _link(task: int, handle: int) -> str:
    try:
        return str(Path(f"/proc/{task}/fd/{handle}").readlink())
    except OSError:
        return ""


def _path(task: int, address: int) -> str:
    try:
        with open(f"/proc/{task}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
            memory.seek(address)
            return os.fsdecode(memory.read(512).split(b"\0")[0])
    except (OSError, ValueError, OverflowError):
        return ""


def _at(task: int, handle: int, address: int) -> str:
    name = _path(task, address)
    return name if name.startswith("/") else f"{_link(task, handle)}/{name}"


def _note(disk: Disk, call: str, paths: list[str]) -> None:
    if call in ("fsync", "fdatasync"):
        disk.synced(paths[0])
    elif call.startswith("rename"):
        disk.renamed(*paths)
