"""Several sessions of one account: one is the main one, the others stand beside it and take nothing from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from paper_socket_kit import SYMBOL, FakeVenue, Recorder, arrival, book, fill, request

from venues.model import ManualClock, VenueRejected
from venues.paper.account_line import MAX_BACKLOG
from venues.paper.client import PaperClient
from venues.paper.protocol import ENCODER, Login, Subscribe
from venues.paper.server import PaperServer
from venues.wire import frame


class Rig:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.venue = FakeVenue()
        self.server = PaperServer({"maker": self.venue}, path)
        self._made: list[PaperClient] = []

    async def client(self, *, beside: bool) -> tuple[PaperClient, Recorder]:
        client, recorder = PaperClient("maker", self.path, ManualClock(), beside=beside), Recorder()
        self._made.append(client)
        await client.connect(recorder)
        return client, recorder

    async def close(self) -> None:
        for client in self._made:
            await client.close()
        await self.server.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path / "paper.sock")
    await rig.server.start()
    yield rig
    await rig.close()


async def test_one_beside_leaves_the_main_one_where_it_is(rig: Rig) -> None:
    _main, told = await rig.client(beside=False)
    _second, seen = await rig.client(beside=True)
    _third, also = await rig.client(beside=True)
    rig.venue.tell.on_fill(fill(request()))
    for recorder in (told, seen, also):
        assert len(await recorder.count(1)) == 1
        assert recorder.connections == [(True, "connected")]


async def test_a_new_main_one_takes_over_from_the_main_one_alone(rig: Rig) -> None:
    _main, told = await rig.client(beside=False)
    _beside, seen = await rig.client(beside=True)
    _newer, heard = await rig.client(beside=False)
    assert "another session logged in to maker" in await told.down()
    rig.venue.tell.on_fill(fill(request()))
    await seen.count(1)
    await heard.count(1)
    assert seen.connections == [(True, "connected")]
    assert not told.events


async def test_each_hears_the_markets_it_asked_for(rig: Rig) -> None:
    main, told = await rig.client(beside=False)
    beside, seen = await rig.client(beside=True)
    main.subscribe([SYMBOL])
    await arrival(rig.venue)
    beside.subscribe(["ETHUSDT"])
    await arrival(rig.venue)
    rig.venue.tell.on_book(book(1))
    rig.venue.tell.on_book(book(2, symbol="ETHUSDT"))
    assert await told.count(1) == [book(1)]
    assert await seen.count(1) == [book(2, symbol="ETHUSDT")]


async def test_one_that_goes_takes_nobody_with_it(rig: Rig) -> None:
    _main, told = await rig.client(beside=False)
    beside, _seen = await rig.client(beside=True)
    await beside.close()
    line = rig.server.accounts["maker"]
    rig.venue.tell.on_fill(fill(request()))
    await told.count(1)
    assert line.session is not None


async def test_one_that_does_not_read_is_cut_off_and_the_main_one_hears_on(rig: Rig) -> None:
    _main, told = await rig.client(beside=False)
    _reader, writer = await asyncio.open_unix_connection(rig.path)
    for message in (Login("maker", beside=True), Subscribe((SYMBOL,))):
        writer.write(frame(ENCODER.encode(message)))
    await arrival(rig.venue)
    size = len(ENCODER.encode(book(1, depth=500)))
    for seq in range(4 * MAX_BACKLOG // size):
        rig.venue.tell.on_book(book(seq, depth=500))
    rig.venue.tell.on_fill(fill(request()))
    await told.count(1)
    assert told.connections == [(True, "connected")]
    writer.close()


async def test_cancel_all_after_goes_to_the_venue_and_its_no_comes_back(rig: Rig) -> None:
    beside, _seen = await rig.client(beside=True)
    await beside.cancel_all_after(7.5)
    assert rig.venue.cancelled == [("after", "7.5")]
    with pytest.raises(VenueRejected, match="expected 0 or more"):
        await beside.cancel_all_after(-1)
