"""The order tracker: what an order is by our own rules, whatever comes late, twice or out of order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from decimal import Decimal

import msgspec

from cockpit.desk.sound import fault_of_report
from strategies.protocol import Role
from venues.model import FillReport, OrderRequest, OrderStatus, OrderStatusReport, RejectReason, Side

ZERO = Decimal(0)

_S = OrderStatus

TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    _S.PENDING: frozenset({_S.IN_FLIGHT, _S.DENIED}),
    _S.IN_FLIGHT: frozenset(
        {_S.OPEN, _S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELED, _S.REJECTED, _S.EXPIRED, _S.UNKNOWN}
    ),
    _S.OPEN: frozenset({_S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELED, _S.REJECTED, _S.EXPIRED, _S.UNKNOWN}),
    _S.PARTIALLY_FILLED: frozenset({_S.FILLED, _S.CANCELED, _S.EXPIRED, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.OPEN, _S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELED, _S.REJECTED, _S.EXPIRED}),
    _S.FILLED: frozenset(),
    _S.CANCELED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.DENIED: frozenset(),
}
"""Where an order may go from each state. Anything else that a venue says is late news and changes nothing."""

KEPT_TERMINAL = 4_096
"""Terminal orders kept at hand; older ones are in the journal."""


class Order:
    """One order of ours. Strategies see it as an `OrderHandle`."""

    __slots__ = (
        "account",
        "attempt",
        "cancel_at",
        "cycle",
        "filled_qty",
        "filled_ts",
        "guessed",
        "id",
        "leg",
        "loop",
        "presumed",
        "reason",
        "reported_qty",
        "request",
        "role",
        "status",
        "ts",
        "ts_sent",
        "venue_order_id",
    )

    def __init__(
        self, request: OrderRequest, *, account: str, loop: str, leg: str, role: Role, cycle: int, ts: int
    ) -> None:
        self.request = request
        self.id = request.client_order_id
        self.account = account
        self.loop = loop
        self.leg = leg
        self.role = role
        self.cycle = cycle
        self.status = OrderStatus.PENDING
        self.filled_qty = ZERO
        """By fills booked, each once."""
        self.filled_ts = 0
        """The venue's time of the latest fill booked in this run, ns; 0 for none."""
        self.reported_qty = ZERO
        """The most that an order report has claimed; fills may still be on their way."""
        self.venue_order_id = ""
        self.guessed = False
        """Adopted from a fill: its true quantity is not known, so no fill completes it."""
        self.presumed = False
        """Ended by our own reckoning, without a word of the venue's."""
        self.reason = ""
        self.ts = ts
        self.ts_sent = 0
        self.cancel_at = 0
        """When a cancel was last asked for, ns; 0 for never or refused."""

    @property
    def client_order_id(self) -> str:
        return self.id

    @property
    def side(self) -> Side:
        return self.request.side

    @property
    def qty(self) -> Decimal:
        return self.request.qty

    @property
    def price(self) -> Decimal:
        return self.request.price

    @property
    def symbol(self) -> str:
        return self.request.symbol

    @property
    def remaining(self) -> Decimal:
        """What may still fill, venue units: 0 once terminal and every reported fill is booked."""
        if self.status.terminal:
            return max(self.reported_qty - self.filled_qty, ZERO)
        return max(self.request.qty - self.filled_qty, ZERO)

    @property
    def done(self) -> bool:
        """Terminal, and no reported fill is missing."""
        return self.status.terminal and self.filled_qty >= self.reported_qty

    def __repr__(self) -> str:
        r = self.request
        return (
            f"<Order {self.id} {self.account} {r.symbol} {r.side} {self.filled_qty}/{r.qty} @ {r.price} {self.status}>"
        )


