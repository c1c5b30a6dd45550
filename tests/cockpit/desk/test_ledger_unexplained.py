"""`unexplained` is nothing when everything was booked, and exactly what was not when something was missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_kit import INSTRUMENTS, T0, AccountModel, D, fill, instrument_of, payment, transfer

from cockpit.desk.ledger import Ledger
from cockpit.desk.ledger_account import Opening, OpeningPosition
from cockpit.desk.wear import Scope
from venues.model import InstrumentError, Side, TransferKind

CENT = D("0.01")
ACCOUNT = "a"
ASSETS = ("USDT", "USDC", "BTC", "ETH", "BNB")
SYMBOLS = tuple(INSTRUMENTS)
PERPS = tuple(symbol for symbol in SYMBOLS if "/" not in symbol)
BASE_PRICE = {"BTC": D(90_000), "ETH": D(3_000), "BNB": D(800), "USDT": D(1), "USDC": D(1)}

move = st.integers(-2_000, 2_000).map(lambda bps: D(10_000 + bps) / 10_000)
near = st.integers(-20, 20).map(lambda bps: D(10_000 + bps) / 10_000)
quantity = st.integers(1, 4_000).map(lambda n: D(n) / 1_000)
sides = st.sampled_from(Side)

fills = st.tuples(
    st.just("fill"), st.sampled_from(SYMBOLS), sides, quantity, near, st.sampled_from(ASSETS),
    st.integers(-20, 60).map(lambda n: D(n) / 10_000), st.sampled_from(("", "L1", "L2")), st.integers(1, 3),
)  # fmt: skip
fundings = st.tuples(
    st.just("funding"), st.sampled_from(PERPS), st.integers(-500, 500).map(lambda n: D(n) / 1_000),
    st.sampled_from(ASSETS),
)  # fmt: skip
transfers = st.tuples(
    st.just("transfer"), st.sampled_from(TransferKind), st.sampled_from(ASSETS), st.integers(1, 10**6)
)
moves = st.tuples(st.just("move"), st.sampled_from(ASSETS), move, st.sampled_from(SYMBOLS), near)
opening_positions = st.lists(
    st.tuples(st.sampled_from(PERPS), sides, quantity, move), max_size=3, unique_by=lambda row: row[0]
)
opening_cash = st.dictionaries(st.sampled_from(ASSETS), st.integers(0, 10**6).map(lambda n: D(n) / 1_000), max_size=4)


@dataclass
class World:
    """An account on both sides of the wire: the venue's own model, and our ledger that hears reports of it."""

    marks: dict[str, Decimal] = field(default_factory=dict)
    rates: dict[str, Decimal] = field(default_factory=lambda: dict(BASE_PRICE))
    venue: AccountModel = field(default_factory=AccountModel)
    ledger: Ledger = field(default_factory=lambda: Ledger(instrument_of))
    count: int = 0

    def __post_init__(self) -> None:
        for symbol, instrument in INSTRUMENTS.items():
            self.marks[symbol] = BASE_PRICE[instrument.base]

    def open(self, cash: dict[str, Decimal], positions: list[tuple[str, Side, Decimal, Decimal]]) -> None:
        rows = []
        for symbol, side, qty, off in positions:
            entry = self.marks[symbol] * off
            self.venue.trade(INSTRUMENTS[symbol], qty * side.sign, entry)
            rows.append(OpeningPosition(symbol, qty * side.sign, entry, self.marks[symbol]))
        for asset, amount in cash.items():
            self.venue.pay(asset, -amount)
        assert self.ledger.opening(Opening(ACCOUNT, T0, cash, dict(self.rates), tuple(rows)))

    def apply(self, event: tuple) -> None:
        self.count += 1
        id_, ts = str(self.count), T0 + self.count
        if event[0] == "move":
            _, asset, by, symbol, off = event
            self.rates[asset] = BASE_PRICE[asset] * (by if BASE_PRICE[asset] != 1 else 1 + (by - 1) / 100)
            instrument = INSTRUMENTS[symbol]
            # The market's mark is near the coin's rate, and not the same.
            self.marks[symbol] = self.rates[instrument.base] * off
        elif event[0] == "fill":
            _, symbol, side, qty, off, asset, fee_rate, loop, cycle = event
            instrument, price = INSTRUMENTS[symbol], self.marks[symbol] * off
            settle = self.rates[instrument.settle]
            fee = instrument.notional(qty, price) * fee_rate / self.rates[asset]
            self.venue.trade(instrument, qty * side.sign, price)
            self.venue.pay(asset, fee)
            report = fill(id_, symbol, side, qty, price, fee, asset, ts)
            for first in (True, False):
                assert first is self.ledger.book_fill(
                    ACCOUNT, report, loop=loop, cycle=cycle, role="open", volume=True,
                    fee_rate_usd=self.rates[asset], settle_rate_usd=settle,
                )  # fmt: skip
        elif event[0] == "funding":
            _, symbol, cost, asset = event
            self.venue.pay(asset, cost)
            assert self.ledger.book_funding(ACCOUNT, payment(id_, symbol, cost, asset, ts), self.rates[asset])
        else:
            _, kind, asset, amount = event
            report = transfer(id_, kind, asset, D(amount) / 1_000, ts)
            self.venue.pay(asset, -report.signed)
            assert self.ledger.book_transfer(ACCOUNT, report, self.rates[asset])

    def mark(self, _account: str, symbol: str) -> Decimal:
        return self.marks[symbol]

    def unexplained(self) -> Decimal:
        equity = self.venue.equity(self.marks, self.rates)
        found = self.ledger.unexplained(ACCOUNT, equity, self.mark, self.rates.get)
        assert found is not None
        return found


