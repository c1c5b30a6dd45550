"""What the accounts of one venue in one process share: the budget of its IP address, and the nonces of each key."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar

import msgspec

from venues.live.nonces import NonceSequencer

BURST_S = 5.0
"""Seconds' worth of budget that may be spent at once."""

PATIENCE_S = 4.0
"""How long a question lets orders and cancels overtake it."""

urgent: ContextVar[bool] = ContextVar("venues.live.urgent", default=False)
"""True in tasks that send an order or a cancel: they go before questions."""


class _Waiting(msgspec.Struct):
    cost: float
    since: float
    """Loop time."""
    future: asyncio.Future[None]


class Budget:
    """A token bucket that orders and cancels draw from first; questions leave half of it for them. A question that has
    waited for long takes turns with them: what is asked again and again for want of its answer must not starve it.

    In any minute it gives at most `per_s` · 60 tokens, the burst included."""

    def __init__(self, per_s: float) -> None:
        if per_s <= 0:
            raise ValueError(f"per_s is {per_s:g}, must be above 0")
        self._burst = max(1.0, per_s * BURST_S)
        self._per_s = max(per_s - self._burst / 60, per_s / 2)
        self._tokens = self._burst
        self._at: float | None = None
        self._urgent: deque[_Waiting] = deque()
        self._later: deque[_Waiting] = deque()
        self._turn_of_orders = False
        """The last turn was a question's that had waited for long."""
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, cost: float) -> None:
        """Wait until `cost` tokens are there and take them. Whoever is urgent (`urgent`) overtakes who is not."""
        loop = asyncio.get_running_loop()
        later = not urgent.get()
        self._refill(loop.time())
        first = not self._urgent and (not self._later or not later)
        if first and self._tokens >= self._needed(later, cost):
            self._tokens -= cost
            return
        waiting = _Waiting(cost, loop.time(), loop.create_future())
        (self._later if later else self._urgent).append(waiting)
        self._schedule(loop)
        await waiting.future

    def _needed(self, later: bool, cost: float) -> float:
        # something dearer than the whole bucket goes when that is full, and leaves it in debt
        return min(cost + (self._burst / 2 if later else 0.0), self._burst)

    def _refill(self, now: float) -> None:
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now

    def _next(self, now: float) -> tuple[deque[_Waiting], float, bool] | None:
        """The queue whose head is served next, the tokens needed for that, and whether it is one that waited for long;
        None where nobody waits."""
        for queue in (self._urgent, self._later):
            while queue and queue[0].future.done():  # whoever waited was cancelled
                queue.popleft()
        if not self._urgent and not self._later:
            return None
        old = bool(self._later) and now - self._later[0].since >= PATIENCE_S
        if old and not (self._turn_of_orders and self._urgent):
            return self._later, self._needed(False, self._later[0].cost), True
        queue = self._urgent or self._later
        return queue, self._needed(queue is self._later, queue[0].cost), False

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        found = self._next(loop.time())
        if found is not None:
            wait = max(0.0, found[1] - self._tokens) / self._per_s
            if self._later and not found[2]:
                # a question may come of age before
                wait = min(wait, max(0.0, self._later[0].since + PATIENCE_S - loop.time()) or wait)
            # a hair longer than needed: a timer that rounds down must not spin
            self._timer = loop.call_later(wait + 1e-4, self._serve)

    def _serve(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        self._refill(loop.time())
        while (found := self._next(loop.time())) is not None:
            queue, needed, old = found
            if self._tokens < needed:
                break
            waiting = queue.popleft()
            self._turn_of_orders = old
            self._tokens -= waiting.cost
            waiting.future.set_result(None)
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
