"""What a flatten's own looks at an account are good for, and what it leaves of a pair whose one leg it closed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.flatten_job import Job, Spec, State
from cockpit.desk.loops import Loop, LoopState
from venues.model import NS_PER_S, Capabilities, OrderStatus, Side


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FakeRig]:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        yield rig


def pair(rig: FakeRig, qty: str = "0.05") -> Loop:
    """A loop that holds `qty` long on mk and short on tk; from now on both venues fill what is sent."""
    loop = rig.launch()
    order = rig.place(qty=qty)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, qty, tell_order=True, seconds=6)
    rig.mk.on_submit = rig.mk.fills_whole
    rig.mk.submitted.clear()
    rig.tk.submitted.clear()
    return loop


def flatten(rig: FakeRig, seconds: float = 3.0, **changes: Any) -> Job:
    fields: dict[str, Any] = {"id": rig.desk.next_job_id(), "kind": "flatten", "accounts": ("mk", "tk")}
    return rig.call(rig.desk.flattener.start, Spec(**(fields | changes)), seconds=seconds)


def truth(rig: FakeRig) -> tuple[Decimal, Decimal]:
    return rig.mk.held.get("BTCUSDT", D(0)), rig.tk.held.get("BTCUSDT", D(0))


# -- reports that contradict the ledger


def test_three_looks_that_contradict_make_the_account_suspect_and_nothing_is_sent_there(rig: FakeRig) -> None:
    pair(rig)
    rig.mk.told_position = {"BTCUSDT": D("-0.05")}
    job = flatten(rig, seconds=0)
    rig.until(lambda: job.contradicted.get("mk") == 2, seconds=3, step=0.01)
    assert not rig.desk.accounts["mk"].suspect
    rig.until(lambda: job.contradicted.get("mk") == 3, seconds=3, step=0.01)
    assert "mk is SUSPECT" in rig.alarms["suspect/mk"]
    rig.pass_time(20)
    assert rig.mk.submitted == []
    assert any("mk is suspect" in leg for leg in job.legs)
    assert job.state is State.BLOCKED


def test_two_that_contradict_and_one_that_agrees_begin_the_count_anew(rig: FakeRig) -> None:
    pair(rig)
    rig.mk.told_position = {}
    job = flatten(rig, seconds=0)
    rig.until(lambda: job.contradicted.get("mk") == 2, seconds=3, step=0.01)
    rig.mk.told_position = None
    rig.until(lambda: job.state is State.FLAT, seconds=10)
    assert "suspect/mk" not in rig.alarms
    assert not rig.desk.accounts["mk"].suspect
    assert truth(rig) == (0, 0)


def test_an_account_that_a_flatten_found_suspect_is_reconciled_and_the_flatten_ends(rig: FakeRig) -> None:
    """Only a pass takes the suspicion back, and the watch leaves accounts under a flatten alone otherwise."""
    pair(rig)
    rig.mk.told_position = {"BTCUSDT": D("0.7")}
    job = flatten(rig)
    assert rig.desk.accounts["mk"].suspect
    rig.mk.told_position = None
    rig.until(lambda: job.state is State.FLAT, seconds=10)
    assert truth(rig) == (0, 0)
    assert "suspect/mk" not in rig.alarms


def test_a_venue_that_denies_a_live_order_is_told_to_cancel_though_the_first_requests_got_no_answer(
    rig: FakeRig,
) -> None:
    rig.launch()
    order = rig.place(qty="0.05")
    rig.at(rig.mk, "ack", order.id)
    rig.mk.forgets.add(order.id)
    rig.mk.down = "503"
    job = flatten(rig, seconds=20)
    assert rig.mk.cancel_alls == 0
    rig.mk.down = ""
    rig.until(lambda: job.state is State.FLAT, seconds=60)
    assert rig.mk.cancel_alls >= 1
    assert rig.mk.orders[order.id].status is OrderStatus.CANCELED


def test_a_cut_ends_where_trades_by_hand_left_nothing_to_cut_and_the_loop_is_hedged(rig: FakeRig) -> None:
    """Else the loop's hedges would wait for ever for a cut that cannot be made."""
    loop = pair(rig)
    rig.at(rig.tk, "foreign", Side.BUY, "0.05", "100000", seconds=6)
    assert truth(rig) == (D("0.05"), 0)
    job = flatten(rig, kind="reduce", loop="L1", fraction=D("0.5"), seconds=20)
    assert job.state is State.DONE
    assert loop.hedged()


