"""Nonces: one owner a key, who sends one transaction at a time and asks the venue anew after every doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class NonceSequencer:
    """Numbers the transactions of one key.

    Venues that want each nonce to be the last plus one refuse whatever overtakes another, so a transaction leaves when
    the one before was answered. Only a plain success moves the number on by itself: after any error it is not known
    whether the venue used the nonce up, and the next transaction asks for it first."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._lock = asyncio.Lock()

    async def send(self, fetch: Callable[[], Awaitable[int]], transaction: Callable[[int], Awaitable[T]]) -> T:
        """Run `transaction` with its nonce. An error of `fetch` comes before anything was sent."""
        async with self._lock:
            nonce = self._next if self._next is not None else await fetch()
            self._next = None
            result = await transaction(nonce)
            self._next = nonce + 1
            return result

    def doubt(self) -> None:
        """Something outside may have used nonces (another program, a reset of the venue): ask before the next."""
        self._next = None
