"""The seed's hand on one account's connection: which messages are lost, late, doubled, and what the venue says."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias

from msgspec.structs import replace

from cockpit.chaos.kinds import Fault
from venues.model import (
    NS_PER_MS,
    NS_PER_S,
    BookUpdate,
    FundingPayment,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
    RejectReason,
)
from venues.paper.faults import LOST, SOUND, Gate, Message, Passage

Strike: TypeAlias = Callable[[str, Fault, str], None]
"""(account, kind, what it struck)"""

NOT_FOUND_S = (0.5, 25.0)
NOT_FOUND_LONG_S = (1800.0, 2100.0)
LATE_ANSWER_S = (4.5, 20.0)
LATE_REQUEST_S = (0.5, 7.0)
"""One that is under way for longer than the desk waits before it trusts "not found" is beyond what is promised."""
LATEST_OF_THE_DEAD_S = 2.5
"""In runs in which desks are killed: less than a restarted desk waits before it hedges what it found owed."""
STALE_S = (0.05, 6.0)
REJECTS = {
    Fault.REJECT_POST_ONLY: (RejectReason.POST_ONLY, "post-only order would take"),
    Fault.REJECT_BALANCE: (RejectReason.MARGIN, "not enough free margin"),
    Fault.REJECT_RATE_LIMIT: (RejectReason.RATE_LIMIT, "too many orders"),
    Fault.REJECT_NONCE: (RejectReason.NONCE, "invalid nonce"),
    Fault.REJECT_PRICE_BAND: (RejectReason.PRICE_BAND, "price outside the band"),
}
REPORTS = (Message.ORDER, Message.FILL, Message.CANCEL_FAILED, Message.FUNDING, Message.TRANSFER)


class ChaosGate(Gate):
    """`on` holds the states that last; rated kinds are drawn for each message."""

    def __init__(
        self, account: str, rng: random.Random, rates: Mapping[Fault, float], now: Callable[[], int], strike: Strike
    ) -> None:
        super().__init__()
        self.account = account
        self.rates = dict(rates)
        self.on: dict[Fault, float] = {}
        """Kind to the size it came with."""
        self.reported: Callable[[tuple[PositionStatusReport, ...]], tuple[PositionStatusReport, ...]] | None = None
        """What the venue makes of its positions while it lies about them."""
        self.hidden_funding = 0
        """Payments with a stamp from here on are not told yet, ns; 0 for none."""
        self.latest_s = LATE_REQUEST_S[1]
        """The longest that a request is under way."""
        self.on_lost_request: Callable[[str], None] = lambda _client_order_id: None
        self.disturbed_ts = 0
        """When something of this connection last went wrong, ns."""
        self._rng = rng
        self.now = now
        self._strike = strike
        self._acked: set[str] = set()
        self._veiled: dict[str, int] = {}
        """Order that is not found, by client id, and until when, ns."""
        self._race: dict[str, float] = {}

    # -- what the exchange asks ----------------------------------------------------------------------------------

    @property
    def up(self) -> bool:
        return not (Fault.DOWN in self.on or Fault.DOWN_HOURS in self.on or Fault.BACK_CHANGED in self.on)

    @property
    def sound(self) -> bool:
        return not self.on and not self.rates

    def passage(self, message: Message, subject: object = None) -> Passage:
        if self.on:
            if not self.up:
                if message is Message.SUBMIT and isinstance(subject, OrderRequest):
                    self.on_lost_request(subject.client_order_id)
                return LOST
            if Fault.WS_SILENT in self.on and message not in (Message.SUBMIT, Message.CANCEL, Message.QUERY):
                return self._lost()
            if Fault.REST_SILENT in self.on and message is Message.QUERY:
                return self._lost()
            if Fault.BOOK_GAP in self.on and message is Message.DATA:
                return LOST
        if not self.rates or message in (Message.DATA, Message.QUERY):
            return SOUND
        return self._rated(message, subject)

    def arrives(self, message: Message) -> bool:
        if not self.on:
            return True
        if Fault.WS_SILENT in self.on and message in (*REPORTS, Message.DATA):
            return False
        return self.up and not (Fault.BOOK_GAP in self.on and message is Message.DATA)

    def refusal(self, request: OrderRequest) -> tuple[RejectReason, str] | None:
        for kind, no in REJECTS.items():
            if (kind is not Fault.REJECT_POST_ONLY or request.post_only) and self.drawn(kind, request.client_order_id):
                return no
        return None

    def races(self, client_order_id: str) -> float:
        if self.drawn(Fault.CANCEL_FILLED, client_order_id):
            return 1.0
        if self.drawn(Fault.CANCEL_RACED, client_order_id):
            return self._rng.uniform(0.05, 0.95)
        return 0.0

    # -- books

    def book(self, update: BookUpdate) -> BookUpdate | None:
        if not self.on:
            return update
        if Fault.BOOK_FROZEN in self.on:
            return None
        if Fault.BOOK_EMPTY in self.on:
            return replace(update, bids=(), asks=()) if self.on[Fault.BOOK_EMPTY] < 0.5 else replace(update, asks=())
        if Fault.BOOK_CROSSED in self.on and update.bids and update.asks:
            # The bids come from a price that the asks have long left.
            shift = update.asks[0][0] - update.bids[0][0] + 1 + int(self.on[Fault.BOOK_CROSSED] * 200)
            return replace(update, bids=tuple((ticks + shift, lots) for ticks, lots in update.bids))
        return update

    # -- answers

    def order_answer(self, client_order_id: str, report: OrderStatusReport | None) -> OrderStatusReport | None:
        if report is None or not self._veils(report):
            return report
        return None

    def open_orders_answer(self, reports: tuple[OrderStatusReport, ...]) -> tuple[OrderStatusReport, ...]:
        if not self._veiled and Fault.NOT_FOUND not in self.rates:
            return reports
        return tuple(report for report in reports if not self._veils(report))

    def positions_answer(self, reports: tuple[PositionStatusReport, ...]) -> tuple[PositionStatusReport, ...]:
        return reports if self.reported is None else self.reported(reports)

    def funding_answer(self, payments: tuple[FundingPayment, ...]) -> tuple[FundingPayment, ...]:
        if not self.hidden_funding:
            return payments
        return tuple(payment for payment in payments if payment.ts_event < self.hidden_funding)

    # -- single messages -----------------------------------------------------------------------------------------

    def _rated(self, message: Message, subject: object) -> Passage:
        rng = self._rng
        if message is Message.SUBMIT:
            assert isinstance(subject, OrderRequest)
            if self.drawn(Fault.REQUEST_LOST, subject.client_order_id):
                self.on_lost_request(subject.client_order_id)
                return self._lost()
            if self.drawn(Fault.ANSWER_LATE, subject.client_order_id):
                return Passage(extra_ns=int(rng.uniform(LATE_REQUEST_S[0], self.latest_s) * NS_PER_S), overtakes=True)
            return SOUND
        if message is Message.CANCEL:
            return self._lost() if self.drawn(Fault.CANCEL_LOST, str(subject)) else SOUND
        if message is Message.ORDER:
            assert isinstance(subject, OrderStatusReport)
            first = subject.client_order_id not in self._acked
            self._acked.add(subject.client_order_id)
            if first and self.drawn(Fault.ACK_LOST, subject.client_order_id):
                return self._lost()
            if not first and self.drawn(Fault.UPDATE_LOST, subject.client_order_id):
                return self._lost()
            if self.drawn(Fault.ANSWER_LATE, subject.client_order_id):
                return Passage(extra_ns=int(rng.uniform(*LATE_ANSWER_S) * NS_PER_S), overtakes=True)
            if not subject.status.terminal and self.drawn(Fault.STALE_PARTIAL, subject.client_order_id):
                return Passage(echo_ns=int(rng.uniform(*STALE_S) * NS_PER_S))
        elif message is Message.FILL and self.drawn(Fault.FILL_LOST, "fill"):
            return self._lost()
        if message in (Message.ORDER, Message.FILL):
            if self.drawn(Fault.DUPLICATED, message.value):
                return Passage(copies=2)
            if self.drawn(Fault.REORDERED, message.value):
                return Passage(extra_ns=int(rng.uniform(1.0, 400.0) * NS_PER_MS), overtakes=True)
        return SOUND

    def drawn(self, kind: Fault, struck: str) -> bool:
        """Whether the fault strikes now; then it is counted."""
        rate = self.rates.get(kind)
        if rate is None or self._rng.random() >= rate:
            return False
        self._strike(self.account, kind, struck)
        self.disturb()
        return True

    def disturb(self) -> None:
        """Something of this connection has gone wrong just now."""
        self.disturbed_ts = self.now()

    def _lost(self) -> Passage:
        self.disturbed_ts = self.now()
        return LOST

    def _veils(self, report: OrderStatusReport) -> bool:
        """Whether an order that the venue has is denied by it: drawn once for each order, while it is live."""
        key = report.client_order_id
        if key not in self._veiled and not report.status.terminal and report.status is not OrderStatus.UNKNOWN:
            span = None
            if self.drawn(Fault.NOT_FOUND_LONG, key):
                span = NOT_FOUND_LONG_S
            elif self.drawn(Fault.NOT_FOUND, key):
                span = NOT_FOUND_S
            self._veiled[key] = 0 if span is None else self.now() + int(self._rng.uniform(*span) * NS_PER_S)
        return self._is_veiled(key)

    def _is_veiled(self, key: str) -> bool:
        veiled = self._veiled.get(key, 0) > self.now()
        if veiled:
            self.disturbed_ts = self.now()
        return veiled


def earlier_position(
    truth: Mapping[str, Decimal], scale: Mapping[str, Decimal]
) -> Callable[[tuple[PositionStatusReport, ...]], tuple[PositionStatusReport, ...]]:
    """A venue that reports `truth` less or more than it is: each symbol's position as `scale` says, signed."""

    def lie(reports: tuple[PositionStatusReport, ...]) -> tuple[PositionStatusReport, ...]:
        known = {report.symbol: report for report in reports}
        out = []
        for symbol in sorted({*known, *scale}):
            qty = scale.get(symbol, known[symbol].qty if symbol in known else Decimal(0))
            report = known.get(symbol)
            if report is not None:
                out.append(replace(report, qty=qty))
            elif qty:
                price = truth[symbol]
                out.append(PositionStatusReport(symbol, qty, price, price, Decimal(0), 0))
        return tuple(report for report in out if report.qty)

    return lie
