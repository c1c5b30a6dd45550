"""The tables that clients see, against books that the test knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest
from desk_kit import START, D, FakeRig
from fake_venue import inverse
from host_kit import PID, Host
from paper_rig import PaperRig

from cockpit.desk.risk import RiskLimits
from cockpit.link import messages as m
from cockpit.link.rows import Tables
from venues.model import (
    NS_PER_S,
    Capabilities,
    FundingPayment,
    FundingRate,
    OrderStatus,
    Side,
    Transfer,
    TransferKind,
)

HOUR = 3600 * NS_PER_S


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        yield rig


@pytest.fixture
def host(rig: FakeRig) -> Host:
    return Host(rig)


def held(host: Host, qty: str = "0.05", price: str = "100010") -> None:
    """A loop bought `qty` at 100,000 on mk and sold it at `price` on tk."""
    rig = host.rig
    assert isinstance(rig, FakeRig)
    host.ok(m.Launch("idle", {"size": qty}))
    order = rig.place(qty=qty)
    rig.at(rig.mk, "fill", order.id, qty, tell_order=True, fee="0.4")
    hedge = rig.tk.last
    rig.at(rig.tk, "fill", hedge.client_order_id, qty, price, tell_order=True, fee="1.6")


def test_before_anything_has_happened(host: Host) -> None:
    rows = host.tables()
    (desk,) = rows.desk
    assert (desk.pid, desk.epoch, desk.entries_denied) == (PID, host.rig.desk.epoch, False)
    assert [(row.name, row.venue, row.mode, row.state, row.note) for row in rows.accounts] == [
        ("mk", "mk-venue", "paper", "active", ""),
        ("tk", "tk-venue", "paper", "active", ""),
    ]
    for account in rows.accounts:
        assert (account.equity_usd, account.free_usd, account.leverage, account.open_orders) == (100_000, 100_000, 0, 0)
        assert account.health.value == "live"
        assert account.data_ts % NS_PER_S == 0
    assert (rows.positions, rows.loops, rows.orders, rows.alarms, rows.flattens, rows.funding) == (
        [],
        [],
        [],
        [],
        [],
        [],
    )
    wear = {row.key: row for row in rows.wear}
    assert set(wear) == {"account/mk", "account/tk", "day/2025-11-21", "total/all"}
    assert all((row.wear_bps, row.wear_usd, row.volume_usd) == (None, 0, 0) for row in wear.values())
    assert any(line.text.startswith("started, run") for line in rows.log)


def test_tables_cross_the_wire_unchanged(host: Host) -> None:
    held(host)
    rows = host.tables()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(rows), type=Tables) == rows


def test_nothing_is_a_plain_0(host: Host) -> None:
    """A reader of `--json` must not meet 0E-8 or -0.00."""
    held(host, price="99999.99")
    rows = host.tables()
    zeros = [
        (row.key, name, value)
        for row in (*rows.accounts, *rows.positions, *rows.loops, *rows.wear)
        for name in row.__struct_fields__
        if isinstance(value := getattr(row, name), Decimal) and value == 0
    ]
    assert ("tk/BTCUSDT", "unrealised_usd", D(0)) in zeros, "half a cent lost"
    assert {str(value) for _, _, value in zeros} == {"0"}


def test_nothing_changes_where_nothing_happened(host: Host) -> None:
    """Else the link would send rows for nothing."""
    held(host)
    host.tables()
    assert host.tables() == host.tables()


def test_positions_with_entry_mark_and_unrealised(host: Host) -> None:
    held(host)
    mk, tk = host.tables().positions
    assert (mk.key, mk.base, mk.qty, mk.base_qty, mk.ledger_qty) == (
        "mk/BTCUSDT",
        "BTC",
        D("0.05"),
        D("0.05"),
        D("0.05"),
    )
    assert (mk.entry, mk.mark, mk.unrealised_usd, mk.notional_usd) == (100_000, 100_000, 0, 5_000)
    assert (tk.qty, tk.entry, tk.unrealised_usd, tk.notional_usd) == (D("-0.05"), 100_010, D("0.50"), -5_000)
    assert (mk.liq, mk.foreign_qty) == (None, 0)
    accounts = {row.name: row for row in host.tables().accounts}
    assert accounts["mk"].leverage == pytest.approx(0.05)


def test_an_inverse_position_in_contracts_and_coin() -> None:
    with FakeRig(maker=inverse()) as rig:
        host = Host(rig)
        rig.at(rig.mk, "foreign", Side.BUY, "40", "100000")
        (row,) = host.tables().positions
        assert (row.symbol, row.qty, row.base_qty, row.notional_usd) == ("BTCUSD_PERP", 40, D("0.04"), 4_000)
        assert row.foreign_qty == 40
        (alarm,) = host.tables().alarms
        assert (alarm.id, alarm.level, alarm.count) == ("foreign/mk/BTCUSD_PERP", "critical", 1)


def test_a_spread_is_after_the_makers_and_the_takers_fee_in_both_directions(rig: FakeRig, host: Host) -> None:
    rig.mk.capabilities = Capabilities(maker_fee=D("0.0001"), taker_fee=D("0.0009"))
    rig.tk.capabilities = Capabilities(maker_fee=D("0.0007"), taker_fee=D("0.0002"))
    rig.at(rig.mk, "book", "99990", "100010")
    rig.at(rig.tk, "book", "100020", "100050")
    (row,) = host.tables().spreads
    assert (row.key, row.base, row.a, row.b) == ("BTC/mk/tk", "BTC", "mk", "tk")
    # a is the maker (1 bp), b the taker (2 bps), the mid of a 100,000
    assert row.buy_a_bps == pytest.approx(3.0 - 3.0)
    assert row.sell_a_bps == pytest.approx(-4.0 - 3.0)
    assert row.history[-1] == pytest.approx(3.5)


def test_the_pair_of_a_loop_is_shown_the_way_the_loop_trades_it(rig: FakeRig, host: Host) -> None:
    host.ok(m.Launch("idle", {"maker": "tk", "taker": "mk"}))
    (row,) = host.tables().spreads
    assert row.key == "BTC/tk/mk"


def test_a_spread_without_a_book_says_nothing_and_keeps_its_history(rig: FakeRig, host: Host) -> None:
    for _ in range(70):
        rig.pass_time(1.0)
        host.tables()
    rig.at(rig.tk, "no_book")
    (row,) = host.tables().spreads
    assert (row.buy_a_bps, row.sell_a_bps) == (None, None)
    assert len(row.history) == 60, "a minute, and no more"
    markets = {market.account: market for market in host.tables().markets}
    assert (markets["tk"].bid, markets["tk"].ask, markets["tk"].bid_qty) == (None, None, 0)
    assert (markets["mk"].bid, markets["mk"].ask, markets["mk"].bid_qty) == (D("99999.5"), D("100000.5"), 100)


def test_funding_rate_a_year_and_what_was_paid(rig: FakeRig, host: Host) -> None:
    next_ts = START + HOUR
    rate = FundingRate("BTCUSDT", D("0.0001"), 3600, next_ts, START)
    listener = rig.mk.listener
    assert listener is not None
    rig.call(listener.on_funding_rate, rate)
    now = rig.loop.now_ns
    rig.call(
        listener.on_funding,
        FundingPayment("p1", "BTCUSDT", D("1.5"), "USDT", D("0.0001"), D("0.15"), D(100_000), now, now),
    )
    (row,) = host.tables().funding
    assert (row.key, row.base, row.rate, row.interval_s, row.next_ts) == (
        "mk/BTCUSDT",
        "BTC",
        D("0.0001"),
        3600,
        next_ts,
    )
    assert row.annualised == pytest.approx(0.876)
    assert row.accrued_usd == D("1.5")
    (payment,) = host.ok(m.Query("funding"))
    assert (payment["account"], payment["payment_id"], D(payment["cost_usd"])) == ("mk", "p1", D("1.5"))
    assert host.ok(m.Query("funding", {"from": str(now + 1)})) == []


def test_transfers_are_told_and_no_wear(rig: FakeRig, host: Host) -> None:
    now = rig.loop.now_ns
    listener = rig.mk.listener
    assert listener is not None
    rig.call(listener.on_transfer, Transfer("d1", TransferKind.DEPOSIT, "USDT", D(500), now, now))
    (row,) = host.ok(m.Query("transfers"))
    assert (row["kind"], row["asset"], D(row["amount"]), D(row["amount_usd"])) == ("deposit", "USDT", 500, 500)
    assert {row.wear_usd for row in host.tables().wear} == {0}


def test_wear_by_loop_account_day_and_in_total(host: Host) -> None:
    held(host)
    wear = {row.key: row for row in host.tables().wear}
    loop = wear["loop/L1"]
    # bought at 100,000 and sold 10 higher: 0.50 earned by trading, 2.00 paid in fees
    assert (loop.fees_usd, loop.trade_usd, loop.funding_usd, loop.wear_usd) == (2, D("-0.5"), 0, D("1.5"))
    assert loop.volume_usd == 5_000, "the maker's fills only"
    assert loop.wear_bps == pytest.approx(3.0)
    assert loop.open_usd == D("-0.5"), "the cycle is open: all of it is only marked"
    assert (wear["account/mk"].wear_usd, wear["account/tk"].wear_usd) == (D("0.4"), D("1.1"))
    for key in ("day/2025-11-21", "total/all"):
        assert (wear[key].wear_usd, wear[key].volume_usd) == (D("1.5"), 5_000)


def test_loop_row_of_a_loop_that_owes(rig: FakeRig, host: Host) -> None:
    host.ok(m.Launch("idle", {"size": "0.05"}))
    order = rig.place()
    rig.at(rig.mk, "fill", order.id, "0.05", tell_order=True)
    (row,) = host.tables().loops
    assert (row.id, row.strategy, row.state, row.base) == ("L1", "idle", "running", "BTC")
    assert row.legs == (("maker", "mk", "BTCUSDT"), ("taker", "tk", "BTCUSDT"))
    assert (row.exposure_base, row.owed_base, row.tolerance_base) == (D("0.05"), D("-0.05"), D("0.001"))
    assert (row.hedges, row.hedge_ms_p50) == (0, None)
    hedge = next(order for order in host.tables().orders if order.role == "hedge")
    assert (hedge.account, hedge.loop, hedge.side, hedge.qty) == ("tk", "L1", Side.SELL, D("0.05"))
    assert hedge.status is OrderStatus.IN_FLIGHT
    rig.at(rig.tk, "fill", hedge.client_order_id, "0.05", tell_order=True)
    (row,) = host.tables().loops
    assert (row.exposure_base, row.owed_base, row.hedges) == (0, 0, 1)
    answer = host.ok(m.Query("obligations", {"loop": "L1"}))
    assert [D(entry["base"]) for entry in answer["obligations"]] == [D("-0.05")]


def test_what_a_loop_waits_for_is_its_detail(rig: FakeRig, host: Host) -> None:
    host.ok(m.Launch("idle", {"size": "0.05"}))
    host.ok(m.Pause("L1"))
    (row,) = host.tables().loops
    assert (row.state, row.detail) == ("paused", "by cli:op@host")
    host.ok(m.Flatten(), seconds=2)
    (row,) = host.tables().loops
    assert row.state == "halted"
    assert "flatten" in row.detail


def test_orders_at_work_come_before_the_newest_that_ended(rig: FakeRig, host: Host) -> None:
    host.ok(m.Launch("idle", {"size": "0.05"}))
    for _ in range(105):
        order = rig.place()
        rig.at(rig.mk, "end", order.id, seconds=0.2)
    resting = rig.place(price="99000")
    rig.at(rig.mk, "ack", resting.id)
    rows = host.tables().orders
    assert (rows[0].client_order_id, rows[0].status) == (resting.id, OrderStatus.OPEN)
    assert rows[0].venue_order_id == f"v-{resting.id}"
    assert len(rows) == 101, "a hundred that ended, and no more"
    assert {row.status for row in rows[1:]} == {OrderStatus.CANCELED}
    accounts = {row.name: row.open_orders for row in host.tables().accounts}
    assert accounts == {"mk": 1, "tk": 0}


def test_an_account_that_is_down_or_stale_says_so() -> None:
    with FakeRig(limits=RiskLimits(stale_s=D(5))) as rig:
        host = Host(rig)
        rig.at(rig.tk, "lose", "the socket dropped")
        rows = {row.name: row for row in host.tables().accounts}
        assert (rows["tk"].health.value, rows["tk"].note) == ("down", "the socket dropped")
        assert rows["mk"].health.value == "live"
        rig.pass_time(6)
        rows = {row.name: row for row in host.tables().accounts}
        assert rows["mk"].health.value == "stale"


def test_every_kind_of_query_has_an_answer(host: Host) -> None:
    held(host)
    fills = host.ok(m.Query("fills"))
    assert [(row["account"], row["side"], row["role"], row["loop"]) for row in fills] == [
        ("mk", "buy", "open", "L1"),
        ("tk", "sell", "hedge", "L1"),
    ]
    assert [row["account"] for row in host.ok(m.Query("fills", {"account": "tk"}))] == ["tk"]
    assert host.ok(m.Query("fills", {"loop": "L2"})) == []
    assert host.ok(m.Query("fills", {"to": "1"})) == []
    (idle, hedge) = sorted(host.ok(m.Query("strategies")), key=lambda row: row["kind"], reverse=True)
    assert (idle["kind"], hedge["kind"]) == ("idle", "hedge")
    size = next(param for param in hedge["params"] if param["name"] == "size")
    assert (size["unit"], size["live"]) == ("base", True)


def test_a_loop_at_work_on_the_paper_exchange_adds_up() -> None:
    with PaperRig() as paper:
        host = Host(paper)
        host.ok(m.Launch("hedge", {"maker": "mk", "taker": "tk", "ticker": "BTC", "size": "0.05", "iterations": "3"}))
        paper.swing_until(lambda: host.tables().loops[0].state == "done")
        rows = host.tables()
        (loop,) = rows.loops
        assert (loop.iterations_done, loop.iterations, loop.exposure_base, loop.owed_base) == (3, 3, 0, 0)
        assert loop.hedges == 6
        assert loop.hedge_ms_p50 is not None
        assert loop.hedge_ms_p99 is not None
        assert 5 <= loop.hedge_ms_p50 <= loop.hedge_ms_p99
        assert rows.positions == []
        wear = {row.key: row for row in rows.wear}
        row = wear["loop/L1"]
        assert row.wear_usd == row.fees_usd + row.trade_usd + row.funding_usd
        fills = host.ok(m.Query("fills"))
        assert row.fees_usd == round(sum((D(fill["fee_usd"]) for fill in fills), Decimal(0)), 4)
        cash = sum(
            (D(fill["base_qty"]) * D(fill["price"]) * {"buy": 1, "sell": -1}[fill["side"]] for fill in fills), D(0)
        )
        assert row.trade_usd == round(cash, 4), "flat: what was paid and not got back"
        maker = [D(fill["base_qty"]) * D(fill["price"]) for fill in fills if fill["account"] == "mk"]
        assert row.volume_usd == round(sum(maker, D(0)), 2)
        assert json.loads(json.dumps(fills)) == fills
