"""Time is passed in, never asked of the system, so that a simulation owns it."""

from __future__ import annotations

import time
from typing import Protocol

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Clock(Protocol):
    """Where `ts_init` comes from. All stamps are integer nanoseconds since the Unix epoch, UTC."""

    def now_ns(self) -> int:
        """The wall clock, ns since the epoch. May step back on a live machine; never used to measure a span."""
        ...

    def monotonic_ns(self) -> int:
        """A clock for spans, ns from an arbitrary origin; never steps back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class SteadyClock:
    """The wall clock without its jumps: it runs with the monotonic clock, and when somebody sets the wall clock it
    follows at a hundredth of the speed of time. So a span between two of its stamps is right to one part in a hundred,
    whatever happens to the machine's clock: a book does not look fresh because the clock was set back."""

    SLEW = 100

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now = clock.now_ns()
        self._mono = clock.monotonic_ns()

    def now_ns(self) -> int:
        mono = self._clock.monotonic_ns()
        passed = mono - self._mono
        now = self._now + passed
        most = passed // self.SLEW
        now += max(-most, min(most, self._clock.now_ns() - now))
        self._now, self._mono = now, mono
        return now

    def monotonic_ns(self) -> int:
        return self._clock.monotonic_ns()

    @property
    def behind_ns(self) -> int:
        """How far the wall clock is ahead of this one now; negative where it was set back."""
        return self._clock.now_ns() - self.now_ns()


class ManualClock:
    """A clock that stands until it is moved: for unit tests and replays."""

    def __init__(self, now_ns: int = 1_700_000_000 * NS_PER_S) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic_ns(self) -> int:
        return self._now_ns

    def advance(self, seconds: float = 0.0, *, ns: int = 0) -> None:
        """Move forward by `seconds` plus `ns`."""
        self._now_ns += round(seconds * NS_PER_S) + ns
