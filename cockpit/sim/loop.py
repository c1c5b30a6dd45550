"""An asyncio event loop that owns time: it jumps from event to event, and market data is pumped by its selector.

Why our own: looptime and async-solipsism wake the loop once per timer, which costs more than the whole market path when
a capture brings 140,000 events; here the feed runs inside `select()` until a callback is ready or a timer is due.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from venues.model import NS_PER_S


class Feed(Protocol):
    """Events from outside the loop, in time order; a `Market` of the paper exchange is one."""

    def next_ts(self) -> int | None:
        """When the next event is due, ns since the epoch; None at the end."""
        ...

    def step(self) -> None: ...


class Stalled(RuntimeError):
    """Nothing is ready, no timer is set and the feed has ended: the awaited thing can never happen."""


class MergedFeed:
    """Several feeds as one, in order of time and, at the same time, in the order given. It ends with the first that
    ends: past that point one side of the market would be frozen."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = list(feeds)
        self._heap: list[tuple[int, int]] = []
        self._ended = not self._feeds
        for index, feed in enumerate(self._feeds):
            self._push(index, feed)
        self.steps = 0

    def _push(self, index: int, feed: Feed) -> None:
        ts = feed.next_ts()
        if ts is None:
            self._ended = True
        else:
            heapq.heappush(self._heap, (ts, index))

    def next_ts(self) -> int | None:
        return None if self._ended else self._heap[0][0]

    def step(self) -> None:
        heap = self._heap
        index = heap[0][1]
        feed = self._feeds[index]
        feed.step()
        self.steps += 1
        ts = feed.next_ts()
        if ts is None:
            self._ended = True
        else:
            heapq.heapreplace(heap, (ts, index))


class _Pump:
    """Stands where a loop has its selector: waiting means letting the market move and time pass."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[object]:
        if timeout is not None and timeout <= 0:
            return []
        self._loop.pump(timeout)
        return []

    def close(self) -> None:
        """Nothing is held open."""


class VirtualLoop(asyncio.BaseEventLoop):
    """`loop.time()` is virtual seconds since `start_ns`. One thread decides the order of everything."""

    def __init__(self, start_ns: int, feed: Feed | None = None, on_end: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._start_ns = start_ns
        self._now_ns = start_ns
        self._feed = feed
        self._on_end = on_end
        self._clock_resolution = 1e-9
        self._selector: Any = _Pump(self)
        # BaseEventLoop's own fields, typed here because typeshed leaves them out.
        self._ready: Any
        self._scheduled: Any
        self._thread_id: int | None

    @property
    def now_ns(self) -> int:
        return self._now_ns

    def time(self) -> float:
        return (self._now_ns - self._start_ns) / NS_PER_S

    def set_feed(self, feed: Feed, on_end: Callable[[], None] | None = None) -> None:
        """What moves while nobody is ready; `on_end` is called once when it has no more events."""
        self._feed = feed
        self._on_end = on_end

    def pump(self, timeout: float | None) -> None:
        """Let feed events happen until a callback is ready or `timeout` seconds have passed (None: no timer is set)."""
        feed = self._feed
        ready, scheduled = self._ready, self._scheduled
        target = None if timeout is None else self._now_ns + math.ceil(timeout * NS_PER_S)
        timers = len(scheduled)
        while True:
            due = feed.next_ts() if feed is not None else None
            if due is None:
                if self._on_end is not None:
                    ended, self._on_end = self._on_end, None
                    ended()
                    if ready:
                        return
                if target is None:
                    if scheduled:
                        return
                    raise Stalled("nothing is ready, no timer is set and the market data has ended")
                self._now_ns = max(self._now_ns, target)
                return
            if target is not None and due > target:
                self._now_ns = max(self._now_ns, target)
                return
            if due > self._now_ns:
                self._now_ns = due
            assert feed is not None
            feed.step()
            if ready or len(scheduled) != timers:
                return

    def _process_events(self, event_list: object) -> None:
        """There are no file descriptors to serve."""

    def _write_to_self(self) -> None:
        """Asked for by `call_soon_threadsafe`, which futures use even in the loop's own thread."""
        if threading.get_ident() == self._thread_id:
            return
        raise RuntimeError("a thread may not decide the order of events in a simulation")


class VirtualClock:
    """The loop's time as the injected `Clock`."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now_ns(self) -> int:
        return self._loop.now_ns

    def monotonic_ns(self) -> int:
        return self._loop.now_ns
