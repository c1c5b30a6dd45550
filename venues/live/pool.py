"""What the accounts of one venue in one process share: the budget of its IP address, and the nonces of each key."""

from __future__ import annotations

import asyncio
import heapq
from contextvars import ContextVar

from venues.live.nonces import NonceSequencer

BURST_S = 5.0
"""Seconds' worth of budget that may be spent at once."""

urgent: ContextVar[bool] = ContextVar("venues.live.urgent", default=False)
"""True in tasks that send an order or a cancel: they go before questions."""


class Budget:
    """A token bucket that orders and cancels draw from first; questions leave half of it for them.

    In any minute it gives at most `per_s` · 60 tokens, the burst included."""

    def __init__(self, per_s: float) -> None:
        if per_s <= 0:
            raise ValueError(f"per_s is {per_s:g}, must be above 0")
        self._burst = max(1.0, per_s * BURST_S)
        self._per_s = max(per_s - self._burst / 60, per_s / 2)
        self._tokens = self._burst
        self._at: float | None = None
        self._waiting: list[tuple[bool, int, float, asyncio.Future[None]]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, cost: float) -> None:
        """Wait until `cost` tokens are there and take them. Whoever is urgent (`urgent`) overtakes who is not."""
        loop = asyncio.get_running_loop()
        later = not urgent.get()
        self._refill(loop.time())
        first = not self._waiting or (not later and self._waiting[0][0])
        if first and self._tokens >= self._needed(later, cost):
            self._tokens -= cost
            return
        future: asyncio.Future[None] = loop.create_future()
        self._count += 1
        heapq.heappush(self._waiting, (later, self._count, cost, future))
        self._schedule(loop)
        await future

    def _needed(self, later: bool, cost: float) -> float:
        # something dearer than the whole bucket goes when that is full, and leaves it in debt
        return min(cost + (self._burst / 2 if later else 0.0), self._burst)

    def _refill(self, now: float) -> None:
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            later, _, cost, _ = self._waiting[0]
            missing = self._needed(later, cost) - self._tokens
            # a hair longer than needed: a timer that rounds down must not spin
            self._timer = loop.call_later(max(0.0, missing / self._per_s) + 1e-4, self._serve)

    def _serve(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        self._refill(loop.time())
        while self._waiting:
            later, _, cost, future = self._waiting[0]
            if future.done():  # whoever waited was cancelled
                heapq.heappop(self._waiting)
                continue
            if self._tokens < self._needed(later, cost):
                break
            heapq.heappop(self._waiting)
            self._tokens -= cost
            future.set_result(None)
        self._schedule(loop)


class VenuePool:
    """Shared by all accounts of one venue in this process; make one for each venue."""

    def __init__(self) -> None:
        self._budget: Budget | None = None
        self._sequencers: dict[str, NonceSequencer] = {}

    def budget(self, per_s: float) -> Budget:
        """The budget of our IP address; `per_s` counts when it is made, for the first account."""
        if self._budget is None:
            self._budget = Budget(per_s)
        return self._budget

    def sequencer(self, key: str) -> NonceSequencer:
        """The one owner of the nonces of `key` (any text that names the key and is no secret)."""
        return self._sequencers.setdefault(key, NonceSequencer())
