"""Questions about one account: each is answered whole, or raises."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import msgspec

from venues.live import reports
from venues.live.ccxt_types import Raw
from venues.live.dialect import ClientIdCodec, Dialect, decimal
from venues.live.exchange import Exchange
from venues.live.fill_history import FillHistory
from venues.live.markets import Markets
from venues.live.order_track import OrderTrack
from venues.live.reading import Reading
from venues.model import (
    NS_PER_MS,
    BalanceReport,
    Clock,
    FillPage,
    FundingPayment,
    FundingRate,
    OrderStatusReport,
    PositionStatusReport,
    Transfer,
)


class Mark(msgspec.Struct, frozen=True):
    symbol: str
    price: Decimal
    ts_event: int


class AccountQueries:
    """Every method raises `VenueError`; an answer that makes no sense is no answer (`VenueUnavailable`)."""

    def __init__(
        self,
        dialect: Dialect,
        exchange: Exchange,
        markets: Markets,
        reading: Reading,
        history: FillHistory,
        track: OrderTrack,
        ids: ClientIdCodec,
        clock: Clock,
    ) -> None:
        self._dialect = dialect
        self._exchange = exchange
        self._markets = markets
        self._reading = reading
        self._history = history
        self._track = track
        self._ids = ids
        self._clock = clock

    async def order(self, client_order_id: str, venue_order_id: str, symbol: str) -> OrderStatusReport | None:
        """None where the venue answers that it knows none."""
        entry = self._track.get(client_order_id) if client_order_id else None
        if entry is not None:
            venue_order_id = venue_order_id or entry.venue_order_id
            symbol = symbol or (entry.request.symbol if entry.request is not None else "")
        client_id = self._dialect.client_id(client_order_id, self._ids) if client_order_id else ""
        ccxt = self._exchange.ccxt
        for ccxt_symbol in self._markets.ccxt_symbols(symbol or None):
            find = self._dialect.find_order(ccxt, ccxt_symbol, client_id, venue_order_id)
            raw = await self._exchange.ask("an order", find, of_account=True)
            if raw is None:
                continue
            read = partial(self._reading.order, client_order_id=client_order_id)
            found = self._reading.answers("an order", (raw,), read)
            return self._track.settle(found[0]) if found else None
        return None

    async def open_orders(self) -> tuple[OrderStatusReport, ...]:
        asked = self._dialect.open_orders(self._exchange.ccxt, self._markets.ccxt_symbols())
        raws = await self._exchange.ask("open orders", asked, of_account=True)
        return self._reading.answers("open orders", raws, self._reading.order)

    async def fills_since(self, cursor: str) -> FillPage:
        page = await self._history.page(cursor)
        for fill in page.fills:
            self._track.count_fill(fill)
        return page

    async def positions(self) -> tuple[PositionStatusReport, ...]:
        asked = self._dialect.positions(self._exchange.ccxt, self._markets.ccxt_symbols())
        raws = await self._exchange.ask("positions", asked, of_account=True)
        now = self._clock.now_ns()

        def read(raw: Raw) -> PositionStatusReport | None:
            instrument = self._markets.find(raw)
            return None if instrument is None else reports.position_report(raw, symbol=instrument.symbol, now=now)

        return tuple(report for report in self._reading.answers("positions", raws, read) if report.qty)

    async def balances(self) -> tuple[BalanceReport, ...]:
        raw = await self._exchange.ask("balances", self._dialect.balance(self._exchange.ccxt), of_account=True)
        now = self._clock.now_ns()
        (found,) = self._reading.answers(
            "balances", (raw,), lambda raw: reports.balance_reports(self._dialect.margins(raw), now)
        )
        return found

    async def funding_since(self, ts: int) -> tuple[FundingPayment, ...]:
        """`ts`: ns."""
        symbols = self._markets.ccxt_symbols()
        asked = self._dialect.funding_history(self._exchange.ccxt, symbols, ts // NS_PER_MS)
        raws = await self._exchange.ask("funding", asked, of_account=True)
        now = self._clock.now_ns()

        def read(raw: Raw) -> FundingPayment | None:
            instrument = self._markets.find(raw)
            return None if instrument is None else reports.funding_payment(raw, instrument=instrument, now=now)

        found = self._reading.answers("funding", raws, read)
        return tuple(payment for payment in found if payment.ts_event >= ts)

    async def transfers_since(self, ts: int) -> tuple[Transfer, ...]:
        """`ts`: ns."""
        raws = await self._exchange.ask("transfers", self._dialect.transfers(self._exchange.ccxt, ts // NS_PER_MS))
        read = partial(reports.transfer, now=self._clock.now_ns())
        found = self._reading.answers("transfers", raws, read)
        return tuple(transfer for transfer in found if transfer.ts_event >= ts)

    async def funding_rates(self) -> list[tuple[FundingRate | None, Mark | None]]:
        """Of each market what the venue tells: public, and no proof of anything, so what makes no sense is left out."""
        asked = self._dialect.funding_rates(self._exchange.ccxt, self._markets.ccxt_symbols())
        raws = await self._exchange.ask("funding rates", asked)
        now = self._clock.now_ns()
        found = []
        for raw in raws:
            instrument = self._markets.find(raw)
            if instrument is None:
                continue
            symbol = instrument.symbol
            read = partial(reports.funding_rate, symbol=symbol, now=now, interval_s=self._dialect.funding_interval_s)
            rate = self._reading.news("a funding rate", raw, read)
            price = self._reading.news("a mark price", raw, lambda raw: decimal(raw.get("markPrice")))
            mark = Mark(symbol, price, reports.stamp(raw, now)) if price is not None and price > 0 else None
            found.append((rate, mark))
        return found
