"""The `Venue` of one paper account in the same process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from msgspec.structs import replace

from venues.model import (
    BalanceReport,
    Capabilities,
    FillPage,
    FundingPayment,
    Instrument,
    Mode,
    OrderRequest,
    OrderStatusReport,
    PositionStatusReport,
    Pricing,
    Transfer,
    VenueListener,
    VenueRejected,
)
from venues.paper.account import Account, Position
from venues.paper.engine import VenueEngine
from venues.paper.margin import liquidation_price


class _Host(Protocol):
    """What the adapter needs of its exchange."""

    def start(self) -> None: ...
    def set_fault(self, account: str, kind: str) -> None: ...
    def pricing(self, venue: str) -> Pricing: ...


class PaperVenue:
    """One account's connection. Queries take their latency, count against the REST limit, and answer as the books stood
    when the question arrived."""

    def __init__(self, host: _Host, engine: VenueEngine, books: Account) -> None:
        self._host = host
        self._engine = engine
        self._books = books
        self._link = engine.links[books.name]

    @property
    def account(self) -> str:
        return self._books.name

    @property
    def venue(self) -> str:
        return self._engine.name

    @property
    def mode(self) -> Mode:
        return Mode.PAPER

    @property
    def capabilities(self) -> Capabilities:
        return replace(
            self._engine.profile_of(self.account).capabilities, pricing=self._host.pricing(self._engine.name)
        )

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return MappingProxyType({symbol: market.instrument for symbol, market in self._engine.markets.items()})

    # -- connection ----------------------------------------------------------------------------------------------

    async def connect(self, listener: VenueListener) -> None:
        """A listener that was there before hears no more, and its subscriptions end. While the venue is unreachable the
        connection comes up as soon as it is reachable."""
        self._host.start()
        self._unsubscribe()
        self._link.attach(listener)
        if self._link.gate.up:
            listener.on_connection(True, "connected")
        else:
            listener.on_connection(False, "unreachable")

    async def close(self) -> None:
        self._unsubscribe()
        self._link.attach(None)

    def _unsubscribe(self) -> None:
        for symbol in self._link.subscriptions:
            self._engine.markets[symbol].publisher.unsubscribe(self._link)
        self._link.subscriptions.clear()

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Raises `VenueRejected` for a symbol that the venue does not have."""
        wanted = sorted(set(symbols))
        for symbol in wanted:
            if symbol not in self._engine.markets:
                raise VenueRejected(f"unknown symbol {symbol!r}")
        for symbol in wanted:
            self._link.subscriptions.add(symbol)
            self._engine.markets[symbol].publisher.subscribe(self._link)

    def fault(self, kind: str) -> None:
        """Switch a fault of this connection on, or off with `clear`; see `faults.FaultKind`."""
        self._host.set_fault(self._books.name, kind)

    # -- orders --------------------------------------------------------------------------------------------------

    def submit(self, order: OrderRequest) -> None:
        self._link.submit(order, lambda: self._engine.submit(self._books, order))

    def cancel(self, client_order_id: str, symbol: str) -> None:
        self._link.cancel(client_order_id, symbol, lambda: self._engine.cancel(self._books, client_order_id, symbol))

    async def cancel_all(self, symbol: str | None = None) -> None:
        await self._link.query(lambda: self._engine.cancel_all(self._books, symbol))

    async def cancel_all_after(self, seconds: float) -> None:
        """Also raises `ValueError` for what is no span, and `VenueBusy` over the limit of orders: it counts as one."""
        await self._link.query(lambda: self._engine.cancel_all_after(self._books, seconds), counted=False)

    # -- queries -------------------------------------------------------------------------------------------------

    async def query_order(
        self, *, client_order_id: str = "", venue_order_id: str = "", symbol: str = ""
    ) -> OrderStatusReport | None:
        """Raises `VenueRejected` where the venue cannot look up by what was given."""
        if not venue_order_id and not (client_order_id and self._engine.profile.lookup_by_client_id):
            raise VenueRejected(
                "an order is looked up by its venue order id here" if client_order_id else "no id given"
            )

        def answer() -> OrderStatusReport | None:
            found = self._books.find(client_order_id, venue_order_id, self._engine.now())
            known = found.client_order_id if found is not None else ""
            return self._link.gate.order_answer(client_order_id or known, found)

        return await self._link.query(answer)

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        def answer() -> tuple[OrderStatusReport, ...]:
            now = self._engine.now()
            reports = tuple(order.report(now) for order in self._books.orders.values())
            return self._link.gate.open_orders_answer(reports)

        return await self._link.query(answer)

    async def fills_since(self, cursor: str) -> FillPage:
        """The cursor counts the account's fills. Raises `VenueRejected` for a cursor that was never given out."""
        if cursor and not (cursor.isascii() and cursor.isdigit()):
            raise VenueRejected(f"cursor {cursor!r}: expected one that this venue gave out")

        def answer() -> FillPage:
            fills = self._books.fills
            page = FillPage(fills.since(int(cursor or 0)), str(fills.end))
            return self._link.gate.fills_answer(page)

        return await self._link.query(answer)

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        def answer() -> tuple[PositionStatusReport, ...]:
            gate, true = self._link.gate, self._books.positions
            told = true if gate.rolled_back is None else gate.rolled_back
            return gate.positions_answer(tuple(self._positions(told)))

        return await self._link.query(answer)

    def _positions(self, positions: Mapping[str, Position]) -> Iterable[PositionStatusReport]:
        engine, books = self._engine, self._books
        for symbol, position in positions.items():
            if position.lots:
                mark = engine.mark(symbol) or position.entry
                margin = engine.margin(books, position.instrument.settle)
                yield PositionStatusReport(
                    symbol=symbol,
                    qty=position.qty,
                    entry_price=position.entry,
                    mark_price=mark,
                    unrealised=position.unrealised(mark),
                    ts_event=engine.now(),
                    liq_price=liquidation_price(position, margin, mark, engine.profile.maintenance_rate),
                )

    async def balances(self) -> tuple[BalanceReport, ...]:
        return await self._link.query(lambda: self._link.gate.balances_answer(tuple(self._balances())))

    def _balances(self) -> Iterable[BalanceReport]:
        engine, books = self._engine, self._books
        held = {position.instrument.settle for position in books.positions.values() if position.lots}
        for asset in sorted(set(books.cash) | held):
            margin = engine.margin(books, asset)
            cash: Decimal = margin.cash
            yield BalanceReport(asset, cash, margin.equity, margin.free, margin.maintenance, engine.now())

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        """Payments with a stamp of `ts` or later."""

        def answer() -> tuple[FundingPayment, ...]:
            payments = tuple(payment for payment in self._books.funding.since(0) if payment.ts_event >= ts)
            return self._link.gate.funding_answer(payments)

        return await self._link.query(answer)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        """Transfers with a stamp of `ts` or later."""

        def answer() -> tuple[Transfer, ...]:
            transfers = tuple(transfer for transfer in self._books.transfers.since(0) if transfer.ts_event >= ts)
            return self._link.gate.transfers_answer(transfers)

        return await self._link.query(answer)
