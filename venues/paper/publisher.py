"""Publishing one market to those who subscribed: its best levels, its mark, its funding rate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from itertools import islice

from venues.model import NS_PER_S, BookUpdate, FundingRate, Level, Side
from venues.paper.latency import Timers
from venues.paper.link import AccountLink
from venues.paper.market import BookView

DEPTH = 10
"""Levels a side."""
HEARTBEAT_NS = NS_PER_S
"""A book is published again after this long even when nothing moved, so that its age means something."""


class Publisher:
    """A new best price goes out at once; any other change within the top levels at most once in `interval_ns`.

    Levels are put together once for all subscribers.
    """

    def __init__(
        self,
        symbol: str,
        view: BookView,
        timers: Timers,
        interval_ns: int,
        mark: Callable[[], Decimal | None],
        rate: Callable[[], FundingRate],
        heartbeat_ns: int = HEARTBEAT_NS,
    ) -> None:
        self.dirty = True
        """A change waits for its turn, or nobody listens: no need to say so again."""
        self.live = False
        self._symbol = symbol
        self._view = view
        self._timers = timers
        self._clock = timers.clock
        self._interval_ns = interval_ns
        self._heartbeat_ns = heartbeat_ns
        self._mark = mark
        self._rate = rate
        self._links: list[AccountLink] = []
        self._seq = 0
        self._last: tuple[tuple[Level, ...], tuple[Level, ...]] = ((), ())
        self._sent_at = 0
        self._looked_at = 0
        self._timer: asyncio.TimerHandle | None = None
        self._beat: asyncio.TimerHandle | None = None

    def subscribe(self, link: AccountLink) -> None:
        """Add a listener; it gets the book, the mark and the rate as they stand."""
        if not self._links:
            self._last = self._top()
            self._sent_at = self._looked_at = self._clock.monotonic_ns()
        if link not in self._links:
            self._links.append(link)
        self.live = True
        self.show(link)
        self.dirty = False
        if self._beat is None:
            self._beat = self._timers.after(self._heartbeat_ns, self._heartbeat)

    def unsubscribe(self, link: AccountLink) -> None:
        if link in self._links:
            self._links.remove(link)
        if not self._links:
            self.live, self.dirty = False, True
            for timer in (self._timer, self._beat):
                if timer is not None:
                    timer.cancel()
            self._timer = self._beat = None

    def show(self, link: AccountLink) -> None:
        """Everything as it stands, to one listener."""
        link.book(self._update(*self._top()))
        mark = self._mark()
        if mark is not None:
            link.mark(self._symbol, mark, self._clock.now_ns())
        link.rate(self._rate())

    def show_empty(self, link: AccountLink) -> None:
        """The book is gone for this listener, at once."""
        link.dropped(self._update((), ()))

    def touch(self) -> None:
        """Something changed that is not a best price: it goes out when its turn comes."""
        self.dirty = True
        wait = self._looked_at + self._interval_ns - self._clock.monotonic_ns()
        if wait <= 0:
            self.publish()
        elif self._timer is None:
            self._timer = self._timers.after(wait, self._turn)

    def publish(self, *, again: bool = False) -> None:
        """Send the top levels now; where they are the same as before only if `again`."""
        if not self.live:
            return
        self.dirty = False
        self._looked_at = self._clock.monotonic_ns()
        top = self._top()
        if top == self._last and not again:
            return
        self._send(*top)

    def gap(self) -> None:
        """The book is out of sync: both sides empty, at once."""
        if self.live:
            self._send((), ())

    def announce_rate(self) -> None:
        rate = self._rate()
        for link in self._links:
            link.rate(rate)

    def _top(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        levels = self._view.levels
        return tuple(islice(levels(Side.BUY), DEPTH)), tuple(islice(levels(Side.SELL), DEPTH))

    def _update(self, bids: tuple[Level, ...], asks: tuple[Level, ...]) -> BookUpdate:
        self._seq += 1
        return BookUpdate(self._symbol, self._seq, self._clock.now_ns(), bids, asks)

    def _send(self, bids: tuple[Level, ...], asks: tuple[Level, ...]) -> None:
        self._last = (bids, asks)
        self._sent_at = self._clock.monotonic_ns()
        update = self._update(bids, asks)
        for link in self._links:
            link.book(update)

    def _turn(self) -> None:
        self._timer = None
        if self.dirty:
            self.publish()

    def _heartbeat(self) -> None:
        self._beat = self._timers.after(self._heartbeat_ns, self._heartbeat)
        if self._clock.monotonic_ns() - self._sent_at >= self._heartbeat_ns // 2:
            self.publish(again=True)
        mark = self._mark()
        if mark is not None:
            now = self._clock.now_ns()
            for link in self._links:
                link.mark(self._symbol, mark, now)
