"""What an account's venue tells the desk, taken in on the spot. This is the hot path: fill in, hedge out."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cockpit.desk.accounts import Account
from cockpit.desk.sound import fault_of_funding, fault_of_price, fault_of_report, fault_of_transfer
from venues.model import (
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    FundingRate,
    OrderStatusReport,
    Transfer,
)

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk


class AccountListener:
    """The `VenueListener` of one account."""

    def __init__(self, desk: Desk, account: Account) -> None:
        self._desk = desk
        self._account = account
        self.said_up: bool | None = None
        """What the connection last said of itself; None while it has said nothing."""

    def on_fill(self, fill: FillReport) -> None:
        self._desk.intake.take_fill(self._account, fill)

    def on_order(self, report: OrderStatusReport) -> None:
        if not self._nonsense(
            f"a report of order {report.client_order_id or report.venue_order_id}", fault_of_report(report)
        ):
            order = self._desk.tracker.on_report(report, self._account.name)
            if order is not None:
                self._desk.reconciler.cancel_risen(self._account, order, report)

    def on_cancel_failed(self, report: CancelReport) -> None:
        order = self._desk.tracker.get(report.client_order_id)
        if order is None or order.status.terminal:
            return
        # Refused most often because it has just filled. The order is asked after before the cancel may be repeated:
        # else cancel and refusal would chase each other while a report is missing.
        self._desk.uncertain.look_after(order)

    def on_book(self, update: BookUpdate) -> None:
        desk, account = self._desk, self._account
        market = desk.markets.get(account.name, update.symbol)
        if market is None:
            return
        now = desk.clock.now_ns()
        account.data_ts = now
        was_sound = market.book is not None
        if market.on_book(update, now):
            desk.intake.market_moved(account.name, update.symbol, came_back=not was_sound and market.book is not None)

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        market = self._desk.markets.get(self._account.name, symbol)
        if market is not None and not fault_of_price(price):
            market.mark = price

    def on_funding_rate(self, rate: FundingRate) -> None:
        market = self._desk.markets.get(self._account.name, rate.symbol)
        if market is not None:
            market.funding = rate

    def on_funding(self, payment: FundingPayment) -> None:
        desk = self._desk
        if self._nonsense(f"funding of {payment.symbol}", fault_of_funding(payment)):
            return
        if desk.booking.ledger.opened(self._account.name) and desk.booking.funding(self._account.name, payment):
            words = "paid" if payment.cost > 0 else "received"
            text = f"funding {words}: {abs(payment.cost):.6f} {payment.asset} on {payment.qty:+f} {payment.symbol}"
            desk.alarms.say("info", self._account.name, text)

    def on_transfer(self, transfer: Transfer) -> None:
        desk = self._desk
        if not desk.booking.ledger.opened(self._account.name):
            return
        if self._nonsense(f"a {transfer.kind} of {transfer.asset}", fault_of_transfer(transfer)):
            return
        try:
            new = desk.booking.transfer(self._account.name, transfer)
        except LookupError as error:
            desk.alarms.say("info", self._account.name, f"{error}; it is booked with the next reconciling")
            return
        if new:
            desk.alarms.say("info", self._account.name, f"{transfer.kind} of {transfer.amount} {transfer.asset}")

    def _nonsense(self, what: str, wrong: str) -> bool:
        """Whether something is `wrong` with what the venue told; then that is alarmed, and goes no further."""
        if wrong:
            name = self._account.name
            self._desk.alarms.sound(f"nonsense/{name}", "critical", f"{name}: {what} cannot be: {wrong}; not taken in")
        return bool(wrong)

    def on_connection(self, up: bool, reason: str) -> None:
        self.said_up = up
        self._desk.intake.connection(self._account, up, reason)
