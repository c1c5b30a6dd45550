"""Whatever crosses the paper exchange's socket, either way: one connection may suffer from it, nobody else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paper_socket_kit import D, FakeVenue, Recorder, arrival, book, fill, report, request

from tests.property_kit import tries, values
from venues.model import CancelReport, Capabilities, ManualClock, OrderStatus, VenueError, VenueUnavailable
from venues.paper.ask import ask_once
from venues.paper.client import PaperClient
from venues.paper.protocol import (
    CLIENT_DECODER,
    ENCODER,
    MALFORMED,
    SERVER_DECODER,
    Args,
    Cancel,
    Connection,
    Event,
    Failure,
    Login,
    Mark,
    Refused,
    Request,
    Response,
    Status,
    Submit,
    Subscribe,
    Welcome,
    What,
)
from venues.paper.server import PaperServer
from venues.wire import FrameSplitter, frame

T = TypeVar("T")

TO_SERVER = [
    Login("maker"),
    Login("nobody", 7),
    Subscribe(("BTCUSDT", "?")),
    Submit(request()),
    Submit(msgspec.structs.replace(request(), qty=D("NaN"), price=D("sNaN"))),
    Cancel("c1", "BTCUSDT"),
    *(Request(number, what, Args(client_order_id="c1", cursor="x", kind="?")) for number, what in enumerate(What)),
]
TO_CLIENT = [
    Welcome("maker", "binance", Capabilities(), {}, True, ""),
    Connection(False, "away"),
    Connection(True, "back"),
    Mark("BTCUSDT", D("NaN"), 0),
    Event(report(request(), OrderStatus.OPEN)),
    Event(fill(request())),
    Event(CancelReport("c1", "BTCUSDT", True, "no", 1)),
    Response(1, msgspec.Raw(ENCODER.encode("not what was asked for"))),
    book(3),
    Refused(Failure.UNAVAILABLE, "later"),
]
BAD_TEXT = b"\x93\xa6cancel\xa2\xff\xff\xa1a"
"""A text that is no UTF-8."""


def mangled(good: list[Any]) -> st.SearchStrategy[bytes]:
    """Messages cut short, with a byte changed, with fields of wrong types, and no messages at all."""
    whole = st.sampled_from([ENCODER.encode(message) for message in good])
    cut = whole.flatmap(lambda raw: st.integers(0, len(raw)).map(lambda at: raw[:at]))

    def flipped(raw: bytes) -> st.SearchStrategy[bytes]:
        at = st.integers(0, len(raw) - 1)
        return st.tuples(at, st.integers(0, 255)).map(
            lambda pair: raw[: pair[0]] + bytes([pair[1]]) + raw[pair[0] + 1 :]
        )

    tags = st.sampled_from([raw for message in good if (raw := type(message).__struct_config__.tag)])
    odd = st.tuples(tags, st.lists(values, max_size=4)).map(lambda pair: ENCODER.encode([pair[0], *pair[1]]))
    return whole | cut | whole.flatmap(flipped) | odd | st.binary(max_size=60) | values.map(ENCODER.encode)


class Runs:
    """An event loop for a whole test, which hears of every exception that nobody caught."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.told: list[dict[str, Any]] = []
        self.runner.get_loop().set_exception_handler(lambda _loop, context: self.told.append(context))

    def __call__(self, work: Awaitable[T]) -> T:
        async def inside() -> T:
            async with asyncio.timeout(10):
                return await work

        result = self.runner.run(inside())
        assert self.told == []
        return result

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.close()


@tries(150)
@given(mangled(TO_SERVER + TO_CLIENT))
@example(BAD_TEXT)
@example(b"\x91" * 100_000)
def test_a_payload_is_a_message_or_malformed(payload: bytes) -> None:
    for decoder in (CLIENT_DECODER, SERVER_DECODER):
        with contextlib.suppress(*MALFORMED):
            assert isinstance(decoder.decode(payload), msgspec.Struct)


