"""Pre-trade checks: every limit says no by its name, and none keeps a leg naked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from fake_venue import FakeVenue, inverse, linear

from cockpit.desk.accounts import Account, Trading
from cockpit.desk.markets import Markets
from cockpit.desk.risk import Risk, RiskLimits, account_equity_usd
from strategies.protocol import Role
from venues.model import (
    NS_PER_S,
    BalanceReport,
    BookUpdate,
    Health,
    ManualClock,
    OrderRequest,
    PositionStatusReport,
    Side,
)

D = Decimal
CLOSING = (Role.HEDGE, Role.UNWIND, Role.FLATTEN, Role.REDUCE)


class Bench:
    def __init__(self, limits: RiskLimits | None = None, *, price: int = 200_000) -> None:
        self.clock = ManualClock()
        self.markets = Markets()
        self.instrument = linear(min_notional=D(5))
        self.other = inverse()
        self.market = self.markets.add("mk", self.instrument)
        self.markets.add("mk", self.other)
        if price:
            self.market.on_book(BookUpdate("BTCUSDT", 1, 1, ((price - 1, 9),), ((price + 1, 9),)), self.clock.now_ns())
        self.naked = D(0)
        self.risk = Risk(limits or RiskLimits(), lambda _loop: self.naked, self.markets.usd_rate)
        self.account = Account(FakeVenue("mk", self.clock, (self.instrument, self.other)), stale_s=5.0)
        self.account.up = True
        self.account.reconciled_ts = 1

    def equity(self, usd: str, asset: str = "USDT") -> None:
        self.account.balances = {asset: BalanceReport(asset, D(usd), D(usd), D(usd), D(0), 1)}

    def ask(
        self,
        qty: str = "0.1",
        price: str = "100000",
        *,
        role: Role = Role.OPEN,
        side: Side = Side.BUY,
        position: str = "0",
        reduce_only: bool = False,
        named: bool = False,
    ) -> str:
        order = OrderRequest("c", "BTCUSDT", side, D(qty), D(price), reduce_only=reduce_only)
        return self.risk.refusal(
            order, role=role, loop="L1", account=self.account, market=self.market, position=D(position),
            now=self.clock.now_ns(), named=named,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "ask", "words"),
    [
        ({"max_order_notional_usd": D(9_999)}, {}, "order value 10000.00 USD is over max_order_notional_usd 9999"),
        ({"max_position_notional_usd": D(15_000)}, {"position": "0.1"}, "over max_position_notional_usd 15000"),
        ({"max_naked_usd": D(10)}, {}, "loop L1 has 11.00 USD unhedged, over max_naked_usd 10"),
        (
            {"price_band_bps": D(50)},
            {"price": "100501"},
            "is 50 bps from the mid 100000.0, the band is 50 bps",
        ),
        ({}, {"qty": "0.0005"}, "not a multiple of the lot"),
        ({}, {"qty": "0"}, "under the minimum 0.001"),
        ({}, {"price": "100000.3"}, "not a multiple of the tick"),
    ],
)
def test_each_limit_names_itself(limit: dict[str, Any], ask: dict[str, Any], words: str) -> None:
    bench = Bench(RiskLimits(**limit))
    bench.naked = D(11)
    assert words in bench.ask(**ask)


def test_leverage_over_the_whole_account() -> None:
    bench = Bench(RiskLimits(max_leverage=D(2)))
    assert bench.ask() == "", "equity not reported yet: no limit to hold it against"
    bench.equity("10000")
    assert bench.ask() == ""
    bench.account.positions = {
        "BTCUSD_PERP": PositionStatusReport("BTCUSD_PERP", D(-150), D(100_000), D(100_000), D(0), 1)
    }
    assert bench.ask() == "leverage of mk would be over max_leverage 2: 25000.00 USD on 10000.00 USD of equity"
    bench.equity("0")
    assert "max_leverage" in bench.ask()


def test_equity_of_a_coin_without_a_price_is_not_guessed() -> None:
    bench = Bench()
    bench.equity("3", "DOGE")
    assert account_equity_usd(bench.account, bench.markets.usd_rate) is None
    bench.equity("2", "BTC")
    assert account_equity_usd(bench.account, bench.markets.usd_rate) == 200_000


@pytest.mark.parametrize("role", CLOSING)
def test_no_size_limit_holds_a_closing_role_back(role: Role) -> None:
    tight = RiskLimits(
        max_order_notional_usd=D(1), max_position_notional_usd=D(1), max_leverage=D("0.001"), max_naked_usd=D(0),
        max_orders_per_s=0,
    )  # fmt: skip
    bench = Bench(tight)
    bench.equity("1")
    bench.risk.entries_denied = "flattened"
    bench.naked = D(10**6)
    assert bench.ask(role=role) == ""


@pytest.mark.parametrize("role", CLOSING)
def test_the_price_band_holds_for_everybody(role: Role) -> None:
    assert "the band is 200 bps" in Bench().ask(role=role, price="110000")


def test_no_price_no_order() -> None:
    assert Bench(price=0).ask() == "BTCUSDT on mk has no price to check the order against"


def test_a_position_that_shrinks_is_not_held_back() -> None:
    bench = Bench(RiskLimits(max_position_notional_usd=D(1)))
    assert bench.ask(side=Side.SELL, position="0.2") == ""
    assert "max_position" in bench.ask(side=Side.SELL, qty="0.5", position="0.2")


def test_entries_are_denied_and_closes_are_not() -> None:
    bench = Bench()
    bench.risk.entries_denied = "flatten F1"
    assert bench.ask() == "entries are denied: flatten F1"
    assert bench.ask(role=Role.CLOSE, side=Side.SELL, position="0.1", reduce_only=True) == ""


def test_orders_within_a_second_are_counted_by_account() -> None:
    bench = Bench(RiskLimits(max_orders_per_s=2))
    assert bench.ask() == bench.ask() == ""
    assert bench.ask() == "2 orders went to mk within a second, max_orders_per_s is the limit"
    bench.clock.advance(1.0, ns=1)
    assert bench.ask() == ""


def test_what_an_account_says_no_to() -> None:
    bench = Bench()
    account = bench.account
    account.trading, account.note = Trading.REDUCING, "flatten F1"
    assert bench.ask() == "account mk is reducing: flatten F1"
    assert bench.ask(role=Role.HEDGE) == "account mk is reducing: flatten F1"
    assert bench.ask(role=Role.HEDGE, reduce_only=True) == ""
    account.trading = Trading.HALTED
    assert bench.ask(role=Role.FLATTEN, reduce_only=True) == "account mk is halted: flatten F1"
    account.trading, account.suspect = Trading.ACTIVE, "moved"
    assert bench.ask(role=Role.HEDGE) == "account mk is suspect: moved"
    assert "suspect" in bench.ask(role=Role.FLATTEN)
    assert bench.ask(role=Role.FLATTEN, named=True) == ""
    assert "suspect" in bench.ask(role=Role.HEDGE, named=True)
    account.suspect, account.reconciled_ts = "", 0
    assert bench.ask(role=Role.HEDGE) == "account mk has not been reconciled yet"
    assert bench.ask(role=Role.FLATTEN) == ""
    account.up, account.down_reason = False, "no route"
    assert bench.ask(role=Role.FLATTEN, named=True) == "account mk is down: no route"


def test_health_tells_the_worst_first() -> None:
    account = Bench().account
    now = 100 * NS_PER_S
    account.data_ts = now - 5 * NS_PER_S
    assert account.health(now) is Health.LIVE
    assert account.health(now + 1) is Health.STALE
    account.up = False
    assert account.health(now) is Health.DOWN
    account.suspect = "moved"
    assert account.health(now) is Health.SUSPECT
