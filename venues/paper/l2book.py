"""L2 books in integer ticks and lots, and the fusing of a depth stream with a best-bid-ask stream."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from venues.model import Level, Side


class L2Book:
    """Price levels as a venue's depth stream tells them: a snapshot, then absolute sizes level by level.

    Prices are kept sorted with the touch at the end of each list (asks negated), so that a change near the touch,
    the common case, moves next to nothing.
    """

    __slots__ = ("_ask_lots", "_ask_prices", "_bid_lots", "_bid_prices")

    def __init__(self) -> None:
        self._bid_prices: list[int] = []
        self._ask_prices: list[int] = []
        self._bid_lots: dict[int, int] = {}
        self._ask_lots: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._bid_prices) + len(self._ask_prices)

    def clear(self) -> None:
        self._bid_prices.clear()
        self._ask_prices.clear()
        self._bid_lots.clear()
        self._ask_lots.clear()

    def snapshot(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Replace everything. Levels without size are left out; the order does not matter."""
        self._bid_lots = {ticks: lots for ticks, lots in bids if lots}
        self._ask_lots = {ticks: lots for ticks, lots in asks if lots}
        self._bid_prices = sorted(self._bid_lots)
        self._ask_prices = sorted(-ticks for ticks in self._ask_lots)

    def apply(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Set levels to absolute sizes; 0 lots removes a level, known or not."""
        sizes, prices = self._bid_lots, self._bid_prices
        for ticks, lots in bids:
            if lots:
                if ticks not in sizes:
                    insort(prices, ticks)
                sizes[ticks] = lots
            elif sizes.pop(ticks, 0):
                del prices[bisect_left(prices, ticks)]
        sizes, prices = self._ask_lots, self._ask_prices
        for ticks, lots in asks:
            if lots:
                if ticks not in sizes:
                    insort(prices, -ticks)
                sizes[ticks] = lots
            elif sizes.pop(ticks, 0):
                del prices[bisect_left(prices, -ticks)]

    def best_bid(self) -> Level | None:
        if not self._bid_prices:
            return None
        ticks = self._bid_prices[-1]
        return ticks, self._bid_lots[ticks]

    def best_ask(self) -> Level | None:
        if not self._ask_prices:
            return None
        ticks = -self._ask_prices[-1]
        return ticks, self._ask_lots[ticks]

    def worst(self, side: Side) -> int | None:
        """The price furthest from the touch, ticks."""
        if side is Side.BUY:
            return self._bid_prices[0] if self._bid_prices else None
        return -self._ask_prices[0] if self._ask_prices else None

    def count(self, side: Side) -> int:
        """Number of levels."""
        return len(self._bid_prices if side is Side.BUY else self._ask_prices)

    @property
    def crossed(self) -> bool:
        bids, asks = self._bid_prices, self._ask_prices
        return bool(bids and asks and bids[-1] >= -asks[-1])

    def lots_at(self, side: Side, ticks: int) -> int:
        return (self._bid_lots if side is Side.BUY else self._ask_lots).get(ticks, 0)

    def levels(self, side: Side) -> Iterator[Level]:
        """From the touch outwards. The book must not change while it is walked."""
        return self._walk_bids(None) if side is Side.BUY else self._walk_asks(None)

    def levels_beyond(self, side: Side, ticks: int) -> Iterator[Level]:
        """The levels strictly worse than `ticks`, from the best of them outwards."""
        return self._walk_bids(ticks) if side is Side.BUY else self._walk_asks(ticks)

    def _walk_bids(self, below: int | None) -> Iterator[Level]:
        prices, sizes = self._bid_prices, self._bid_lots
        start = len(prices) if below is None else bisect_left(prices, below)
        for at in range(start - 1, -1, -1):
            ticks = prices[at]
            yield ticks, sizes[ticks]

    def _walk_asks(self, above: int | None) -> Iterator[Level]:
        prices, sizes = self._ask_prices, self._ask_lots
        start = len(prices) if above is None else bisect_left(prices, -above)
        for at in range(start - 1, -1, -1):
            ticks = -prices[at]
            yield ticks, sizes[ticks]


class FusedBook:
    """A `BookView` of a depth stream with the newest best-bid-ask ticker laid over it.

    Both streams carry update ids of one sequence: depth is exact at its id, the ticker is exact for the two best
    levels at its own. While the ticker is the newer one, touch and touch sizes are the ticker's, and depth levels at
    or better than them are hidden (they are gone, or about to be told); once depth has caught up the ticker is
    dropped. A ticker is taken only with bid under ask, so the view is never crossed while depth alone is not.

    Hidden (`live` false) it looks empty, whatever is being put together underneath.
    """

    __slots__ = ("_ask", "_bid", "_live", "_over_ask", "_over_bid", "_over_id", "depth", "depth_id")

    def __init__(self) -> None:
        self.depth = L2Book()
        self.depth_id = 0
        """Update id that the depth levels are exact at."""
        self._live = False
        self._over_id = 0
        self._over_bid: Level = (0, 0)
        self._over_ask: Level = (0, 0)
        # The touch as the view shows it, so that asking for it costs nothing.
        self._bid: Level | None = None
        self._ask: Level | None = None

    @property
    def live(self) -> bool:
        return self._live

    @property
    def overlaid(self) -> bool:
        """The touch is the ticker's, as it is newer than depth."""
        return self._over_id > 0

    def show(self) -> None:
        """Make the levels visible. Depth must not be crossed."""
        self._live = True
        self._settle()

    def drop(self) -> None:
        """Forget every level and look empty until `show`."""
        self.depth.clear()
        self.depth_id = 0
        self._over_id = 0
        self._live = False
        self._bid = self._ask = None

    def reset(self, update_id: int, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Put a depth snapshot, exact at `update_id`, in place of the levels known."""
        self.depth.snapshot(bids, asks)
        self.depth_id = update_id
        self._settle()

    def update(self, update_id: int, bids: Iterable[Level], asks: Iterable[Level]) -> bool:
        """Apply a depth diff that brings the levels to `update_id`. False where it leaves depth crossed: the caller
        drops the book, for one of its updates was wrong."""
        depth = self.depth
        depth.apply(bids, asks)
        if depth.crossed:
            return False
        self.depth_id = update_id
        self._settle()
        return True

    def overlay(self, update_id: int, bid: Level, ask: Level) -> bool:
        """Lay a ticker over depth; True where the view's touch changed by it.

        One that is no newer than what is known, or not a market (bid at or over ask, a side without size), is
        ignored."""
        if update_id <= self.depth_id or update_id <= self._over_id or bid[0] >= ask[0] or not (bid[1] and ask[1]):
            return False
        self._over_id = update_id
        self._over_bid = bid
        self._over_ask = ask
        if not self._live or (bid == self._bid and ask == self._ask):
            return False
        self._bid = bid
        self._ask = ask
        return True

    def _settle(self) -> None:
        """Drop a ticker that depth has caught up with, and find the touch anew."""
        if self._over_id > self.depth_id:
            if self._live:
                self._bid, self._ask = self._over_bid, self._over_ask
            return
        self._over_id = 0
        if self._live:
            self._bid, self._ask = self.depth.best_bid(), self.depth.best_ask()

    # -- BookView ------------------------------------------------------------------------------------------------

    def best_bid(self) -> Level | None:
        return self._bid

    def best_ask(self) -> Level | None:
        return self._ask

    def lots_at(self, side: Side, ticks: int) -> int:
        if not self._live:
            return 0
        if self._over_id:
            touch, lots = self._over_bid if side is Side.BUY else self._over_ask
            if ticks == touch:
                return lots
            if (ticks > touch) is (side is Side.BUY):
                return 0
        return self.depth.lots_at(side, ticks)

    def levels(self, side: Side) -> Iterator[Level]:
        """From the touch outwards. The book must not change while it is walked."""
        if not self._live:
            return
        if self._over_id:
            touch = self._over_bid if side is Side.BUY else self._over_ask
            yield touch
            yield from self.depth.levels_beyond(side, touch[0])
        else:
            yield from self.depth.levels(side)
