"""Enter that is held down repeats, and a repeat must not do the next thing after the one that it was pressed for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from venues.model import Clock

HELD_NS = 750_000_000
"""A held key repeats at the latest after so long: terminals wait 250 to 660 ms before the first repeat."""


class HeldEnter:
    """One for the app, for what enter was pressed in may be gone when it repeats."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken: int | None = None
        self._through = False

    def taken(self) -> None:
        """An enter has done something; those that follow soon may be its repeats."""
        self._taken = self._clock.monotonic_ns()

    def repeats(self) -> bool:
        """Whether an enter that comes now may be one that is still held down; that one counts as taken too."""
        if self._through or self._taken is None:
            return False
        now = self._clock.monotonic_ns()
        if now - self._taken >= HELD_NS:
            return False
        self._taken = now
        return True

    @contextmanager
    def let_through(self) -> Iterator[None]:
        """What is done here was asked for by its name, not by enter."""
        self._through = True
        try:
            yield
        finally:
            self._through = False
