"""How a desk takes its leave, and how it knows of the watchdogs that hear it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from link_kit import FakeDesk, RawClient, counting_ids, until

from cockpit.link.client import SocketLink
from cockpit.link.messages import Attach, Delta, Goodbye, Snapshot
from cockpit.link.server import LinkServer
from venues.model import SystemClock

CLOCK = SystemClock()
WORDS = "pid 7, deadline 10 s, cancels"


class Rig:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.desk = FakeDesk()
        self.watchdogs: list[tuple[str, ...]] = []
        self._changed = asyncio.Event()
        self.server = self.new_server()

    def new_server(self) -> LinkServer:
        return LinkServer(self.desk, self.path, CLOCK, on_watchdogs=self._note)

    def _note(self, watchdogs: tuple[str, ...]) -> None:
        self.watchdogs.append(watchdogs)
        self._changed.set()

    async def noted(self, count: int) -> None:
        """Wait until watchdogs came or went that often."""
        async with asyncio.timeout(10):
            while len(self.watchdogs) < count:
                self._changed.clear()
                await self._changed.wait()

    def client(self, **options: str) -> SocketLink:
        return SocketLink(self.path, CLOCK, ids=counting_ids("c"), origin="test:c", rate_hz=1, **options)


@pytest.fixture
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("s") / "run" / "desk.sock")
    await rig.server.start()
    yield rig
    await rig.server.close()


async def test_a_server_that_closes_says_how_it_left_things_and_goodbye(rig: Rig) -> None:
    raw = await RawClient.open(rig.path)
    raw.say(Attach(rate_hz=1))
    await raw.expect(Snapshot)
    rig.desk.change(positions=[])
    await rig.server.close()
    last = await raw.expect(Delta)
    assert isinstance(last, Delta)
    assert set(last.removed) == {"positions"}
    assert await raw.message() == Goodbye()
    assert await raw.message() is None
    await raw.close()


async def test_one_that_never_attached_hears_it_too(rig: Rig) -> None:
    raw = await RawClient.open(rig.path)
    await raw.message()
    await rig.server.close()
    assert await raw.message() == Goodbye()
    await raw.close()


async def test_a_client_knows_it_until_a_desk_greets_it_again(rig: Rig) -> None:
    link = rig.client()
    await link.start()
    assert await link.ready(5)
    assert not link.goodbye
    before = link.store.heard_ns
    assert before is not None
    await rig.server.close()
    await until_gone(link)
    assert link.goodbye
    rig.server = rig.new_server()
    await rig.server.start()
    await until(link.store, lambda store: store.connection == "live")
    assert not link.goodbye
    assert (link.store.heard_ns or 0) > before
    await link.close()


async def until_gone(link: SocketLink) -> None:
    await link._gone.wait()


async def test_watchdogs_are_counted_as_they_come_and_go(rig: Rig) -> None:
    plain = rig.client()
    await plain.start()
    assert await plain.ready(5)
    one, two = rig.client(watchdog=WORDS), rig.client(watchdog="pid 8")
    for link in (one, two):
        await link.start()
        assert await link.ready(5)
    assert rig.watchdogs == [(WORDS,), (WORDS, "pid 8")]
    await one.close()
    await rig.noted(3)
    await two.close()
    await rig.noted(4)
    assert rig.watchdogs[2:] == [("pid 8",), ()]
    await plain.close()


async def test_a_desk_that_stops_does_not_miss_its_watchdog(rig: Rig) -> None:
    link = rig.client(watchdog=WORDS)
    await link.start()
    assert await link.ready(5)
    await rig.server.close()
    await until_gone(link)
    assert rig.watchdogs == [(WORDS,)]
    await link.close()
