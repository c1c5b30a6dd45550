"""Flatten and reduce: nothing is called flat that the venue does not call flat."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from desk_kit import D, FakeRig
from fake_venue import linear

from cockpit.desk.accounts import Trading
from cockpit.desk.flatten_job import Job, Scope, Spec, State
from cockpit.desk.loops import Loop, LoopState, StopMode
from strategies.protocol import Role
from venues.model import OrderRequest, OrderStatus, Side

S = OrderStatus


def pair(rig: FakeRig, qty: str = "0.05") -> Loop:
    """A loop that holds `qty` long on mk and short on tk; from now on both venues fill what is sent."""
    loop = rig.launch()
    order = rig.place(qty=qty)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, qty, tell_order=True, seconds=0.5)
    rig.mk.on_submit = rig.mk.fills_whole
    assert rig.held("mk") == -rig.held("tk") == D(qty)
    return loop


def start(rig: FakeRig, seconds: float = 3.0, **changes: Any) -> Job:
    fields: dict[str, Any] = {"id": rig.desk.next_job_id(), "kind": "flatten", "accounts": ("mk", "tk")}
    return rig.call(rig.desk.flattener.start, Spec(**(fields | changes)), seconds=seconds)


def truth(rig: FakeRig) -> tuple[Decimal, Decimal]:
    return rig.mk.held.get("BTCUSDT", D(0)), rig.tk.held.get("BTCUSDT", D(0))


def test_both_legs_are_closed_reduce_only_and_the_loop_waits_for_the_operator() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        resting = rig.place(price="99000")
        rig.mk.on_submit = rig.mk.fills_whole
        job = start(rig)
        assert (job.state, job.text, job.legs) == (State.FLAT, "every venue reads flat", ())
        assert truth(rig) == (0, 0)
        assert resting.done
        assert all(order.reduce_only for order in (rig.mk.last, rig.tk.last))
        assert loop.state is LoopState.HALTED
        assert rig.desk.accounts["mk"].trading is Trading.REDUCING
        rig.pass_time(10)
        assert truth(rig) == (0, 0)


def test_entries_stay_denied_over_a_restart_until_the_operator_resumes(tmp_path: Any) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        pair(rig)
        start(rig)
        rig.desk.journal.flush()
        rig.kill()
        rig.start()
        rig.quote()
        assert rig.desk.accounts["tk"].trading is Trading.REDUCING
        assert "lifts it" in rig.desk.accounts["tk"].note
        loop = rig.desk.loops.all["L1"]
        assert loop.state is LoopState.HALTED
        for name in ("mk", "tk"):
            rig.call(rig.desk.set_trading, rig.desk.accounts[name], Trading.ACTIVE, "")
        rig.call(rig.desk.loops.resume, loop)
        assert loop.state is LoopState.RUNNING


def test_an_unreachable_account_is_named_with_its_stake_and_its_partner_is_kept() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.at(rig.tk, "lose", "no route")
        job = start(rig, seconds=20)
        assert job.state is State.BLOCKED
        text = "; ".join(job.legs)
        assert "tk is down: no route" in text
        assert "holds BTCUSDT -0.05 by our books: its partners are kept" in text
        assert "mk BTCUSDT keeps 0.05 of 0.05 against its partner" in text
        assert "still open" not in text
        assert truth(rig) == (D("0.05"), D("-0.05"))
        rig.at(rig.tk, "come_back")
        rig.at(rig.tk, "book", "99999.5", "100000.5", seconds=8)
        assert job.state is State.FLAT
        assert truth(rig) == (0, 0)


def test_all_closes_the_partner_and_says_that_the_other_is_naked() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.at(rig.tk, "lose", "no route")
        job = start(rig, seconds=10, scope=Scope.ALL.value)
        assert job.state is State.BLOCKED
        assert "NAKED while its partners are closed" in "; ".join(job.legs)
        assert truth(rig) == (0, D("-0.05"))


def test_a_query_without_an_answer_is_not_flat() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.tk.down = "503"
        job = start(rig, seconds=20)
        assert job.state is State.BLOCKED
        assert "tk did not answer: 503" in "; ".join(job.legs)


def test_an_account_our_books_have_flat_must_still_say_so_itself() -> None:
    with FakeRig() as rig:
        rig.launch()
        rig.at(rig.tk, "lose", "no route")
        job = start(rig, seconds=10)
        assert job.state is State.BLOCKED
        assert "our books have it flat, the venue has not said so" in "; ".join(job.legs)


def test_a_suspect_account_gets_cancels_only_unless_it_is_named() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.tk.told_position = {"BTCUSDT": D("-0.03")}
        rig.pass_time(8)
        assert rig.desk.accounts["tk"].suspect
        sent = len(rig.tk.submitted)
        job = start(rig, seconds=5)
        assert "tk is suspect" in "; ".join(job.legs)
        assert "type its name to close BTCUSDT -0.03" in "; ".join(job.legs)
        assert rig.tk.cancel_alls > 0
        assert len(rig.tk.submitted) == sent
        rig.call(rig.desk.flattener.cancel, job)
        named = start(rig, seconds=1, named=("tk",))
        assert rig.tk.submitted[sent].qty == D("0.03"), "the smaller of report and ledger"
        assert not named.state.ended


@pytest.mark.parametrize(("told", "closes"), [("-0.08", "0.05"), ("-0.02", "0.02"), ("0.05", None)])
def test_a_close_never_exceeds_report_or_ledger(told: str, closes: str | None) -> None:
    with FakeRig() as rig:
        pair(rig)
        sent = len(rig.tk.submitted)
        rig.tk.told_position = {"BTCUSDT": D(told)}
        job = start(rig, seconds=0.3)
        first = rig.tk.submitted[sent:]
        if closes is None:
            assert first == []
            assert any("not touched" in leg for leg in job.legs)
        else:
            assert first[0].qty == D(closes)
            assert first[0].side is Side.BUY
        rig.pass_time(3)
        assert sum((o.qty for o in rig.tk.submitted[sent:]), D(0)) <= D("0.05")
        assert not job.state.ended


def test_a_lagging_flat_report_is_not_believed_against_fresh_fills() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.mk.told_position = {}
        job = start(rig, seconds=2)
        assert not job.state.ended
        assert any("mk BTCUSDT reads flat, our books hold +0.05" in leg for leg in job.legs)
        rig.mk.told_position = None
        rig.pass_time(15)
        assert job.state is State.FLAT, job.legs
        assert truth(rig) == (0, 0)


def test_an_order_in_flight_that_fills_while_it_looks_prevents_a_false_flat() -> None:
    """Submitted just before, held up at the venue, filled between two answers, and its end told at once."""
    with FakeRig() as rig:
        rig.launch()
        late = rig.place()
        claims: list[Decimal] = []
        end = rig.desk.flattener._end
        rig.desk.flattener._end = lambda job, state, text: (claims.append(truth(rig)[0]), end(job, state, text))[1]  # type: ignore[method-assign,func-returns-value]

        def fill_between() -> None:
            rig.mk.fill(late.id, "0.05", tell_order=True)

        rig.loop.call_later(0.035, fill_between)
        rig.mk.on_submit = rig.mk.fills_whole
        job = start(rig, seconds=6)
        assert job.state is State.FLAT
        assert claims == [0]


def test_an_unknown_order_keeps_it_from_claiming_flat() -> None:
    with FakeRig() as rig:
        rig.launch()
        order = rig.place()
        rig.mk.forgets = {order.id}
        job = start(rig, seconds=4)
        assert not job.state.ended
        assert any(order.id in leg for leg in job.legs)
        rig.pass_time(30)
        assert job.state is State.FLAT


def test_a_close_that_is_not_answered_is_not_sent_a_second_time() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.mk.on_submit = None
        sent = len(rig.mk.submitted)
        job = start(rig, seconds=12)
        assert [order.qty for order in rig.mk.submitted[sent:]] == [D("0.05")]
        rig.at(rig.mk, "fill", rig.mk.last.client_order_id, "0.05", tell=False, seconds=6)
        assert job.state is State.FLAT


def test_dust_that_the_venue_refuses_is_named_and_is_no_success() -> None:
    with FakeRig(taker=linear(min_qty=D("0.01"))) as rig:
        pair(rig)
        rig.tk.on_submit = None
        job = start(rig, seconds=0.5)
        rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.045", tell=False)
        rig.at(rig.tk, "end", rig.tk.last.client_order_id, S.CANCELED, seconds=20)
        assert not job.state.ended
        assert any("tk BTCUSDT 0.005" in leg and "under the minimum 0.01" in leg for leg in job.legs)


def test_no_book_to_close_into_is_named_and_tried_again() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.at(rig.tk, "no_book")
        job = start(rig)
        assert any("tk BTCUSDT has no sound book to close into" in leg for leg in job.legs)
        rig.at(rig.tk, "book", "99999.5", "100000.5", seconds=5)
        assert job.state is State.FLAT


def test_a_foreign_position_is_closed_by_the_desks_own_hand() -> None:
    with FakeRig() as rig:
        rig.launch()
        rig.at(rig.mk, "foreign", Side.SELL, "0.3", "100000")
        rig.mk.on_submit = rig.mk.fills_whole
        job = start(rig)
        assert job.state is State.FLAT
        assert (rig.mk.last.side, rig.mk.last.qty) == (Side.BUY, D("0.3"))
        assert rig.desk.ledger.position("mk", "BTCUSDT", "") == 0


def test_orders_by_hand_are_cancelled_too() -> None:
    with FakeRig() as rig:
        rig.launch()
        rig.call(rig.mk.submit, OrderRequest("web_1", "BTCUSDT", Side.BUY, D(1), D(90_000)))
        rig.mk.ack("web_1", tell=False)
        assert start(rig).state is State.FLAT
        assert rig.mk.orders["web_1"].status is S.CANCELED


def test_it_goes_on_after_a_restart_of_the_desk(tmp_path: Any) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        pair(rig)
        rig.at(rig.tk, "lose", "no route")
        job = start(rig, seconds=5)
        assert job.state is State.BLOCKED
        rig.desk.journal.flush()
        rig.kill()
        rig.tk.down = ""
        rig.start()
        rig.quote()
        again = rig.desk.flattener.jobs[job.spec.id]
        rig.until(lambda: again.state.ended)
        assert again.state is State.FLAT
        assert truth(rig) == (0, 0)
        assert rig.desk.loops.all["L1"].state is LoopState.HALTED


def test_the_operator_may_call_it_off() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        rig.at(rig.tk, "lose", "no route")
        job = start(rig)
        rig.call(rig.desk.flattener.cancel, job)
        rig.call(rig.desk.flattener.cancel, job)
        assert job.state is State.CANCELLED
        assert "cancelled by the operator" in job.text
        assert job.legs, "what is open stays named"
        assert loop.state is LoopState.HALTED
        rig.pass_time(5)
        assert truth(rig) == (D("0.05"), D("-0.05"))


def test_stop_flatten_closes_what_the_loop_holds_and_nothing_else() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        rig.at(rig.mk, "foreign", Side.BUY, "0.3", "100000")
        rig.call(rig.desk.loops.stop, loop, StopMode.FLATTEN, seconds=8)
        (job,) = rig.desk.flattener.jobs.values()
        assert job.state is State.FLAT
        assert truth(rig) == (D("0.3"), 0)
        assert loop.state is LoopState.STOPPED
        assert rig.desk.accounts["mk"].trading is Trading.ACTIVE


def test_one_account_alone_leaves_its_partner_to_the_hedger() -> None:
    with FakeRig() as rig:
        pair(rig)
        job = start(rig, accounts=("mk",), seconds=5)
        assert job.state is State.FLAT
        assert truth(rig) == (0, 0), "what became naked on tk is hedged, reduce-only or not"


def test_reduce_cuts_both_legs_and_the_hedger_does_not_fight_it() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        sent = len(rig.mk.submitted), len(rig.tk.submitted)
        job = start(rig, kind="reduce", fraction=D("0.5"), seconds=5)
        assert (job.state, job.text) == (State.DONE, "cut by 0.5")
        assert truth(rig) == (D("0.025"), D("-0.025"))
        assert (len(rig.mk.submitted) - sent[0], len(rig.tk.submitted) - sent[1]) == (1, 1)
        assert loop.state is LoopState.PAUSED
        assert rig.desk.accounts["mk"].trading is Trading.ACTIVE
        rig.pass_time(10)
        assert truth(rig) == (D("0.025"), D("-0.025"))


def test_reduce_keeps_a_leg_whose_partner_cannot_be_cut() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.at(rig.tk, "lose", "no route")
        job = start(rig, kind="reduce", fraction=D("0.5"), seconds=5)
        assert job.state is State.BLOCKED
        assert truth(rig) == (D("0.05"), D("-0.05"))
        rig.at(rig.tk, "come_back")
        rig.at(rig.tk, "book", "99999.5", "100000.5", seconds=8)
        assert job.state is State.DONE
        assert truth(rig) == (D("0.025"), D("-0.025"))


def test_reduce_ends_though_a_strategy_keeps_its_closing_order_in_the_book() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.mk.on_submit = lambda order: (
            rig.mk.ack(order.client_order_id) if order.post_only else rig.mk.fills_whole(order)
        )

        def rest_again() -> None:
            ctx = rig.idle.contexts["L1"]
            if not any(o.role is Role.CLOSE for o in rig.desk.tracker.live()):
                rig.loop.create_task(
                    ctx.place("maker", Side.SELL, D("0.01"), D(101_000), role=Role.CLOSE, post_only=True)  # type: ignore[arg-type]
                )
            rig.loop.call_later(0.02, rest_again)

        rig.loop.call_soon(rest_again)
        job = start(rig, kind="reduce", fraction=D("0.5"), seconds=10)
        assert job.state is State.DONE, job.legs


def test_a_flatten_over_a_loop_that_was_stopped_is_not_fought_by_its_hedger() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        rig.call(rig.desk.loops.stop, loop, StopMode.NOW, seconds=3)
        assert loop.state is LoopState.STOPPED
        assert truth(rig) == (D("0.05"), D("-0.05"))
        sent = len(rig.tk.submitted)
        assert start(rig, seconds=5).state is State.FLAT
        assert len(rig.tk.submitted) - sent == 1, "one close, and no hedge of the other leg's close"
        assert truth(rig) == (0, 0)
        assert loop.state is LoopState.STOPPED


def test_a_defect_in_one_round_is_told_and_the_next_is_tried() -> None:
    with FakeRig() as rig:
        pair(rig)
        judge = rig.desk.flattener._judge

        def broken(*_: object) -> bool:
            rig.desk.flattener._judge = judge  # type: ignore[method-assign]
            raise ZeroDivisionError("a test")

        rig.desk.flattener._judge = broken  # type: ignore[method-assign]
        job = start(rig)
        assert any("ZeroDivisionError: a test" in text for text in rig.defects)
        rig.desk.alarms.clear(f"defect/flatten {job.spec.id}")
        rig.pass_time(5)
        assert job.state is State.FLAT
        assert truth(rig) == (0, 0)
