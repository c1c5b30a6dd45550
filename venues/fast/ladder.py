"""One order book as a venue tells it: absolute sizes by level, ticks and lots out.

A level costs as little as it can on its way in, for most are never shown: numbers are read as floats, by msgspec's own
code, and become ticks and lots where they are told. The same text always reads as the same float, so a float names a
level as well as the text does, and what it was rounded by is far less than a tick or a lot.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec

from venues.model import Instrument, Level

Number: TypeAlias = Annotated[float, msgspec.Meta(ge=0, lt=1e15)]
"""A price or a size as a decoder that is not strict reads it from text; no `nan`, no `inf`."""
NumberLevel: TypeAlias = tuple[Number, Number]
"""Price and size, in units of the venue."""

MAX_LEVELS = 5_000
"""A side. Venues tell of levels far away and never of them again; beyond this the far half of a side is let go."""
OFF_STEP = 1e-3
"""Of a step: what a price may be off by for having been a float. A price between two ticks is off by far more."""
_UP = 1 + 1e-12
"""Lifts a size that lies a float's error below its lots, and no other."""


class StepError(ValueError):
    """A price that is no whole number of ticks."""


def steps_per_unit(step: Decimal) -> float:
    """How many of `step` make 1. Raises `ValueError` for a step that is not above 0."""
    if not step.is_finite() or step <= 0:
        raise ValueError(f"step is {step}, must be above 0")
    over, under = step.as_integer_ratio()
    return under / over


class _Side:
    """Sizes by key, where a key is the price, or minus the price for asks: keys rise towards the touch, so that what
    changes most moves least."""

    __slots__ = ("_keys", "_known", "_lots", "_sign", "_tick", "_ticks")

    def __init__(self, instrument: Instrument, *, asks: bool) -> None:
        self._sign = -1.0 if asks else 1.0
        self._tick = instrument.tick
        self._ticks = self._sign * steps_per_unit(instrument.tick)  # by key
        self._lots = steps_per_unit(instrument.lot) * _UP
        self._keys: list[float] = []
        self._known: dict[float, float] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def clear(self) -> None:
        self._keys.clear()
        self._known.clear()

    def replace(self, levels: Iterable[NumberLevel]) -> None:
        sign = self._sign
        self._known = {price * sign: size for price, size in levels if size}
        self._keys = sorted(self._known)

    def apply(self, levels: Iterable[NumberLevel]) -> None:
        known, keys, sign = self._known, self._keys, self._sign
        for price, size in levels:
            key = price * sign
            if size:
                if key not in known:
                    insort(keys, key)
                known[key] = size
            elif known.pop(key, None) is not None:
                del keys[bisect_left(keys, key)]
        if len(keys) > MAX_LEVELS:
            cut = len(keys) // 2
            for key in keys[:cut]:
                del known[key]
            del keys[:cut]

    def top(self, depth: int) -> tuple[Level, ...]:
        """(ticks, lots) from the touch outwards; what is less than a lot is no level."""
        known, per_key, per_size = self._known, self._ticks, self._lots
        found: list[Level] = []
        for key in reversed(self._keys):
            lots = int(known[key] * per_size)
            if lots:
                exact = key * per_key
                ticks = round(exact)
                if not -OFF_STEP < exact - ticks < OFF_STEP:
                    raise StepError(f"a price of {abs(key)!r} is not a multiple of {self._tick}")
                found.append((ticks, lots))
                if len(found) == depth:
                    break
        return tuple(found)


class Ladder:
    """A book in ticks and lots.

    A size finer than the lot is rounded down (venues keep old orders when they make a lot coarser). A price between two
    ticks raises `StepError` where it would be told: the instrument is out of date, and the book no good.
    """

    __slots__ = ("_asks", "_bids")

    def __init__(self, instrument: Instrument) -> None:
        self._bids = _Side(instrument, asks=False)
        self._asks = _Side(instrument, asks=True)

    def __len__(self) -> int:
        return len(self._bids) + len(self._asks)

    def clear(self) -> None:
        self._bids.clear()
        self._asks.clear()

    def replace(self, bids: Iterable[NumberLevel], asks: Iterable[NumberLevel]) -> None:
        """A snapshot, in any order."""
        self._bids.replace(bids)
        self._asks.replace(asks)

    def apply(self, bids: Iterable[NumberLevel], asks: Iterable[NumberLevel]) -> None:
        """Set levels to new sizes; 0 removes a level, known or not."""
        self._bids.apply(bids)
        self._asks.apply(asks)

    def top(self, depth: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """The best `depth` levels of each side, from the touch outwards. Raises `StepError`."""
        return self._bids.top(depth), self._asks.top(depth)
