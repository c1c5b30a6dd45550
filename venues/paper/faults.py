"""Faults of one account's connection. Every request, notice and answer passes its `Gate`, and nothing else decides."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from venues.model import (
    NS_PER_S,
    BalanceReport,
    BookUpdate,
    FillPage,
    FundingPayment,
    OrderRequest,
    OrderStatusReport,
    PositionStatusReport,
    RejectReason,
    Transfer,
)
from venues.paper.account import Position

TIMEOUT_NS = 5 * NS_PER_S
"""How long an adapter waits for an answer before it says UNKNOWN or `VenueUnavailable`."""
GAP_RESYNC_NS = 3 * NS_PER_S
"""How long a gap lasts before the book is whole again by itself."""
SLOW_FACTOR = 20.0


class FaultKind(StrEnum):
    """What can be switched on at run time."""

    UNREACHABLE = "unreachable"
    """Nothing goes in or out. The exchange goes on matching."""
    SLOW = "slow"
    """Every network delay is twenty times as long."""
    GAP = "gap"
    """Market data is dropped: an empty book, then silence until cleared or resynced."""
    REJECT = "reject"
    """Every new order is rejected."""
    MUTE = "mute"
    """The websocket is silent: no notice and no market data comes in. Requests and queries work."""
    DEAF = "deaf"
    """Queries get no answer. Orders, notices and market data go through."""
    ROLLBACK = "rollback"
    """Positions are reported as they once stood (see `rollback`). Nothing else changes."""
    CLEAR = "clear"


class Message(StrEnum):
    """What passes the gate."""

    SUBMIT = "submit"
    CANCEL = "cancel"
    QUERY = "query"
    ORDER = "order"
    FILL = "fill"
    CANCEL_FAILED = "cancel_failed"
    FUNDING = "funding"
    TRANSFER = "transfer"
    DATA = "data"


class Passage(msgspec.Struct, frozen=True):
    """How one message goes through. The defaults are a sound connection."""

    copies: int = 1
    """0: lost; 2: delivered twice."""
    scale: float = 1.0
    """Factor on the drawn delay."""
    overtakes: bool = False
    """Goes beside the line, so it may come before what was sent earlier."""
    extra_ns: int = 0
    """Added to the delay. In the line it holds up what comes behind. Of a query it delays the answer alone."""
    echo_ns: int = 0
    """Above 0: the very same message comes once more, beside the line, this long after it came (or, lost, should have).
    What it says may be stale by then. Queries have no echo."""


SOUND = Passage()
LOST = Passage(copies=0)
LATE = Passage(scale=SLOW_FACTOR)

_LOSES: Mapping[FaultKind, frozenset[Message]] = {
    FaultKind.UNREACHABLE: frozenset(Message),
    FaultKind.GAP: frozenset({Message.DATA}),
    FaultKind.MUTE: frozenset(Message) - {Message.SUBMIT, Message.CANCEL, Message.QUERY},
    FaultKind.DEAF: frozenset({Message.QUERY}),
}
_NOTHING: frozenset[Message] = frozenset()


class Gate:
    """The policy of one account's connection. A simulation may put a subclass in its place.

    A policy that may lose messages says so by `sound` being False: only then are unanswered requests watched.
    """

    def __init__(self) -> None:
        self.kind = FaultKind.CLEAR
        self.rolled_back: Mapping[str, Position] | None = None
        """What positions are reported instead of the true ones, by symbol; None for the true ones."""

    def set(self, kind: str) -> FaultKind:
        """Switch to `kind`; raises `ValueError` naming the kinds there are."""
        try:
            self.kind = FaultKind(kind)
        except ValueError:
            raise ValueError(f"fault {kind!r}: expected one of {', '.join(FaultKind)}") from None
        if self.kind is not FaultKind.ROLLBACK:
            self.rolled_back = None
        return self.kind

    @property
    def up(self) -> bool:
        return self.kind is not FaultKind.UNREACHABLE

    @property
    def sound(self) -> bool:
        return self.kind is FaultKind.CLEAR

    # -- messages ------------------------------------------------------------------------------------------------

    def passage(self, message: Message, subject: object = None) -> Passage:
        """What becomes of a message that sets out now.

        `subject` is the `OrderRequest` (SUBMIT), the client order id (CANCEL), the `OrderStatusReport` (ORDER), the
        `FillReport`, `CancelReport`, `FundingPayment` or `Transfer` of a notice, the `BookUpdate` (DATA; None for marks
        and rates), None for a QUERY.
        """
        kind = self.kind
        if kind is FaultKind.CLEAR:
            return SOUND
        if message in _LOSES.get(kind, _NOTHING):
            return LOST
        return LATE if kind is FaultKind.SLOW else SOUND

    def arrives(self, message: Message) -> bool:
        """Does a message that set out earlier still come in now? Asked of everything but SUBMIT and CANCEL."""
        return self.up and (self.kind is FaultKind.CLEAR or message not in _LOSES.get(self.kind, _NOTHING))

    def book(self, update: BookUpdate) -> BookUpdate | None:
        """The book as this listener is shown it; None: it is shown nothing. Called when it sets out."""
        return update

    # -- at the venue --------------------------------------------------------------------------------------------

    def refusal(self, request: OrderRequest) -> tuple[RejectReason, str] | None:
        """Why the order that has arrived is rejected, whatever the venue itself would say; None where it is not."""
        if self.kind is FaultKind.REJECT:
            return RejectReason.FAULT, "orders are being rejected (fault switched on)"
        return None

    def races(self, client_order_id: str) -> float:
        """Share (0 to 1) of what is left of the order that trades at its price just before a cancel takes effect.

        Above 0 it is at least one lot, and whole lots.
        """
        return 0.0

    # -- answers, as they leave the venue ------------------------------------------------------------------------

    def order_answer(self, client_order_id: str, report: OrderStatusReport | None) -> OrderStatusReport | None:
        """`client_order_id` is empty where neither the question nor the order names one."""
        return report

    def open_orders_answer(self, reports: tuple[OrderStatusReport, ...]) -> tuple[OrderStatusReport, ...]:
        return reports

    def positions_answer(self, reports: tuple[PositionStatusReport, ...]) -> tuple[PositionStatusReport, ...]:
        return reports

    def balances_answer(self, reports: tuple[BalanceReport, ...]) -> tuple[BalanceReport, ...]:
        return reports

    def fills_answer(self, page: FillPage) -> FillPage:
        return page

    def funding_answer(self, payments: tuple[FundingPayment, ...]) -> tuple[FundingPayment, ...]:
        return payments

    def transfers_answer(self, transfers: tuple[Transfer, ...]) -> tuple[Transfer, ...]:
        return transfers
