"""One process a socket: a locked file beside it that names the process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process holds the lock; the text names it."""


def pid_path(socket_path: Path) -> Path:
    return socket_path.with_name(socket_path.name + ".pid")


class PidFile:
    """Held for as long as the process lives; the system lets go of it however the process ends.

    The file itself stays: removing a lock file lets two processes hold "the" lock.
    """

    def __init__(self, socket_path: Path) -> None:
        """Raises `AlreadyRunning`, or `OSError` where the folder cannot be written."""
        path = pid_path(socket_path)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise AlreadyRunning(f"{socket_path}: already served by process {pid}") from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def is_held(socket_path: Path) -> bool:
    """Does a living process hold the lock?"""
    try:
        descriptor = os.open(pid_path(socket_path), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
