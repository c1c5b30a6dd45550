"""What the paper server keeps of one account: its venue, and the session that listens to it now."""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from venues.model import (
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    FundingRate,
    OrderStatusReport,
    Transfer,
    Venue,
)
from venues.paper.protocol import ENCODER, Connection, Event, EventBody, Mark
from venues.wire import FrameProtocol

log = logging.getLogger(__name__)

MAX_BACKLOG = 1024 * 1024
"""Bytes a client may leave unread before it is cut off, as exchanges do."""


class ExchangeVenue(Venue, Protocol):
    """A venue of the paper exchange: one that can be told to fail."""

    def fault(self, kind: str) -> None:
        """Start failing in that manner, or "clear". Raises `ValueError` for an unknown kind."""
        ...


class AccountLine:
    """One account's listener: hands on what happens to the session that is logged in, else lets it go by.

    Nothing is kept for an absent client: it has to ask, as on a real exchange.
    """

    def __init__(self, venue: ExchangeVenue, on_change: Callable[[str], None]) -> None:
        self.venue = venue
        self.session: FrameProtocol | None = None
        self.symbols: set[str] = set()
        """What the session has subscribed to; the venue keeps what any session ever did."""
        self.up = True
        self.reason = ""
        self._on_change = on_change

    def attach(self, session: FrameProtocol) -> None:
        self.session = session
        self.symbols = set()

    def subscribe(self, symbols: tuple[str, ...]) -> None:
        """Hand on these too. The venue shows each as it stands, whatever an earlier session asked for."""
        known = [symbol for symbol in symbols if symbol in self.venue.instruments]
        self.symbols.update(known)
        self.venue.subscribe(known)

    def _send(self, message: object) -> None:
        session = self.session
        if session is None:
            return
        session.send(ENCODER.encode(message))
        if session.backlog > MAX_BACKLOG:
            text = f"cut off: {session.backlog} bytes were left unread"
            log.warning("account %s: %s", self.venue.account, text)
            session.abort(ConnectionError(text))

    def _report(self, body: EventBody) -> None:
        self._send(Event(body))
        self._on_change(self.venue.account)

    # -- VenueListener -------------------------------------------------------------------------------------------

    def on_book(self, update: BookUpdate) -> None:
        if update.symbol in self.symbols:
            self._send(update)

    def on_funding_rate(self, rate: FundingRate) -> None:
        if rate.symbol in self.symbols:
            self._send(Event(rate))

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        if symbol in self.symbols:
            self._send(Mark(symbol, price, ts_event))

    def on_order(self, report: OrderStatusReport) -> None:
        self._report(report)

    def on_fill(self, fill: FillReport) -> None:
        self._report(fill)

    def on_cancel_failed(self, report: CancelReport) -> None:
        self._send(Event(report))

    def on_funding(self, payment: FundingPayment) -> None:
        self._report(payment)

    def on_transfer(self, transfer: Transfer) -> None:
        self._report(transfer)

    def on_connection(self, up: bool, reason: str) -> None:
        self.up, self.reason = up, reason
        self._send(Connection(up, reason))
