"""A book out of edgeX's depth messages: a snapshot, then changes whose versions must join."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from venues.edgex.sdk import Raw
from venues.model import BookUpdate, Instrument, InstrumentError


class DepthGap(ValueError):
    """A change that does not follow what was before; the book must be subscribed anew."""


class DepthBook:
    """One contract's book in ticks and lots. Raises `DepthGap` and is then empty."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._version: int | None = None
        self._seq = 0
        self._bids: dict[int, int] = {}
        self._asks: dict[int, int] = {}

    def clear(self) -> None:
        self._version = None
        self._bids.clear()
        self._asks.clear()

    def apply(self, data: Raw) -> None:
        """Take in one element of `content.data`."""
        try:
            start, end = int(data["startVersion"]), int(data["endVersion"])
            bids, asks = self._levels(data.get("bids") or ()), self._levels(data.get("asks") or ())
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            self.clear()
            raise DepthGap(f"a depth message makes no sense: {error}") from None
        if str(data.get("depthType")).upper() == "SNAPSHOT":
            self.clear()
        elif self._version is None or start != self._version:
            had = self._version
            self.clear()
            raise DepthGap(f"the book went from version {had} to a change of {start}")
        for side, levels in ((self._bids, bids), (self._asks, asks)):
            for tick, lots in levels:
                if lots:
                    side[tick] = lots
                else:
                    side.pop(tick, None)
        self._version = end

    def update(self, depth: int, ts_event: int) -> BookUpdate:
        """The best `depth` levels of each side."""
        bids = tuple(sorted(self._bids.items(), reverse=True)[:depth])
        asks = tuple(sorted(self._asks.items())[:depth])
        self._seq += 1
        return BookUpdate(self._instrument.symbol, self._seq, ts_event, bids, asks)

    def _levels(self, rows: Iterable[Raw]) -> list[tuple[int, int]]:
        """Raises `InstrumentError`, a `ValueError`, for a price or a size between two steps."""
        found = []
        for row in rows:
            price, size = Decimal(str(row["price"])), Decimal(str(row["size"]))
            if size < 0:
                raise InstrumentError(f"{self._instrument.symbol}: size is {size}, must not be below 0")
            found.append((self._instrument.price_to_ticks(price), self._instrument.qty_to_lots(size)))
        return found