def test_however_often_flatten_is_pressed_a_suspect_account_gets_its_passes(tmp_path: Path) -> None:
    """The venue answers 60 questions a minute; three flattens that asked at its full pace left none for anybody."""
    with FakeRig(journal=tmp_path / "desk.sqlite", able=Capabilities(max_queries_per_min=60)) as rig:
        pair(rig)
        rig.mk.told_position = {"BTCUSDT": D("0.7")}
        jobs = [flatten(rig, seconds=5) for _ in range(3)]
        rig.pass_time(60)
        assert rig.desk.accounts["mk"].suspect
        rig.mk.asked.clear()
        rig.pass_time(120)
        assert len(rig.mk.asked) <= 2 * 60
        assert rig.mk.asked.count("balances") >= 6, "whole passes, which alone take the suspicion back"
        assert not any(job.state.ended for job in jobs)


def test_accounts_under_a_flatten_are_reconciled_now_and_then(rig: FakeRig) -> None:
    pair(rig)
    rig.tk.down = "503"
    job = flatten(rig, seconds=20)
    account = rig.desk.accounts["mk"]
    before = account.reconciled_ts
    assert rig.clock.now_ns() - before > 15 * NS_PER_S, "the flatten asks enough"
    for _ in range(10):
        rig.pass_time(30)
        assert rig.clock.now_ns() - account.reconciled_ts < 45 * NS_PER_S
    assert not job.state.ended


# -- a loop's part of an account that somebody trades by hand


def test_a_loop_is_not_closed_on_the_side_that_would_enlarge_what_the_account_holds(rig: FakeRig) -> None:
    """The loop is long 0.05 there, the account as a whole short 0.15: to sell would make it 0.2."""
    pair(rig)
    rig.at(rig.mk, "foreign", Side.SELL, "0.2", "100000", seconds=6)
    job = flatten(rig, seconds=20, loop="L1")
    assert rig.mk.submitted == []
    assert truth(rig)[0] == D("-0.15")
    assert not job.state.ended
    assert any("mk BTCUSDT" in leg and "not touched" in leg for leg in job.legs)


def test_a_loop_whose_part_was_traded_away_by_hand_is_named_so_and_not_called_flat(rig: FakeRig) -> None:
    pair(rig)
    rig.at(rig.mk, "foreign", Side.SELL, "0.05", "100000", seconds=6)
    job = flatten(rig, seconds=10, loop="L1")
    assert rig.mk.submitted == []
    assert not job.state.ended
    words = "mk BTCUSDT reads flat, our books hold +0.05 against trades that were not ours: not believed yet"
    assert words in job.legs


def test_a_report_that_lags_is_not_taken_for_trades_by_hand(rig: FakeRig) -> None:
    pair(rig)
    rig.mk.told_position = {}
    job = flatten(rig, seconds=0.05, loop="L1")
    assert any("our books hold +0.05: not believed yet" in leg for leg in job.legs)
    assert not any("not ours" in leg for leg in job.legs)


# -- one account of a pair


def test_the_leg_that_a_flatten_left_naked_is_closed_by_as_much_and_only_reduced(rig: FakeRig) -> None:
    loop = pair(rig)
    job = flatten(rig, accounts=("mk",))
    assert job.state is State.FLAT
    assert [(o.side, o.qty, o.reduce_only) for o in rig.tk.submitted] == [(Side.BUY, D("0.05"), True)]
    assert truth(rig) == (0, 0)
    assert loop.state is LoopState.HALTED
    assert "its other legs are closed by as much" in loop.halt_reason


