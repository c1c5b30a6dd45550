"""After a crash: what is owed is not known before every account has answered, and nothing is undone until then."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.ids import DESK_SLOT, OrderId
from cockpit.desk.loops import Loop, LoopState, StopMode
from cockpit.desk.standstill import LOOKING, PATIENCE_S
from strategies.protocol import Role
from venues.model import OrderRequest, Side


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FakeRig]:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        rig.launch()
        yield rig


def loop_of(rig: FakeRig) -> Loop:
    return rig.desk.loops.all["L1"]


def book_on(rig: FakeRig, *names: str) -> None:
    def books() -> None:
        for name in names:
            getattr(rig, name).book("99999.5", "100000.5")

    rig.call(books)


def resting(rig: FakeRig) -> str:
    """A maker order of 0.05 that is on disk."""
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.desk.journal.flush()
    return order.id


def crash_after_the_hedge_left(rig: FakeRig) -> OrderRequest:
    """The maker's fill and its hedge are known to the venues alone; the hedge fills while the desk is dead."""
    cid = resting(rig)
    rig.at(rig.mk, "fill", cid, "0.05", tell_order=True)
    (hedge,) = rig.tk.submitted
    rig.cut()
    rig.tk.fill(hedge.client_order_id, "0.05", tell=False)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.mk.on_submit = rig.mk.fills_whole
    return hedge


def again(rig: FakeRig) -> Loop:
    rig.desk = rig._new_desk()
    rig.start()
    return loop_of(rig)


# -- a hedge that is newer than all that is on file


def test_a_hedge_of_a_fill_that_is_not_on_file_is_never_undone_before_every_account_answers(rig: FakeRig) -> None:
    hedge = crash_after_the_hedge_left(rig)
    rig.mk.out_of_reach()
    loop = again(rig)
    book_on(rig, "tk")
    assert rig.held("tk") == D("-0.05"), "its fill was found"
    assert any("is for a fill that is not on file" in line for line in rig.log)
    rig.pass_time(300)
    assert rig.tk.submitted == [hedge]
    assert rig.book_of(loop).suspended == LOOKING
    assert "naked/L1" in rig.alarms, "held back, and told"
    rig.mk.in_reach()
    rig.until(lambda: loop.owed() == 0, seconds=30)
    rig.quote()
    rig.pass_time(30)
    assert (rig.mk.held["BTCUSDT"], rig.tk.held["BTCUSDT"]) == (D("0.05"), D("-0.05"))
    assert rig.tk.submitted == [hedge]
    assert rig.book_of(loop).suspended == ""


def test_a_resume_does_not_hurry_it(rig: FakeRig) -> None:
    hedge = crash_after_the_hedge_left(rig)
    rig.mk.out_of_reach()
    loop = again(rig)
    book_on(rig, "tk")
    rig.call(rig.desk.loops.resume, loop, seconds=60)
    assert loop.state is LoopState.RUNNING
    assert rig.book_of(loop).suspended == LOOKING
    assert rig.tk.submitted == [hedge]


def test_nor_is_it_undone_where_its_own_venue_answers_long_after_the_start(rig: FakeRig) -> None:
    hedge = crash_after_the_hedge_left(rig)
    rig.mk.out_of_reach()
    rig.tk.out_of_reach()
    loop = again(rig)
    rig.pass_time(PATIENCE_S * 2)
    rig.tk.in_reach()
    rig.until(lambda: rig.held("tk") == D("-0.05"), seconds=30)
    book_on(rig, "tk")
    rig.pass_time(60)
    assert rig.tk.submitted == [hedge]
    rig.mk.in_reach()
    rig.until(lambda: loop.owed() == 0, seconds=30)
    rig.quote()
    rig.pass_time(30)
    assert rig.tk.submitted == [hedge]
    assert rig.book_of(loop).suspended == ""


# -- what is on file


