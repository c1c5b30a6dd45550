"""A venue that closes a leg by itself: the other leg is closed alike, at once, and nothing is opened anew."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from desk_kit import D, FakeRig
from fake_venue import inverse
from hypothesis import given
from hypothesis import strategies as st

from cockpit.desk.forced import shares
from cockpit.desk.loops import LoopState, StopMode
from cockpit.desk.refusals import LaunchError
from strategies.protocol import Role
from venues.model import OrderStatus, Side

S = OrderStatus


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FakeRig]:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        rig.launch()
        yield rig


def hold_pair(rig: FakeRig, qty: str = "0.05") -> None:
    """L1 holds a long on mk against a short on tk; from now on both fill what they are sent but makers."""
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", rig.place(qty=qty).id, qty, tell_order=True, seconds=1)
    assert rig.held("mk") == -rig.held("tk") == D(qty)
    rig.tk.submitted.clear()
    rig.mk.submitted.clear()
    rig.mk.on_submit = lambda request: rig.mk.fills_whole(request) if request.reduce_only else None


def begin_again(rig: FakeRig) -> None:
    rig.start()
    rig.quote()


# -- the leg that is closed, and the other


def test_a_liquidated_maker_leg_is_closed_on_the_hedge_venue_and_reduces_only(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.mk, "foreign", Side.SELL, "0.05", "90000", liquidation=True)
    loop = rig.desk.loops.all["L1"]
    assert [(o.side, o.qty, o.reduce_only) for o in rig.tk.submitted] == [(Side.BUY, D("0.05"), True)]
    assert rig.mk.submitted == []
    assert rig.held("mk") == rig.held("tk") == 0
    assert loop.owed() == 0
    assert loop.state is LoopState.HALTED
    text = rig.alarms["forced/L1"]
    assert "mk closed 0.05 BTCUSDT of L1 itself (liquidation at 90000); the same is closed on tk BTCUSDT" in text
    assert rig.desk.alarms.active["forced/L1"].level == "critical"
    assert "foreign/mk/BTCUSDT" not in rig.alarms


def test_a_liquidated_hedge_leg_is_closed_on_the_maker_venue_and_never_opened_again(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.tk, "foreign", Side.BUY, "0.05", "110000", liquidation=True)
    assert rig.tk.submitted == [], "it has just liquidated us"
    assert [(o.side, o.qty, o.reduce_only) for o in rig.mk.submitted] == [(Side.SELL, D("0.05"), True)]
    assert rig.held("mk") == rig.held("tk") == 0
    assert rig.desk.loops.all["L1"].hedged()


def test_a_leg_that_is_closed_in_part_leaves_an_even_pair(rig: FakeRig) -> None:
    hold_pair(rig)
    for qty in ("0.01", "0.02"):
        rig.at(rig.tk, "foreign", Side.BUY, qty, "110000", liquidation=True)
    assert rig.held("mk") == -rig.held("tk") == D("0.02")
    assert [o.qty for o in rig.mk.submitted] == [D("0.01"), D("0.02")]


def test_it_stands_in_ledger_and_journal_under_the_loop_and_counts_no_volume(rig: FakeRig) -> None:
    hold_pair(rig)
    volume = rig.desk.loop_wear("L1", 0)[1]
    rig.at(rig.mk, "foreign", Side.SELL, "0.05", "90000", liquidation=True)
    rig.desk.journal.flush()
    (row,) = [row for row in rig.desk.journal.reader().fills() if row.role == "liquidation"]
    assert (row.loop, row.qty, row.liquidation, row.trade_id) == ("L1", D("0.05"), True, rig.mk.fills[-1].trade_id)
    assert rig.desk.journal.reader().owed("L1") == 0
    assert rig.desk.loop_wear("L1", 0)[1] == volume


def test_told_twice_it_counts_once(rig: FakeRig) -> None:
    hold_pair(rig)
    fill = rig.at(rig.mk, "foreign", Side.SELL, "0.05", "90000", liquidation=True)
    rig.at(rig.mk, "hand", fill, seconds=8)
    assert rig.held("mk") == 0
    assert len(rig.tk.submitted) == 1


def test_while_the_other_venue_is_down_nothing_is_opened_and_it_is_closed_when_it_is_back(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.mk, "lose")
    rig.at(rig.tk, "foreign", Side.BUY, "0.05", "110000", liquidation=True, seconds=20)
    assert rig.tk.submitted == rig.mk.submitted == []
    assert "mk is down" in rig.alarms["hedge/L1"]
    assert "naked/L1" in rig.alarms
    rig.at(rig.mk, "come_back")
    rig.quote()
    rig.until(lambda: rig.held("mk") == 0, 10)
    assert rig.tk.submitted == []
    assert "hedge/L1" not in rig.alarms


def test_a_close_that_does_not_fill_is_tried_on_there_and_nowhere_else(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.tk.on_submit = rig.tk.cancels_unfilled
    rig.at(rig.mk, "foreign", Side.SELL, "0.05", "90000", liquidation=True, seconds=30)
    assert len(rig.tk.submitted) > 6
    assert all(order.reduce_only for order in rig.tk.submitted)
    assert rig.mk.submitted == []
    assert "the hedge is tried on" in rig.alarms["hedge/L1"]
    rig.tk.on_submit = rig.tk.fills_whole
    rig.until(lambda: rig.held("tk") == 0, 10)


def test_a_maker_that_still_rests_is_pulled_and_what_it_fills_meanwhile_is_closed_again(rig: FakeRig) -> None:
    hold_pair(rig)
    resting = rig.place(qty="0.03")
    rig.at(rig.mk, "ack", resting.id)
    rig.at(rig.tk, "foreign", Side.BUY, "0.05", "110000", liquidation=True)
    assert resting.id in rig.mk.cancelled
    rig.at(rig.mk, "fill", resting.id, "0.03", tell_order=True, seconds=1)
    assert rig.tk.submitted == []
    assert rig.held("mk") == 0


def test_an_inverse_leg_is_closed_by_its_base_coin(tmp_path: Path) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite", taker=inverse()) as rig:
        rig.launch()
        rig.tk.on_submit = rig.tk.fills_whole
        rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True, seconds=1)
        assert rig.held("tk", "BTCUSD_PERP") == -50
        rig.at(rig.mk, "foreign", Side.SELL, "0.02", "100000", liquidation=True)
        assert rig.held("tk", "BTCUSD_PERP") == -30


# -- whose it was


def test_beyond_what_a_loop_holds_it_is_foreign_and_not_hedged(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.mk, "foreign", Side.BUY, "0.3", "100000")
    fill = rig.at(rig.mk, "foreign", Side.SELL, "0.35", "90000", liquidation=True)
    ledger = rig.desk.ledger
    assert ledger.position("mk", "BTCUSDT", "L1") == ledger.position("mk", "BTCUSDT", "") == 0
    assert [o.qty for o in rig.tk.submitted] == [D("0.05")]
    assert "liquidation on mk: sell 0.30 BTCUSDT" in rig.alarms["foreign/mk/BTCUSDT"]
    rig.desk.journal.flush()
    parts = {r.trade_id: (r.loop, r.qty) for r in rig.desk.journal.reader().fills() if r.liquidation}
    assert parts == {f"{fill.trade_id}#L1": ("L1", D("0.05")), fill.trade_id: ("", D("0.30"))}
    rig.at(rig.mk, "hand", fill)
    assert rig.held("mk") == 0


def test_a_close_the_other_way_is_nobodys(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.mk, "foreign", Side.BUY, "0.05", "90000", liquidation=True)
    assert rig.desk.ledger.position("mk", "BTCUSDT", "") == D("0.05")
    assert rig.tk.submitted == []
    assert "forced/L1" not in rig.alarms


def test_a_fill_of_ours_that_comes_after_it_opens_nothing(rig: FakeRig) -> None:
    """The venue filled a maker order, liquidated the whole, and told of the liquidation first: its list has both."""
    hold_pair(rig)
    rig.pass_time(7)
    order = rig.place(qty="0.03")
    rig.at(rig.mk, "ack", order.id)
    late = rig.mk.fill(order.id, "0.03", tell=False)
    rig.at(rig.mk, "foreign", Side.SELL, "0.08", "90000", liquidation=True)
    assert rig.held("mk") == 0
    rig.at(rig.mk, "hand", late, seconds=1)
    assert rig.held("mk") == rig.held("tk") == 0
    assert [(o.side, o.qty) for o in rig.tk.submitted] == [(Side.BUY, D("0.05"))]
    assert rig.desk.loops.all["L1"].hedged()


def test_what_an_ended_loop_had_left_is_its_own_and_is_evened_out(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.call(rig.desk.loops.stop, rig.desk.loops.all["L1"], StopMode.NOW, seconds=1)
    assert rig.desk.loops.all["L1"].state is LoopState.STOPPED
    rig.at(rig.tk, "foreign", Side.BUY, "0.05", "110000", liquidation=True)
    assert rig.held("mk") == 0
    assert rig.desk.loops.all["L1"].state is LoopState.STOPPED


def test_of_a_loop_that_ended_in_an_earlier_run_the_other_leg_is_alarmed(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.call(rig.desk.loops.stop, rig.desk.loops.all["L1"], StopMode.NOW, seconds=1)
    rig.crash()
    begin_again(rig)
    rig.at(rig.tk, "foreign", Side.BUY, "0.05", "110000", liquidation=True)
    assert rig.desk.ledger.position("tk", "BTCUSDT", "L1") == 0
    assert "+0.05" in rig.alarms["ended/L1"]


def test_a_flatten_at_work_goes_on_and_nothing_is_closed_twice(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.mk.on_submit = rig.tk.on_submit = None
    loop = rig.desk.loops.all["L1"]
    rig.call(rig.desk.loops.stop, loop, StopMode.FLATTEN, seconds=1)
    assert loop.state is LoopState.FLATTENING
    rig.at(rig.mk, "foreign", Side.SELL, "0.05", "90000", liquidation=True)
    rig.at(rig.mk, "end", rig.mk.last.client_order_id)
    assert loop.state is LoopState.FLATTENING
    (closing,) = rig.tk.submitted
    rig.at(rig.tk, "fill", closing.client_order_id, closing.qty, tell_order=True)
    rig.until(lambda: loop.state is LoopState.STOPPED, 30)
    assert rig.held("mk") == rig.held("tk") == 0
    assert rig.tk.submitted == [closing]


# -- the operator, and restarts


def test_the_operator_resumes_once_it_is_even_and_hedges_go_as_before(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.tk.on_submit = None
    rig.at(rig.mk, "foreign", Side.SELL, "0.05", "90000", liquidation=True)
    loop = rig.desk.loops.all["L1"]
    with pytest.raises(LaunchError, match=r"L1 has -0\.05\d* left to even out .*liquidation"):
        rig.call(rig.desk.loops.resume, loop)
    rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.05", tell_order=True)
    rig.call(rig.desk.loops.resume, loop)
    assert loop.state is LoopState.RUNNING
    assert "forced/L1" not in rig.alarms
    rig.mk.on_submit = None
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True)
    assert rig.held("tk") == D("-0.05")


def test_a_liquidation_while_the_desk_was_dead_is_evened_out_by_the_next(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.desk.journal.flush()
    rig.cut()
    rig.tk.foreign(Side.BUY, "0.05", "110000", tell=False, liquidation=True)
    rig.desk = rig._new_desk()
    begin_again(rig)
    rig.pass_time(5)
    assert rig.tk.submitted == []
    assert rig.held("mk") == rig.held("tk") == 0
    loop = rig.desk.loops.all["L1"]
    assert loop.state is LoopState.HALTED
    assert "forced/L1" in rig.alarms


def test_a_desk_that_dies_before_the_other_leg_is_closed_goes_on_closing_alone(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.mk, "no_book")
    rig.at(rig.tk, "foreign", Side.BUY, "0.05", "110000", liquidation=True)
    rig.crash()
    begin_again(rig)
    rig.pass_time(5)
    assert rig.tk.submitted == []
    assert rig.held("mk") == 0
    loop = rig.desk.loops.all["L1"]
    assert "liquidation" in loop.halt_reason
    rig.call(rig.desk.loops.resume, loop)
    rig.crash()
    begin_again(rig)
    assert rig.book_of(rig.desk.loops.all["L1"]).closing == "", "the operator's word is remembered too"


def test_a_crash_between_the_parts_of_one_fill_books_the_missing_part_alone(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.mk, "foreign", Side.BUY, "0.3", "100000")
    rig.desk.journal.flush()
    rig.cut()
    fill = rig.mk.foreign(Side.SELL, "0.35", "90000", tell=False, liquidation=True)
    rig.desk = rig._new_desk()
    half = msgspec.structs.replace(fill, trade_id=f"{fill.trade_id}#L1", qty=D("0.05"))
    rig.desk._read_instruments()
    rig.desk.booking.fill("mk", half, None, volume=False, forced_on="L1")
    rig.crash()
    begin_again(rig)
    rig.pass_time(7)
    assert rig.held("mk") == 0
    assert sum(r.qty for r in rig.desk.journal.reader().fills() if r.liquidation) == D("0.35")
    assert rig.held("tk") == 0


# -- the rule of shares


@given(
    st.integers(1, 200),
    st.lists(st.integers(0, 60), max_size=4),
    st.lists(st.integers(0, 20), max_size=2),
)
def test_shares_never_exceed_what_is_held_and_leave_nothing_that_somebody_held(
    qty: int, held: list[int], late: list[int]
) -> None:
    lot = D("0.001")
    holders = {f"L{n}": lot * lots for n, lots in enumerate(held, 1)}
    more = {f"L{n}": lot * lots for n, lots in enumerate(late, 1)}
    found = shares(lot * qty, holders, more, D(0), lot)
    for loop, part in found.items():
        assert 0 < part <= holders.get(loop, D(0)) + more.get(loop, D(0))
        assert part % lot == 0
    most = sum(holders.values(), Decimal(0)) + sum(more.values(), Decimal(0))
    assert sum(found.values(), Decimal(0)) == min(lot * qty, most)


def test_shares_are_in_proportion() -> None:
    assert shares(D(2), {"L1": D(3), "L2": D(1)}, {}, D(0), D("0.1")) == {"L1": D("1.5"), "L2": D("0.5")}
    assert shares(D(2), {"L1": D(1)}, {}, D(0), D("0.1")) == {"L1": D(1)}
    assert shares(D(2), {}, {}, D(0), D("0.1")) == {}


@pytest.mark.parametrize(
    ("by_hand", "own"),
    [("0", {"L1": "3"}), ("2", {"L1": "2"}), ("3", {"L1": "1"}), ("9", {"L1": "1"})],
)
def test_what_somebody_holds_by_hand_comes_before_what_may_be_under_way(by_hand: str, own: dict[str, str]) -> None:
    """Closed were 4; the loop holds 1 for sure, and 2 more may be filling."""
    found = shares(D(4), {"L1": D(1)}, {"L1": D(2)}, D(by_hand), D("0.1"))
    assert found == {loop: D(part) for loop, part in own.items()}


def test_a_position_by_hand_that_is_liquidated_beside_a_resting_maker_is_not_taken_for_the_loops(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.mk, "foreign", Side.BUY, "0.02", "100000", seconds=1)
    rig.at(rig.mk, "ack", rig.place(qty="0.03").id)
    rig.at(rig.mk, "foreign", Side.SELL, "0.07", "90000", liquidation=True)
    assert rig.desk.ledger.position("mk", "BTCUSDT", "L1") == rig.desk.ledger.position("mk", "BTCUSDT", "") == 0
    assert [(o.side, o.qty, o.reduce_only) for o in rig.tk.submitted] == [(Side.BUY, D("0.05"), True)]
    assert "liquidation on mk: sell 0.02" in rig.alarms["foreign/mk/BTCUSDT"]
    assert rig.desk.loops.all["L1"].owed() == 0


def test_with_nothing_by_hand_it_goes_to_the_maker_whose_fill_is_under_way(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.mk, "foreign", Side.BUY, "0.01", "100000", seconds=1)
    order = rig.place(qty="0.03")
    rig.at(rig.mk, "ack", order.id)
    late = rig.mk.fill(order.id, "0.03", tell=False)
    rig.at(rig.mk, "foreign", Side.SELL, "0.09", "90000", liquidation=True)
    rig.at(rig.mk, "hand", late, seconds=1)
    assert rig.desk.ledger.position("mk", "BTCUSDT", "L1") == 0
    assert rig.desk.ledger.position("mk", "BTCUSDT", "") == 0
    assert rig.held("tk") == 0


def test_roles_of_the_closing_orders_tell_them_apart(rig: FakeRig) -> None:
    hold_pair(rig)
    rig.at(rig.tk, "foreign", Side.BUY, "0.02", "110000", liquidation=True)
    rig.at(rig.mk, "foreign", Side.SELL, "0.01", "110000", liquidation=True)
    roles = [order.role for order in rig.desk.tracker.recent()][:2]
    assert roles == [Role.HEDGE, Role.UNWIND]