def test_while_the_other_account_is_away_the_naked_leg_is_alarmed_and_closed_when_it_is_back(rig: FakeRig) -> None:
    pair(rig)
    rig.at(rig.tk, "lose", "no route")
    job = flatten(rig, accounts=("mk",), seconds=20)
    assert job.state is State.FLAT
    assert truth(rig) == (0, D("-0.05"))
    assert "0.05000000 unhedged" in rig.alarms["hedge/L1"]
    assert rig.desk.alarms.active["hedge/L1"].critical
    assert rig.mk.submitted[-1].reduce_only
    rig.at(rig.tk, "come_back")
    rig.quote()
    rig.until(lambda: truth(rig) == (0, 0), seconds=15)
    rig.pass_time(2)
    assert all(order.reduce_only for order in (*rig.mk.submitted, *rig.tk.submitted))
    assert "hedge/L1" not in rig.alarms


def test_a_crash_between_the_flatten_and_the_other_leg_opens_nothing(rig: FakeRig) -> None:
    pair(rig)
    rig.tk.on_submit = None
    flatten(rig, accounts=("mk",))
    (left,) = rig.tk.submitted
    rig.crash()
    rig.tk.end(left.client_order_id, tell=False)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.start()
    rig.quote()
    rig.until(lambda: truth(rig) == (0, 0), seconds=20)
    assert all(order.reduce_only for order in rig.tk.submitted)
    assert len(rig.mk.submitted) == 1


# -- fills that a query finds


def test_a_page_of_fills_is_booked_whole_before_any_of_it_is_hedged(rig: FakeRig) -> None:
    pair(rig)
    rig.mk.on_submit = None
    opened, closed = rig.place(qty="0.03"), rig.place(Side.SELL, "0.03", price="100001")
    rig.mk.fill(opened.id, "0.03", tell=False)
    rig.mk.fill(closed.id, "0.03", tell=False)
    rig.pass_time(8)
    assert rig.held("mk") == D("0.05")
    assert rig.tk.submitted == [], "what the first owed the second paid"


def test_of_a_page_what_is_left_is_hedged_in_one(rig: FakeRig) -> None:
    pair(rig)
    rig.mk.on_submit = None
    opened, closed = rig.place(qty="0.05"), rig.place(Side.SELL, "0.02", price="100001")
    for _ in range(5):
        rig.mk.fill(opened.id, "0.01", tell=False)
    rig.mk.fill(closed.id, "0.02", tell=False)
    rig.pass_time(8)
    assert [(o.side, o.qty) for o in rig.tk.submitted] == [(Side.SELL, D("0.03"))]


def test_a_fill_that_comes_by_itself_is_hedged_at_once_while_a_page_is_awaited(rig: FakeRig) -> None:
    pair(rig)
    rig.mk.on_submit = None
    first, second = rig.place(qty="0.02"), rig.place(qty="0.03")
    rig.mk.answer_s = 1.0
    rig.until(lambda: rig.desk.reconciler.busy(rig.desk.accounts["mk"]), seconds=10)
    rig.at(rig.mk, "fill", first.id, "0.02", seconds=0)
    assert [o.qty for o in rig.tk.submitted] == [D("0.02")]
    rig.mk.answer_s = 0.01
    rig.mk.fill(second.id, "0.03", tell=False)
    rig.pass_time(15)
    assert [o.qty for o in rig.tk.submitted] == [D("0.02"), D("0.03")]
    assert rig.desk.loops.all["L1"].owed() == 0


def test_a_book_whose_hedge_fails_does_not_keep_the_page_from_being_booked(rig: FakeRig) -> None:
    pair(rig)
    rig.mk.on_submit = None
    first, second = rig.place(qty="0.02"), rig.place(qty="0.03")
    book = rig.book_of(rig.desk.loops.all["L1"])
    work = book.work

    def fail() -> None:
        raise RuntimeError("a defect")

    book.work = fail  # type: ignore[method-assign]  # a defect made to order
    rig.mk.fill(first.id, "0.02", tell=False)
    rig.mk.fill(second.id, "0.03", tell=False)
    rig.pass_time(1)
    rig.until(lambda: rig.held("mk") == D("0.1"), seconds=8)
    assert rig.defects
    book.work = work  # type: ignore[method-assign]
    rig.until(lambda: rig.held("tk") == D("-0.1"), seconds=5)
    for id_ in [id_ for id_ in rig.alarms if id_.startswith("defect/")]:
        rig.desk.alarms.clear(id_, "seen")
