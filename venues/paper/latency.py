"""How long messages take: a distribution, timers on the injected clock, and streams that never overtake themselves."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from venues.model import NS_PER_MS, NS_PER_S, Clock

Action: TypeAlias = Callable[[], None]


class Latency(msgspec.Struct, frozen=True):
    """A floor plus a gamma-shaped tail: `base_ms` + Gamma(`shape`, mean `jitter_ms`)."""

    base_ms: float
    jitter_ms: float = 0.0
    shape: float = 2.0

    def draw_ns(self, rng: random.Random) -> int:
        """One delay, ns; never under the floor."""
        delay = self.base_ms
        if self.jitter_ms > 0:
            delay += rng.gammavariate(self.shape, self.jitter_ms / self.shape)
        return int(delay * NS_PER_MS)


class Timers:
    """Timers of the running event loop, in spans of the injected clock. No task is ever made."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """The loop that timers belong to; None for whichever runs when one is set."""
        self._loop = loop

    def after(self, delay_ns: int, action: Action) -> asyncio.TimerHandle:
        """Call `action` `delay_ns` from now (at once for 0 or less, but never in this very call)."""
        loop = self._loop or asyncio.get_running_loop()
        return loop.call_later(max(0, delay_ns) / NS_PER_S, action)


class Stream:
    """A first-in, first-out line: an item is never handed on before one that was put in earlier.

    One timer, for the head, serves the whole line. With `limit`, the oldest item is dropped when it is full: only for
    items that a later one replaces (books).
    """

    def __init__(self, timers: Timers, limit: int | None = None) -> None:
        self._timers = timers
        self._clock = timers.clock
        self._items: deque[tuple[int, Action]] = deque(maxlen=limit)
        self._last_due = 0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._items)

    def due(self, delay_ns: int) -> int:
        """When an item put in now with this delay will be handed on, on the monotonic clock."""
        return max(self._last_due, self._clock.monotonic_ns() + delay_ns)

    def put(self, delay_ns: int, action: Action) -> int:
        """Hand `action` on after `delay_ns`, or later behind an item that takes longer. Returns when, monotonic ns."""
        due = self._last_due = self.due(delay_ns)
        self._items.append((due, action))
        if self._timer is None:
            self._arm()
        return due

    def clear(self) -> None:
        """Drop what is under way."""
        self._items.clear()
        self._last_due = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = self._timers.after(self._items[0][0] - self._clock.monotonic_ns(), self._fire)

    def _fire(self) -> None:
        self._timer = None
        items = self._items
        # The timer was set for the head: it goes out even when the loop's clock is a hair ahead of ours.
        now = max(self._clock.monotonic_ns(), items[0][0]) if items else 0
        try:
            while items and items[0][0] <= now:
                items.popleft()[1]()
        finally:
            if items and self._timer is None:
                self._arm()
