"""ccxt under a run's clock: what it takes from the machine, time and chance, comes from the seed while a run lasts."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterable
from typing import Any

from venues.live import lean_ccxt
from venues.model import NS_PER_S


class ClockModule:
    """Stands for the module `time` in ccxt's base."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self.time_ns = now_ns

    def time(self) -> float:
        return self.time_ns() / NS_PER_S


class CcxtClock:
    """Put in place when a world is made, taken away when it is closed; one at a time in a process."""

    def __init__(self, venues: Iterable[str], now_ns: Callable[[], int], rng: random.Random) -> None:
        """`venues`: ccxt ids. `now_ns`: this machine's wall clock."""
        for venue in venues:
            lean_ccxt.load(venue)
        clock = ClockModule(now_ns)
        base: Any = importlib.import_module("ccxt.base.exchange")  # modules have no attributes to a type checker
        throttler: Any = importlib.import_module("ccxt.async_support.base.throttler")
        self._was = [(base, "time", base.time), (base, "random", base.random), (throttler, "time", throttler.time)]
        base.time, base.random, throttler.time = clock, rng, clock.time

    def restore(self) -> None:
        for module, name, thing in self._was:
            setattr(module, name, thing)