@settings(max_examples=150, deadline=None)
@given(
    cash=opening_cash,
    positions=opening_positions,
    events=st.lists(st.one_of(fills, fills, fundings, transfers, moves, moves), max_size=25),
)
def test_nothing_is_unexplained_when_all_is_booked(cash, positions, events) -> None:
    world = World()
    world.open(cash, positions)
    for event in events:
        world.apply(event)
        assert world.unexplained().quantize(CENT) == 0
    booked = world.ledger.cash(ACCOUNT)
    for asset in booked.keys() | world.venue.cash.keys():
        held = world.venue.cash.get(asset, 0)
        assert abs(booked.get(asset, D(0)) - D(held.numerator) / D(held.denominator)) < D("1e-12")
    for symbol, (qty, _entry) in world.venue.held.items():
        assert world.ledger.position(ACCOUNT, symbol) == D(qty.numerator) / D(qty.denominator)
        parts = [world.ledger.position(ACCOUNT, symbol, loop) for loop in ("", "L1", "L2")]
        assert sum(parts) == world.ledger.position(ACCOUNT, symbol)


@settings(max_examples=60, deadline=None)
@given(events=st.lists(st.one_of(fills, fundings, moves), max_size=20))
def test_the_parts_of_an_account_add_up(events) -> None:
    world = World()
    world.open({}, [])
    for event in events:
        world.apply(event)
    rates = world.rates.get
    whole = world.ledger.wear(Scope.ACCOUNT, ACCOUNT, world.mark, rates)
    total = world.ledger.wear(Scope.TOTAL, "", world.mark, rates)
    foreign = world.ledger.wear(Scope.FOREIGN, ACCOUNT, world.mark, rates)
    loops = [world.ledger.wear(Scope.LOOP, name, world.mark, rates) for name in ("L1", "L2")]
    days = world.ledger.wear(Scope.DAY, "2025-11-21", world.mark, rates)
    for part in ("fees_usd", "trade_usd", "funding_usd", "volume_usd"):
        summed = sum((getattr(loop, part) for loop in loops), D(0))
        assert getattr(total, part) == summed
        assert abs(getattr(total, part) + getattr(foreign, part) - getattr(whole, part)) < D("1e-12")
        assert abs(getattr(days, part) - summed) < D("1e-12")


def test_a_loss_that_was_not_booked_shows_whole() -> None:
    world = World()
    world.open({"USDT": D(1_000), "BTC": D("0.5")}, [("BTCUSD_PERP", Side.BUY, D(50), D("0.9"))])
    world.venue.pay("BTC", D("0.001"))
    world.apply(("move", "BTC", D("1.1"), "BTCUSD_PERP", D(1)))
    assert world.unexplained().quantize(CENT) == D("99.00")


def test_coin_cash_that_falls_is_revaluation_and_no_wear() -> None:
    world = World()
    world.open({"BTC": D(2)}, [])
    world.apply(("move", "BTC", D("0.9"), "BTCUSD_PERP", D(1)))
    wear = world.ledger.wear(Scope.ACCOUNT, ACCOUNT, world.mark, world.rates.get)
    assert wear.revaluation_usd == D(18_000)
    assert wear.wear_usd == 0
    assert world.unexplained() == 0


def test_a_rebate_is_a_part_of_its_own() -> None:
    world = World()
    world.open({"USDT": D(10)}, [])
    world.apply(("transfer", TransferKind.REBATE, "USDT", 4_000))
    wear = world.ledger.wear(Scope.ACCOUNT, ACCOUNT, world.mark, world.rates.get)
    assert (wear.rebates_usd, wear.wear_usd) == (D(-4), D(0))
    assert world.ledger.wear(Scope.TOTAL, "", world.mark).rebates_usd == D(-4)
    assert world.ledger.wear(Scope.DAY, "2025-11-21", world.mark).rebates_usd == D(-4)
    assert world.unexplained() == 0


def test_an_account_that_was_never_opened_has_no_answer() -> None:
    ledger = Ledger(instrument_of)
    assert not ledger.opened(ACCOUNT)
    assert ledger.unexplained(ACCOUNT, D(5), lambda *_: None) is None
    assert ledger.wear(Scope.ACCOUNT, ACCOUNT, lambda *_: None).wear_usd == 0
    assert ledger.cash(ACCOUNT) == {}


def test_an_opening_counts_once_and_needs_its_rates() -> None:
    ledger = Ledger(instrument_of)
    with pytest.raises(ValueError, match="no rate to USD for BTC"):
        ledger.opening(Opening("b", T0, {"BTC": D(1)}, {}))
    opening = Opening(ACCOUNT, T0, {"USDT": D(100)}, {"USDT": D(1)})
    assert ledger.opening(opening)
    assert not ledger.opening(opening)
    assert ledger.cash(ACCOUNT) == {"USDT": D(100)}
    assert ledger.opened(ACCOUNT)


def test_spot_coins_are_cash_and_no_opening_position() -> None:
    held = (OpeningPosition("BTC/USDT", D(1), D(100), D(100)),)
    with pytest.raises(InstrumentError, match="spot coins are cash"):
        Ledger(instrument_of).opening(Opening(ACCOUNT, T0, {}, {"USDT": D(1)}, held))
