"""One order book as a venue tells it: absolute sizes by level, decimal text in, ticks and lots out."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from venues.fast.steps import MAX_DIGITS, Steps
from venues.model import Instrument, Level


class TextLevel(Protocol):
    """A level as the venue writes it."""

    price: str
    size: str


MAX_LEVELS = 5_000
"""A side. Venues tell of levels far away and never of them again; beyond this the far half of a side is let go."""


_ZEROS = frozenset(["0", *("0." + "0" * places for places in range(1, 19))])
"""How venues write that a level has gone."""


class _Side:
    """Levels by key, where keys rise towards the touch (bids: ticks, asks: minus ticks): what changes most moves
    least. A size stays text until it is shown, for most never are."""

    __slots__ = ("_keys", "_known", "_point", "_prices", "_sizes")

    def __init__(self, instrument: Instrument, *, asks: bool) -> None:
        self._prices = Steps(instrument.tick, negative=asks)
        self._sizes = Steps(instrument.lot, floor=True)
        places = -int(instrument.lot.normalize().as_tuple().exponent)
        # where the point stands if that is so, counted from the end; nowhere where a lot is no 0.1, 0.01 …
        self._point = -1 - places if places > 0 and instrument.lot == Decimal(1).scaleb(-places) else MAX_DIGITS
        self._keys: list[int] = []
        self._known: dict[int, str | int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def clear(self) -> None:
        self._keys.clear()
        self._known.clear()

    def replace(self, levels: Iterable[TextLevel]) -> None:
        prices = self._prices
        self._known = {prices[level.price]: level.size for level in levels if level.size not in _ZEROS}
        self._keys = sorted(self._known)

    def apply(self, levels: Iterable[TextLevel]) -> None:
        prices, known, keys = self._prices, self._known, self._keys
        for level in levels:
            key = prices[level.price]
            size = level.size
            if size not in _ZEROS:
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

    def top(self, depth: int) -> list[Level]:
        """(key, lots) from the touch outwards; what is less than a lot is no level."""
        known = self._known
        found: list[Level] = []
        for key in reversed(self._keys):
            lots = known[key]
            if not isinstance(lots, int):
                known[key] = lots = self._lots(lots)
            if lots:
                found.append((key, lots))
                if len(found) == depth:
                    break
        return found

    def _lots(self, size: str) -> int:
        """Sizes hardly repeat, so the usual spelling, with as many places as the lot has, is read without a look-up."""
        if size[self._point : self._point + 1] == "." and len(size) <= MAX_DIGITS:
            digits = size.replace(".", "", 1)
            if digits.isdecimal():
                return int(digits)
        return self._sizes[size]


class Ladder:
    """A book in ticks and lots.

    A size finer than the lot is rounded down (venues keep old orders when they make a lot coarser). A price between two
    ticks, or what is no number, raises `StepError`: the instrument is out of date or the message is damaged, and so is
    the half-changed book, which the caller drops.
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

    def replace(self, bids: Iterable[TextLevel], asks: Iterable[TextLevel]) -> None:
        """A snapshot, in any order. Raises `StepError` for a price."""
        self._bids.replace(bids)
        self._asks.replace(asks)

    def apply(self, bids: Iterable[TextLevel], asks: Iterable[TextLevel]) -> None:
        """Set levels to new sizes; 0 removes a level, known or not. Raises `StepError` for a price."""
        self._bids.apply(bids)
        self._asks.apply(asks)

    def top(self, depth: int) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        """The best `depth` levels of each side, from the touch outwards. Raises `StepError` for a size."""
        return tuple(self._bids.top(depth)), tuple([(-key, lots) for key, lots in self._asks.top(depth)])
