"""Matching against a moving L2 book: takers walk its levels, makers wait in its queues.

Rules:
- A resting order fills at its own price. It fills when trades print at its price and eat through the queue ahead of it
  (by what is left of the print), when a trade prints beyond its price (up to the print's size), and when the opposite
  best price touches or passes its own (up to the size that crosses). Partial fills are the rule.
- Within the exchange, orders are served by price, then by time of arrival.
- What a taker took from a level stays taken until the level's size changes in the market, so no lot is used twice.
- The market does not feel us, and accounts of the paper exchange do not trade with one another.
- A book often shows a trade before its print arrives (other streams, other pace). A decrease in the last 100 ms before
  a print at the same price is taken for its echo, so that it does not move a queue twice.
- While the book is out of sync nothing matches and queue positions stand still.
"""

from __future__ import annotations

from bisect import insort
from decimal import Decimal

from venues.model import NS_PER_MS, LiquiditySide, Pricing, Side
from venues.paper.execution import Booker
from venues.paper.market import Market
from venues.paper.orders import AHEAD_UNKNOWN, PaperOrder
from venues.paper.queue import QueueModel

ECHO_NS = 100 * NS_PER_MS
"""How long before its print a trade may show in the book."""
_KEEP_TAKEN = 256


def _priority(order: PaperOrder) -> int:
    """Smaller is served first; equal prices keep their order of arrival."""
    return -order.ticks if order.side is Side.BUY else order.ticks


