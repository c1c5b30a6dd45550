"""What several mutants need of a desk's inside."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from cockpit.desk.booking import Booking
from cockpit.desk.desk import Desk
from cockpit.desk.hedger import HedgeBook
from cockpit.desk.markets import Market
from cockpit.desk.orders import Order
from strategies.protocol import Role
from venues.model import BookUpdate, FillReport, OrderStatus, OrderStatusReport


def swap(thing: object, name: str, by: object) -> None:
    """Put a defective method in the place of a sound one, on this one object."""
    setattr(thing, name, by)


def making(order: Order) -> bool:
    return order.role in (Role.OPEN, Role.CLOSE)


def alter_books(desk: Desk, alter: Callable[[HedgeBook], None]) -> None:
    """Alter every hedge book as it is made."""
    make = desk.loops._book

    def made(*args: Any) -> HedgeBook:
        book = make(*args)
        alter(book)
        return book

    swap(desk.loops, "_book", made)


def alter_fills(desk: Desk, foreign: Callable[[str, FillReport], None]) -> None:
    """Let `foreign` see each manual trade once it is booked."""
    take = desk.intake._take_foreign

    def taken(account: Any, fill: FillReport) -> None:
        take(account, fill)
        if not fill.liquidation:
            foreign(account.name, fill)

    swap(desk.intake, "_take_foreign", taken)


def alter_orders(desk: Desk, see: Callable[[Order], None]) -> None:
    """Let `see` have each order whose cancel was refused."""
    refused = desk.tracker.cancel_refused

    def told(order: Order) -> None:
        see(order)
        refused(order)

    swap(desk.tracker, "cancel_refused", told)


def reopening(desk: Desk) -> None:
    """Take every report at its word: status and filled quantity, also of an order that has ended."""
    tracker = desk.tracker
    on_report = tracker.on_report

    def believe(report: OrderStatusReport, account: str) -> Order | None:
        order = tracker.get(report.client_order_id)
        news = not report.status.terminal and report.status is not OrderStatus.UNKNOWN
        if order is not None and order.status.terminal and news:
            order.status = report.status
            order.filled_qty = report.filled_qty
            tracker._settle(order)
            tracker._on_change(order)
            return order
        return on_report(report, account)

    swap(tracker, "on_report", believe)


class _Reported:
    """A booking that says of positions what the venue last reported."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk.booking, name)

    def position(self, account: str, symbol: str) -> Decimal:
        return self._desk.accounts[account].reported(symbol)


def others_position(desk: Desk) -> Booking:
    return _Reported(desk)  # type: ignore[return-value]  # stands in for one on purpose


class Trusting(Market):
    """A market that takes any book for a sound and fresh one."""

    __slots__ = ()

    def on_book(self, update: BookUpdate, now: int) -> bool:
        kept = self.book
        moved = super().on_book(update, now)
        if update.bids and update.asks:
            self.book = update
        elif kept is not None:
            self.book = kept
        self._bid = self._ask = self._mid = self._tolerance = None
        return moved

    def age(self, now: int) -> float:
        return 0.0
