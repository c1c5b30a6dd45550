"""The desk as it was at a time: the ledger and all that the journal tells, moved on row by row."""

from __future__ import annotations

from collections import OrderedDict, deque
from decimal import Decimal

import msgspec

from cockpit.desk.journal_rows import (
    DayMark,
    JournaledFill,
    JournaledFunding,
    JournaledLine,
    JournaledObligation,
    JournaledOrder,
    JournaledStep,
    JournaledTransfer,
    ParamChange,
)
from cockpit.desk.ledger import Ledger
from cockpit.desk.wear import Prices
from cockpit.link.rows import LogRow, OrderRow
from cockpit.link.store import LOG_LINES
from cockpit.replay.loops import LoopPast
from cockpit.replay.tape import Event, Facts, JournaledOpening, Run
from venues.model import Instrument, OrderStatus

RECENT_ORDERS = 100
"""Orders that have ended and are still shown, as a desk shows them."""


class Past:
    """Everything up to the last row it was given. It only goes forward: an earlier time is another one, from the
    beginning."""

    def __init__(self, facts: Facts, changes: list[ParamChange]) -> None:
        """`changes`: all of the journal's, oldest first."""
        self.facts = facts
        # The journal holds each trade id once, so what is old need not be asked after.
        self.ledger = Ledger(self._instrument, seen_before=lambda _account, _symbol, _trade_id: False)
        self.prices = Prices()
        """Marks and rates of the newest bookings: the journal holds no order books."""
        self.marks: dict[tuple[str, str], Decimal] = {}
        self.orders: dict[str, OrderRow] = {}
        """Not ended."""
        self.ended: OrderedDict[str, OrderRow] = OrderedDict()
        """The newest that have, oldest first."""
        self.log: deque[LogRow] = deque(maxlen=LOG_LINES)
        self.loops = {
            row.id: LoopPast(row, [c for c in changes if c.loop == row.id], facts.instruments) for row in facts.loops
        }
        self.left_out: set[tuple[str, str]] = set()
        """Markets whose instrument the journal does not have: what was booked on them is not in the figures."""
        self.at_end = False
        """Whether the last row of the journal is in: then what it holds of the end alone is true."""
        self.seq = 0
        self._run = 0
        self._days: set[str] = set()
        self._day: tuple[str, dict[tuple[str, str], Decimal]] | None = None

    def _instrument(self, account: str, symbol: str) -> Instrument:
        return self.facts.instruments[(account, symbol)]

    def learn(self, facts: Facts) -> None:
        """The journal of a desk that runs has grown: loops that are new, and what stands at its end by now."""
        self.facts = facts
        for row in facts.loops:
            known = self.loops.get(row.id)
            if known is None:
                self.loops[row.id] = LoopPast(row, [], facts.instruments)
            else:
                known.row = row

    @property
    def run(self) -> Run | None:
        """The run of the desk that is on."""
        return self.facts.runs[self._run - 1] if self._run else None

    def now(self, ts: int) -> None:
        """Time has come to `ts`, whether anything was booked or not."""
        runs = self.facts.runs
        while self._run < len(runs) and runs[self._run].ts <= ts:
            self._run += 1
            for loop in self.loops.values():
                if loop.begun < runs[self._run - 1].ts:
                    loop.restarted()

    # -- rows

    def take(self, event: Event) -> None:
        """One row more."""
        self.now(event.ts)
        self.seq = event.seq
        self.at_end = False
        row = event.row
        if self._day is not None and not isinstance(row, DayMark):
            self._roll()
        if (
            isinstance(row, JournaledFill | JournaledFunding)
            and (row.account, row.symbol) not in self.facts.instruments
        ):
            self.left_out.add((row.account, row.symbol))
            return
        match row:
            case JournaledOrder():
                self._order(row)
            case JournaledStep():
                self._step(row)
            case JournaledFill():
                self._fill(row)
            case JournaledLine():
                self._line(event, row)
            case JournaledObligation():
                if row.loop in self.loops:
                    self.loops[row.loop].oblige(row)
            case ParamChange():
                if row.loop in self.loops:
                    self.loops[row.loop].changed(row)
            case JournaledFunding():
                self.prices.saw_rate(row.asset, row.rate_usd)
                self.ledger.book_funding(row.account, row.payment, row.rate_usd)
            case JournaledTransfer():
                self.prices.saw_rate(row.asset, row.rate_usd)
                self.ledger.book_transfer(row.account, row.transfer, row.rate_usd)
            case JournaledOpening():
                opening = row.content
                for asset, rate in opening.rates.items():
                    self.prices.saw_rate(asset, rate)
                for held in opening.positions:
                    self._mark(opening.account, held.symbol, held.mark)
                self.ledger.opening(opening)
            case DayMark():
                self._day_mark(row)

    def _mark(self, account: str, symbol: str, price: Decimal) -> None:
        self.marks[(account, symbol)] = price
        self.prices.saw_mark((account, symbol), price)

    def _order(self, row: JournaledOrder) -> None:
        self.orders[row.client_order_id] = OrderRow(
            client_order_id=row.client_order_id,
            venue_order_id="",
            account=row.account,
            symbol=row.symbol,
            loop=row.loop,
            role=row.role,
            side=row.side,
            qty=row.qty,
            filled=Decimal(0),
            price=row.price,
            status=OrderStatus.PENDING,
            ts=row.ts,
        )
        if row.loop in self.loops:
            self.loops[row.loop].meant(row)

    def _step(self, row: JournaledStep) -> None:
        known = self.orders.pop(row.client_order_id, None) or self.ended.pop(row.client_order_id, None)
        if known is None:
            return
        now = msgspec.structs.replace(
            known,
            venue_order_id=row.venue_order_id,
            status=row.status,
            filled=row.filled_qty,
            ts=row.ts,
            text=row.reason,
        )
        if not row.status.terminal:
            self.orders[row.client_order_id] = now
            return
        self.ended[row.client_order_id] = now
        while len(self.ended) > RECENT_ORDERS:
            self.ended.popitem(last=False)

    def _fill(self, row: JournaledFill) -> None:
        self._mark(row.account, row.symbol, row.price)
        self.prices.saw_rate(row.fee_asset, row.fee_rate_usd)
        self.prices.saw_rate(self._instrument(row.account, row.symbol).settle, row.settle_rate_usd)
        self.ledger.book_fill(
            row.account,
            row.report,
            loop=row.loop,
            cycle=row.cycle,
            role=row.role,
            volume=row.volume,
            fee_rate_usd=row.fee_rate_usd,
            settle_rate_usd=row.settle_rate_usd,
        )
        if row.loop in self.loops:
            self.loops[row.loop].filled(row)

    def _line(self, event: Event, row: JournaledLine) -> None:
        self.log.append(LogRow(event.seq, row.ts, row.level, row.source, row.text))
        if row.source in self.loops:
            self.loops[row.source].said(row.text)

    def _day_mark(self, row: DayMark) -> None:
        """A day is closed with all of its marks at once, and only the first time that it is."""
        if self._day is not None and self._day[0] != row.day:
            self._roll()
        if self._day is None:
            self._day = (row.day, {})
        self._day[1][(row.account, row.symbol)] = row.mark

    def _roll(self) -> None:
        assert self._day is not None
        day, marks = self._day
        self._day = None
        if day not in self._days:
            self._days.add(day)
            self.ledger.roll_day(day, lambda account, symbol: marks.get((account, symbol)))

    def finish(self) -> None:
        """The last row is in, for now."""
        if self._day is not None:
            self._roll()
        self.at_end = True
        for loop in self.loops.values():
            loop.ended_as_journaled()
