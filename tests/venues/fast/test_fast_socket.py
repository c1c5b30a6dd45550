"""What a `FrameSocket` does besides carrying frames: keepalive, messages in pieces, delays before dialling."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable

import pytest
from fast_kit import LoopbackVenue
from picows import WSListener, WSMsgType, WSTransport, ws_create_server

from venues.fast.endpoint import Endpoint
from venues.fast.socket import FIRST_DELAY_S, LONGEST_DELAY_S, FrameSocket


class Ears:
    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed: list[str] = []
        self.changed = asyncio.Event()

    def on_open(self) -> None:
        self.changed.set()

    def on_frame(self, frame: memoryview | bytes) -> None:
        self.frames.append(bytes(frame))

    def on_drained(self) -> None:
        self.changed.set()

    def on_closed(self, text: str) -> None:
        self.closed.append(text)
        self.changed.set()

    async def wait(self, frames: int = 0, closed: int = 0) -> None:
        async with asyncio.timeout(20):
            while len(self.frames) < frames or len(self.closed) < closed:
                self.changed.clear()
                await self.changed.wait()


@contextlib.asynccontextmanager
async def running(socket: FrameSocket) -> AsyncIterator[None]:
    task = asyncio.ensure_future(socket.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Sends(WSListener):
    """Says its piece to whoever comes."""

    def __init__(self, say: Callable[[WSTransport], None]) -> None:
        self._say = say

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._say(transport)


@contextlib.asynccontextmanager
async def server(say: Callable[[WSTransport], None]) -> AsyncIterator[str]:
    """A websocket server at the path `/here`."""
    listening = await ws_create_server(lambda request: Sends(say) if request.path == b"/here" else None, "127.0.0.1", 0)
    async with listening:
        yield f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def in_pieces(transport: WSTransport) -> None:
    transport.send(WSMsgType.TEXT, b"one ", fin=False)
    transport.send(WSMsgType.CONTINUATION, b"two ", fin=False)
    transport.send(WSMsgType.CONTINUATION, b"three")
    transport.send(WSMsgType.TEXT, b"four")


async def test_a_message_in_pieces_is_put_together() -> None:
    ears = Ears()
    async with server(in_pieces) as url, running(FrameSocket(f"{url}/here", ears, rng=random.Random(1), silence_s=15)):
        await ears.wait(frames=2)
    assert ears.frames == [b"one two three", b"four"]


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (lambda transport: transport.send(WSMsgType.CONTINUATION, b"x"), "out of turn"),
        (lambda transport: [transport.send(WSMsgType.TEXT, b"x", fin=False) for _ in range(2)], "out of turn"),
        (lambda transport: transport.underlying_transport.write(b"\x83\x00"), "invalid opcode"),
    ],
)
async def test_broken_frames_end_the_connection(say: Callable[[WSTransport], None], why: str) -> None:
    ears = Ears()
    async with server(say) as url, running(FrameSocket(f"{url}/here", ears, rng=random.Random(1), silence_s=15)):
        await ears.wait(closed=1)
    assert ears.frames == []
    assert ears.closed[0].startswith("broken frames: ")
    assert why in ears.closed[0]


async def test_a_message_in_pieces_without_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("venues.fast.socket.MAX_FRAME", 1000)
    piece = [WSMsgType.TEXT, WSMsgType.CONTINUATION]
    ears = Ears()
    async with (
        server(lambda transport: [transport.send(kind, b"x" * 600, fin=False) for kind in piece]) as url,
        running(FrameSocket(f"{url}/here", ears, rng=random.Random(1), silence_s=15)),
    ):
        await ears.wait(closed=1)
    assert ears.closed[0].startswith("a message of more than")


async def test_a_server_that_will_not_have_us_is_told_and_dialled_again() -> None:
    ears = Ears()
    async with server(in_pieces) as url, running(FrameSocket(f"{url}/no", ears, rng=random.Random(1), silence_s=15)):
        await ears.wait(closed=2)
    assert all(text.startswith("no connection") for text in ears.closed)


async def test_the_keepalive_is_sent_and_nothing_is_sent_while_down() -> None:
    async with LoopbackVenue() as venue:
        ears = Ears()
        socket = FrameSocket(
            venue.url.replace("http", "ws"), ears, rng=random.Random(1), silence_s=15, keepalive=b"{}", keepalive_s=0.01
        )
        socket.send(b"lost")
        socket.cut("nothing to cut")
        async with running(socket):
            await venue.until(lambda: len(venue.asked) >= 2)
            assert socket.is_open
        assert not socket.is_open
    assert venue.asked[:2] == [{}, {}]


def test_delays_double_up_to_a_bound_and_are_not_the_same_for_all() -> None:
    socket = FrameSocket("ws://x", Ears(), rng=random.Random(1), silence_s=15)
    for failures in range(1, 40):
        whole = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** (failures - 1))
        assert whole / 2 <= socket._delay(failures) <= whole
    assert len({socket._delay(3) for _ in range(10)}) == 10


@pytest.mark.parametrize("text", ["localhost:1", "ws://h", "http://h/path", "http://h|http://h", "http://h|ws://h/x"])
def test_an_endpoint_is_a_base_url(text: str) -> None:
    with pytest.raises(ValueError, match="expected http://HOST:PORT"):
        Endpoint.of(text, http="", ws="")


def test_endpoints() -> None:
    assert Endpoint.of("", http="https://a", ws="wss://b") == Endpoint("https://a", "wss://b")
    assert Endpoint.of("https://h:1/", http="", ws="") == Endpoint("https://h:1", "wss://h:1")
    assert Endpoint.of("http://h|ws://i:2", http="", ws="") == Endpoint("http://h", "ws://i:2")
