"""The loop that owns time."""

from __future__ import annotations

import asyncio

import pytest

from cockpit.sim.loop import MergedFeed, Stalled, VirtualClock, VirtualLoop

START = 1_723_161_255_030_314_667


class ListFeed:
    def __init__(self, name: str, stamps: list[int], seen: list[tuple[str, int]]) -> None:
        self.name, self.stamps, self.seen, self.at = name, stamps, seen, 0

    def next_ts(self) -> int | None:
        return self.stamps[self.at] if self.at < len(self.stamps) else None

    def step(self) -> None:
        self.seen.append((self.name, self.stamps[self.at]))
        self.at += 1


def test_time_jumps_to_the_timer_and_no_further() -> None:
    loop = VirtualLoop(START)
    clock = VirtualClock(loop)

    async def main() -> list[int]:
        await asyncio.sleep(3600)
        one = clock.now_ns() - START
        await asyncio.sleep(0.000_001)
        return [one, clock.now_ns() - START]

    assert loop.run_until_complete(main()) == [3_600_000_000_000, 3_600_000_001_000]
    loop.close()


def test_feed_runs_up_to_the_timer_and_then_on() -> None:
    seen: list[tuple[str, int]] = []
    loop = VirtualLoop(START, ListFeed("a", [START + 10, START + 2_000_000_000], seen))

    async def main() -> tuple[int, int]:
        await asyncio.sleep(1)
        early = len(seen)
        await asyncio.sleep(1.5)
        return early, len(seen)

    assert loop.run_until_complete(main()) == (1, 2)
    loop.close()


def test_a_timer_set_by_a_feed_event_comes_before_the_next_event() -> None:
    order: list[str] = []
    loop = VirtualLoop(START)

    class Feed:
        stamps = [START + 100, START + 1_000]  # noqa: RUF012

        def next_ts(self) -> int | None:
            return self.stamps[0] if self.stamps else None

        def step(self) -> None:
            order.append(f"event {self.stamps.pop(0) - START}")
            loop.call_later(2e-7, order.append, "timer")

    async def main() -> None:
        await asyncio.sleep(1e-5)

    loop.set_feed(Feed())
    loop.run_until_complete(main())
    assert order == ["event 100", "timer", "event 1000", "timer"]
    loop.close()


def test_merged_feeds_go_by_time_and_end_with_the_first() -> None:
    seen: list[tuple[str, int]] = []
    merged = MergedFeed([ListFeed("a", [1, 5, 9], seen), ListFeed("b", [1, 6], seen)])
    while merged.next_ts() is not None:
        merged.step()
    assert seen == [("a", 1), ("b", 1), ("a", 5), ("b", 6)]
    assert merged.steps == 4


def test_the_end_of_the_feed_is_told_once() -> None:
    loop = VirtualLoop(START)

    async def main() -> int:
        ended = asyncio.Event()
        loop.set_feed(ListFeed("a", [START + 7], []), ended.set)
        await ended.wait()
        return loop.now_ns - START

    assert loop.run_until_complete(main()) == 7
    loop.close()


def test_waiting_for_what_cannot_come_is_an_error() -> None:
    loop = VirtualLoop(START)

    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stalled, match="nothing is ready"):
        loop.run_until_complete(main())
    loop.close()


def test_threads_may_not_reach_in() -> None:
    loop = VirtualLoop(START)
    with pytest.raises(RuntimeError, match="thread"):
        loop.call_soon_threadsafe(print)
    loop.close()
