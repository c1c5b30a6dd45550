"""A desk that is killed or stopped, and the one that comes after it on the same journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.loops import LoopState, StopMode
from strategies.protocol import Role
from venues.model import OrderStatus, Side

S = OrderStatus


@pytest.fixture
def rig(tmp_path: Path) -> FakeRig:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        rig.launch()
        yield rig  # type: ignore[misc]  # a generator fixture


def restart(rig: FakeRig) -> None:
    rig.kill()
    rig.start()
    rig.quote()


def test_a_maker_that_fills_while_the_desk_is_dead_is_hedged_exactly_once(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.desk.journal.flush()
    rig.cut()
    rig.mk.fill(order.id, "0.03", tell=False)
    rig.desk = rig._new_desk()
    rig.tk.on_submit = rig.tk.fills_whole
    rig.start()
    rig.quote()
    rig.pass_time(10)
    assert [(o.side, o.qty) for o in rig.tk.submitted] == [(Side.SELL, D("0.03"))]
    assert rig.held("mk") == -rig.held("tk") == D("0.03")
    assert order.id in rig.mk.cancelled, "makers of the run before are pulled"
    loop = rig.desk.loops.all["L1"]
    assert loop.state is LoopState.PAUSED
    assert "restarted" in loop.paused
    assert any("owes -0.03" in line for line in rig.log)
    rig.at(rig.mk, "end", order.id)
    rig.call(rig.desk.loops.resume, loop)
    assert loop.state is LoopState.RUNNING
    _cost, volume = rig.desk.loop_wear("L1", 0)
    assert volume == 3000, "what filled meanwhile is volume of the loop too"


def test_an_intent_that_never_reached_the_disk_is_found_by_its_id(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.cut()
    assert rig.mk.orders[order.id].status is S.OPEN
    rig.desk = rig._new_desk()
    assert rig.desk.journal.reader().order(order.id) is None, "this is what is being tested"
    rig.tk.on_submit = rig.tk.fills_whole
    rig.start()
    rig.quote()
    rig.at(rig.mk, "fill", order.id, "0.05", seconds=1)
    assert rig.desk.ledger.position("mk", "BTCUSDT", "L1") == D("0.05")
    assert rig.held("tk") == D("-0.05")
    assert rig.desk.loop_wear("L1", 0)[1] == 5000


def test_a_live_hedge_in_the_journal_is_not_sent_again(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "fill", order.id, "0.05")
    (hedge,) = rig.tk.submitted
    rig.desk.journal.flush()
    rig.tk.ack(hedge.client_order_id, tell=False)
    restart(rig)
    rig.pass_time(8)
    assert rig.tk.submitted == [hedge]
    rig.at(rig.tk, "fill", hedge.client_order_id, "0.05", seconds=1)
    assert rig.desk.loops.all["L1"].owed() == 0
    assert rig.tk.submitted == [hedge]


def test_a_hedge_that_filled_while_the_desk_was_dead_is_counted(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "fill", order.id, "0.05")
    rig.desk.journal.flush()
    rig.tk.fill(rig.tk.last.client_order_id, "0.05", tell=False)
    restart(rig)
    rig.pass_time(8)
    assert len(rig.tk.submitted) == 1
    assert rig.desk.loops.all["L1"].owed() == 0


def test_a_hedge_that_never_left_is_sent_after_the_restart(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.tk, "no_book")
    rig.at(rig.mk, "fill", order.id, "0.05")
    rig.desk.journal.flush()
    rig.tk.on_submit = rig.tk.fills_whole
    restart(rig)
    rig.pass_time(5)
    assert [o.qty for o in rig.tk.submitted] == [D("0.05")]


def test_fills_told_again_after_a_restart_leave_nothing_behind(rig: FakeRig) -> None:
    """The cursor lags behind the fills that came by themselves: their orders must not come back to life."""
    rig.tk.on_submit = rig.tk.fills_whole
    for _ in range(3):
        order = rig.place()
        rig.at(rig.mk, "fill", order.id, "0.05", tell_order=True)
    rig.desk.journal.cursor("mk", "fills", "")
    rig.desk.journal.cursor("tk", "fills", "")
    rig.desk.journal.flush()
    restart(rig)
    assert rig.held("mk") == D("0.15")
    assert list(rig.desk.tracker.live()) == []


def test_a_lost_cancel_of_a_left_over_maker_is_asked_for_again(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.desk.journal.flush()
    restart(rig)
    rig.pass_time(15)
    assert rig.mk.cancelled.count(order.id) >= 2


def test_an_account_that_is_down_at_the_start_does_not_keep_the_loop_from_coming_back(rig: FakeRig) -> None:
    rig.desk.journal.flush()
    rig.tk.refuses_connection = 30
    rig.kill()
    rig.start()
    assert rig.desk.loops.all["L1"].state is LoopState.PAUSED
    rig.until(lambda: rig.desk.accounts["tk"].reconciled_ts, seconds=400)


def test_a_late_fill_of_a_loop_that_had_ended_is_alarmed(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "end", order.id)
    rig.call(rig.desk.loops.stop, rig.desk.loops.all["L1"], StopMode.NOW, seconds=1)
    rig.desk.journal.flush()
    restart(rig)
    assert "L1" not in rig.desk.loops.all
    rig.at(rig.mk, "fill", order.id, "0.05", seconds=1)
    assert rig.tk.submitted == []
    assert "L1 has ended, yet +0.05" in rig.alarms["ended/L1"]


def test_a_halted_loop_comes_back_halted_and_its_number_is_not_given_twice(rig: FakeRig) -> None:
    rig.call(rig.desk.loops.halt, rig.desk.loops.all["L1"], "a test", seconds=1)
    rig.desk.journal.flush()
    restart(rig)
    loop = rig.desk.loops.all["L1"]
    assert loop.state is LoopState.HALTED
    rig.call(rig.desk.loops.stop, loop, StopMode.NOW, seconds=1)
    assert rig.launch().id == "L2"


def test_a_loop_whose_account_left_the_configuration_is_named(rig: FakeRig) -> None:
    rig.desk.journal.flush()
    rig.cut()
    rig.venues = [rig.mk]
    rig.desk = rig._new_desk()
    rig.start()
    assert "taker: 'tk' is not valid; expected a configured account: mk" in rig.alarms["restart/loop L1"]


def test_a_clean_stop_pulls_the_makers_and_waits_for_the_hedges(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.at(rig.mk, "fill", order.id, "0.02", seconds=0)
    rig.tk.later = rig.tk.later
    rig.loop.call_later(0.5, lambda: rig.tk.fill(rig.tk.last.client_order_id, "0.02", tell_order=True))
    rig.loop.call_later(0.6, lambda: rig.mk.end(order.id))
    rig.run(rig.desk.stop())
    assert rig.mk.cancelled == [order.id]
    assert rig.held("tk") == D("-0.02")
    assert rig.log[-1] == "stopped"
    assert not any("still open" in line for line in rig.log)
    assert rig.mk.closed
    assert rig.tk.closed


def test_a_stop_in_a_close_leaves_no_new_maker_behind(rig: FakeRig) -> None:
    """A strategy that closes requotes what is cancelled under it; a stop must outlast that."""

    async def close_on(ctx: object) -> None:
        while True:
            await rig.idle.contexts["L2"].place(
                "maker", Side.SELL, D("0.01"), D(101_000), role=Role.CLOSE, post_only=True
            )
            await rig.idle.contexts["L2"].sleep(0.3)

    rig.call(rig.desk.loops.stop, rig.desk.loops.all["L1"], StopMode.NOW, seconds=1)
    rig.idle.act = close_on  # type: ignore[assignment]
    rig.launch()
    rig.mk.on_submit = lambda request: rig.mk.later(lambda: rig.mk.ack(request.client_order_id))
    cancel = rig.mk.cancel

    def cancel_at_once(cid: str, symbol: str) -> None:
        cancel(cid, symbol)
        rig.mk.later(lambda: rig.mk.end(cid))

    rig.mk.cancel = cancel_at_once  # type: ignore[method-assign]
    rig.pass_time(1)
    rig.run(rig.desk.stop())
    assert all(order.status is S.CANCELED for order in rig.mk.orders.values())
    assert not any("still open" in line for line in rig.log)


def test_a_stop_that_cannot_finish_says_what_it_left(rig: FakeRig) -> None:
    order = rig.place()
    rig.at(rig.mk, "ack", order.id)
    rig.run(rig.desk.stop())
    assert any("stopped with orders or hedges still open" in line for line in rig.log)
