"""Cancel-all-after: a switch that cancels an account's open orders unless it is pressed again in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from venues.model import NS_PER_S
from venues.paper.latency import Timers

MAX_S = 86_400.0


class DeadMan:
    """One countdown for each account, at the venue: it goes on whatever becomes of the connection that armed it.

    It ends with the exchange's process, as no state file keeps it.
    """

    def __init__(self, timers: Timers, cancel: Callable[[str], None]) -> None:
        self._timers = timers
        self._cancel = cancel
        self._armed: dict[str, asyncio.TimerHandle] = {}

    def armed(self, account: str) -> bool:
        return account in self._armed

    def arm(self, account: str, seconds: float) -> None:
        """Start the countdown of `account` anew, or end it where `seconds` is 0. It strikes once, then is off.

        Raises `ValueError` outside 0 to `MAX_S`."""
        if not 0 <= seconds <= MAX_S:
            raise ValueError(f"cancel-all-after: seconds {seconds} is not valid; expected 0 (off) to {MAX_S:.0f}")
        running = self._armed.pop(account, None)
        if running is not None:
            running.cancel()
        if seconds:
            self._armed[account] = self._timers.after(round(seconds * NS_PER_S), lambda: self._strike(account))

    def disarm_all(self) -> None:
        for timer in self._armed.values():
            timer.cancel()
        self._armed.clear()

    def _strike(self, account: str) -> None:
        del self._armed[account]
        self._cancel(account)
