"""Where the journal is read for a client: in a thread of its own, so that no question holds the desk up."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import JournalError
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.refusals import LaunchError

T = TypeVar("T")


class Reading(Protocol):
    """Answers questions to the journal, one after the other."""

    async def ask(self, work: Callable[[JournalReader], T]) -> T:
        """What `work` makes of the journal; what it raises is raised here. It must touch nothing of the desk's."""
        ...


class ReadingHere:
    """In the desk's own turn and over its own connection: for a journal in memory, and for virtual time."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def ask(self, work: Callable[[JournalReader], T]) -> T:
        return work(self._journal.reader())


class ReadingAside:
    """In one thread, over a connection of that thread's. SQLite lets go of the interpreter while it looks, and the
    thread has to hand it back each half millisecond while it makes values of what was found."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading")
        self._reader: JournalReader | None = None

    async def ask(self, work: Callable[[JournalReader], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def close(self) -> None:
        """Let what is at work end, and let go of the file."""
        self._thread.submit(self._let_go)
        self._thread.shutdown()

    def _run(self, work: Callable[[JournalReader], T]) -> T:
        try:
            if self._reader is None:
                self._reader = JournalReader.open(str(self._path))
            return work(self._reader)
        except (JournalError, sqlite3.Error) as error:
            self._let_go()
            raise LaunchError(f"the journal cannot be read: {error}") from error

    def _let_go(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
