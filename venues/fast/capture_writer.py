"""Writes a capture as it is recorded, so that it can be read whatever ends the recording."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

GZIP_SUFFIX = ".gz"
LEVEL = 6
BATCH_BYTES = 1 << 20
"""Lines waiting in memory are written at the latest when they are so many."""


class CaptureWriter:
    """Appends lines `<local receive time, ns> <message>` to a new file, gzipped where its name ends in `.gz`.

    `flush` hands what waits to the operating system in one write, which a kill of this process cannot undo; with gzip
    each is a member of its own, complete, and members one after the other are a gzip file. So a kill loses what came
    since the last flush and nothing else. (A machine that loses power may lose what its disk had not got: no fsync.)

    Raises `OSError` where the file is there already or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        """Taken so far."""
        self.bytes = 0
        """In the file so far."""
        self._packed = path.suffix == GZIP_SUFFIX
        self._waiting = bytearray()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)

    def put(self, ts_ns: int, message: bytes) -> None:
        """One message, which holds no raw newline where it is JSON; one that does is written without."""
        if b"\n" in message:
            message = message.replace(b"\n", b" ")
        self._waiting += b"%019d %b\n" % (ts_ns, message)
        self.lines += 1
        if len(self._waiting) >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self._waiting:
            return
        whole = gzip.compress(self._waiting, LEVEL, mtime=0) if self._packed else bytes(self._waiting)
        self._waiting.clear()
        at = 0
        while at < len(whole):
            at += os.write(self._file, whole[at:])
        self.bytes += len(whole)

    def close(self) -> None:
        """Write what waits. Closing twice is no error."""
        if self._file >= 0:
            try:
                self.flush()
            finally:
                os.close(self._file)
                self._file = -1