def owe_and_crash(rig: FakeRig) -> None:
    """0.05 filled on mk and is on disk; no hedge of it ever left."""
    cid = resting(rig)
    rig.at(rig.tk, "no_book")
    rig.at(rig.mk, "fill", cid, "0.05", tell_order=True)
    rig.desk.journal.flush()
    rig.cut()
    rig.tk.on_submit = rig.tk.fills_whole


def test_what_is_owed_waits_ten_seconds_for_an_account_and_no_longer(rig: FakeRig) -> None:
    owe_and_crash(rig)
    rig.mk.out_of_reach()
    loop = again(rig)
    book_on(rig, "tk")
    rig.pass_time(PATIENCE_S - 1)
    assert loop.owed() == D("-0.05")
    assert rig.tk.submitted == []
    rig.pass_time(3)
    assert [(o.side, o.qty) for o in rig.tk.submitted] == [(Side.SELL, D("0.05"))]
    assert loop.owed() == 0


def test_it_leaves_at_once_where_every_account_has_answered(rig: FakeRig) -> None:
    owe_and_crash(rig)
    rig.tk.on_connect = lambda: rig.tk.later(lambda: rig.tk.book("99999.5", "100000.5"), 0.03)
    again(rig)
    rig.pass_time(0.1)
    assert [(o.side, o.qty) for o in rig.tk.submitted] == [(Side.SELL, D("0.05"))]


# -- an obligation on file whose fill is not


def crash_between_obligation_and_fill(rig: FakeRig) -> OrderRequest:
    """The disk took the obligation and the hedge's intent; the maker's fill was to be written next."""
    cid = resting(rig)
    rig.tk.on_submit = lambda _request: rig.desk.journal.flush()
    rig.at(rig.mk, "fill", cid, "0.05", tell_order=True)
    (hedge,) = rig.tk.submitted
    rig.cut()
    rig.mk.on_submit = rig.mk.fills_whole
    rig.tk.on_submit = rig.tk.fills_whole
    return hedge


@pytest.mark.parametrize("filled", [True, False])
def test_an_obligation_whose_fill_was_lost_is_owed_and_its_fill_counts_once(rig: FakeRig, filled: bool) -> None:
    hedge = crash_between_obligation_and_fill(rig)
    if filled:
        rig.tk.fill(hedge.client_order_id, "0.05", tell=False)
    else:
        rig.tk.end(hedge.client_order_id, tell=False)
    rig.mk.out_of_reach()
    loop = again(rig)
    assert rig.held("mk") == 0, "this is what is being tested"
    assert loop.owed() == (0 if filled else D("-0.05"))
    book_on(rig, "tk")
    rig.pass_time(60)
    assert len(rig.tk.submitted) == (1 if filled else 2)
    assert rig.tk.held["BTCUSDT"] == D("-0.05")
    rig.mk.in_reach()
    rig.until(lambda: rig.held("mk") == D("0.05"), seconds=30)
    rig.quote()
    rig.pass_time(30)
    assert loop.owed() == 0
    assert rig.tk.held["BTCUSDT"] == D("-0.05"), "found later, it does not count twice"
    assert rig.book_of(loop).awaited == {}


def test_it_counts_once_where_the_venue_answers_before_the_loop_is_back(rig: FakeRig) -> None:
    hedge = crash_between_obligation_and_fill(rig)
    rig.tk.fill(hedge.client_order_id, "0.05", tell=False)
    loop = again(rig)
    assert loop.owed() == 0
    assert rig.book_of(loop).awaited == {}
    rig.quote()
    rig.pass_time(30)
    assert rig.tk.submitted == [hedge]
    assert (rig.held("mk"), rig.held("tk")) == (D("0.05"), D("-0.05"))


