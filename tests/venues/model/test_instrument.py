"""Instruments: steps, conversions and profit, for every kind of contract."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.model import Instrument, InstrumentError, InstrumentKind

D = Decimal


def make(kind: InstrumentKind = InstrumentKind.LINEAR, **changes: object) -> Instrument:
    fields: dict[str, object] = {
        "symbol": "BTCUSDT",
        "base": "BTC",
        "quote": "USDT",
        "settle": "BTC" if kind is InstrumentKind.INVERSE else "USDT",
        "kind": kind,
        "tick": D("0.1"),
        "lot": D("0.001"),
        "min_qty": D("0.001"),
        "min_notional": D(0),
        "contract_size": D(1),
    }
    return Instrument(**{**fields, **changes})  # type: ignore[arg-type]  # a kit for tests: fields by name


COINM = make(InstrumentKind.INVERSE, symbol="BTCUSD_PERP", quote="USD", lot=D(1), min_qty=D(1), contract_size=D(100))
OKX = make(symbol="BTC-USDT-SWAP", lot=D("0.1"), min_qty=D("0.1"), contract_size=D("0.01"))


@pytest.mark.parametrize("field", ["tick", "lot", "min_qty", "contract_size"])
def test_a_step_of_zero_is_refused_by_name(field: str) -> None:
    with pytest.raises(InstrumentError, match=f"{field} is 0, must be above 0"):
        make(**{field: D(0)})


@pytest.mark.parametrize(
    ("tick", "price", "up", "expected"),
    [
        ("0.5", "100.3", True, "100.5"),
        ("0.5", "100.3", False, "100.0"),
        ("0.25", "100.3", False, "100.25"),
        ("0.1", "61809.4", True, "61809.4"),
        ("5", "61809.4", True, "61810"),
    ],
)
def test_rounding_holds_for_any_tick(tick: str, price: str, up: bool, expected: str) -> None:
    assert make(tick=D(tick)).round_price(D(price), up=up) == D(expected)


@given(st.integers(1, 10**9), st.sampled_from(["0.5", "0.1", "0.25", "0.00001", "5", "100"]))
def test_ticks_and_prices_round_trip(ticks: int, tick: str) -> None:
    instrument = make(tick=D(tick))
    assert instrument.price_to_ticks(instrument.ticks_to_price(ticks)) == ticks


def test_a_price_or_quantity_between_two_steps_is_an_error_that_names_the_step() -> None:
    with pytest.raises(InstrumentError, match=r"price 100\.05 is not a multiple of the tick 0\.1"):
        make().price_to_ticks(D("100.05"))
    with pytest.raises(InstrumentError, match=r"quantity 0\.0005 is not a multiple of the lot 0\.001"):
        make().qty_to_lots(D("0.0005"))


@pytest.mark.parametrize(
    ("qty", "price", "reduce_only", "words"),
    [
        ("0.001", "61000.05", False, "not a multiple of the tick"),
        ("0.0005", "61000", False, "not a multiple of the lot"),
        ("0.000", "61000", False, "under the minimum 0.001"),
        ("0.001", "61000", False, "order value 61.00 USDT is under the minimum 100"),
    ],
)
def test_orders_the_venue_would_refuse_are_refused_here(qty: str, price: str, reduce_only: bool, words: str) -> None:
    with pytest.raises(InstrumentError, match=words):
        make(min_notional=D(100)).check_order(D(qty), D(price), reduce_only=reduce_only)


def test_a_position_may_be_closed_whole_however_small() -> None:
    make(min_notional=D(100)).check_order(D("0.001"), D(61000), reduce_only=True)


def test_conversions_of_each_kind() -> None:
    assert make().base_qty(D("0.05"), D(60000)) == D("0.05")
    assert OKX.base_qty(D(5), D(60000)) == D("0.05")
    assert COINM.base_qty(D(30), D(60000)) == D("0.05")
    assert make().notional(D("0.05"), D(60000)) == 3000
    assert OKX.notional(D(5), D(60000)) == 3000
    assert COINM.notional(D(-30), D(60000)) == -3000


@given(st.sampled_from([make(), OKX, COINM]), st.integers(1, 10**6), st.integers(10_000, 1_000_000))
def test_base_and_venue_units_round_trip(instrument: Instrument, lots: int, ticks: int) -> None:
    price = instrument.ticks_to_price(ticks)
    qty = instrument.lots_to_qty(lots)
    back = instrument.qty_from_base(instrument.base_qty(qty, price), price)
    assert instrument.round_qty(back, nearest=True) == qty


@given(
    st.sampled_from([make(), OKX, COINM]),
    st.integers(-1000, 1000).filter(bool),
    st.integers(10_000, 1_000_000),
    st.integers(10_000, 1_000_000),
)
def test_profit_in_dollars_is_base_at_fill_prices_times_the_move(
    instrument: Instrument, lots: int, entry_ticks: int, exit_ticks: int
) -> None:
    """Σ s·base_qty·(price − mark) is exact for linear and inverse: what wear rests on."""
    entry, exit_ = instrument.ticks_to_price(entry_ticks), instrument.ticks_to_price(exit_ticks)
    qty = instrument.lots_to_qty(lots)
    profit = instrument.pnl(qty, entry, exit_)
    dollars = profit * exit_ if instrument.inverse else profit
    assert abs(dollars - instrument.base_qty(qty, entry) * (exit_ - entry)) < D("1e-12")


def test_tolerance_is_the_largest_of_lot_minimum_and_notional() -> None:
    assert make().tolerance_base(D(60000)) == D("0.001")
    assert make(min_qty=D("0.002")).tolerance_base(D(60000)) == D("0.002")
    assert make(min_notional=D(120)).tolerance_base(D(60000)) == D("0.002")
    assert COINM.tolerance_base(D(50000)) == D("0.002")
