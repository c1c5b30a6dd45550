"""The ledger: once each, whose it is, what it cost by cycle and by day."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_kit import INSTRUMENTS, T0, D, fill, instrument_of, payment, transfer

from cockpit.desk import ledger as ledger_module
from cockpit.desk.ledger import Ledger
from cockpit.desk.ledger_account import Opening, OpeningPosition
from cockpit.desk.ledger_days import DayBook
from cockpit.desk.ledger_ids import SeenIds
from cockpit.desk.wear import Scope
from venues.model import NS_PER_S, Side, TransferKind

BUY, SELL = Side.BUY, Side.SELL
DAY_NS = 86_400 * NS_PER_S


def nothing(*_: str) -> None:
    """No mark is known."""


def book(
    ledger: Ledger,
    id_: str,
    side: Side,
    qty: str,
    price: str,
    *,
    loop: str = "L1",
    cycle: int = 1,
    symbol: str = "BTCUSDT",
    account: str = "a",
    ts: int = T0,
    fee: str = "0",
    volume: bool = True,
) -> bool:
    return ledger.book_fill(
        account, fill(id_, symbol, side, qty, price, fee, ts=ts), loop=loop, cycle=cycle, role="open", volume=volume,
        fee_rate_usd=D(1), settle_rate_usd=D(price) if INSTRUMENTS[symbol].inverse else D(1),
    )  # fmt: skip


# -- once


def test_a_trade_id_counts_once_for_each_account_and_symbol() -> None:
    ledger = Ledger(instrument_of)
    assert book(ledger, "1", BUY, "1", "100", fee="2")
    assert not book(ledger, "1", BUY, "1", "100", fee="2")
    assert not book(ledger, "1", SELL, "7", "50", loop="L2")
    assert book(ledger, "1", BUY, "1", "100", account="b")
    assert book(ledger, "1", BUY, "1", "100", symbol="BTC-SWAP")
    assert ledger.position("a", "BTCUSDT") == 1
    assert ledger.wear(Scope.ACCOUNT, "a", nothing).fees_usd == 2
    assert ledger.loops() == ("L1",)


def test_payments_and_transfers_count_once() -> None:
    ledger = Ledger(instrument_of)
    assert ledger.book_funding("a", payment("p", "BTCUSDT", "3"), D(1))
    assert not ledger.book_funding("a", payment("p", "BTCUSDT", "3"), D(1))
    assert ledger.book_transfer("a", transfer("p", TransferKind.WITHDRAWAL, "USDT", "5"), D(1))
    assert not ledger.book_transfer("a", transfer("p", TransferKind.WITHDRAWAL, "USDT", "5"), D(1))
    assert ledger.cash("a") == {"USDT": D(-8)}


def test_ids_beyond_memory_are_asked_of_the_archive() -> None:
    asked: list[str] = []

    def archive(_account: str, _symbol: str, id_: str) -> bool:
        asked.append(id_)
        return id_ == "1"

    ledger = Ledger(instrument_of, seen_before=archive, remember=2)
    for id_ in ("1", "2"):
        assert book(ledger, id_, BUY, "1", "100")
    assert asked == []
    assert book(ledger, "3", BUY, "1", "100")
    assert not book(ledger, "1", BUY, "1", "100")
    assert not book(ledger, "3", BUY, "1", "100")
    assert asked == ["1"]
    with ledger.restoring():
        assert book(ledger, "4", BUY, "1", "100")
    assert asked == ["1"]
    assert ledger.position("a", "BTCUSDT") == 4


def test_without_an_archive_no_id_is_forgotten() -> None:
    seen = SeenIds(1, None)
    assert [seen.first("a", "s", id_) for id_ in ("1", "2", "1")] == [True, True, False]


# -- whose


def test_positions_by_loop_foreign_and_all() -> None:
    ledger = Ledger(instrument_of)
    held = (OpeningPosition("BTCUSDT", D(-2), D(90), D(100)),)
    ledger.opening(Opening("a", T0, {"USDT": D(50)}, {"USDT": D(1)}, held))
    book(ledger, "1", BUY, "1", "100")
    book(ledger, "2", BUY, "3", "100", loop="L2")
    book(ledger, "3", SELL, "5", "100", loop="")
    assert ledger.position("a", "BTCUSDT") == -3
    assert [ledger.position("a", "BTCUSDT", loop) for loop in ("L1", "L2", "", "L9")] == [1, 3, -7, 0]
    assert ledger.position("z", "BTCUSDT") == 0
    assert ledger.entry("a", "BTCUSDT", "L2") == 100
    assert ledger.entry("a", "ETH") is None
    assert ledger.markets("a") == ("BTCUSDT",)
    assert ledger.wear(Scope.FOREIGN, "a", lambda *_: D(101)).trade_usd == 7
    assert ledger.wear(Scope.TOTAL, "", lambda *_: D(101)).trade_usd == -4


def test_exposure_is_base_coin_at_fill_prices_over_all_legs() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "0.5", "50000")
    book(ledger, "2", SELL, "250", "50000", symbol="BTCUSD_PERP", account="b")
    assert ledger.exposure("L1") == 0
    book(ledger, "3", SELL, "5", "50000", symbol="BTC-SWAP", account="c")
    assert ledger.exposure("L1") == D("-0.05")
    assert ledger.base_position("b", "BTCUSD_PERP") == D("-0.5")
    assert ledger.base_position("b", "BTCUSD_PERP", "L2") == 0
    assert ledger.exposure("L2") == 0


def test_volume_is_of_the_volume_account_alone() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "2", "100")
    book(ledger, "2", SELL, "2", "100", account="b", volume=False)
    assert ledger.wear(Scope.LOOP, "L1", nothing).volume_usd == 200
    assert ledger.wear(Scope.ACCOUNT, "b", nothing).volume_usd == 200
    assert ledger.wear(Scope.DAY, "2025-11-21", nothing).volume_usd == 200
    book(ledger, "3", BUY, "3", "50000", account="b", symbol="BTCUSD_PERP")
    assert ledger.wear(Scope.LOOP, "L1", nothing).volume_usd == 500


# -- funding


def test_funding_is_split_by_signed_position() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "3", "100")
    book(ledger, "2", SELL, "1", "100", loop="L2")
    book(ledger, "3", BUY, "2", "100", loop="")
    ledger.book_funding("a", payment("p", "BTCUSDT", "8", ts=T0 + 5), D(1))
    parts = [ledger.wear(Scope.LOOP, loop, nothing).funding_usd for loop in ("L1", "L2")]
    assert parts == [6, -2]
    assert ledger.wear(Scope.FOREIGN, "a", nothing).funding_usd == 4
    assert ledger.wear(Scope.DAY, "2025-11-21", nothing).funding_usd == 4


def test_late_funding_finds_who_held_the_position_then() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "3", "100", ts=T0)
    book(ledger, "2", SELL, "3", "100", ts=T0 + 10)
    book(ledger, "3", BUY, "1", "100", loop="L2", ts=T0 + 20)
    ledger.book_funding("a", payment("p", "BTCUSDT", "8", ts=T0 + 5), D(1))
    assert ledger.wear(Scope.LOOP, "L1", nothing).funding_usd == 8
    assert ledger.wear(Scope.LOOP, "L2", nothing).funding_usd == 0


def test_funding_that_nobody_held_is_foreign() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "1", "100", ts=T0 + 10)
    ledger.book_funding("a", payment("p", "BTCUSDT", "8", ts=T0 + 5), D(1))
    assert ledger.wear(Scope.FOREIGN, "a", nothing).funding_usd == 8
    assert ledger.wear(Scope.LOOP, "L1", nothing).funding_usd == 0


@settings(max_examples=100, deadline=None)
@given(
    holdings=st.lists(st.integers(-7, 7).filter(bool), min_size=1, max_size=5),
    cost=st.integers(-(10**9), 10**9).map(lambda n: D(n) / 10**8),
)
def test_a_split_sums_exactly(holdings: list[int], cost: Decimal) -> None:
    ledger = Ledger(instrument_of)
    for at, qty in enumerate(holdings):
        book(ledger, str(at), Side.of(qty), str(abs(qty)), "100", loop=f"L{at}")
    ledger.book_funding("a", payment("p", "BTCUSDT", cost), D(1))
    parts = [ledger.wear(Scope.LOOP, f"L{at}", nothing).funding_usd for at in range(len(holdings))]
    foreign = ledger.wear(Scope.FOREIGN, "a", nothing).funding_usd
    assert abs(sum(parts) + foreign - cost) < D("1e-20")
    net = sum(holdings)
    if net:
        assert foreign == 0
        for part, qty in zip(parts, holdings, strict=True):
            assert abs(part - cost * qty / net) < D("1e-18")


# -- out of order


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_arrival_changes_no_sum(order: list[int]) -> None:
    rows = [(BUY, "1", "100"), (BUY, "2", "101"), (SELL, "3", "99"), (SELL, "1", "98"), (BUY, "2", "97"),
            (SELL, "1", "103")]  # fmt: skip
    ledger = Ledger(instrument_of)
    for at in order:
        side, qty, price = rows[at]
        book(ledger, str(at), side, qty, price, ts=T0 + at * DAY_NS // 4, cycle=at)
    wear = ledger.wear(Scope.LOOP, "L1", lambda *_: D(100))
    assert wear.trade_usd == -(D(0) + 2 * -1 + 3 * -1 + 1 * -2 + 2 * 3 + 1 * 3)
    assert ledger.position("a", "BTCUSDT") == 0
    for name in ("2025-11-21", "2025-11-22"):
        assert name in ledger.days()


# -- cycles


def test_wear_of_the_newest_cycles() -> None:
    ledger = Ledger(instrument_of)
    for cycle in (1, 2, 3):
        book(ledger, f"{cycle}b", BUY, "1", "100", cycle=cycle, fee="0.5")
        book(ledger, f"{cycle}s", SELL, "1", str(100 - cycle), cycle=cycle)
    book(ledger, "open", BUY, "1", "100", cycle=4)
    marks = lambda *_: D(90)  # noqa: E731  # shorter than a function for one number
    two = ledger.wear_of_cycles("L1", 2, marks)
    assert (two.trade_usd, two.fees_usd, two.open_usd) == (13, D("0.5"), 10)
    assert two.volume_usd == 100 + 97 + 100
    assert ledger.wear_of_cycles("L1", 0, marks).volume_usd == 0
    assert ledger.wear_of_cycles("L9", 2, marks).volume_usd == 0
    ledger.end_loop("L1")
    ledger.end_loop("L9")
    assert ledger.wear_of_cycles("L1", 2, marks).volume_usd == 0
    assert ledger.wear(Scope.LOOP, "L1", marks).trade_usd == 16


def test_old_cycles_are_merged_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "CYCLES_KEPT", 3)
    ledger = Ledger(instrument_of)
    for cycle in range(10):
        book(ledger, str(cycle), BUY, "1", "100", cycle=cycle)
    assert ledger.wear_of_cycles("L1", 100, nothing).volume_usd == 300
    assert ledger.wear(Scope.LOOP, "L1", nothing).volume_usd == 1_000


def test_funding_belongs_to_the_cycle_at_work() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "1", "100", cycle=1)
    book(ledger, "2", BUY, "1", "100", cycle=2)
    ledger.book_funding("a", payment("p", "BTCUSDT", "4", ts=T0 + 5), D(1))
    assert ledger.wear_of_cycles("L1", 1, nothing).funding_usd == 4


# -- days


def test_a_day_is_marked_at_midnight_and_hands_on_what_is_open() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "2", "100", fee="1")
    assert ledger.roll_day("2025-11-21", lambda *_: D(110)) == {("a", "BTCUSDT"): D(110)}
    book(ledger, "2", SELL, "2", "105", ts=T0 + DAY_NS)
    first = ledger.wear(Scope.DAY, "2025-11-21", lambda *_: D(500))
    second = ledger.wear(Scope.DAY, "2025-11-22", lambda *_: D(500))
    assert (first.trade_usd, first.fees_usd, first.volume_usd) == (-20, 1, 200)
    assert (second.trade_usd, second.volume_usd) == (10, 210)
    assert first.trade_usd + second.trade_usd == ledger.wear(Scope.LOOP, "L1", nothing).trade_usd
    assert ledger.roll_day("2025-11-21", lambda *_: D(7)) == {("a", "BTCUSDT"): D(110)}
    assert ledger.days() == ["2025-11-21", "2025-11-22"]
    assert ledger.wear(Scope.DAY, "2025-11-30", nothing).wear_usd == 0


def test_a_late_fill_finds_its_day_and_moves_the_days_after() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "1", "100")
    ledger.roll_day("2025-11-21", lambda *_: D(110))
    book(ledger, "2", BUY, "1", "112", ts=T0 + DAY_NS)
    ledger.roll_day("2025-11-22", lambda *_: D(120))
    book(ledger, "late", BUY, "1", "104", ts=T0 + 1)
    assert ledger.wear(Scope.DAY, "2025-11-21", nothing).trade_usd == -10 - 6
    assert ledger.wear(Scope.DAY, "2025-11-22", nothing).trade_usd == -8 - 2 * 10


def test_a_day_nobody_closed_is_marked_at_its_last_fill() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "1", "100")
    book(ledger, "2", BUY, "1", "109", ts=T0 + 3 * DAY_NS)
    assert ledger.roll_day("2025-11-21", nothing) == {("a", "BTCUSDT"): D(100)}
    wear = ledger.wear(Scope.DAY, "2025-11-24", lambda *_: D(110))
    assert wear.trade_usd == -11


def test_an_inverse_position_over_midnight() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "10", "50000", symbol="BTCUSD_PERP")
    ledger.roll_day("2025-11-21", lambda *_: D(40_000))
    book(ledger, "2", SELL, "10", "80000", symbol="BTCUSD_PERP", ts=T0 + DAY_NS)
    first = ledger.wear(Scope.DAY, "2025-11-21", nothing).trade_usd
    second = ledger.wear(Scope.DAY, "2025-11-22", lambda *_: D(80_000)).trade_usd
    assert first == D(1_000) * 40_000 * (D(1) / 40_000 - D(1) / 50_000)
    assert second == -D(1_000) * 80_000 * (D(1) / 40_000 - D(1) / 80_000)


def test_a_late_first_fill_of_a_market_reaches_later_days() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "1", "3000", symbol="ETH", ts=T0 + DAY_NS)
    book(ledger, "2", BUY, "1", "100", ts=T0)
    marks = {"ETH": D(3_000), "BTCUSDT": D(103)}
    assert ledger.wear(Scope.DAY, "2025-11-22", lambda _account, symbol: marks[symbol]).trade_usd == -3
    assert ledger.wear(Scope.DAY, "2025-11-21", nothing).trade_usd == 0


def test_a_late_market_of_a_closed_day_counts_at_its_own_price() -> None:
    ledger = Ledger(instrument_of)
    book(ledger, "1", BUY, "1", "100")
    ledger.roll_day("2025-11-21", lambda *_: D(110))
    book(ledger, "late", BUY, "1", "3000", symbol="ETH", ts=T0 + 1)
    assert ledger.wear(Scope.DAY, "2025-11-21", nothing).trade_usd == -10


def test_a_day_without_fills_bears_the_move_of_what_is_open() -> None:
    ledger = Ledger(instrument_of)
    assert ledger.roll_day("2025-11-20", lambda *_: D(1)) == {}
    book(ledger, "1", BUY, "1", "100")
    ledger.roll_day("2025-11-21", lambda *_: D(110))
    ledger.roll_day("2025-11-22", lambda *_: D(107))
    assert ledger.days() == ["2025-11-21", "2025-11-22"]
    assert ledger.wear(Scope.DAY, "2025-11-22", nothing).trade_usd == 3


def test_a_day_must_be_a_day() -> None:
    with pytest.raises(ValueError, match="day: 'yesterday' is not a day; expected the form 2025-11-21"):
        Ledger(instrument_of).wear(Scope.DAY, "yesterday", nothing)
    assert DayBook(instrument_of).names() == []