def test_a_second_crash_before_the_fill_is_found_changes_nothing(rig: FakeRig) -> None:
    hedge = crash_between_obligation_and_fill(rig)
    rig.tk.fill(hedge.client_order_id, "0.05", tell=False)
    rig.mk.out_of_reach()
    again(rig)
    rig.pass_time(20)
    rig.crash()
    rig.start()
    assert loop_of(rig).owed() == 0
    rig.mk.in_reach()
    rig.until(lambda: rig.held("mk") == D("0.05"), seconds=30)
    rig.quote()
    rig.pass_time(30)
    assert loop_of(rig).owed() == 0
    assert rig.tk.submitted == [hedge]


# -- whose an id is


def third_run(rig: FakeRig) -> None:
    """Of the second nothing but its number came to the disk."""
    rig.crash()
    rig.kill()
    rig.start()
    assert rig.desk.epoch == 3
    assert [epoch for epoch, _slot, _loop in rig.desk.journal.reader().slots() if epoch == 2] == []


def an_id(slot: int, *, epoch: int = 2, role: Role = Role.HEDGE) -> OrderId:
    return OrderId(epoch, slot, role, 3)


def test_an_id_of_a_run_whose_slots_never_came_to_the_disk_tells_its_loop(rig: FakeRig) -> None:
    third_run(rig)
    past = rig.desk.past
    assert past.loop_of(an_id(1)) == "L1"
    assert past.loop_of(an_id(2)) is None, "there is no L2"
    assert past.loop_of(an_id(255)) is None
    assert past.loop_of(an_id(DESK_SLOT, role=Role.FLATTEN)) == ""


@pytest.mark.parametrize("epoch", [3, 4, 77])
def test_an_id_of_a_run_that_never_was_is_nobodys(rig: FakeRig, epoch: int) -> None:
    """Another desk's, or one of a journal that is gone: not ours to hedge."""
    third_run(rig)
    assert rig.desk.past.loop_of(an_id(2, epoch=epoch)) is None
    assert rig.desk.past.loop_of(an_id(1, epoch=epoch)) == ("L1" if epoch == 3 else None)


def test_what_the_journal_says_comes_before_the_number(rig: FakeRig) -> None:
    third_run(rig)
    rig.desk.journal.slot(2, 7, "L1")
    rig.desk.journal.flush()
    assert rig.desk.past.loop_of(an_id(7)) == "L1"


def test_a_loop_that_has_ended_gets_no_orders_by_its_number_after_a_restart(rig: FakeRig) -> None:
    rig.call(rig.desk.loops.stop, loop_of(rig), StopMode.NOW, seconds=1)
    third_run(rig)
    assert rig.desk.loops.all == {}
    assert rig.desk.past.loop_of(an_id(1)) is None, "it was over by then"


def test_a_run_that_hedged_on_a_dead_disk_is_not_hedged_once_more_by_the_next(rig: FakeRig) -> None:
    owe_and_crash(rig)
    rig.desk = rig._new_desk()
    never = asyncio.Event()

    async def barrier() -> None:
        await never.wait()

    rig.desk.journal.barrier = barrier  # type: ignore[method-assign]  # a disk that takes nothing
    rig.tk.on_submit = None
    rig.tk.on_connect = lambda: rig.tk.later(lambda: rig.tk.book("99999.5", "100000.5"), 0.03)
    rig.run(rig.desk.start())
    (hedge,) = rig.tk.submitted
    rig.cut()
    rig.tk.fill(hedge.client_order_id, "0.05", tell=False)
    rig.tk.on_submit = rig.tk.fills_whole
    loop = again(rig)
    parsed = OrderId.parse(hedge.client_order_id)
    assert parsed is not None
    assert rig.desk.journal.reader().loop_of(parsed.epoch, parsed.slot) is None, "this is what is being tested"
    rig.pass_time(30)
    assert rig.tk.submitted == [hedge]
    assert rig.desk.ledger.position("tk", "BTCUSDT", "L1") == D("-0.05")
    assert loop.owed() == 0
    assert not [id_ for id_ in rig.alarms if id_.startswith("foreign/")]
