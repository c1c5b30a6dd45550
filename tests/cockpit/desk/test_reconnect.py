"""An account that comes back: nothing is traded there before its report and our ledger have been compared anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.hedger import HALT_AFTER_S
from cockpit.desk.loops import Loop, LoopState
from venues.model import Side


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FakeRig]:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        rig.launch(patience=60)
        rig.tk.on_submit = rig.tk.fills_whole
        yield rig


def loop_of(rig: FakeRig) -> Loop:
    return rig.desk.loops.all["L1"]


def owe_while_away(rig: FakeRig) -> None:
    """L1 holds 0.05 hedged; tk goes, and 0.05 more fills on mk."""
    rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True, seconds=6)
    rig.at(rig.tk, "lose")
    rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True, seconds=0.5)
    assert loop_of(rig).owed() == D("-0.05")


def back_with_a_book(rig: FakeRig) -> None:
    rig.tk.come_back()
    rig.tk.book("99999.5", "100000.5")


def test_a_lost_connection_takes_back_that_the_account_was_reconciled(rig: FakeRig) -> None:
    account = rig.desk.accounts["tk"]
    rig.pass_time(6)
    assert account.reconciled_ts
    rig.at(rig.tk, "lose")
    assert account.reconciled_ts == 0
    rig.call(back_with_a_book, rig, seconds=2)
    assert account.reconciled_ts


def test_no_hedge_leaves_between_the_connection_and_the_first_answers(rig: FakeRig) -> None:
    owe_while_away(rig)
    rig.call(back_with_a_book, rig, seconds=0.005)
    assert len(rig.tk.submitted) == 1, "books and connection are there, the venue's word is not"
    rig.pass_time(5)
    assert [order.qty for order in rig.tk.submitted] == [D("0.05")] * 2
    assert loop_of(rig).owed() == 0


def test_an_account_that_comes_back_rolled_back_gets_no_hedge_until_it_agrees(rig: FakeRig) -> None:
    owe_while_away(rig)
    rig.tk.told_position = {}
    rig.call(back_with_a_book, rig, seconds=10)
    assert rig.desk.accounts["tk"].suspect
    assert len(rig.tk.submitted) == 1
    rig.tk.told_position = None
    rig.pass_time(10)
    assert rig.tk.held["BTCUSDT"] == D("-0.1")


def test_nothing_is_unwound_against_a_hedge_account_not_heard_of_in_this_run(rig: FakeRig) -> None:
    """A hedge that the crash took out of the journal may have filled there: unwinding would leave it naked."""
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.desk.journal.flush()
    rig.tk.on_submit = None
    rig.at(rig.mk, "fill", order.id, "0.05", tell_order=True)
    (hedge,) = rig.tk.submitted
    rig.cut()
    rig.tk.fill(hedge.client_order_id, "0.05", tell=False)
    rig.tk.out_of_reach()
    rig.desk = rig._new_desk()
    rig.mk.on_submit = rig.mk.fills_whole
    rig.tk.on_submit = rig.tk.fills_whole
    rig.start()
    rig.call(lambda: rig.mk.book("99999.5", "100000.5"), seconds=100)
    assert len(rig.mk.submitted) == 1, "no unwind"
    assert "the loop halts if it stays so" in rig.alarms["hedge/L1"]
    assert loop_of(rig).state is LoopState.PAUSED
    rig.pass_time(HALT_AFTER_S)
    assert len(rig.mk.submitted) == 1, "no unwind"
    assert loop_of(rig).state is LoopState.HALTED
    rig.tk.in_reach()
    rig.until(lambda: rig.desk.accounts["tk"].reconciled_ts)
    rig.quote()
    rig.pass_time(30)
    assert (len(rig.mk.submitted), len(rig.tk.submitted)) == (1, 1), "its fill was found, nothing is owed"
    assert loop_of(rig).owed() == 0
    assert loop_of(rig).hedged()
    assert not {"hedge/L1", "naked/L1"} & rig.alarms.keys(), "what is over is alarmed no more"


def test_what_is_truly_owed_is_hedged_once_the_account_is_heard_of(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.desk.journal.flush()
    rig.cut()
    rig.mk.fill(order.id, "0.05", tell=False)
    rig.tk.out_of_reach()
    rig.desk = rig._new_desk()
    rig.mk.on_submit = rig.mk.fills_whole
    rig.start()
    rig.call(lambda: rig.mk.book("99999.5", "100000.5"), seconds=100)
    assert len(rig.mk.submitted) == 1
    rig.tk.in_reach()
    rig.until(lambda: rig.desk.accounts["tk"].reconciled_ts)
    rig.quote()
    rig.pass_time(10)
    assert [(o.side, o.qty) for o in rig.tk.submitted] == [(Side.SELL, D("0.05"))]


def test_a_reconnected_account_is_unwound_against_as_before(rig: FakeRig) -> None:
    """Heard of in this run, then lost for good: the ladder goes all the way."""
    rig.pass_time(6)
    rig.mk.on_submit = None
    order = rig.place()
    rig.mk.on_submit = rig.mk.fills_whole
    rig.at(rig.tk, "lose")
    rig.at(rig.mk, "fill", order.id, "0.05", tell_order=True, seconds=80)
    assert rig.mk.held["BTCUSDT"] == 0
    assert rig.tk.submitted == []
