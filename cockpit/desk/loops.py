"""A loop: a running strategy, its parameters, its legs, and the operator's hand on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from cockpit.desk.execution import Owner
from cockpit.desk.hedger import HedgeBook
from strategies.params import as_text, change_params
from strategies.protocol import Leg, StopLoop, Strategy

ZERO = Decimal(0)


class LoopState(StrEnum):
    """DONE: did what it was launched for. STOPPED: by the operator. HALTED: must not go on without him."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    HALTED = "halted"
    FLATTENING = "flattening"

    @property
    def ended(self) -> bool:
        return self in (LoopState.STOPPED, LoopState.DONE)


class StopMode(StrEnum):
    CYCLE = "cycle"
    NOW = "now"
    FLATTEN = "flatten"


class Loop:
    """State of one loop. What moves it: the strategy's task, the hedger, and the operator's commands."""

    def __init__(self, loop_id: str, strategy: Strategy[Any], params: msgspec.Struct, owner: Owner, ts: int) -> None:
        self.id = loop_id
        self.strategy = strategy
        self.params = params
        """As of the last safe point."""
        self.staged: msgspec.Struct | None = None
        """Acknowledged, in effect from the next safe point."""
        self.owner = owner
        self.started_ts = ts
        self.state = LoopState.STARTING
        self.phase = ""
        self.detail = ""
        self.pace = ""
        self.legs: dict[str, Leg] = {leg.name: leg for leg in strategy.legs(params)}
        self.books: dict[str, HedgeBook] = {}
        """Hedge leg to the book of what is owed on it."""
        self.iterations_done = 0
        self.paused = ""
        """Why entries are held back; empty while they are not."""
        self.stop_mode: StopMode | None = None
        self.asked: StopMode | None = None
        """A stop that an earlier run was asked for and did not get done: it follows the next resume."""
        self.halt_reason = ""
        self.task: asyncio.Task[None] | None = None
        self.dead = False
        """The desk was cut off (a simulated kill): nothing more may come of this loop."""
        self._changed = False
        self._waiter: asyncio.Future[bool] | None = None

    # -- waiting

    def wake(self) -> None:
        """Something the strategy watches has changed."""
        self._changed = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    def check(self) -> None:
        """Raise `StopLoop` where the strategy is to end now."""
        if self.halt_reason or self.stop_mode in (StopMode.NOW, StopMode.FLATTEN):
            raise StopLoop(self.halt_reason or "stopped by the operator")

    async def change(self, timeout: float | None) -> bool:
        """Wait until something changed since the last time this returned; False after `timeout` seconds."""
        self.check()
        if self._changed:
            # A strategy that wakes itself must not keep the desk from its other work.
            await asyncio.sleep(0)
            self.check()
        else:
            running = asyncio.get_running_loop()
            waiter = self._waiter = running.create_future()
            timer = None if timeout is None else running.call_later(timeout, _time_out, waiter)
            try:
                await waiter
            finally:
                self._waiter = None
                if timer is not None:
                    timer.cancel()
            self.check()
        changed, self._changed = self._changed, False
        return changed

    # -- the operator's hand

    @property
    def holding_back(self) -> bool:
        return bool(self.paused) or self.stop_mode is not None

    def stage(self, changes: Mapping[str, object]) -> dict[str, tuple[str, str]]:
        """Validate changes as a whole and stage them. Returns field to (old, new) as typed. Raises `ParamError`;
        then nothing has changed."""
        base = self.staged if self.staged is not None else self.params
        changed = change_params(base, changes)
        before, after = as_text(base), as_text(changed)
        self.strategy.legs(changed)
        self.staged = changed
        self.wake()
        return {name: (before[name], after[name]) for name in after if before[name] != after[name]}

    def take_staged(self) -> bool:
        """At a safe point: staged parameters take effect."""
        if self.staged is None:
            return False
        self.params, self.staged = self.staged, None
        return True

    @property
    def pending(self) -> dict[str, str]:
        """Staged changes, as typed."""
        if self.staged is None:
            return {}
        now, then = as_text(self.params), as_text(self.staged)
        return {name: value for name, value in then.items() if now[name] != value}

    # -- what it owes

    def owed(self) -> Decimal:
        return sum((book.owed for book in self.books.values()), ZERO)

    def tolerance(self) -> Decimal:
        return sum((book.tolerance() for book in self.books.values()), ZERO)

    def hedged(self) -> bool:
        """Whether every book owes less than its tolerance with nothing at work."""
        return all(book.within for book in self.books.values())


def _time_out(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(False)
