"""Funding: what a rate costs a position, and when it is settled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

from venues.model import NS_PER_S, FundingRate
from venues.paper.account import Position, signed_value
from venues.paper.latency import Timers


def next_settlement(now_ns: int, interval_s: int) -> int:
    """The next whole multiple of the interval since the epoch, UTC: 00:00, 08:00, 16:00 for eight hours."""
    interval = interval_s * NS_PER_S
    return (now_ns // interval + 1) * interval


def funding_cost(position: Position, rate: Decimal, mark: Decimal) -> Decimal:
    """What the position pays (negative: gets) at a settlement: rate × signed notional, in the settle asset.

    Linear: rate · q · size · mark. Inverse: rate · q · face ÷ mark, in coin. A long pays a positive rate on both.
    """
    worth = signed_value(position.instrument, position.qty, mark)
    return rate * (-worth if position.instrument.inverse else worth)


class FundingSchedule:
    """The rate of one market and the timer to its next settlement."""

    def __init__(self, symbol: str, interval_s: int, timers: Timers, settle: Callable[[int], None]) -> None:
        self._symbol = symbol
        self._timers = timers
        self._clock = timers.clock
        self._settle = settle
        self._timer: asyncio.TimerHandle | None = None
        self._running = False
        self.rate = Decimal(0)
        self.interval_s = interval_s
        self.next_ts = next_settlement(self._clock.now_ns(), interval_s)

    def start(self) -> None:
        """Settle from now on; needs a running loop. Settlements before now are past."""
        if not self._running:
            self._running = True
            if self.next_ts <= self._clock.now_ns():
                self.next_ts = next_settlement(self._clock.now_ns(), self.interval_s)
            self._arm()

    def stop(self) -> None:
        self._running = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def set_rate(self, rate: Decimal, interval_s: int | None = None, next_ts: int | None = None) -> bool:
        """What the market says; True where anything is new. A settlement time that is past is not taken."""
        interval_s = interval_s or self.interval_s
        moved = interval_s != self.interval_s
        if moved:
            self.interval_s = interval_s
            self.next_ts = next_settlement(self._clock.now_ns(), interval_s)
        if next_ts is not None and next_ts > self._clock.now_ns() and next_ts != self.next_ts:
            self.next_ts, moved = next_ts, True
        changed = moved or rate != self.rate
        self.rate = rate
        if moved and self._running:
            self._arm()
        return changed

    def report(self) -> FundingRate:
        return FundingRate(self._symbol, self.rate, self.interval_s, self.next_ts, self._clock.now_ns())

    def elapsed_share(self) -> Decimal:
        """How much of the running interval is over, 0 to 1: what has accrued of the next payment."""
        interval = self.interval_s * NS_PER_S
        left = min(interval, max(0, self.next_ts - self._clock.now_ns()))
        return Decimal(interval - left) / interval

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timers.after(self.next_ts - self._clock.now_ns(), self._due)

    def _due(self) -> None:
        self._timer = None
        now = self._clock.now_ns()
        if now < self.next_ts - NS_PER_S:
            # The wall clock was set back while we waited.
            self._arm()
            return
        due = self.next_ts
        self.next_ts = next_settlement(max(now, due), self.interval_s)
        self._arm()
        self._settle(due)