def test_the_server_and_its_other_clients_outlive_everything(tmp_path: Path) -> None:
    path = tmp_path / "paper.sock"
    maker, taker = FakeVenue("maker"), FakeVenue("taker")

    async def start() -> tuple[PaperServer, PaperClient]:
        server = PaperServer({"maker": maker, "taker": taker}, path)
        await server.start()
        neighbour = PaperClient("taker", path, ManualClock())
        await neighbour.connect(Recorder())
        return server, neighbour

    with Runs() as run:
        server, neighbour = run(start())

        @tries(60)
        @given(st.lists(mangled(TO_SERVER).map(frame) | st.binary(max_size=30), max_size=6), st.booleans())
        @example([frame(BAD_TEXT)], True)
        @example([b"\xff\xff\xff\xff"], False)
        def attack(chunks: list[bytes], logged_in: bool) -> None:
            async def once() -> None:
                reader, writer = await asyncio.open_unix_connection(path)
                hello = [frame(ENCODER.encode(Login("maker")))] if logged_in else []
                writer.writelines([*hello, *chunks])
                writer.write_eof()
                await reader.read()
                writer.close()
                taker.arrived.clear()
                neighbour.submit(request(f"n{len(taker.submitted)}"))
                await arrival(taker)
                assert await neighbour.positions()

            run(once())

        attack()
        run(neighbour.close())
        run(server.close())
        assert len(taker.submitted) >= 60


class LyingServer:
    """Answers a login properly and anything else by its script."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.script: list[bytes] = []

    async def start(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self._serve, self.path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        splitter = FrameSplitter()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                for payload in splitter.feed(data):
                    message = CLIENT_DECODER.decode(payload)
                    if isinstance(message, Login):
                        writer.write(frame(ENCODER.encode(TO_CLIENT[0])))
                    elif isinstance(message, Request):
                        writer.writelines(self.script)
                        writer.write_eof()
        writer.close()


ASKS: list[Callable[[PaperClient], Awaitable[object]]] = [
    PaperClient.open_orders,
    PaperClient.positions,
    PaperClient.balances,
    lambda client: client.fills_since(""),
    lambda client: client.query_order(client_order_id="c1"),
    lambda client: client.funding_since(0),
    lambda client: client.cancel_all(),
]


def answers(payload: bytes) -> bytes:
    """A sound response to the first question, that holds `payload`."""
    return ENCODER.encode(Response(1, msgspec.Raw(payload)))


def test_a_lying_exchange_is_an_answer_or_a_venue_error(tmp_path: Path) -> None:
    liar = LyingServer(tmp_path / "paper.sock")
    with Runs() as run:
        listening = run(liar.start())

        @tries(80)
        @given(
            st.lists(mangled(TO_CLIENT) | values.map(ENCODER.encode).map(answers), max_size=4), st.sampled_from(ASKS)
        )
        @example([answers(ENCODER.encode("no order"))], ASKS[4])
        @example([answers(b"\xa2\xff\xff")], ASKS[6])
        @example([BAD_TEXT], ASKS[0])
        @example([], ASKS[1])
        def attack(payloads: list[bytes], ask: Callable[[PaperClient], Awaitable[object]]) -> None:
            liar.script = [frame(payload) for payload in payloads]

            async def once() -> None:
                listener = Recorder()
                client = PaperClient("maker", liar.path, ManualClock())
                await client.connect(listener)
                client.submit(request("c9"))
                with contextlib.suppress(VenueError):
                    await ask(client)
                await client.close()
                assert listener.connections[0] == (True, "connected")

            run(once())

        attack()

        async def stop() -> None:
            listening.close()

        run(stop())


@pytest.mark.parametrize("ask", ASKS)
def test_an_answer_that_does_not_read_is_no_answer(
    tmp_path: Path, ask: Callable[[PaperClient], Awaitable[object]]
) -> None:
    """Found by fuzzing: it came out as an error that nobody who asks a venue expects."""
    liar = LyingServer(tmp_path / "paper.sock")
    liar.script = [frame(answers(ENCODER.encode({"what": "ever"})))]

    async def once() -> str:
        listening = await liar.start()
        client = PaperClient("maker", liar.path, ManualClock())
        await client.connect(Recorder())
        try:
            await ask(client)
        except VenueUnavailable as error:
            return str(error)
        finally:
            await client.close()
            listening.close()
        return ""

    with Runs() as run:
        assert "does not read" in run(once())


def test_a_single_question_to_a_liar(tmp_path: Path) -> None:
    liar = LyingServer(tmp_path / "paper.sock")
    decoder = msgspec.msgpack.Decoder(Status)
    with Runs() as run:
        listening = run(liar.start())

        @tries(60)
        @given(mangled(TO_CLIENT) | values.map(ENCODER.encode).map(answers))
        @example(answers(b"\xa2\xff\xff"))
        @example(BAD_TEXT)
        def attack(payload: bytes) -> None:
            liar.script = [frame(payload)]

            async def once() -> None:
                with contextlib.suppress(VenueError):
                    assert isinstance(await ask_once(liar.path, What.PING, Args(), decoder), Status)

            run(once())

        attack()

        async def stop() -> None:
            listening.close()

        run(stop())