class OrderTracker:
    """Every order of the desk by client id and by the venue's."""

    def __init__(self, on_change: Callable[[Order], None]) -> None:
        self._on_change = on_change
        self._live: dict[str, Order] = {}
        self._ended: OrderedDict[str, Order] = OrderedDict()
        self._by_venue_id: dict[tuple[str, str], str] = {}

    def add(self, order: Order) -> None:
        """Take a new order in. Raises `ValueError` for an id that was used before."""
        if order.id in self._live or order.id in self._ended:
            raise ValueError(f"client order id {order.id} was used before")
        self._live[order.id] = order
        self._settle(order)

    def get(self, client_order_id: str) -> Order | None:
        return self._live.get(client_order_id) or self._ended.get(client_order_id)

    def by_venue_id(self, account: str, venue_order_id: str) -> Order | None:
        return self.get(self._by_venue_id.get((account, venue_order_id), ""))

    def live(self) -> Iterator[Order]:
        """Orders that are not done: working, uncertain, or with fills still missing."""
        return iter(tuple(self._live.values()))

    def recent(self) -> Iterator[Order]:
        """Orders that are done, newest first."""
        return reversed(tuple(self._ended.values()))

    def leaving(self, order: Order, ts: int) -> None:
        """The order is being handed to the venue: from here on it may live there. Nobody is told before `left`, for
        what listeners do would stand between a fill and its hedge."""
        order.ts_sent = order.ts = ts
        order.status = OrderStatus.IN_FLIGHT

    def left(self, order: Order) -> None:
        """It has been handed over."""
        self._on_change(order)

    def sent(self, order: Order, ts: int) -> None:
        """Both in one."""
        self.leaving(order, ts)
        self.left(order)

    def deny(self, order: Order, reason: str, ts: int) -> None:
        """Ours: it never left the desk."""
        order.reason = reason
        self._move(order, OrderStatus.DENIED, ts)

    def unknown(self, order: Order, reason: str, ts: int) -> None:
        """No answer came; it may be live."""
        order.reason = reason
        self._move(order, OrderStatus.UNKNOWN, ts)

    def on_report(self, report: OrderStatusReport, account: str) -> Order | None:
        """Take in what a venue says. Returns the order, or None where it is not one of ours."""
        order = self.get(report.client_order_id) or self.by_venue_id(account, report.venue_order_id)
        if order is None:
            return None
        if fault_of_report(report):
            # No news: what was not known stays so, is asked for again and in time alarmed.
            return order
        if report.venue_order_id and not order.venue_order_id:
            self._name(order, report.venue_order_id)
        if order.guessed and report.status is not OrderStatus.UNKNOWN:
            order.request = msgspec.structs.replace(order.request, qty=report.qty, price=report.price)
            order.guessed = False
        # FILLED means all of it, whatever quantity the venue left out beside it.
        whole = report.status is OrderStatus.FILLED and OrderStatus.FILLED in TRANSITIONS[order.status]
        claimed = order.request.qty if whole else min(report.filled_qty, order.request.qty)
        grew = claimed > order.reported_qty
        if grew:
            order.reported_qty = claimed
        if not self._move(order, report.status, report.ts_init, _words(report)) and grew:
            self._settle(order)
            self._on_change(order)
        return order

    def on_fill(self, order: Order, fill: FillReport) -> None:
        """Count a fill that is new to the ledger. Fills count in any state: a late one is still true."""
        if fill.venue_order_id and not order.venue_order_id:
            self._name(order, fill.venue_order_id)
        order.filled_qty += fill.qty
        order.filled_ts = max(order.filled_ts, fill.ts_event)
        order.reported_qty = max(order.reported_qty, order.filled_qty)
        whole = order.filled_qty >= order.request.qty and not order.guessed
        target = OrderStatus.FILLED if whole else OrderStatus.PARTIALLY_FILLED
        if not self._move(order, target, fill.ts_init):
            order.ts = fill.ts_init
            self._settle(order)
            self._on_change(order)

    def cancel_refused(self, order: Order) -> None:
        """A cancel did not take: it may be asked for again."""
        order.cancel_at = 0
        self._on_change(order)

    def _name(self, order: Order, venue_order_id: str) -> None:
        order.venue_order_id = venue_order_id
        self._by_venue_id[(order.account, venue_order_id)] = order.id

    def _move(self, order: Order, status: OrderStatus, ts: int, reason: str = "") -> bool:
        if status not in TRANSITIONS[order.status]:
            return False
        order.status = status
        order.ts = ts
        if reason:
            order.reason = reason
        self._settle(order)
        self._on_change(order)
        return True

    def _settle(self, order: Order) -> None:
        """Move a finished order out of the live ones, and back in where a report claims fills that are missing."""
        if order.done:
            if self._live.pop(order.id, None) is not None:
                self._ended[order.id] = order
                while len(self._ended) > KEPT_TERMINAL:
                    _, old = self._ended.popitem(last=False)
                    self._by_venue_id.pop((old.account, old.venue_order_id), None)
        elif order.id not in self._live:
            self._ended.pop(order.id, None)
            self._live[order.id] = order


def _words(report: OrderStatusReport) -> str:
    if report.reason is None:
        return report.text
    if report.reason is RejectReason.OTHER or not report.text:
        return report.text or report.reason.value
    return f"{report.reason.value}: {report.text}"
