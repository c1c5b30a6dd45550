"""Writers of the journal: rows go in at once and come to the disk in order, in batches, never silently lost."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from decimal import Decimal
from typing import Protocol, TypeAlias

from cockpit.desk.journal_file import Connect, JournalError
from cockpit.desk.journal_schema import DROPPABLE, STATEMENTS

Value: TypeAlias = str | int | Decimal
Row: TypeAlias = tuple[Value, ...]
Item: TypeAlias = tuple[str, Row]
"""A statement's key and its row."""
OnTrouble: TypeAlias = Callable[[str], None]
"""Told what is wrong with the disk, and "" once all is saved again. Called on the thread that writes."""

LEAST_LOOK_S = 0.0005
"""How long the writing thread sleeps between looks where it was told not to gather at all, seconds."""


class JournalWriter(Protocol):
    """Where rows go. `write` returns at once; nothing is promised before a barrier has passed."""

    def write(self, key: str, row: Row) -> None:
        """Queue a row for the statement `key`."""
        ...

    def barrier(self) -> Future[None]:
        """Done when everything written before is on disk; it waits as long as the disk cannot take it.
        Fails with `JournalError` when the writer is closed before. Do not cancel it."""
        ...

    def close(self) -> int:
        """Save what is queued and stop. The number of rows that could not be saved, 0 when all is well."""
        ...

    @property
    def backlog(self) -> int:
        """Rows not yet known to be on disk."""
        ...


def _plain(row: Row) -> list[str | int]:
    return [str(value) if isinstance(value, Decimal) else value for value in row]


class RowSaver:
    """Saves batches, each in one transaction: whole or not at all. Connects anew after a failure."""

    def __init__(self, connect: Connect, on_trouble: OnTrouble) -> None:
        self._connect = connect
        self._on_trouble = on_trouble
        self._connection: sqlite3.Connection | None = None
        self._told = ""

    def save(self, batch: Sequence[Item]) -> bool:
        """False where the disk would not have it; what is wrong has been told, once."""
        try:
            connection = self._connection
            if connection is None:
                connection = self._connection = self._connect()
            connection.execute("BEGIN IMMEDIATE")
            refusals = [text for key, row in batch if (text := self._execute(connection, key, row))]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._drop_connection()
            self.tell(f"the journal cannot be written: {error}; nothing is lost while the desk runs, make room")
            return False
        for text in refusals:
            self._on_trouble(text)
        self.tell("")
        return True

    def tell(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._on_trouble(text)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _execute(self, connection: sqlite3.Connection, key: str, row: Row) -> str:
        """A row that no retry can help is kept as text in `refused`, and told: it must not hold up the others."""
        plain = _plain(row)
        try:
            connection.execute(STATEMENTS[key], plain)
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, OverflowError) as error:
            connection.execute(
                "INSERT INTO refused (statement, row, error) VALUES (?, ?, ?)", (key, repr(plain), str(error))
            )
            return f"the journal refused a row of {key}: {error}; it is kept in the table `refused`"
        return ""

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            self._on_trouble(f"the journal's connection broke: {error}")
        finally:
            # Closing rolls back too, and lets go of the lock that would keep the next connection out.
            connection.close()


class SyncWriter:
    """Saves in the calling thread, `batch_rows` at a time and at each barrier: deterministic."""

    def __init__(self, connect: Connect, *, on_trouble: OnTrouble | None = None, batch_rows: int = 256) -> None:
        self._saver = RowSaver(connect, _unfailing(on_trouble))
        self._batch_rows = batch_rows
        self._due = batch_rows
        self._queue: list[Item] = []
        self._waiting: list[Future[None]] = []

    @property
    def backlog(self) -> int:
        return len(self._queue)

    def write(self, key: str, row: Row) -> None:
        self._queue.append((key, row))
        if len(self._queue) >= self._due:
            self._save()

    def barrier(self) -> Future[None]:
        future: Future[None] = Future()
        self._waiting.append(future)
        self._save()
        return future

    def close(self) -> int:
        self._save()
        self._saver.close()
        waiting, self._waiting = self._waiting, []
        _fail(waiting)
        return len(self._queue)

    def _save(self) -> None:
        if self._queue and not self._saver.save(self._queue):
            self._due = len(self._queue) + self._batch_rows
            return
        self._queue.clear()
        self._due = self._batch_rows
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.set_result(None)


