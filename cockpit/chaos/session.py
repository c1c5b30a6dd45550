"""One desk's connection to one account: it dies with the desk, and every message on it is shown to the referee."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Protocol

from msgspec.structs import replace

from venues.model import (
    BalanceReport,
    BookUpdate,
    CancelReport,
    Capabilities,
    Clock,
    FillPage,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    Mode,
    OrderRequest,
    OrderStatusReport,
    PositionStatusReport,
    Transfer,
    Venue,
    VenueListener,
)


class Witness(Protocol):
    """Who sees what crosses the line. `before_*` may end the desk's life: then nothing crosses any more."""

    def before_submit(self, account: str, order: OrderRequest) -> None: ...
    def after_submit(self, account: str, order: OrderRequest) -> None: ...
    def before_cancel(self, account: str, client_order_id: str) -> None: ...
    def before_fill(self, account: str, fill: FillReport) -> None: ...
    def after_fill(self, account: str, fill: FillReport) -> None: ...
    def told_order(self, account: str, report: OrderStatusReport) -> None: ...
    def told_fills(self, account: str, fills: tuple[FillReport, ...]) -> None: ...
    def told_positions(self, account: str, reports: tuple[PositionStatusReport, ...]) -> None: ...
    def told_book(self, account: str, update: BookUpdate) -> None: ...


class Session:
    """The `Venue` that one desk holds, over one of the account's own."""

    def __init__(self, venue: Venue, clock: Clock, witness: Witness) -> None:
        self.inner = venue
        self._dead = False
        self.clock = clock
        self.witness = witness

    @property
    def dead(self) -> bool:
        """Whether its desk has been killed; a witness may do that within any call."""
        return self._dead

    def die(self) -> None:
        self._dead = True

    @property
    def account(self) -> str:
        return self.inner.account

    @property
    def venue(self) -> str:
        return self.inner.venue

    @property
    def mode(self) -> Mode:
        return self.inner.mode

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self.inner.instruments

    async def connect(self, listener: VenueListener) -> None:
        if not self.dead:
            await self.inner.connect(_Ear(self, listener))

    async def close(self) -> None:
        if not self.dead:
            await self.inner.close()

    def subscribe(self, symbols: Iterable[str]) -> None:
        if not self.dead:
            self.inner.subscribe(symbols)

    def submit(self, order: OrderRequest) -> None:
        if self.dead:
            return
        self.witness.before_submit(self.account, order)
        if self.alive():
            self.inner.submit(order)
            self.witness.after_submit(self.account, order)

    def alive(self) -> bool:
        return not self._dead

    def cancel(self, client_order_id: str, symbol: str) -> None:
        if self.dead:
            return
        self.witness.before_cancel(self.account, client_order_id)
        if not self.dead:
            self.inner.cancel(client_order_id, symbol)

    async def cancel_all(self, symbol: str | None = None) -> None:
        if not self.dead:
            await self.inner.cancel_all(symbol)

    async def cancel_all_after(self, seconds: float) -> None:
        if not self.dead:
            await self.inner.cancel_all_after(seconds)

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        report = await self.inner.query_order(
            client_order_id=client_order_id, venue_order_id=venue_order_id, symbol=symbol
        )
        if report is not None:
            self.witness.told_order(self.account, report)
        return report

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        return await self.inner.open_orders()

    async def fills_since(self, cursor: str) -> FillPage:
        page = await self.inner.fills_since(cursor)
        self.witness.told_fills(self.account, page.fills)
        now = self.clock.now_ns()
        return FillPage(tuple(replace(fill, ts_init=now) for fill in page.fills), page.cursor)

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        reports = await self.inner.positions()
        self.witness.told_positions(self.account, reports)
        return reports

    async def balances(self) -> tuple[BalanceReport, ...]:
        return await self.inner.balances()

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        return await self.inner.funding_since(ts)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        return await self.inner.transfers_since(ts)


class _Ear:
    """Hands on what the venue tells, stamped by the desk's own clock; deaf once the desk is dead."""

    def __init__(self, session: Session, listener: VenueListener) -> None:
        self._session = session
        self._listener = listener

    def on_book(self, update: BookUpdate) -> None:
        if not self._session.dead:
            self._session.witness.told_book(self._session.account, update)
            self._listener.on_book(update)

    def on_order(self, report: OrderStatusReport) -> None:
        session = self._session
        if not session.dead:
            session.witness.told_order(session.account, report)
            self._listener.on_order(replace(report, ts_init=session.clock.now_ns()))

    def on_fill(self, fill: FillReport) -> None:
        session = self._session
        if session.dead:
            return
        session.witness.before_fill(session.account, fill)
        if not session.alive():
            return
        self._listener.on_fill(replace(fill, ts_init=session.clock.now_ns()))
        session.witness.after_fill(session.account, fill)

    def on_cancel_failed(self, report: CancelReport) -> None:
        if not self._session.dead:
            self._listener.on_cancel_failed(replace(report, ts_init=self._session.clock.now_ns()))

    def on_funding_rate(self, rate: FundingRate) -> None:
        if not self._session.dead:
            self._listener.on_funding_rate(rate)

    def on_funding(self, payment: FundingPayment) -> None:
        if not self._session.dead:
            self._listener.on_funding(replace(payment, ts_init=self._session.clock.now_ns()))

    def on_transfer(self, transfer: Transfer) -> None:
        if not self._session.dead:
            self._listener.on_transfer(replace(transfer, ts_init=self._session.clock.now_ns()))

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        if not self._session.dead:
            self._listener.on_mark(symbol, price, ts_event)

    def on_connection(self, up: bool, reason: str) -> None:
        if not self._session.dead:
            self._listener.on_connection(up, reason)


class Tripwire:
    """Ends the desk's life at the next event of a sort: between a journaled intent and its order, within a fill, after
    a commit, wherever the seed says."""

    POINTS = ("before_submit", "after_submit", "before_cancel", "before_fill", "after_fill", "write", "commit")

    def __init__(self, kill: Callable[[str], None]) -> None:
        self._kill = kill
        self._point = ""

    @property
    def armed(self) -> bool:
        return bool(self._point)

    def arm(self, point: str) -> None:
        self._point = point

    def disarm(self) -> None:
        self._point = ""

    def touch(self, point: str) -> None:
        if point == self._point:
            self._point = ""
            self._kill(point)
