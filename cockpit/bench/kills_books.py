"""The judge of the kills, apart from the desk: the exchange's own word on what was traded, and the journal's."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from pathlib import Path

import msgspec

from cockpit.desk.journal_file import connect_ro
from venues.model import (
    BookUpdate,
    CancelReport,
    Clock,
    FillReport,
    FundingPayment,
    FundingRate,
    Instrument,
    OrderStatusReport,
    Transfer,
    VenueUnavailable,
)
from venues.paper.client import PaperClient

ZERO = Decimal(0)

TradeKey = tuple[str, str, str]
"""(account, symbol, trade id)"""
MarketKey = tuple[str, str]
"""(account, symbol)"""


class Trade(msgspec.Struct, frozen=True):
    """One fill as the exchange keeps it."""

    ts: int
    """The exchange's stamp, ns: the same machine's clock as the kills'."""
    key: TradeKey
    base: Decimal
    """Signed base coin."""
    hedge: bool
    """On the account that only ever hedges."""


class Exposure:
    """One loop's net base coin after each of its fills, by the exchange's stamps."""

    def __init__(self, trades: Iterable[Trade]) -> None:
        self.steps: list[tuple[int, Decimal, Trade]] = []
        net = ZERO
        for trade in sorted(trades, key=lambda trade: trade.ts):
            net += trade.base
            self.steps.append((trade.ts, net, trade))

    def at(self, ts: int) -> Decimal:
        """Net after everything up to `ts`."""
        net = ZERO
        for when, after, _trade in self.steps:
            if when > ts:
                break
            net = after
        return net

    def covered_at(self, since: int, until: int, tolerance: Decimal) -> int:
        """When the last stretch above `tolerance` between the two stamps ended: `since` where there was none, `until`
        where it still lasts then."""
        naked = abs(self.at(since)) > tolerance
        covered = since
        for ts, net, _trade in self.steps:
            if not since < ts <= until:
                continue
            if naked and abs(net) <= tolerance:
                covered = ts
            naked = abs(net) > tolerance
        return until if naked else covered

    def overshoots(self, tolerance: Decimal) -> list[TradeKey]:
        """Hedge fills that took the net past zero by more than `tolerance`: something was hedged twice."""
        return [
            trade.key
            for _ts, net, trade in self.steps
            if trade.hedge and abs(net) > tolerance and (net > 0) == (trade.base > 0)
        ]


class _Deaf:
    """Hears everything and does nothing: an observer asks."""

    def on_book(self, update: BookUpdate) -> None: ...
    def on_order(self, report: OrderStatusReport) -> None: ...
    def on_fill(self, fill: FillReport) -> None: ...
    def on_cancel_failed(self, report: CancelReport) -> None: ...
    def on_funding_rate(self, rate: FundingRate) -> None: ...
    def on_funding(self, payment: FundingPayment) -> None: ...
    def on_transfer(self, transfer: Transfer) -> None: ...
    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None: ...
    def on_connection(self, up: bool, reason: str) -> None: ...


class ExchangeBooks:
    """Reads each account's fills and positions. Only while no desk is logged in: a login takes the account over."""

    def __init__(self, socket: Path, clock: Clock, hedging: Collection[MarketKey]) -> None:
        self.trades: dict[TradeKey, Trade] = {}
        self.positions: dict[MarketKey, Decimal] = {}
        self.twice: list[TradeKey] = []
        """Trade ids that the exchange itself gave twice: then nothing here can be trusted."""
        self._socket = socket
        self._clock = clock
        self._hedging = frozenset(hedging)
        self._cursors: dict[str, str] = {}

    async def read(self, accounts: Iterable[str]) -> None:
        """Take in what is new. Raises `VenueUnavailable` where the exchange does not answer."""
        self.positions.clear()
        for account in accounts:
            client = PaperClient(account, self._socket, self._clock)
            try:
                await client.connect(_Deaf())
                await self._fills(account, client)
                for report in await client.positions():
                    self.positions[account, report.symbol] = report.qty
            finally:
                await client.close()

    async def _fills(self, account: str, client: PaperClient) -> None:
        while True:
            page = await client.fills_since(self._cursors.get(account, ""))
            for fill in page.fills:
                self._take(account, fill, client.instruments)
            if not page.fills or page.cursor == self._cursors.get(account):
                return
            self._cursors[account] = page.cursor

    def _take(self, account: str, fill: FillReport, instruments: Mapping[str, Instrument]) -> None:
        key = (account, fill.symbol, fill.trade_id)
        if key in self.trades:
            self.twice.append(key)
        base = instruments[fill.symbol].base_qty(fill.qty, fill.price) * fill.side.sign
        self.trades[key] = Trade(fill.ts_event, key, base, (account, fill.symbol) in self._hedging)

    def exposure(self, markets: Collection[MarketKey]) -> Exposure:
        """Of the loop that trades on these markets; no two loops share one."""
        return Exposure(trade for trade in self.trades.values() if trade.key[:2] in markets)


class JournalBooks:
    """Reads the desk's journal beside the desk, by a connection of its own each time: a kill may be near."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seq = 0
        self.keys: dict[TradeKey, int] = {}
        """How often each trade stands in the journal."""

    def read(self) -> None:
        """Take in the fills written since the last time."""
        for seq, account, symbol, trade_id in self._ask(
            "SELECT seq, account, symbol, trade_id FROM fills WHERE seq > ? ORDER BY seq", self._seq
        ):
            key = (str(account), str(symbol), str(trade_id))
            self.keys[key] = self.keys.get(key, 0) + 1
            self._seq = int(seq)

    def maker_fill_after(self, seq: int) -> int:
        """Number of the newest fill of a maker order after `seq`; 0 for none."""
        rows = self._ask("SELECT max(seq) FROM fills WHERE seq > ? AND role IN ('open', 'close')", seq)
        return int(rows[0][0] or 0)

    def newest(self) -> int:
        """Number of the newest fill of all."""
        rows = self._ask("SELECT max(seq) FROM fills WHERE seq >= ?", 0)
        return int(rows[0][0] or 0)

    def _ask(self, query: str, value: int) -> list[tuple[int | str, ...]]:
        connection = connect_ro(str(self._path))
        try:
            return connection.execute(query, (value,)).fetchall()
        except sqlite3.OperationalError as error:
            raise VenueUnavailable(f"{self._path} cannot be read: {error}") from None
        finally:
            connection.close()
