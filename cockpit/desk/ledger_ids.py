"""Which ids were booked before, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeAlias

SeenBefore: TypeAlias = Callable[[str, str, str], bool]
"""(account, symbol, trade id): whether the journal has it."""


class SeenIds:
    """The newest `limit` ids in memory; older ones are asked of `archive`. Without an archive none is forgotten."""

    def __init__(self, limit: int, archive: SeenBefore | None) -> None:
        self._limit = limit
        self._archive = archive
        self._ids: set[tuple[str, str, str]] = set()
        self._order: deque[tuple[str, str, str]] = deque()
        self._forgot = False
        self.trusting = False
        """While True the archive is not asked: what comes is read from it."""

    def has(self, account: str, symbol: str, id_: str) -> bool:
        """Whether the id was booked before; asking leaves no trace."""
        key = (account, symbol, id_)
        if key in self._ids:
            return True
        archive = self._archive
        return self._forgot and archive is not None and not self.trusting and archive(account, symbol, id_)

    def first(self, account: str, symbol: str, id_: str) -> bool:
        """True the first time only."""
        if self.has(account, symbol, id_):
            return False
        key = (account, symbol, id_)
        self._ids.add(key)
        if self._archive is not None:
            self._order.append(key)
            if len(self._order) > self._limit:
                self._ids.discard(self._order.popleft())
                self._forgot = True
        return True
