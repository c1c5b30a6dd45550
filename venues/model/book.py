"""Order books. Prices are integer ticks, sizes integer lots; the instrument turns them into money."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Level: TypeAlias = tuple[int, int]
"""(price in ticks, size in lots)"""


class BookUpdate(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="book"):
    """The best levels of one market, whole: it replaces what was known before.

    `bids` fall and `asks` rise from the touch. Empty sides are real: a dropped or one-sided book says so.
    """

    symbol: str
    seq: int
    """Grows by at least one with each update of a symbol from one connection."""
    ts_event: int
    """The venue's stamp, ns."""
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    @property
    def crossed(self) -> bool:
        return bool(self.bids and self.asks and self.bids[0][0] >= self.asks[0][0])
