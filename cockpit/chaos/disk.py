"""The journal's disk in virtual time: it commits when a seed says so, can be slow or full, and dies with the desk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future

from cockpit.desk.journal_file import Connect, JournalError
from cockpit.desk.journal_writer import Item, OnTrouble, Row, RowSaver

RETRY_S = 0.5


class Disk:
    """Holds the journal across desks. `delay` draws how long a commit takes, seconds."""

    def __init__(self, name: str, delay: Callable[[], float]) -> None:
        self._uri = f"file:{name}?mode=memory&cache=shared"
        # A database in memory lives as long as somebody is connected.
        self._anchor = self.connect()
        self.delay = delay
        self.slow = 1.0
        """Factor on `delay`."""
        self.full = False
        self.commits = 0
        self.on_commit: Callable[[], None] | None = None

    def connect(self, _path: str = "") -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, isolation_level=None, cached_statements=128)

    def close(self) -> None:
        self._anchor.close()


class DelayedWriter:
    """A `JournalWriter` whose commits take virtual time. Until `begin` it saves at once, as a desk that starts waits
    for its disk before anything else; after `die` nothing more is saved, as after kill -9."""

    def __init__(self, disk: Disk, connect: Connect, on_trouble: OnTrouble | None = None) -> None:
        self._disk = disk
        self._saver = RowSaver(connect, on_trouble or (lambda _text: None))
        self._queue: list[Item | Future[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.dead = False

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    @property
    def backlog(self) -> int:
        return sum(1 for item in self._queue if not isinstance(item, Future))

    def write(self, key: str, row: Row) -> None:
        if not self.dead:
            self._queue.append((key, row))
            self._arm()

    def barrier(self) -> Future[None]:
        future: Future[None] = Future()
        if not self.dead:
            if self._loop is None or not self._queue:
                self._save()
                future.set_result(None)
            else:
                self._queue.append(future)
                self._arm()
        return future

    def close(self) -> int:
        if self._timer is not None:
            self._timer.cancel()
        if not self.dead:
            self._save()
        for item in self._queue:
            if isinstance(item, Future):
                item.set_exception(JournalError("the journal was closed"))
        self._saver.close()
        return self.backlog

    def die(self) -> None:
        """What has not been committed is lost; who waits for it waits for ever."""
        self.dead = True
        self._queue = []
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(self._disk.delay() * self._disk.slow, self._commit)

    def _commit(self) -> None:
        self._timer = None
        if self._disk.full:
            self._saver.tell("the journal cannot be written: database or disk is full")
            assert self._loop is not None
            self._timer = self._loop.call_later(RETRY_S, self._commit)
            return
        self._save()
        if self._disk.on_commit is not None:
            self._disk.on_commit()

    def _save(self) -> None:
        queue, self._queue = self._queue, []
        rows = [item for item in queue if not isinstance(item, Future)]
        if rows and not self._saver.save(rows):
            self._queue = queue + self._queue
            return
        self._disk.commits += 1
        for item in queue:
            if isinstance(item, Future):
                item.set_result(None)
