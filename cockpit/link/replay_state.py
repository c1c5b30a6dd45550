"""Where a replay stands: for the header and the bar of time. A store that follows a desk has none."""

from __future__ import annotations

import msgspec


class ReplayState(msgspec.Struct, frozen=True):
    ts: int
    """The time that is shown, ns since the epoch."""
    first: int
    """Where the session begins, ns."""
    last: int
    """Where it ends; grows where its desk still runs."""
    speed: int
    """Seconds shown in a second."""
    paused: bool
    seeking: bool = False
    """On the way to another time; the rows are still those of before."""
    marks: tuple[tuple[int, str], ...] = ()
    """(when an alarm was raised, its level), oldest first."""
    trouble: str = ""
    """Why it cannot go on, in words; empty otherwise."""
