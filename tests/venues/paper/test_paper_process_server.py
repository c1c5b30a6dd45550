"""The server against clients that misbehave."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from paper_socket_kit import SYMBOL, WAIT_S, FakeVenue, Recorder, arrival, book, fill, request

from venues.model import ManualClock
from venues.paper.account_line import MAX_BACKLOG
from venues.paper.client import PaperClient
from venues.paper.protocol import (
    ENCODER,
    PROTOCOL_VERSION,
    SERVER_DECODER,
    Args,
    Failure,
    Login,
    Refused,
    Request,
    Response,
    ServerMessage,
    Status,
    Submit,
    Subscribe,
    Welcome,
    What,
)
from venues.paper.server import MAX_REQUESTS, PaperServer
from venues.wire import FrameSplitter, frame


class Raw:
    """A client that sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._splitter = FrameSplitter()
        self._waiting: list[ServerMessage] = []

    def send(self, *messages: object) -> None:
        self.writer.write(b"".join(frame(ENCODER.encode(message)) for message in messages))

    async def read(self) -> ServerMessage | None:
        """The next message; None when the server has closed the connection."""
        async with asyncio.timeout(WAIT_S):
            while not self._waiting:
                data = await self.reader.read(65536)
                if not data:
                    return None
                self._waiting += map(SERVER_DECODER.decode, self._splitter.feed(data))
        return self._waiting.pop(0)


class Rig:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.maker, self.taker = FakeVenue("maker"), FakeVenue("taker", "lighter")
        self.changes: list[str] = []
        self.server = PaperServer({"maker": self.maker, "taker": self.taker}, path, on_change=self.changes.append)
        self._raws: list[Raw] = []

    async def raw(self, *messages: object) -> Raw:
        raw = Raw(*await asyncio.open_unix_connection(self.path))
        self._raws.append(raw)
        raw.send(*messages)
        return raw

    async def close(self) -> None:
        for raw in self._raws:
            raw.writer.close()
        await self.server.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path / "paper.sock")
    await rig.server.start()
    yield rig
    await rig.close()


async def refusal(raw: Raw) -> Refused:
    message = await raw.read()
    assert isinstance(message, Refused)
    assert await raw.read() is None, "the connection was left open"
    return message


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xc1", b"\x93\xa5login\x01\x02", ENCODER.encode(["submit", {"client_order_id": 5}]), ENCODER.encode(["?"])],
)
async def test_a_malformed_frame_closes_that_connection_only(rig: Rig, payload: bytes) -> None:
    good, bad = await rig.raw(Login("taker")), await rig.raw(Login("maker"))
    assert isinstance(await good.read(), Welcome)
    assert isinstance(await bad.read(), Welcome)
    bad.writer.write(frame(payload) + frame(ENCODER.encode(Submit(request("after")))))
    assert (await refusal(bad)).failure is Failure.MALFORMED
    good.send(Submit(request("good")))
    await arrival(rig.taker)
    assert (rig.taker.submitted, rig.maker.submitted) == ([request("good")], [])


async def test_a_frame_that_is_too_long_closes_the_connection(rig: Rig) -> None:
    raw = await rig.raw(Login("maker"))
    assert isinstance(await raw.read(), Welcome)
    raw.writer.write(b"\xff\xff\xff\xff")
    assert await raw.read() is None


async def test_orders_before_login_are_refused(rig: Rig) -> None:
    refused = await refusal(await rig.raw(Submit(request())))
    assert refused == Refused(Failure.REJECTED, "submit before login")


async def test_another_version_of_the_protocol_is_refused(rig: Rig) -> None:
    refused = await refusal(await rig.raw(Login("maker", 99)))
    assert refused.failure is Failure.MALFORMED
    assert f"protocol version 99: this exchange speaks {PROTOCOL_VERSION}" in refused.text


async def test_one_login_a_connection(rig: Rig) -> None:
    raw = await rig.raw(Login("maker"), Login("taker"))
    assert isinstance(await raw.read(), Welcome)
    assert (await refusal(raw)).text == "already logged in to maker"


