"""What we know of orders, whatever ccxt's cache says: fills only add up, an end is an end, a fill counts once."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from venues.model import FillReport, OrderRequest, OrderStatus, OrderStatusReport

KEEP_ORDERS = 10_000
KEEP_FILLS = 50_000
ZERO = Decimal(0)
_replace = msgspec.structs.replace


class TrackedOrder:
    """One order, ours or foreign."""

    __slots__ = ("counted", "filled", "last", "request", "status", "venue_order_id")

    def __init__(self, request: OrderRequest | None = None) -> None:
        self.request = request
        """None for an order that this process has not sent."""
        self.venue_order_id = ""
        self.status: OrderStatus | None = None
        """None before the first report."""
        self.filled = ZERO
        """The most that a report or the fills say."""
        self.counted = ZERO
        """What the fills add up to that have come here."""
        self.last: OrderStatusReport | None = None

    @property
    def ended(self) -> bool:
        return self.status is not None and self.status.terminal


class OrderTrack:
    """The memory of one account. Bounded: of ended orders and of fills the oldest are forgotten."""

    def __init__(self) -> None:
        self._orders: dict[str, TrackedOrder] = {}
        self._client_ids: dict[str, str] = {}
        """Venue order id to ours; empty for an order that is known not to be ours."""
        self._fills: dict[tuple[str, str], bool] = {}
        """Fills that are counted, by symbol and trade id: whether they were told as they happened."""

    def sent(self, order: OrderRequest) -> None:
        self._orders[order.client_order_id] = TrackedOrder(order)
        self._forget_old()

    def get(self, client_order_id: str) -> TrackedOrder | None:
        return self._orders.get(client_order_id)

    def live(self) -> list[tuple[str, TrackedOrder]]:
        """(client order id, order) of ours that have not ended."""
        return [(name, entry) for name, entry in self._orders.items() if entry.request is not None and not entry.ended]

    def learn(self, venue_order_id: str, client_order_id: str) -> None:
        """Which order a venue order id is; `client_order_id` is empty for one that is not ours."""
        if venue_order_id:
            self._client_ids[venue_order_id] = client_order_id or self._client_ids.get(venue_order_id, "")
            entry = self._orders.get(client_order_id)
            if entry is not None:
                entry.venue_order_id = venue_order_id

    def client_id(self, venue_order_id: str) -> str | None:
        """Ours for a venue order id; "" for one that is foreign, None for one never heard of."""
        return self._client_ids.get(venue_order_id)

    def take(self, report: OrderStatusReport) -> OrderStatusReport | None:
        """What of a report is news: None for what is old or known, else the report, corrected by what is known."""
        known = self._entry(report)
        before, had = known.status, known.filled
        told = self.settle(report)
        known.status, known.filled = told.status, told.filled_qty
        if before is not None and told.status is before and told.filled_qty == had and known.last is not None:
            known.last = told
            return None
        known.last = told
        return told

    def settle(self, report: OrderStatusReport) -> OrderStatusReport:
        """A report as what is known corrects it: the answer to a question is never less than we know. It stays news."""
        entry = self._entry(report)
        self.learn(report.venue_order_id, report.client_order_id)
        filled = max(report.filled_qty, entry.filled, entry.counted)
        status = report.status
        if entry.ended:
            assert entry.status is not None
            status = entry.status
        elif filled >= report.qty and (not status.terminal or status is OrderStatus.CANCELED):
            status = OrderStatus.FILLED
        elif filled > 0 and status is OrderStatus.REJECTED:
            status = OrderStatus.CANCELED  # a venue that gave up on the rest
        elif filled > report.filled_qty and status is OrderStatus.OPEN:
            status = OrderStatus.PARTIALLY_FILLED
        if status is report.status and filled == report.filled_qty:
            return report
        return _replace(report, status=status, filled_qty=filled)

    def take_fill(self, fill: FillReport) -> bool:
        """Whether a fill is to be told; that is so once, by symbol and trade id."""
        self.count_fill(fill)
        key = (fill.symbol, fill.trade_id)
        told = self._fills[key]
        self._fills[key] = True
        return not told

    def count_fill(self, fill: FillReport) -> None:
        """A fill is known of, by a query perhaps, whose answer is no news to tell."""
        key = (fill.symbol, fill.trade_id)
        if key in self._fills:
            return
        self._fills[key] = False
        if len(self._fills) > KEEP_FILLS:
            del self._fills[next(iter(self._fills))]
        entry = self._orders.get(fill.client_order_id or fill.venue_order_id)
        if entry is not None:
            entry.counted += fill.qty
            entry.filled = max(entry.filled, entry.counted)

    def missing(self, name: str) -> Decimal:
        """How much of an order's filled quantity has not come as fills. `name`: our id, or the venue's of an order that
        is not ours."""
        entry = self._orders.get(name)
        return entry.filled - entry.counted if entry is not None else ZERO

    def _entry(self, report: OrderStatusReport) -> TrackedOrder:
        name = report.client_order_id or report.venue_order_id
        entry = self._orders.get(name)
        if entry is None:
            entry = self._orders[name] = TrackedOrder()
            self._forget_old()
        return entry

    def _forget_old(self) -> None:
        if len(self._orders) <= KEEP_ORDERS:
            return
        ended = [name for name, entry in self._orders.items() if entry.ended or entry.request is None]
        for name in ended[: KEEP_ORDERS // 10]:
            entry = self._orders.pop(name)
            self._client_ids.pop(entry.venue_order_id or name, None)
        while len(self._client_ids) > 2 * KEEP_ORDERS:
            del self._client_ids[next(iter(self._client_ids))]
