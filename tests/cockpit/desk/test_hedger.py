"""The hedger on the real desk, over venues that do what they should not."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from desk_kit import LIMITS, D, FakeRig
from fake_venue import inverse, linear

from cockpit.desk.accounts import Trading
from cockpit.desk.hedger import HALT_AFTER_S
from cockpit.desk.ids import OrderId
from cockpit.desk.ladder import Rung
from cockpit.desk.loops import LoopState
from strategies.protocol import Role
from venues.model import OrderStatus, Side, TimeInForce

S = OrderStatus


@pytest.fixture
def rig() -> FakeRig:
    with FakeRig() as rig:
        rig.launch()
        yield rig  # type: ignore[misc]  # a generator fixture


def opened(rig: FakeRig, qty: str = "0.05", side: Side = Side.BUY) -> str:
    """A maker order that rests."""
    order = rig.place(side, qty, "100000")
    rig.at(rig.mk, "ack", order.id)
    return order.id


def owed(rig: FakeRig) -> Decimal:
    return rig.desk.loops.all["L1"].owed()


def hedges(rig: FakeRig) -> list[tuple[str, Decimal]]:
    return [(order.side.value, order.qty) for order in rig.tk.submitted]


def test_each_partial_fill_is_hedged_by_an_ioc_with_a_bound(rig: FakeRig) -> None:
    cid = opened(rig)
    for _ in range(3):
        rig.at(rig.mk, "fill", cid, "0.01")
    assert hedges(rig) == [("sell", D("0.01"))] * 3
    order = rig.tk.last
    assert (order.tif, order.post_only, order.reduce_only) == (TimeInForce.IOC, False, False)
    assert order.price == D("99950.0"), "5 bps under the bid of 99999.5, on a tick within the bound"
    assert owed(rig) == D("-0.03")
    for order in list(rig.tk.submitted):
        rig.at(rig.tk, "fill", order.client_order_id, order.qty, tell_order=True)
    assert owed(rig) == 0
    assert rig.desk.loops.all["L1"].hedged()
    assert len(rig.tk.submitted) == 3


def test_the_hedge_leaves_in_the_same_turn_as_the_fill(rig: FakeRig) -> None:
    cid = opened(rig)
    before = rig.loop.now_ns
    rig.at(rig.mk, "fill", cid, "0.05", seconds=0)
    assert hedges(rig) == [("sell", D("0.05"))]
    assert rig.loop.now_ns == before


@pytest.mark.parametrize("order_first", [True, False])
def test_neither_order_of_report_and_fill_hedges_twice(rig: FakeRig, order_first: bool) -> None:
    cid = opened(rig)
    fill = rig.at(rig.mk, "fill", cid, "0.05", tell=False)
    if order_first:
        rig.at(rig.mk, "tell", rig.mk.orders[cid])
        assert hedges(rig) == [], "a report's claim is not a fill"
    rig.at(rig.mk, "hand", fill)
    rig.at(rig.mk, "hand", fill)
    rig.at(rig.mk, "tell", rig.mk.orders[cid])
    hedge = rig.tk.last.client_order_id
    hedged = rig.at(rig.tk, "fill", hedge, "0.05", tell=False)
    if order_first:
        rig.at(rig.tk, "tell", rig.tk.orders[hedge], seconds=2)
        assert len(rig.tk.submitted) == 1
    rig.at(rig.tk, "hand", hedged)
    rig.at(rig.tk, "hand", hedged)
    rig.at(rig.tk, "tell", rig.tk.orders[hedge], seconds=5)
    assert len(rig.tk.submitted) == 1
    assert owed(rig) == 0


def test_an_ioc_end_told_before_its_fill_waits_for_the_fill(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.at(rig.mk, "fill", cid, "0.05")
    hedge = rig.tk.last.client_order_id
    fill = rig.at(rig.tk, "fill", hedge, "0.03", tell=False)
    rig.at(rig.tk, "end", hedge, S.CANCELED)
    assert len(rig.tk.submitted) == 1
    rig.at(rig.tk, "hand", fill)
    assert hedges(rig)[1:] == [("sell", D("0.02"))], "what the report claimed is not sent again"
    assert owed(rig) == D("-0.02")


def test_an_unknown_hedge_blocks_until_the_venue_settles_it(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.tk.forgets = set()
    rig.at(rig.mk, "fill", cid, "0.05")
    hedge = rig.tk.last.client_order_id
    rig.tk.down = "time-out"
    rig.at(rig.tk, "report", hedge, S.UNKNOWN, text="no answer", seconds=60)
    assert len(rig.tk.submitted) == 1
    assert "order/" + hedge in rig.alarms
    assert "naked/L1" in rig.alarms
    rig.tk.down = ""
    rig.at(rig.tk, "fill", hedge, "0.05", tell=False, seconds=10)
    assert len(rig.tk.submitted) == 1
    assert owed(rig) == 0
    assert not [id_ for id_ in rig.alarms if id_.startswith(("order/", "naked/", "hedge/"))]


def test_an_unknown_hedge_that_was_rejected_is_sent_anew(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.at(rig.mk, "fill", cid, "0.05")
    hedge = rig.tk.last.client_order_id
    rig.at(rig.tk, "report", hedge, S.REJECTED, tell=False)
    rig.at(rig.tk, "tell", rig.tk.report(hedge, S.UNKNOWN, tell=False))
    rig.at(rig.tk, "report", hedge, S.REJECTED, tell=False, seconds=3)
    assert len(rig.tk.submitted) == 2


def test_retries_widen_the_bound_by_stages_up_to_its_end(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.tk.on_submit = rig.tk.cancels_unfilled
    rig.at(rig.mk, "fill", cid, "0.05")
    rig.until(lambda: len(rig.tk.submitted) >= 6)
    bounds = [(1 - order.price / D("99999.5")) * 10_000 for order in rig.tk.submitted[:6]]
    assert [round(bound) for bound in bounds] == [5, 10, 20, 40, 50, 50]
    assert len({order.client_order_id for order in rig.tk.submitted}) == len(rig.tk.submitted)


def test_spent_attempts_unwind_on_the_maker_and_say_so(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.tk.on_submit = rig.tk.rejects
    rig.mk.on_submit = rig.mk.fills_whole
    rig.at(rig.mk, "fill", cid, "0.05")
    rig.until(lambda: rig.held("mk") == 0)
    unwind = rig.mk.last
    assert (unwind.side, unwind.qty, unwind.reduce_only, unwind.tif) == (
        Side.SELL, D("0.05"), True, TimeInForce.IOC,
    )  # fmt: skip
    assert any("no margin; unwinding on the maker venue" in line or "unwinding" in line for line in rig.log)
    assert owed(rig) == 0
    assert rig.book_of(rig.desk.loops.all["L1"]).rung is Rung.HEDGE
    assert len(rig.tk.submitted) == 6


def test_a_missing_book_is_waited_for_then_unwound(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.at(rig.tk, "no_book")
    rig.mk.on_submit = rig.mk.fills_whole
    rig.at(rig.mk, "fill", cid, "0.05", seconds=4.5)
    assert rig.mk.last.client_order_id == cid, "patience is 5 s"
    assert rig.tk.submitted == []
    rig.pass_time(2)
    assert rig.mk.last.side is Side.SELL
    assert rig.held("mk") == 0
    assert rig.desk.loops.all["L1"].state is LoopState.RUNNING


def test_a_book_that_comes_back_is_traded_at_once(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.at(rig.tk, "no_book")
    rig.at(rig.mk, "fill", cid, "0.05", seconds=2)
    rig.at(rig.tk, "book", "99999.5", "100000.5", seconds=0)
    assert hedges(rig) == [("sell", D("0.05"))]


def test_the_last_rung_alarms_at_once_halts_after_a_minute_and_tries_on(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.at(rig.tk, "no_book")
    rig.at(rig.mk, "no_book")
    rig.at(rig.mk, "fill", cid, "0.05", seconds=12)
    loop = rig.desk.loops.all["L1"]
    text = rig.alarms["hedge/L1"]
    assert "+0.05000000 unhedged" in text
    assert "the loop halts if it stays so" in text
    assert loop.state is LoopState.RUNNING
    rig.pass_time(HALT_AFTER_S + 2)
    assert loop.state is LoopState.HALTED
    assert f"+0.05000000 unhedged {HALT_AFTER_S} s after" in rig.alarms["hedge/L1"]
    rig.at(rig.tk, "book", "99999.5", "100000.5")
    assert hedges(rig) == [("sell", D("0.05"))]
    rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.05")
    assert owed(rig) == 0
    assert "hedge/L1" not in rig.alarms
    assert loop.state is LoopState.HALTED, "the operator resumes"
    rig.call(rig.desk.loops.resume, loop)
    assert loop.state is LoopState.RUNNING


def test_a_taker_that_rejects_everything_does_not_open_and_unwind_for_ever(rig: FakeRig) -> None:
    """Each turn costs spread and fees on the maker: after the second the loop halts, and the operator looks."""
    rig.tk.on_submit = rig.tk.rejects
    loop = rig.desk.loops.all["L1"]
    for turn in range(2):
        assert loop.state is LoopState.RUNNING
        rig.mk.on_submit = None
        cid = opened(rig)
        rig.mk.on_submit = rig.mk.fills_whole
        rig.at(rig.mk, "fill", cid, "0.05")
        rig.until(lambda: rig.held("mk") == 0)
        rig.pass_time(0.5)
        assert turn or loop.state is LoopState.RUNNING
    assert loop.state is LoopState.HALTED
    assert "unwound" in rig.alarms["unwound/L1"]


def test_without_unwinding_it_goes_straight_to_the_alarm() -> None:
    with FakeRig() as rig:
        rig.launch(unwind="no")
        cid = opened(rig)
        rig.tk.on_submit = rig.tk.rejects
        rig.at(rig.mk, "fill", cid, "0.05", seconds=10)
        assert "the hedge is tried on, slowly" in rig.alarms["hedge/L1"]
        assert rig.desk.loops.all["L1"].state is LoopState.RUNNING
        assert [order.client_order_id for order in rig.mk.submitted] == [cid]
        sent = len(rig.tk.submitted)
        rig.pass_time(20)
        assert 2 <= len(rig.tk.submitted) - sent <= 5, "the hedge is tried on, slowly"
        rig.pass_time(HALT_AFTER_S)
        assert rig.desk.loops.all["L1"].state is LoopState.HALTED


def test_a_close_that_cannot_be_hedged_cannot_be_unwound_either(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.at(rig.mk, "fill", cid, "0.05")
    rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.05", tell_order=True)
    close = rig.place(Side.SELL, "0.05", "100000", role=Role.CLOSE, reduce_only=True)
    rig.at(rig.mk, "ack", close.id)
    rig.at(rig.tk, "no_book")
    rig.at(rig.mk, "fill", close.id, "0.05", seconds=12 + HALT_AFTER_S)
    assert rig.desk.loops.all["L1"].state is LoopState.HALTED
    assert "-0.05000000 unhedged" in rig.alarms["hedge/L1"]
    assert rig.mk.last.client_order_id == close.id


def test_the_backup_account_takes_over_and_is_counted_after_a_restart(tmp_path: object) -> None:
    with FakeRig(backup=True, journal=f"{tmp_path}/desk.sqlite") as rig:
        rig.launch(backup="bk")
        cid = opened(rig)
        rig.at(rig.tk, "no_book")
        rig.bk.on_submit = rig.bk.fills_whole
        rig.at(rig.mk, "fill", cid, "0.05", seconds=7)
        assert rig.held("bk") == D("-0.05")
        assert owed(rig) == 0
        assert any("hedging on the backup account" in line for line in rig.log)
        rig.desk.journal.flush()
        rig.kill()
        rig.tk.on_submit = rig.tk.fills_whole
        rig.start()
        rig.quote()
        rig.pass_time(10)
        assert owed(rig) == 0
        assert rig.tk.submitted == [], "what the backup hedged is not hedged again"


def test_a_backup_hedge_is_closed_where_it_stands() -> None:
    with FakeRig(backup=True) as rig:
        rig.launch(backup="bk")
        cid = opened(rig)
        rig.at(rig.tk, "no_book")
        rig.bk.on_submit = rig.bk.fills_whole
        rig.tk.on_submit = rig.tk.fills_whole
        rig.at(rig.mk, "fill", cid, "0.05", seconds=7)
        rig.at(rig.tk, "book", "99999.5", "100000.5")
        close = rig.place(Side.SELL, "0.05", "100000", role=Role.CLOSE, reduce_only=True)
        rig.at(rig.mk, "fill", close.id, "0.05", seconds=2)
        assert (rig.held("mk"), rig.held("tk"), rig.held("bk")) == (0, 0, 0)


def test_dust_is_carried_and_merged_into_the_next() -> None:
    with FakeRig(taker=linear(lot=D("0.01"), min_qty=D("0.01"))) as rig:
        loop = rig.launch()
        cid = opened(rig)
        rig.at(rig.mk, "fill", cid, "0.004")
        assert hedges(rig) == []
        assert owed(rig) == D("-0.004")
        assert loop.hedged(), "under the tolerance nothing is waited for"
        rig.at(rig.mk, "fill", cid, "0.004")
        assert hedges(rig) == [("sell", D("0.01"))], "0.008 is nearer to 0.01 than to nothing"
        rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.01")
        assert owed(rig) == D("0.002")
        rig.at(rig.mk, "fill", cid, "0.02")
        assert hedges(rig)[1:] == [("sell", D("0.02"))]


def test_minimum_notional_makes_dust_too() -> None:
    with FakeRig(taker=linear(min_notional=D(500))) as rig:
        loop = rig.launch()
        assert loop.tolerance() == D("0.005")
        cid = opened(rig)
        rig.at(rig.mk, "fill", cid, "0.004")
        assert hedges(rig) == []
        rig.at(rig.mk, "fill", cid, "0.002")
        assert hedges(rig) == [("sell", D("0.006"))]


def test_an_inverse_taker_is_hedged_in_whole_contracts() -> None:
    with FakeRig(taker=inverse()) as rig:
        loop = rig.launch()
        cid = opened(rig)
        rig.at(rig.mk, "fill", cid, "0.0333", "100000")
        order = rig.tk.last
        assert order.qty == 33, "0.0333 BTC at 100,000 is 33.3 contracts of 100 USD"
        rig.at(rig.tk, "fill", order.client_order_id, "33", "100000", fee_asset="BTC")
        assert owed(rig) == D("-0.0003")
        assert loop.hedged()


def test_a_burst_of_fills_is_hedged_whole_and_once(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.tk.on_submit = rig.tk.fills_whole

    def burst() -> None:
        for _ in range(25):
            rig.mk.fill(cid, "0.002")

    rig.call(burst)
    assert sum(order.qty for order in rig.tk.submitted) == D("0.05")
    assert owed(rig) == 0


def test_a_reducing_account_gets_reduce_only_hedges(rig: FakeRig) -> None:
    cid = opened(rig)
    account = rig.desk.accounts["tk"]
    rig.call(rig.desk.set_trading, account, Trading.REDUCING, "test")
    rig.at(rig.mk, "fill", cid, "0.05")
    assert rig.tk.last.reduce_only


def test_a_late_fill_of_a_hedge_written_off_is_traded_back(rig: FakeRig) -> None:
    cid = opened(rig)
    rig.at(rig.mk, "fill", cid, "0.05")
    hedge = rig.tk.last.client_order_id
    rig.tk.forgets = {hedge}
    rig.until(lambda: len(rig.tk.submitted) == 2, seconds=40)
    second = rig.tk.last
    assert second.qty == D("0.05")
    rig.at(rig.tk, "fill", second.client_order_id, "0.05", tell_order=True)
    rig.at(rig.tk, "fill", hedge, "0.05")
    assert rig.tk.last.side is Side.BUY
    assert rig.tk.last.qty == D("0.05")
    rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.05")
    assert owed(rig) == 0
    assert rig.held("tk") == D("-0.05")


def test_a_fill_by_hand_on_the_hedge_venue_is_not_ours(rig: FakeRig) -> None:
    rig.at(rig.tk, "foreign", Side.SELL, "0.5", "100000", seconds=10)
    assert owed(rig) == 0
    assert rig.tk.submitted == rig.mk.submitted == []
    assert "manual trade on tk" in rig.alarms["foreign/tk/BTCUSDT"]


def test_serials_that_run_out_go_on_in_a_new_slot(rig: FakeRig) -> None:
    """A loop that requotes five times a second is through 2^20 serials in two days and a half."""
    owner = rig.desk.loops.all["L1"].owner
    slot = owner.slots[0]
    owner._serials[Role.OPEN] = (1 << 20) - 1
    book = rig.book_of(rig.desk.loops.all["L1"])
    book.number = (1 << 20) - 1
    cid = opened(rig)
    assert slot == 1, "the loop's own number"
    assert owner.slots == [slot, 255], "from the other end, so that the next loop finds its own number free"
    rig.at(rig.mk, "fill", cid, "0.05")
    assert hedges(rig) == [("sell", D("0.05"))]
    hedge = OrderId.parse(rig.tk.last.client_order_id)
    assert hedge is not None
    assert (hedge.slot, hedge.serial) == (255, 0)
    assert rig.desk.past.loop_of(hedge) == "L1"
    rig.desk.journal.flush()
    assert rig.desk.journal.reader().loop_of(1, 255) == "L1"


def test_a_book_gone_stale_is_not_traded_on() -> None:
    with FakeRig(limits=msgspec.structs.replace(LIMITS, stale_s=D(5))) as rig:
        rig.launch()
        cid = opened(rig)
        rig.pass_time(6)
        rig.at(rig.mk, "fill", cid, "0.05", seconds=1)
        assert hedges(rig) == [], "the price is six seconds old"
        rig.at(rig.tk, "book", "99999.5", "100000.5", seconds=3)
        assert hedges(rig) == [("sell", D("0.05"))]
