"""The journal's thread outlives whoever it tells its troubles to."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from cockpit.desk.desk import Desk
from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import connect_rw
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.journal_writer import ThreadWriter
from cockpit.desk_process import JournalTrouble
from venues.model import SystemClock

WAIT_S = 20


class Listener:
    """Told of trouble, it fails itself: as with a standard error on the disk that is full."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.called = threading.Event()

    def __call__(self, text: str) -> None:
        self.told.append(text)
        self.called.set()
        raise OSError("no space left on device")


def test_trouble_that_cannot_be_told_does_not_end_the_writing(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.db")
    Journal.open(path).close()
    full = threading.Event()
    full.set()

    def connect() -> sqlite3.Connection:
        if full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        return connect_rw(path)

    listener = Listener()
    writer = ThreadWriter(connect, on_trouble=listener, retry_s=0.001)
    writer.write("log", (1, 1, "info", "desk", "kept"))
    assert listener.called.wait(WAIT_S)
    full.clear()
    writer.barrier().result(timeout=WAIT_S)
    assert writer.close() == 0
    assert "disk is full" in listener.told[0]
    reader = JournalReader.open(path)
    assert [line.text for line in reader.log(10)] == ["kept"]
    reader.close()


def test_a_refused_row_that_cannot_be_told_is_kept_aside_and_holds_nothing_up(tmp_path: Path) -> None:
    path = str(tmp_path / "journal.db")
    Journal.open(path).close()
    listener = Listener()
    writer = ThreadWriter(lambda: connect_rw(path), on_trouble=listener, retry_s=0.001)
    writer.write("epoch", (1 << 70, 0, 0, ""))
    writer.write("log", (1, 1, "info", "desk", "kept"))
    writer.barrier().result(timeout=WAIT_S)
    assert writer.close() == 0
    reader = JournalReader.open(path)
    assert len(reader.refused()) == 1
    assert [line.text for line in reader.log(10)] == ["kept"]
    reader.close()


def test_a_full_queue_that_cannot_be_told_reaches_nobody_who_writes(tmp_path: Path) -> None:
    """`write` is called between a fill and its hedge: it must not raise."""
    path = str(tmp_path / "journal.db")
    Journal.open(path).close()
    gate = threading.Event()

    def connect() -> sqlite3.Connection:
        gate.wait(WAIT_S)
        return connect_rw(path)

    listener = Listener()
    writer = ThreadWriter(connect, on_trouble=listener, limit=2, batch_rows=1)
    for seq in range(1, 11):
        writer.write("order_event", (seq, "c", "", "open", "0", "", seq))
    assert "rows behind" in listener.told[0]
    gate.set()
    writer.barrier().result(timeout=WAIT_S)
    assert writer.close() == 0


async def test_trouble_reaches_the_alarms_though_stderr_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of a desk is often on the very disk that is full."""

    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError("no space left on device")

    desk = Desk(clock=SystemClock(), journal=Journal.open(":memory:"), venues=[], strategies={})
    trouble = JournalTrouble()
    trouble("before there is a desk, stderr is all there is")
    trouble.desk = desk
    heard = asyncio.Event()
    desk.alarms.on_line.append(lambda _line: heard.set())
    monkeypatch.setattr(sys, "stderr", Full())
    with pytest.raises(OSError, match="no space left"):
        await asyncio.to_thread(trouble, "disk full")
    async with asyncio.timeout(WAIT_S):
        await heard.wait()
    assert "disk full" in desk.alarms.active["journal"].text
    heard.clear()
    await asyncio.to_thread(trouble, "")
    async with asyncio.timeout(WAIT_S):
        await heard.wait()
    assert "journal" not in desk.alarms.active
    desk.journal.close()
