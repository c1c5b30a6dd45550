"""Writers: in order, in batches, and never silently lost, whatever the disk does."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import JournalError, connect_rw
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_writer import SyncWriter, ThreadWriter

WAIT_S = 20
"""Longest any of these tests waits for a thread before it fails."""


class Disk:
    """A disk that can be full: connections made by it fail while it is."""

    def __init__(self) -> None:
        self.full = False
        self.failures = 0
        self.heal_after: int | None = None
        self.at = ("BEGIN",)

    def connect(self, path: str) -> sqlite3.Connection:
        disk = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
                if disk.full and sql.startswith(disk.at):
                    disk.failures += 1
                    if disk.heal_after is not None and disk.failures >= disk.heal_after:
                        disk.full = False
                    raise sqlite3.OperationalError("database or disk is full")
                return super().execute(sql, *args)

        connection = sqlite3.connect(path, isolation_level=None, factory=Connection)
        connection.execute("PRAGMA journal_mode = WAL")
        return connection


def log(journal: Journal, *numbers: int) -> None:
    for number in numbers:
        journal.log(ts=number, level="info", source="desk", text=str(number))


def event(writer: ThreadWriter | SyncWriter, seq: int) -> None:
    writer.write("order_event", (seq, "c", "", "open", "0", "", seq))


def texts(journal: Journal) -> list[int]:
    return [int(line.text) for line in journal.reader().log(10**6)]


MAKERS: list[Callable[..., ThreadWriter | SyncWriter]] = [
    partial(SyncWriter, batch_rows=3),
    partial(ThreadWriter, retry_s=0.001, batch_s=0.0005),
    partial(ThreadWriter, retry_s=0.001, batch_s=0.0, batch_rows=2),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("at", [("BEGIN",), ("COMMIT",), ("INSERT",)])
def test_a_full_disk_loses_nothing_and_keeps_the_order(make, at, tmp_path: Path) -> None:
    disk, told = Disk(), []
    disk.at = at
    journal = Journal.open(tmp_path / "journal.db", partial(make, on_trouble=told.append), connect=disk.connect)
    log(journal, *range(5))
    journal.flush()
    disk.full, disk.heal_after = True, 3
    log(journal, *range(5, 30))
    while disk.full:
        # A synchronous writer tries again at the next barrier or batch; the thread does by itself.
        saved = journal._writer.barrier()
        if make is not MAKERS[0]:
            saved.result(timeout=WAIT_S)
    journal.flush()
    assert texts(journal) == list(range(30))
    assert disk.failures == 3
    assert len(told) == 2
    assert "disk is full" in told[0]
    assert told[1] == ""
    assert journal.backlog == 0
    assert journal.close() == 0


def test_what_a_dead_disk_never_took_is_counted_at_close(tmp_path: Path) -> None:
    disk = Disk()
    writer = partial(ThreadWriter, retry_s=0.001, close_s=0.01)
    journal = Journal.open(tmp_path / "journal.db", writer, connect=disk.connect)
    disk.full = True
    log(journal, *range(7))
    saved = journal._writer.barrier()
    with pytest.raises(JournalError, match="could not be written within 0 s"):
        journal.flush(0)
    assert journal.close() == 7
    with pytest.raises(JournalError, match="closed before the disk took"):
        saved.result(timeout=WAIT_S)

    disk.full = False
    journal = Journal.open(tmp_path / "journal.db", connect=disk.connect)
    disk.full = True
    log(journal, 1, 2)
    assert journal.close() == 2


def test_a_disk_that_cannot_even_be_opened_or_rolled_back(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.db")
    Journal.open(path).close()
    disk, told, opens = Disk(), [], []
    disk.at = ("COMMIT", "ROLLBACK")

    def connect() -> sqlite3.Connection:
        opens.append(1)
        if len(opens) == 1:
            raise sqlite3.OperationalError("unable to open database file")
        return disk.connect(path)

    writer = SyncWriter(connect, on_trouble=told.append)
    event(writer, 1)
    assert not writer.barrier().done()
    disk.full = True
    assert not writer.barrier().done()
    disk.full = False
    assert writer.barrier().done()
    assert (len(opens), writer.backlog, writer.close()) == (3, 0, 0)
    assert "unable to open" in told[0]
    assert "connection broke" in told[1]
    assert told[-1] == ""


def test_a_barrier_of_the_synchronous_writer_waits_for_the_disk(tmp_path: Path) -> None:
    disk = Disk()
    journal = Journal.open(tmp_path / "journal.db", connect=disk.connect)
    disk.full = True
    log(journal, 1)
    first = journal._writer.barrier()
    assert not first.done()
    disk.full = False
    assert journal._writer.barrier().done()
    assert first.done()
    journal.close()


def test_a_row_that_no_table_takes_is_kept_aside_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    journal = Journal.open(tmp_path / "journal.db", partial(SyncWriter, on_trouble=told.append))
    journal.slot(1, 1, "L1")
    journal.slot(1, 1, "L2")
    journal.slot(1, 2, "L3")
    journal._writer.write("epoch", (1 << 70, 0, 0, ""))
    journal.flush()
    reader = journal.reader()
    assert (reader.loop_of(1, 1), reader.loop_of(1, 2)) == ("L1", "L3")
    assert reader.refused()[0][:2] == ("slot", "[1, 1, 'L2']")
    assert len(reader.refused()) == 2
    assert len(told) == 2
    assert "refused a row of slot" in told[0]
    journal.close()


def test_a_full_queue_drops_log_lines_and_keeps_the_rest(tmp_path: Path) -> None:
    told: list[str] = []
    caught_up = threading.Event()

    def on_trouble(text: str) -> None:
        told.append(text)
        if not text:
            caught_up.set()

    gate = threading.Event()
    path = tmp_path / "journal.db"
    Journal.open(path).close()

    def connect() -> sqlite3.Connection:
        gate.wait(WAIT_S)
        return connect_rw(str(path))

    writer = ThreadWriter(connect, on_trouble=on_trouble, limit=10, batch_rows=1)
    for seq in range(1, 31):
        event(writer, seq)
        writer.write("log", (seq, 0, "info", "desk", "line"))
    gate.set()
    writer.barrier().result(timeout=WAIT_S)
    assert caught_up.wait(WAIT_S)
    assert writer.close() == 0
    reader = JournalReader.open(str(path))
    kept = len(reader.log(10**6))
    assert reader.next_seq() == 31
    reader.close()
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT count(*) FROM order_events").fetchone() == (30,)
    raw.close()
    assert 0 < kept < 30
    assert "rows behind the desk" in told[0]
    assert f"{30 - kept} log lines were dropped" in told[1]
    assert told[2] == ""


def test_the_thread_wakes_for_each_row_after_a_quiet_spell(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal.open(path).close()
    saved = threading.Event()

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
            cursor = super().execute(sql, *args)
            if sql == "COMMIT":
                saved.set()
            return cursor

    writer = ThreadWriter(lambda: sqlite3.connect(path, isolation_level=None, factory=Connection), batch_s=0.0)
    for seq in range(1, 21):
        saved.clear()
        event(writer, seq)
        assert saved.wait(WAIT_S)
    assert writer.close() == 0


def test_many_threads_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Journal.open(path).close()
    writer = ThreadWriter(lambda: connect_rw(str(path)), batch_s=0.0)

    def write(first: int) -> None:
        for seq in range(first, first + 500):
            event(writer, seq)

    threads = [threading.Thread(target=write, args=(1 + 500 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.close() == 0
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT count(*), max(seq) FROM order_events").fetchone() == (2_000, 2_000)
    raw.close()


async def test_a_barrier_can_be_awaited(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db", ThreadWriter)
    log(journal, 1, 2, 3)
    await journal.barrier()
    assert texts(journal) == [1, 2, 3]
    journal.close()
    memory = Journal.open(":memory:")
    log(memory, 4)
    await memory.barrier()
    assert texts(memory) == [4]
    memory.close()


KILLED = """
import sys
from cockpit.desk.journal import Journal
from cockpit.desk.journal_writer import ThreadWriter
journal = Journal.open(sys.argv[1], ThreadWriter)
number = 0
while True:
    for _ in range(20):
        number += 1
        journal.log(ts=number, level="info", source="desk", text=str(number))
    journal.flush()
    print(number, flush=True)
"""


def test_what_a_barrier_promised_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        promised = [int(child.stdout.readline()) for _ in range(10)]
        os.kill(child.pid, signal.SIGKILL)
        promised += [int(line) for line in child.stdout]
        assert child.wait() == -signal.SIGKILL
    journal = Journal.open(path)
    found = texts(journal)
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= promised[-1] >= 200
    journal.close()
