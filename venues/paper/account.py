"""The exchange's own books of one account: cash, positions, orders, and everything that happened to its money."""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal
from typing import Generic, TypeVar

from venues.model import FillReport, FundingPayment, Instrument, OrderStatusReport, Side, Transfer
from venues.paper.orders import PaperOrder

ZERO = Decimal(0)
ONE = Decimal(1)
KEEP_CLOSED = 10_000
"""Closed orders that an account still finds by id."""
KEEP_EVENTS = 200_000
"""Fills (and funding payments, and transfers) that an account still lists; the cursor counts on past them."""

T = TypeVar("T")


def signed_value(instrument: Instrument, qty: Decimal, price: Decimal) -> Decimal:
    """Worth of a signed quantity in the settle asset, such that profit = worth at exit − worth at entry.

    Linear: q · size · p. Inverse: −q · face ÷ p, in coin.
    """
    if instrument.inverse:
        return -qty * instrument.contract_size / price
    return qty * instrument.contract_size * price


class Position:
    """A signed quantity and what it cost, as a sum of worths: the average entry is exact, never a rounded running mean.

    What a partial close takes out of the sum goes to the realised profit in full, so the two always add up.
    """

    __slots__ = ("cost", "instrument", "lots")

    def __init__(self, instrument: Instrument, lots: int = 0, cost: Decimal = ZERO) -> None:
        self.instrument = instrument
        self.lots = lots
        self.cost = cost

    @property
    def qty(self) -> Decimal:
        return self.instrument.lots_to_qty(self.lots)

    @property
    def entry(self) -> Decimal:
        """Average entry price, harmonic for inverse; 0 when flat."""
        if not self.lots:
            return ZERO
        size = self.qty * self.instrument.contract_size
        return -size / self.cost if self.instrument.inverse else self.cost / size

    def unrealised(self, mark: Decimal) -> Decimal:
        """Profit at the mark, settle asset."""
        return signed_value(self.instrument, self.qty, mark) - self.cost if self.lots else ZERO

    def apply(self, lots: int, price: Decimal) -> Decimal:
        """Take in a signed fill; returns the profit it realised, settle asset."""
        instrument = self.instrument
        closing = 0
        if self.lots * lots < 0:
            closing = -lots if abs(lots) <= abs(self.lots) else self.lots
        realised = ZERO
        if closing:
            released = self.cost if closing == self.lots else self.cost * closing / self.lots
            realised = signed_value(instrument, instrument.lots_to_qty(closing), price) - released
            self.cost -= released
            self.lots -= closing
            lots += closing
        if lots:
            self.cost += signed_value(instrument, instrument.lots_to_qty(lots), price)
            self.lots += lots
        return realised


class History(Generic[T]):
    """Events in order, each with a number that stays its own when old ones are forgotten."""

    def __init__(self, keep: int = KEEP_EVENTS) -> None:
        self._keep = keep
        self._items: list[T] = []
        self._first = 0

    def append(self, item: T) -> None:
        self._items.append(item)
        if len(self._items) >= 2 * self._keep:
            self._first += len(self._items) - self._keep
            del self._items[: -self._keep]

    @property
    def end(self) -> int:
        """Number of the next event."""
        return self._first + len(self._items)

    @property
    def first(self) -> int:
        """Number of the oldest event that is still there."""
        return self._first

    def since(self, number: int) -> tuple[T, ...]:
        """Events from `number` on."""
        return tuple(self._items[max(0, number - self._first) :])

    def restore(self, first: int, items: list[T]) -> None:
        self._first = first
        self._items = list(items)


class Account:
    """One account on one venue."""

    def __init__(self, name: str, venue: str, cash: dict[str, Decimal], keep: int = KEEP_EVENTS) -> None:
        self.name = name
        self._keep_closed = min(keep, KEEP_CLOSED)
        self.venue = venue
        self.cash: dict[str, Decimal] = dict(cash)
        self.positions: dict[str, Position] = {}
        self.orders: dict[str, PaperOrder] = {}
        """Open orders by venue id."""
        self.by_client: dict[str, str] = {}
        """Venue id of each order that is still remembered, by client id."""
        self.closed: OrderedDict[str, OrderStatusReport] = OrderedDict()
        self.fills: History[FillReport] = History(keep)
        self.funding: History[FundingPayment] = History(keep)
        self.transfers: History[Transfer] = History(keep)
        self.last_id = 0

    def next_id(self, prefix: str) -> str:
        """An id that this account never had before."""
        self.last_id += 1
        return f"{self.name}-{prefix}{self.last_id}"

    def position(self, instrument: Instrument) -> Position:
        position = self.positions.get(instrument.symbol)
        if position is None:
            position = self.positions[instrument.symbol] = Position(instrument)
        return position

    def lots(self, symbol: str) -> int:
        """Signed position, lots."""
        position = self.positions.get(symbol)
        return position.lots if position is not None else 0

    def pay(self, asset: str, amount: Decimal) -> None:
        """Take `amount` out of the cash (put it in, where negative)."""
        self.cash[asset] = self.cash.get(asset, ZERO) - amount

    def knows(self, client_order_id: str) -> bool:
        return client_order_id in self.by_client

    def open_order(self, client_order_id: str) -> PaperOrder | None:
        return self.orders.get(self.by_client.get(client_order_id, ""))

    def reducible(self, symbol: str, side: Side) -> int:
        """Lots that an order on `side` can take off the position; 0 where it would not reduce."""
        lots = self.lots(symbol)
        return abs(lots) if lots * side.sign < 0 else 0

    def add(self, order: PaperOrder) -> None:
        self.orders[order.order_id] = order
        if order.client_order_id:
            self.by_client[order.client_order_id] = order.order_id

    def close(self, order: PaperOrder, ts: int) -> None:
        """Move a finished order to the closed ones; the oldest of those is forgotten."""
        self.orders.pop(order.order_id, None)
        self.closed[order.order_id] = order.report(ts)
        if len(self.closed) > self._keep_closed:
            _, oldest = self.closed.popitem(last=False)
            self.by_client.pop(oldest.client_order_id, None)

    def find(self, client_order_id: str, venue_order_id: str, ts: int) -> OrderStatusReport | None:
        """The order of either id, open or closed; None where neither is known."""
        order_id = venue_order_id or self.by_client.get(client_order_id, "")
        order = self.orders.get(order_id)
        return order.report(ts) if order is not None else self.closed.get(order_id)