class BookExecution:
    """The `Execution` of one market priced by a book."""

    pricing = Pricing.BOOK

    def __init__(self, market: Market, queue: QueueModel, booker: Booker) -> None:
        self.active = False
        self._instrument = market.instrument
        self._view = market.book
        self._queue = queue
        self._booker = booker
        self._bids: list[PaperOrder] = []
        self._asks: list[PaperOrder] = []
        self._taken: dict[tuple[Side, int], tuple[int, int]] = {}
        """(side of the book, ticks) → (level's size when taken from, lots taken)."""

    # -- takers --------------------------------------------------------------------------------------------------

    def crosses(self, order: PaperOrder) -> bool:
        view = self._view
        if order.side is Side.BUY:
            best = view.best_ask()
            return best is not None and best[0] <= order.ticks
        best = view.best_bid()
        return best is not None and best[0] >= order.ticks

    def available(self, order: PaperOrder) -> int:
        side, sign = order.side.opposite, order.side.sign
        total = 0
        for ticks, lots in self._view.levels(side):
            if (ticks - order.ticks) * sign > 0 or total >= order.remaining:
                break
            total += self._free(side, ticks, lots)
        return total

    def take(self, order: PaperOrder) -> None:
        self._walk(order, order.ticks)

    def sweep(self, order: PaperOrder) -> None:
        self._walk(order, None)

    def _walk(self, order: PaperOrder, limit: int | None) -> None:
        side, sign = order.side.opposite, order.side.sign
        booker = self._booker
        for ticks, lots in self._view.levels(side):
            if limit is not None and (ticks - limit) * sign > 0:
                return
            room = booker.room(order)
            if room <= 0:
                return
            lots_here = min(room, self._free(side, ticks, lots))
            if lots_here > 0:
                self._use(side, ticks, lots, lots_here)
                booker.fill(order, lots_here, ticks, LiquiditySide.TAKER)

    def _free(self, side: Side, ticks: int, lots: int) -> int:
        """Lots of a level that have not been taken since its size last changed."""
        size, taken = self._taken.get((side, ticks), (0, 0))
        return lots - taken if size == lots else lots

    def _use(self, side: Side, ticks: int, lots: int, used: int) -> None:
        size, taken = self._taken.get((side, ticks), (0, 0))
        self._taken[(side, ticks)] = (lots, (taken if size == lots else 0) + used)
        if len(self._taken) > _KEEP_TAKEN:
            view = self._view
            self._taken = {key: mark for key, mark in self._taken.items() if view.lots_at(*key) == mark[0]}

    # -- makers --------------------------------------------------------------------------------------------------

    def rest(self, order: PaperOrder) -> None:
        if self._whole():
            order.level = order.ahead = self._view.lots_at(order.side, order.ticks)
        else:
            order.ahead = AHEAD_UNKNOWN
        order.traded = 0
        insort(self._bids if order.side is Side.BUY else self._asks, order, key=_priority)
        self.active = True

    def remove(self, order: PaperOrder) -> None:
        orders = self._bids if order.side is Side.BUY else self._asks
        if order in orders:
            orders.remove(order)
        self.active = bool(self._bids or self._asks)

    def on_gap(self) -> None:
        for order in (*self._bids, *self._asks):
            order.traded = 0
            # What happened in the gap is not known: back of the queue as soon as there is one again.
            order.ahead = AHEAD_UNKNOWN

    def on_depth(self, ts: int) -> None:
        view = self._view
        bid, ask = view.best_bid(), view.best_ask()
        if bid is None and ask is None:
            return
        bids, asks = self._bids, self._asks
        for order in bids:
            self._requeue(order, view.lots_at(Side.BUY, order.ticks), ts)
        for order in asks:
            self._requeue(order, view.lots_at(Side.SELL, order.ticks), ts)
        if ask is not None and bids and ask[0] <= bids[0].ticks:
            self._crossed(bids)
        if bid is not None and asks and bid[0] >= asks[0].ticks:
            self._crossed(asks)

    def _requeue(self, order: PaperOrder, level: int, ts: int) -> None:
        if order.ahead == AHEAD_UNKNOWN:
            order.ahead = level
        elif level != order.level or order.traded:
            gone = order.level - level - order.traded
            if gone > 0:
                if ts - order.echo_ts > ECHO_NS:
                    order.echo, order.echo_ahead = 0, order.ahead
                order.echo += gone
                order.echo_ts = ts
            order.ahead = self._queue.ahead(order.ahead, order.level, order.traded, level)
        order.level = level
        order.traded = 0

    def _crossed(self, orders: list[PaperOrder]) -> None:
        """The opposite side has come to our prices: it fills us at ours, up to the size that crosses."""
        booker = self._booker
        for order in list(orders):
            if not order.open:
                continue
            side, sign = order.side.opposite, order.side.sign
            for ticks, lots in self._view.levels(side):
                room = booker.room(order)
                if (ticks - order.ticks) * sign > 0 or room <= 0:
                    break
                lots_here = min(room, self._free(side, ticks, lots))
                if lots_here > 0:
                    self._use(side, ticks, lots, lots_here)
                    booker.fill(order, lots_here, order.ticks, LiquiditySide.MAKER)
            if order.open and not self.crosses(order):
                return

    def on_trade(self, ts: int, ticks: int, lots: int, aggressor: Side) -> None:
        orders = self._asks if aggressor is Side.BUY else self._bids
        if not orders or not self._whole():
            return
        sign = aggressor.sign
        left = lots
        for order in list(orders):
            beyond = (ticks - order.ticks) * sign
            if beyond < 0:
                return
            if not order.open:
                continue
            reach = left
            if beyond == 0:
                if order.ahead == AHEAD_UNKNOWN:
                    continue
                ahead = self._before_echo(order, lots, ts)
                reach = min(left, lots - ahead)
                order.ahead = min(order.ahead, max(0, ahead - lots))
            got = min(reach, self._booker.room(order))
            if got > 0:
                left -= got
                self._booker.fill(order, got, order.ticks, LiquiditySide.MAKER)
            if left <= 0 and beyond > 0:
                return

    def _before_echo(self, order: PaperOrder, lots: int, ts: int) -> int:
        """Lots ahead of us as the print found them: what the book showed of it before the print came counts once."""
        seen = min(lots, order.echo) if ts - order.echo_ts <= ECHO_NS else 0
        order.traded += lots - seen
        if not seen:
            return order.ahead
        ahead = min(order.echo_ahead, order.ahead + seen)
        order.echo -= seen
        order.echo_ahead = max(0, order.echo_ahead - lots)
        return ahead

    # -- the market ----------------------------------------------------------------------------------------------

    def _whole(self) -> bool:
        return self._view.best_bid() is not None or self._view.best_ask() is not None

    def price(self) -> Decimal | None:
        bid, ask = self._view.best_bid(), self._view.best_ask()
        if bid is None or ask is None:
            return None
        return self._instrument.tick * (bid[0] + ask[0]) / 2