async def test_account_queries_need_a_login(rig: Rig) -> None:
    raw = await rig.raw(Request(1, What.POSITIONS), Request(2, What.SHUTDOWN))
    for number, what in ((1, "positions"), (2, "shutdown")):
        response = await raw.read()
        assert isinstance(response, Response)
        assert (response.id, response.failure) == (number, Failure.REJECTED)
        assert response.text == f"{what}: not answered here without a login"


async def test_requests_that_wait_are_bounded(rig: Rig) -> None:
    rig.maker.question = asyncio.get_running_loop().create_future()
    raw = await rig.raw(Login("maker"), *(Request(number, What.POSITIONS) for number in range(MAX_REQUESTS + 1)))
    assert isinstance(await raw.read(), Welcome)
    response = await raw.read()
    assert isinstance(response, Response)
    assert (response.id, response.failure) == (MAX_REQUESTS, Failure.UNAVAILABLE)
    rig.maker.question.set_result(None)
    answered = [await raw.read() for _ in range(MAX_REQUESTS)]
    assert {message.id for message in answered if isinstance(message, Response)} == set(range(MAX_REQUESTS))


async def test_a_question_is_dropped_with_who_asked_it(rig: Rig) -> None:
    rig.maker.question = question = asyncio.get_running_loop().create_future()
    raw = await rig.raw(Login("maker"), Request(1, What.POSITIONS))
    await arrival(rig.maker)
    raw.writer.close()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.shield(question), WAIT_S)


async def test_a_client_that_does_not_read_is_cut_off(rig: Rig) -> None:
    raw = await rig.raw(Login("maker"), Subscribe((SYMBOL,)))
    await arrival(rig.maker)
    line = rig.server.accounts["maker"]
    size = len(ENCODER.encode(book(1, depth=500)))
    for seq in range(4 * MAX_BACKLOG // size):
        rig.maker.tell.on_book(book(seq, depth=500))
    assert line.session is None
    # the account lives on, and a client that reads is served
    client, recorder = PaperClient("maker", rig.path, ManualClock()), Recorder()
    await client.connect(recorder)
    rig.maker.tell.on_fill(fill(request()))
    await recorder.count(1)
    await client.close()
    raw.writer.close()


async def test_nothing_is_kept_for_an_absent_client(rig: Rig) -> None:
    rig.maker.tell.on_fill(fill(request(), "missed"))
    client, recorder = PaperClient("maker", rig.path, ManualClock()), Recorder()
    await client.connect(recorder)
    rig.maker.tell.on_fill(fill(request(), "seen"))
    (told,) = await recorder.count(1)
    assert getattr(told, "trade_id", "") == "seen"
    assert rig.changes == ["maker", "maker"], "what happened without a client must be saved too"
    await client.close()


async def test_symbols_of_an_earlier_session_are_not_sent_to_the_next(rig: Rig) -> None:
    first = await rig.raw(Login("maker"), Subscribe((SYMBOL, "NOPE")))
    await arrival(rig.maker)
    assert rig.maker.subscribed == [SYMBOL]
    second = await rig.raw(Login("maker"))
    assert isinstance(await second.read(), Welcome)
    rig.maker.tell.on_book(book(1))
    second.send(Request(1, What.PING))
    assert isinstance(await second.read(), Response)
    first.writer.close()


async def test_the_socket_is_the_users_alone(rig: Rig) -> None:
    assert stat.S_IMODE(rig.path.stat().st_mode) == 0o600
    await rig.server.close()
    assert not rig.path.exists()
    assert rig.maker.closed


async def test_a_path_that_is_taken_or_too_long_is_an_error(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        await PaperServer({}, rig.path).start()
    with pytest.raises(OSError, match="longer than the 100 bytes"):
        await PaperServer({}, tmp_path / ("x" * 120)).start()


async def test_ping_tells_who_is_there(rig: Rig) -> None:
    raw = await rig.raw(Request(7, What.PING, Args()))
    response = await raw.read()
    assert isinstance(response, Response)
    status = msgspec.msgpack.decode(response.payload, type=Status)
    assert (response.id, status) == (7, Status(os.getpid(), PROTOCOL_VERSION, {"maker": "binance", "taker": "lighter"}))
