"""Reading the journal beside the desk: no question holds it up, and trouble is an answer."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from cockpit.desk.journal import Journal
from cockpit.desk.journal_read import JournalReader
from cockpit.desk.refusals import LaunchError
from cockpit.host.asked import MOST_BYTES, json_rows, stamp, whole
from cockpit.host.reading import ReadingAside, ReadingHere


@pytest.fixture
def journal(tmp_path: Path):
    journal = Journal.open(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


@pytest.fixture
def aside(journal: Journal, tmp_path: Path):
    aside = ReadingAside(tmp_path / "journal.sqlite")
    yield aside
    aside.close()


async def test_the_desk_goes_on_while_a_question_is_at_work(aside: ReadingAside) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def long_question(reader: JournalReader) -> int:
        begun.set()
        assert go_on.wait(10)
        return reader.epoch()

    asked = asyncio.ensure_future(aside.ask(long_question))
    next_one = asyncio.ensure_future(aside.ask(lambda reader: reader.next_seq()))
    assert await asyncio.to_thread(begun.wait, 10)
    assert not asked.done(), "and this very turn of the loop has come"
    go_on.set()
    assert await asked == 0
    assert await next_one == 1


async def test_it_reads_what_the_desk_has_saved(aside: ReadingAside, journal: Journal) -> None:
    assert await aside.ask(lambda reader: reader.epoch()) == 0
    journal.begin_epoch(ts=0, pid=1, version="x")
    assert await aside.ask(lambda reader: reader.epoch()) == 1


async def test_what_a_question_raises_is_raised_to_who_asked(aside: ReadingAside) -> None:
    def refuse(_reader: JournalReader) -> None:
        raise LaunchError("limit: '0' is not valid")

    with pytest.raises(LaunchError, match="limit"):
        await aside.ask(refuse)


async def test_a_journal_that_cannot_be_read_is_an_answer_and_may_come_back(tmp_path: Path) -> None:
    path = tmp_path / "later.sqlite"
    aside = ReadingAside(path)
    with pytest.raises(LaunchError, match=r"the journal cannot be read: .*there is no such file"):
        await aside.ask(lambda reader: reader.epoch())
    Journal.open(path).close()
    assert await aside.ask(lambda reader: reader.epoch()) == 0
    with pytest.raises(LaunchError, match="the journal cannot be read: no such table"):
        await aside.ask(lambda reader: reader.all("SELECT * FROM nowhere"))
    assert await aside.ask(lambda reader: reader.epoch()) == 0
    aside.close()


async def test_in_memory_the_desks_own_connection_serves() -> None:
    journal = Journal.open(":memory:")
    journal.begin_epoch(ts=0, pid=1, version="x")
    assert await ReadingHere(journal).ask(lambda reader: reader.epoch()) == 1
    journal.close()


def test_an_answer_that_no_message_holds_says_what_to_do() -> None:
    assert bytes(json_rows([])) == b"[]"
    assert bytes(json_rows([1, "a"])) == b'[1,"a"]'
    with pytest.raises(LaunchError, match="too long for one message; ask for a shorter span"):
        json_rows("x" * 1_000_000 for _ in range(MOST_BYTES // 1_000_000 + 1))


@pytest.mark.parametrize("text", ["-1", "0", "11", "1e3", " 5", "٣", "9" * 5_000])
def test_numbers_out_of_bounds(text: str) -> None:
    with pytest.raises(LaunchError, match=r"limit: .* is not valid; expected a whole number from 1 to 10"):
        whole({"limit": text}, "limit", 5, 10)


def test_numbers_and_stamps_within() -> None:
    assert [whole({}, "limit", 5, 10), whole({"limit": "10"}, "limit", 5, 10)] == [5, 10]
    assert [stamp({}, "from", 3), stamp({"from": "-7"}, "from", 3)] == [3, -7]
    assert stamp({"from": "9" * 19}, "from", 0) == 1 << 62, "no larger than SQLite takes"
    for text in ("yesterday", "--7", "9" * 20, "١"):
        with pytest.raises(LaunchError, match="is not a time; expected ns since the epoch"):
            stamp({"from": text}, "from", 0)