class ThreadWriter:
    """Saves in a thread of its own. `write` costs an append and wakes nobody, for a wake between a fill and its hedge
    would cost more than all else; the thread looks every `batch_s` (at once when a barrier waits) and commits what it
    finds in one transaction.

    A batch that the disk refuses is kept and tried again every `retry_s`, in order. Above `limit` rows log lines are
    dropped, counted and told; everything else is kept.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        on_trouble: OnTrouble | None = None,
        batch_s: float = 0.01,
        batch_rows: int = 4096,
        retry_s: float = 0.5,
        limit: int = 100_000,
        close_s: float = 10.0,
    ) -> None:
        self._saver = RowSaver(connect, _unfailing(on_trouble))
        self._on_trouble = _unfailing(on_trouble)
        self._batch_s = batch_s
        self._batch_rows = batch_rows
        self._retry_s = retry_s
        self._limit = limit
        self._close_s = close_s
        self._queue: deque[Item | Future[None]] = deque()
        self._batch: list[Item] = []
        self._dropped = 0
        self._behind = False
        self._hurry = threading.Event()
        self._closing = False
        self._give_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        return len(self._queue) + len(self._batch)

    def write(self, key: str, row: Row) -> None:
        queue = self._queue
        if len(queue) >= self._limit:
            if not self._behind:
                self._behind = True
                self._on_trouble(f"the journal is {len(queue)} rows behind the desk: log lines are dropped")
            if key in DROPPABLE:
                self._dropped += 1
                return
        queue.append((key, row))

    def barrier(self) -> Future[None]:
        future: Future[None] = Future()
        self._queue.append(future)
        self._hurry.set()
        return future

    def close(self) -> int:
        self._closing = True
        self._hurry.set()
        self._thread.join(self._close_s)
        self._give_up.set()
        self._thread.join()
        unsaved = [item for item in self._queue if not isinstance(item, Future)]
        _fail([item for item in self._queue if isinstance(item, Future)])
        self._queue.clear()
        return len(self._batch) + len(unsaved)

    def _run(self) -> None:
        queue = self._queue
        while not self._give_up.is_set():
            if len(queue) < self._batch_rows and not self._closing:
                self._hurry.wait(self._batch_s or LEAST_LOOK_S)
            self._hurry.clear()
            if queue:
                self._save_batch()
            elif self._closing:
                break
        self._saver.close()

    def _save_batch(self) -> None:
        queue, batch = self._queue, self._batch
        waiting: list[Future[None]] = []
        while queue and len(batch) < self._batch_rows:
            item = queue.popleft()
            if isinstance(item, Future):
                waiting.append(item)
            else:
                batch.append(item)
        while batch:
            if self._saver.save(batch):
                batch.clear()
            elif self._give_up.wait(self._retry_s):
                break
        if batch:
            _fail(waiting)
            return
        for future in waiting:
            future.set_result(None)
        if self._behind and not queue:
            self._behind = False
            dropped, self._dropped = self._dropped, 0
            self._on_trouble(f"the journal has caught up; {dropped} log lines were dropped, everything else is saved")
            self._on_trouble("")


def _fail(waiting: Sequence[Future[None]]) -> None:
    for future in waiting:
        future.set_exception(JournalError("the journal was closed before the disk took what this waits for"))


def _unfailing(tell: OnTrouble | None) -> OnTrouble:
    """Telling must not end the thread that saves: when the disk is full, the log that is told is often on that disk,
    or its stream is closed.
    The desk's watch sees the backlog grow and alarms it, told or not."""

    def told(text: str) -> None:
        if tell is not None:
            with suppress(OSError, ValueError):
                tell(text)

    return told
