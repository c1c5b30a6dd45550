"""What the paper server keeps of one account: its venue, and the sessions that listen to it now."""

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
    """One account's listener: hands on what happens to every session that is logged in, else lets it go by.

    Reports go to all of them, market data to those that subscribed to it. Nothing is kept for an absent client: it has
    to ask, as on a real exchange.
    """

    def __init__(self, venue: ExchangeVenue, on_change: Callable[[str], None]) -> None:
        self.venue = venue
        self.session: FrameProtocol | None = None
        """The main one; the others are only in `_symbols`."""
        self._symbols: dict[FrameProtocol, set[str]] = {}
        """What each session has subscribed to; the venue keeps what any session ever did."""
        self.up = True
        self.reason = ""
        self._on_change = on_change

    def attach(self, session: FrameProtocol, *, main: bool) -> None:
        self._symbols[session] = set()
        if main:
            self.session = session

    def detach(self, session: FrameProtocol) -> None:
        self._symbols.pop(session, None)
        if self.session is session:
            self.session = None

    def subscribe(self, session: FrameProtocol, symbols: tuple[str, ...]) -> None:
        """Hand on these too. The venue shows each as it stands, whatever an earlier session asked for."""
        known = [symbol for symbol in symbols if symbol in self.venue.instruments]
        self._symbols[session].update(known)
        self.venue.subscribe(known)

    def _send(self, message: object, symbol: str = "") -> None:
        """To every session, or to those that subscribed to `symbol`."""
        sessions = [session for session, symbols in self._symbols.items() if not symbol or symbol in symbols]
        if not sessions:
            return
        payload = ENCODER.encode(message)
        for session in sessions:
            session.send(payload)
            if session.backlog > MAX_BACKLOG:
                text = f"cut off: {session.backlog} bytes were left unread"
                log.warning("account %s: %s", self.venue.account, text)
                session.abort(ConnectionError(text))

    def _report(self, body: EventBody) -> None:
        self._send(Event(body))
        self._on_change(self.venue.account)

    # -- VenueListener -------------------------------------------------------------------------------------------

    def on_book(self, update: BookUpdate) -> None:
        self._send(update, update.symbol)

    def on_funding_rate(self, rate: FundingRate) -> None:
        self._send(Event(rate), rate.symbol)

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        self._send(Mark(symbol, price, ts_event), symbol)

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
