"""Streams that are lost, silent, or only asked for; in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from live_loop import run_virtual

from venues.live.streams import REDIAL_MAX_S, Connection, PolledStream, WatchedStream
from venues.model import VenueBusy, VenueUnavailable


class Sockets:
    """Stands for `Exchange`: what the streams do to their sockets."""

    def __init__(self) -> None:
        self.heard: float | None = None
        self.drops: list[float] = []

    def heard_at(self, stream: str) -> float | None:
        return self.heard

    def took(self, stream: str) -> None: ...

    async def drop(self, stream: str) -> None:
        self.drops.append(asyncio.get_running_loop().time())


Changes = list[tuple[bool, str]]


def watched(
    sockets: Sockets, listen: Callable[[], Awaitable[None]], changes: Changes, silence_s: float | None = None
) -> WatchedStream:
    return WatchedStream(
        "orders",
        sockets,  # type: ignore[arg-type]  # the three methods that a stream uses
        listen,
        lambda stream, up, reason: changes.append((up, reason)),
        silence_s=silence_s,
    )


async def run_for(seconds: float, stream: WatchedStream | PolledStream) -> None:
    task = asyncio.create_task(stream.run())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_stream_that_cannot_be_had_is_redialled_ever_more_seldom_and_told_once() -> None:
    async def main() -> None:
        sockets, changes = Sockets(), Changes()

        async def listen() -> None:
            raise VenueUnavailable("no route")

        await run_for(100, watched(sockets, listen, changes))
        assert changes == [(False, "no route")]
        gaps = [round(after - before, 6) for before, after in zip(sockets.drops, sockets.drops[1:], strict=False)]
        assert gaps == sorted(gaps)
        assert gaps[-1] == REDIAL_MAX_S

    run_virtual(main())


def test_a_silent_socket_is_dropped_and_one_that_says_other_things_is_not() -> None:
    async def main() -> None:
        sockets, changes, loop = Sockets(), Changes(), asyncio.get_running_loop()

        async def listen() -> None:
            await loop.create_future()

        stream = watched(sockets, listen, changes, silence_s=5)
        task = asyncio.create_task(stream.run())
        await asyncio.sleep(0)
        stream.opened()
        for _ in range(10):
            await asyncio.sleep(4)
            sockets.heard = loop.time()
        assert sockets.drops == []
        assert changes == [(True, "connected")]
        await asyncio.sleep(10)
        assert changes[1] == (False, "orders: silent for 5 s")
        assert sockets.drops
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_virtual(main())


def test_a_socket_that_opens_and_is_lost_at_once_was_never_up() -> None:
    async def main() -> None:
        sockets, changes, loop = Sockets(), Changes(), asyncio.get_running_loop()

        async def listen() -> None:
            stream.opened()
            stream.opened()
            await asyncio.sleep(0.1)
            raise VenueUnavailable(f"login refused at {loop.time():.1f}")

        stream = watched(sockets, listen, changes)
        await run_for(0.3, stream)
        assert changes == [(False, "login refused at 0.1")]

    run_virtual(main())


def test_news_is_proof_that_a_stream_is_up_and_a_steady_one_is_redialled_soon() -> None:
    async def main() -> None:
        sockets, changes, calls = Sockets(), Changes(), 0

        async def listen() -> None:
            nonlocal calls
            calls += 1
            await asyncio.sleep(30)
            if calls % 2 == 0:
                raise VenueUnavailable("cut")

        await run_for(61, watched(sockets, listen, changes))
        assert changes == [(True, "connected"), (False, "cut")]
        assert calls == 3

    run_virtual(main())


def test_a_polled_stream_is_down_without_answers_and_busy_is_not_down() -> None:
    async def main() -> None:
        changes: Changes = []
        answers: list[Exception | None] = [
            None,
            VenueBusy("429"),
            VenueUnavailable("5xx"),
            VenueUnavailable("5xx"),
            None,
        ]

        async def ask() -> None:
            answer = answers.pop(0)
            if answer is not None:
                raise answer

        await run_for(9, PolledStream("fills", 2, ask, lambda stream, up, reason: changes.append((up, reason))))
        assert changes == [(True, "answers"), (False, "5xx"), (True, "answers")]
        assert answers == []

    run_virtual(main())


def test_a_connection_is_up_with_all_that_is_vital_and_tells_each_change_once() -> None:
    told: Changes = []
    connection = Connection(lambda up, reason: told.append((up, reason)))
    connection.need("orders")
    connection.need("fills")
    connection.change("funding_rate", False, "not vital")
    connection.change("orders", True, "connected")
    assert told == []
    connection.change("fills", True, "connected")
    connection.change("orders", False, "cut")
    connection.change("fills", False, "cut too")
    connection.change("fills", True, "connected")
    assert not connection.up
    connection.change("orders", True, "back")
    assert told == [(True, "connected"), (False, "cut"), (True, "back")]
    assert connection.up


def test_a_connection_that_never_came_up_says_why() -> None:
    told: Changes = []
    connection = Connection(lambda up, reason: told.append((up, reason)))
    connection.need("orders")
    connection.change("orders", False, "no route")
    assert told == [(False, "no route")]
