"""What a staged change would do, against figures worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from cockpit.link.messages import Snapshot
from cockpit.link.rows import AccountRow, LoopRow, MarketRow, PositionRow, Tables
from cockpit.link.store import Store
from venues.model import NS_PER_S, Health, ManualClock, Mode
from widgets.effect import Effect, Pair, effect_of, effect_parts, mid, peak_leverage
from widgets.paint import plain

D = Decimal
NOW = 1_767_258_000 * NS_PER_S
EQUITY = D(20_000)


def loop(**changes: object) -> LoopRow:
    """Ten cycles of 0.1 BTC in an hour, wear 2 bps."""
    row = LoopRow(
        id="L1",
        strategy="hedge",
        state="running",
        phase="opening",
        detail="",
        legs=(("maker", "a", "BTC"), ("taker", "b", "BTC-USD")),
        base="BTC",
        iterations_done=10,
        iterations=20,
        params={
            "size": "0.1",
            "iterations": "20",
            "sleep": "0",
            "max_position": "0",
            "slippage": "5",
            "wear_budget": "0",
        },
        pending={},
        exposure_base=D(0),
        owed_base=D(0),
        tolerance_base=D("0.001"),
        wear_bps=2.0,
        wear_usd=D(40),
        volume_usd=D(200_000),
        hedges=20,
        hedge_ms_p50=1.0,
        hedge_ms_p99=2.0,
        started_ts=NOW - 3600 * NS_PER_S,
    )
    return msgspec.structs.replace(row, **changes)


def account(name: str, equity: Decimal | None = EQUITY) -> AccountRow:
    return AccountRow(name, name, Mode.PAPER, Health.LIVE, "active", "", equity, None, None, None, 0, NOW)


def position(name: str, symbol: str, qty: str, notional: str, foreign: str = "0") -> PositionRow:
    q = D(qty)
    return PositionRow(name, symbol, "BTC", q, q, D(1), D(1), None, D(0), D(notional), q, D(foreign))


def market(name: str, symbol: str, bid: str | None, ask: str | None) -> MarketRow:
    return MarketRow(name, symbol, "BTC", bid and D(bid), ask and D(ask), D(1), D(1), NOW)  # type: ignore[arg-type]


def store(**tables: object) -> Store:
    found = Store(ManualClock(NOW))
    given = {
        "accounts": [account("a"), account("b", D(10_000))],
        "markets": [market("a", "BTC", "99990", "100010")],
        **tables,
    }
    found.apply(Snapshot(1, NOW, Tables(**given)))  # type: ignore[arg-type]
    return found


def effect(row: LoopRow, staged: dict[str, str], where: Store | None = None) -> Effect:
    return effect_of(row, staged, store() if where is None else where, NOW)


# -- what is not known


def test_no_price_and_no_cycle_done_foretell_nothing() -> None:
    found = effect(loop(iterations_done=0), {"size": "0.2"}, store(markets=[]))
    assert found.cycle_usd == Pair(None, None)
    assert found.hour_usd == Pair(None, None)
    assert found.wear_hour_usd == Pair(None, None)
    assert found.bound_usd == Pair(None, None)
    assert found.left_s == Pair(None, None)
    assert [pair for _name, pair in found.leverage] == [Pair(None, None), Pair(None, None)]
    assert "–" in " ".join(plain(part) for part in effect_parts(found))


@pytest.mark.parametrize("equity", [None, D(0), D(-5)])
def test_leverage_of_an_account_without_equity_is_not_known(equity: Decimal | None) -> None:
    where = store(accounts=[account("a", equity)])
    assert peak_leverage(where, "a", loop(), D("0.1")) is None
    assert peak_leverage(where, "nobody", loop(), D("0.1")) is None


def test_a_strategy_without_size_has_no_notional() -> None:
    row = loop(params={"width": "3"}, strategy="grid")
    found = effect(row, {"width": "4"})
    assert found.cycle_usd == Pair(None, None)
    assert found.bound_usd == Pair(None, None)


def test_a_staged_text_that_is_no_number_is_not_reckoned_with() -> None:
    assert effect(loop(), {"size": "much"}).cycle_usd.then is None
    assert effect(loop(), {"size": "NaN"}).cycle_usd.then is None


def test_half_a_book_has_no_price() -> None:
    where = store(markets=[market("a", "BTC", None, "100010"), market("b", "BTC-USD", "99000", "101000")])
    assert mid(where, loop()) == D(100_000)
    assert mid(store(markets=[market("a", "BTC", None, "100010")]), loop()) is None


# -- formulas


def test_size() -> None:
    """0.1 BTC at 100,000: a cycle of 10,000 USD, ten in an hour, opened and closed: 200,000 USD an hour."""
    found = effect(loop(), {"size": "0.2"})
    assert found.cycle_usd == Pair(D(10_000), D(20_000))
    assert found.hour_usd == Pair(D(200_000), D(400_000))
    assert found.wear_bps == 2.0
    assert found.wear_hour_usd == Pair(D(40), D(80))
    assert found.bound_usd == Pair(D(10), D(20))
    assert dict(found.leverage) == {"a": Pair(0.5, 1.0), "b": Pair(1.0, 2.0)}
    assert found.left_s == Pair(3600.0, 3600.0)


def test_cycles() -> None:
    found = effect(loop(), {"iterations": "30"})
    assert found.left_s == Pair(3600.0, 7200.0)
    assert not found.cycle_usd.changes
    assert effect(loop(), {"iterations": "0"}).left_s.then is None
    assert effect(loop(), {"iterations": "5"}).left_s.then == 0.0


def test_holding_time_makes_cycles_longer() -> None:
    """A cycle of 360 s becomes one of 720 s: half the volume."""
    found = effect(loop(), {"sleep": "360"})
    assert found.hour_usd == Pair(D(200_000), D(100_000))
    assert found.left_s == Pair(3600.0, 7200.0)


def test_building_up_in_steps_holds_after_each_but_the_last() -> None:
    """0.3 in steps of 0.1: three up, three down, five holds of 10 s are 50 s more than none."""
    row = loop(params={**loop().params, "max_position": "0.3"})
    found = effect(row, {"sleep": "10"})
    assert found.cycle_usd == Pair(D(30_000), D(30_000))
    assert found.left_s.now == 3600.0
    assert found.left_s.then == pytest.approx(10 * (360 + 50))


def test_a_holding_time_that_would_end_cycles_before_they_begin_is_not_foretold() -> None:
    row = loop(params={**loop().params, "sleep": "400"})
    assert effect(row, {"sleep": "0"}).hour_usd.then is None


def test_slippage_bounds_both_hedges_of_a_cycle() -> None:
    found = effect(loop(), {"slippage": "8"})
    assert found.bound_usd == Pair(D(10), D(16))
    text = " ".join(plain(part) for part in effect_parts(found))
    assert "slippage of a cycle at most 10.00 → 16.00 USD" in text


def test_pending_values_count_as_those_of_now() -> None:
    found = effect(loop(pending={"size": "0.15"}), {"size": "0.2"})
    assert found.cycle_usd == Pair(D(15_000), D(20_000))


def test_wear_budget_below_the_wear_so_far_is_warned_of() -> None:
    found = effect(loop(), {"wear_budget": "1"})
    assert found.budget_bps == Pair(None, D(1))
    assert "above this budget" in " ".join(plain(part) for part in effect_parts(found))
    above = effect(loop(), {"wear_budget": "3"})
    assert "above this budget" not in " ".join(plain(part) for part in effect_parts(above))


def test_leverage_counts_other_markets_foreign_parts_and_other_loops() -> None:
    """a: 4,000 elsewhere, 1,000 foreign of 5,000 in the market, another loop of 0.05 BTC, this one of 0.1: 20,000."""
    other = loop(id="L2", params={"size": "0.05"}, legs=(("maker", "a", "BTC"), ("taker", "c", "BTC")))
    ended = loop(id="L3", params={"size": "9"}, state="done")
    where = store(
        loops=[loop(), other, ended],
        positions=[
            position("a", "ETH", "-1", "-4000"),
            position("a", "BTC", "0.05", "5000", "0.01"),
            position("c", "X", "1", "1"),
        ],
    )
    assert peak_leverage(where, "a", loop(), D("0.1")) == pytest.approx((4000 + 1000 + 5000 + 10_000) / 20_000)


def test_what_changes_is_shown_with_its_old_value_and_in_its_own_ink() -> None:
    parts = effect_parts(effect(loop(), {"size": "0.2"}))
    assert [plain(part) for part in parts[:5]] == [
        "cycle 10.0k → 20.0k USD",
        "a 0.50x → 1.00x",
        "b 1.00x → 2.00x",
        "200k → 400k USD/h",
        "wear ≈ +2.00 bps",
    ]
    assert ("20.0k", "staged") in parts[0]
