"""The log on a stream, written by a thread: whoever reads it, or does not, never holds the desk up."""

from __future__ import annotations

import os
import queue
import threading
from contextlib import suppress
from datetime import UTC, datetime

from cockpit.desk.alarms import Line
from venues.model import NS_PER_S

WAITING = 1_000
"""Lines that may wait for a reader; more are left out, the journal has them all."""

CLOSE_S = 1.0
"""How long the last lines may take to be read, seconds."""


class LogOutput:
    """Lines to a file descriptor, for the log file or for systemd's journal.

    A terminal that was halted by ctrl+s, a pipe that is full or one that is broken costs lines and nothing else.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: queue.Queue[bytes | None] = queue.Queue(WAITING)
        # A daemon, and past Python's buffers: a write that never ends must not keep the process from ending.
        self._thread = threading.Thread(target=self._write, name="log output", daemon=True)
        self._thread.start()

    def line(self, line: Line) -> None:
        """Take a line; returns at once."""
        stamp = datetime.fromtimestamp(line.ts // NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        with suppress(queue.Full):
            self._lines.put_nowait(f"{stamp} {line.level:7} {line.source}: {line.text}\n".encode())

    def close(self, timeout: float = CLOSE_S) -> None:
        """Write what waits, for about `timeout` seconds at the most."""
        with suppress(queue.Full):
            self._lines.put(None, timeout=timeout)
        self._thread.join(timeout)

    def _write(self) -> None:
        while (left := self._lines.get()) is not None:
            try:
                while left:
                    left = left[os.write(self._descriptor, left) :]
            except OSError:
                # nobody is there to read it; a terminal that has gone says so each time
                continue
