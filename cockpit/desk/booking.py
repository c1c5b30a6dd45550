"""Booking: what happened to money goes into ledger and journal, once, with the rate to USD of its time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal

import msgspec

from cockpit.desk.journal import Journal
from cockpit.desk.ledger import FOREIGN, Ledger
from cockpit.desk.ledger_account import Opening, OpeningPosition
from cockpit.desk.ledger_days import day_name, day_number
from cockpit.desk.markets import Markets
from cockpit.desk.orders import Order
from cockpit.desk.wear import Scope, Wear
from venues.model import (
    BalanceReport,
    Clock,
    FillReport,
    FundingPayment,
    Instrument,
    LiquiditySide,
    PositionStatusReport,
    Side,
    Transfer,
)

ZERO = Decimal(0)
ONE = Decimal(1)
TRAIL = 256
LIQUIDATION = "liquidation"
"""Role of a fill by which the venue itself closed what a loop held."""


class Booked(msgspec.Struct, frozen=True):
    """One fill as booked, for whoever keeps a list."""

    account: str
    fill: FillReport
    base_qty: Decimal
    fee_usd: Decimal
    loop: str
    role: str


class Booking:
    """The bookkeeper: the only writer of the ledger."""

    def __init__(self, clock: Clock, markets: Markets, journal: Journal) -> None:
        self._clock = clock
        self._markets = markets
        self._journal = journal
        self._instruments: dict[tuple[str, str], Instrument] = {}
        self.ledger = Ledger(self._instrument, seen_before=journal.reader().has_fill)
        self.on_booked: list[Callable[[Booked], None]] = []
        self.count = 0
        """Fills booked since the start."""
        self._trail: dict[tuple[str, str], deque[tuple[int, Decimal]]] = {}
        self._day = day_number(clock.now_ns())

    def know(self, account: str, instrument: Instrument) -> None:
        """Take an instrument in, before anything of it is booked."""
        self._instruments[(account, instrument.symbol)] = instrument

    def _instrument(self, account: str, symbol: str) -> Instrument:
        return self._instruments[(account, symbol)]

    def knows(self, account: str, symbol: str) -> bool:
        return (account, symbol) in self._instruments

    # -- events

    def fill(
        self,
        account: str,
        fill: FillReport,
        order: Order | None,
        *,
        volume: bool,
        forced_on: str = "",
        cycle: int = 0,
    ) -> bool:
        """Book an execution; without an order of ours it is foreign, unless the venue closed what the loop `forced_on`
        held in its `cycle`. False where it was booked before."""
        self.turn_day()
        instrument = self._instruments[(account, fill.symbol)]
        base = instrument.base_qty(fill.qty, fill.price)
        fee_rate = self._rate_at(account, fill.fee_asset, instrument, fill.price)
        same = fill.fee_asset == instrument.settle
        settle_rate = fee_rate if same else self._rate_at(account, instrument.settle, instrument, fill.price)
        loop, role = FOREIGN, "foreign"
        if order is not None:
            loop, cycle, role = order.loop, order.cycle, order.role.value
        elif forced_on:
            loop, role = forced_on, LIQUIDATION
        before = self.ledger.position(account, fill.symbol)
        new = self.ledger.book_fill(
            account,
            fill,
            loop=loop,
            cycle=cycle,
            role=role,
            volume=volume,
            fee_rate_usd=fee_rate,
            settle_rate_usd=settle_rate,
        )
        if not new:
            return False
        self._leave_trail(account, fill.symbol, before)
        self._journal.fill(
            account,
            fill,
            base_qty=base,
            fee_rate_usd=fee_rate,
            settle_rate_usd=settle_rate,
            loop=loop,
            cycle=cycle,
            role=role,
            volume=volume,
        )
        if self.on_booked:
            booked = Booked(account, fill, base, fill.fee * fee_rate, loop, role)
            for hear in self.on_booked:
                hear(booked)
        return True

    def funding(self, account: str, payment: FundingPayment) -> bool:
        self.turn_day()
        instrument = self._instruments[(account, payment.symbol)]
        rate = self._rate_at(account, payment.asset, instrument, payment.price)
        if not self.ledger.book_funding(account, payment, rate):
            return False
        self._journal.funding(account, payment, rate)
        return True

    def transfer(self, account: str, transfer: Transfer) -> bool:
        """Raises `LookupError` for a coin that has no price yet: it is asked for again later."""
        rate = self._markets.usd_rate(account, transfer.asset)
        if rate is None:
            raise LookupError(f"{account}: no price for {transfer.asset} yet")
        if not self.ledger.book_transfer(account, transfer, rate):
            return False
        self._journal.transfer(account, transfer, rate)
        return True

    def opening(
        self, account: str, balances: tuple[BalanceReport, ...], positions: tuple[PositionStatusReport, ...]
    ) -> bool:
        """What was there when the account was first seen. False while a coin among it has no price yet."""
        rates: dict[str, Decimal] = {}
        settles = {self._instruments[(account, position.symbol)].settle for position in positions}
        for asset in {balance.asset for balance in balances} | settles:
            rate = self._markets.usd_rate(account, asset)
            if rate is None:
                return False
            rates[asset] = rate
        opening = Opening(
            account=account,
            ts=self._clock.now_ns(),
            cash={balance.asset: balance.cash for balance in balances},
            rates=rates,
            positions=tuple(
                OpeningPosition(symbol=p.symbol, qty=p.qty, entry=p.entry_price, mark=p.mark_price)
                for p in positions
                if p.qty
            ),
        )
        if self.ledger.opening(opening):
            self._journal.opening(opening)
            for held in opening.positions:
                self._trail[(account, held.symbol)] = deque(((self.count, held.qty),), maxlen=TRAIL)
        return True

    # -- answers

    def position(self, account: str, symbol: str) -> Decimal:
        return self.ledger.position(account, symbol)

    def held_since(self, account: str, symbol: str, count: int) -> set[Decimal]:
        """Every position the ledger has held since `count` fills were booked: what a report of that time may say."""
        held = {self.ledger.position(account, symbol)}
        before: Decimal | None = None
        for at, position in self._trail.get((account, symbol), ()):
            if at > count:
                held.add(position)
            else:
                before = position
        if before is not None:
            held.add(before)
        return held

    def _leave_trail(self, account: str, symbol: str, before: Decimal) -> None:
        self.count += 1
        key = (account, symbol)
        trail = self._trail.get(key)
        if trail is None:
            trail = self._trail[key] = deque(((0, before),), maxlen=TRAIL)
        trail.append((self.count, self.ledger.position(account, symbol)))

    def funding_usd(self, account: str, symbol: str) -> Decimal:
        """Funding paid in one market since the account's books were opened; received is negative."""
        return self.ledger.funding_usd(account, symbol)

    def adjust(self, account: str, symbol: str, qty: Decimal, price: Decimal) -> None:
        """Book signed `qty` as foreign on the operator's word: the venue's report is right and ours was not."""
        now = self._clock.now_ns()
        fill = FillReport(
            trade_id=f"adjust-{account}-{symbol}-{now}",
            client_order_id="",
            venue_order_id="",
            symbol=symbol,
            side=Side.of(qty),
            qty=abs(qty),
            price=price,
            fee=ZERO,
            fee_asset=self._instruments[(account, symbol)].settle,
            liquidity=LiquiditySide.TAKER,
            ts_event=now,
            ts_init=now,
        )
        self.fill(account, fill, None, volume=False)

    def wear(self, scope: Scope, name: str) -> Wear:
        rates = self._rates(name) if scope in (Scope.ACCOUNT, Scope.FOREIGN) else self._rates("")
        return self.ledger.wear(scope, name, self._markets.value, rates)

    def wear_of_cycles(self, loop: str, last: int) -> Wear:
        return self.ledger.wear_of_cycles(loop, last, self._markets.value, self._rates(""))

    def unexplained(self, account: str, equity_usd: Decimal) -> Decimal | None:
        """`equity_usd` reckoned at the mids and with the coin prices of this very account."""
        return self.ledger.unexplained(account, equity_usd, self._markets.value, self._rates(account))

    def _rates(self, account: str) -> Callable[[str], Decimal | None]:
        return lambda asset: self._markets.usd_rate(account, asset)

    def _rate_at(self, account: str, asset: str, instrument: Instrument, price: Decimal) -> Decimal:
        """USD for one `asset` at the time of an event at `price`: its own coin at that very price."""
        if asset == instrument.base:
            quote = self._markets.usd_rate(account, instrument.quote)
            return price * (quote if quote is not None else ONE)
        rate = self._markets.usd_rate(account, asset)
        return rate if rate is not None else ONE

    def turn_day(self) -> None:
        """On a new UTC day, close the day before at the marks of now; called by a timer and before each booking."""
        today = day_number(self._clock.now_ns())
        if today > self._day:
            name = day_name(self._day)
            self._day = today
            self._journal.day_marks(name, self.ledger.roll_day(name, self._markets.value))
