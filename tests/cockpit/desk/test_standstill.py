"""A desk that stood still looks before it acts: what it believed is as old as its sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from desk_kit import D, FakeRig
from fake_venue import FakeVenue

from cockpit.desk.ids import DESK_SLOT, OrderId
from cockpit.desk.loops import Loop, LoopState
from strategies.protocol import Role
from venues.model import NS_PER_S, Capabilities, OrderStatus, OrderStatusReport, Side


def sleep(rig: FakeRig, seconds: float = 12.0) -> None:
    """SIGSTOP and SIGCONT: time goes on, and nothing of the desk runs in it. Every timer is due at once afterwards."""
    rig.loop._now_ns += round(seconds * NS_PER_S)


def pair(rig: FakeRig, qty: str = "0.05") -> Loop:
    """A running loop that holds `qty` long on mk and short on tk; both venues fill what is sent."""
    loop = rig.launch()
    order = rig.place(qty=qty)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", order.id, qty, tell_order=True, seconds=0.5)
    rig.mk.on_submit = rig.mk.fills_whole
    rig.pass_time(2)
    for venue in (rig.mk, rig.tk):
        venue.submitted.clear()
    return loop


def watchdog_id(loop: Loop | None, serial: int = 1) -> str:
    epoch, slot = (loop.owner.epoch, loop.owner.slots[0]) if loop is not None else (1, DESK_SLOT)
    return OrderId(epoch, slot, Role.WATCHDOG, serial).text


def watchdog_closes(venue: FakeVenue, cid: str, side: Side, qty: str, *, tell: bool) -> None:
    """A fill of an order that another process sent to the same account."""
    now = venue.clock.now_ns()
    venue.orders[cid] = OrderStatusReport(
        cid, f"v-{cid}", "BTCUSDT", side, D(qty), D(100_000), D(0), OrderStatus.OPEN, now, now, reduce_only=True
    )
    venue.fill(cid, qty, tell=tell)


def asleep_and_flattened(rig: FakeRig, loop: Loop, *, tell: bool, partly: bool = False) -> None:
    """While the desk sleeps the watchdog closes mk and, unless only `partly`, tk."""

    def close() -> None:
        sleep(rig)
        watchdog_closes(rig.mk, watchdog_id(loop), Side.SELL, "0.05", tell=tell)
        if not partly:
            watchdog_closes(rig.tk, watchdog_id(loop, 2), Side.BUY, "0.05", tell=tell)

    rig.call(close, seconds=0.01)


# -- standing still --------------------------------------------------------------------------------------------------


def test_a_desk_that_only_waits_is_not_taken_for_asleep() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        rig.pass_time(600)
        assert loop.state is LoopState.RUNNING
        assert "standstill" not in rig.alarms


def test_after_a_standstill_every_loop_is_paused_and_says_why() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        sleep(rig)
        rig.pass_time(3)
        assert loop.paused == "the desk stood still for 13 s"
        assert "its loops are paused" in rig.alarms["standstill"]


def test_a_standstill_in_the_first_second_after_the_start_is_seen() -> None:
    with FakeRig() as rig:
        loop = rig.launch()
        assert rig.loop.time() < rig.desk.options.watch_s, "the watch has not looked yet"
        sleep(rig)
        rig.pass_time(3)
        assert loop.state is LoopState.PAUSED
        assert "standstill" in rig.alarms


def test_a_standstill_while_the_desk_starts_is_seen() -> None:
    rig = FakeRig()
    connect = rig.tk.connect

    async def frozen(*args: object) -> None:
        await asyncio.sleep(0.1)
        sleep(rig, 4.5)
        await connect(*args)  # type: ignore[arg-type]  # handed on as it came

    rig.tk.connect = frozen  # type: ignore[method-assign]
    with rig:
        rig.pass_time(3)
        assert "standstill" in rig.alarms


@pytest.mark.parametrize("tell", [True, False])
def test_what_the_watchdog_closed_is_booked_to_the_loop_and_nothing_is_opened(tell: bool) -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        asleep_and_flattened(rig, loop, tell=tell)
        rig.quote()
        rig.pass_time(30)
        assert not rig.mk.submitted
        assert not rig.tk.submitted
        assert (rig.held("mk"), rig.held("tk")) == (0, 0)
        assert rig.desk.ledger.position("mk", "BTCUSDT", loop.id) == 0
        assert loop.state is LoopState.HALTED
        assert "the watchdog closed 0.05 BTCUSDT of L1 on" in loop.halt_reason
        assert "the watchdog closed" in rig.alarms["watchdog/L1"]
        assert not [id_ for id_ in rig.alarms if id_.startswith(("foreign", "suspect", "order/"))]
        assert loop.hedged()


def test_the_leg_that_the_watchdog_could_not_close_is_closed_by_the_desk() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        asleep_and_flattened(rig, loop, tell=True, partly=True)
        rig.quote()
        rig.pass_time(30)
        assert not rig.mk.submitted
        assert [(order.side, order.qty, order.reduce_only) for order in rig.tk.submitted] == [
            (Side.BUY, D("0.05"), True)
        ]
        assert (rig.held("mk"), rig.held("tk")) == (0, 0)


def test_resumed_the_loop_goes_on_from_what_it_holds() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        asleep_and_flattened(rig, loop, tell=True)
        rig.quote()
        rig.pass_time(30)
        rig.call(rig.desk.loops.resume, loop)
        assert loop.state is LoopState.RUNNING
        assert not rig.tk.submitted


def test_the_first_order_after_a_standstill_does_not_leave() -> None:
    """A strategy may run before the watch does: its order is what notices the gap."""
    with FakeRig() as rig:
        loop = pair(rig)
        sleep(rig)
        order = rig.place(price="99000")
        assert order.status is OrderStatus.DENIED
        assert "the desk stood still for" in order.reason
        assert not rig.mk.submitted
        assert loop.paused
        second = rig.place(price="99000")
        assert "has not been reconciled yet" in second.reason


def test_an_order_that_waited_for_the_disk_over_a_standstill_does_not_leave() -> None:
    with FakeRig(able=Capabilities(lookup_by_client_id=False)) as rig:
        pair(rig)
        gate = rig.loop.create_future()
        plain = rig.desk.journal.barrier

        async def barrier() -> None:
            await gate
            await plain()

        rig.desk.journal.barrier = barrier  # type: ignore[method-assign]  # a disk that takes its time
        order = rig.place(price="99000", seconds=0.05)
        assert order.status is OrderStatus.PENDING
        rig.desk.journal.barrier = plain  # type: ignore[method-assign]
        sleep(rig)
        rig.call(gate.set_result, None)
        assert order.status is OrderStatus.DENIED
        assert not rig.mk.submitted


def test_a_hedge_waits_until_every_account_has_been_looked_at() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        rig.mk.on_submit = None
        order = rig.place(qty="0.02", price="99000")

        def wake() -> None:
            sleep(rig)
            rig.desk.standstill.look()
            rig.mk.fill(order.id, "0.02", tell_order=True)

        rig.tk.answer_s = 3.0
        rig.call(wake, seconds=1.0)
        rig.quote()
        assert not rig.tk.submitted
        rig.tk.answer_s = 0.01
        rig.until(lambda: rig.tk.submitted)
        assert rig.tk.last.qty == D("0.02")
        assert loop.paused


def test_a_pass_that_was_under_way_when_it_fell_asleep_proves_nothing() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        # A pass that has read the positions, and whose last answer is as old as the sleep.
        rig.tk.answer_s = rig.mk.answer_s = 2.0
        rig.pass_time(5)
        asked = len(rig.mk.asked)

        def wake() -> None:
            sleep(rig)
            rig.desk.standstill.look()

        rig.call(wake, seconds=0.0)
        rig.tk.answer_s = rig.mk.answer_s = 0.01
        rig.pass_time(5)
        assert rig.mk.asked[asked:].count("positions") >= 1
        assert not any(book.suspended for book in loop.books.values())


def test_an_account_that_does_not_come_back_does_not_hold_hedges_for_ever() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        rig.at(rig.mk, "lose", "no route")

        def wake() -> None:
            sleep(rig)
            rig.desk.standstill.look()

        rig.call(wake, seconds=5.0)
        assert all(book.suspended for book in loop.books.values())
        rig.pass_time(10)
        assert not any(book.suspended for book in loop.books.values())
        assert any("mk: not reconciled within" in text or "not reconciled within" in text for text in rig.log)


def test_an_account_that_answers_slowly_does_not_hold_hedges_for_the_length_of_a_pass() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        rig.mk.answer_s = 9.0

        def wake() -> None:
            sleep(rig)
            rig.desk.standstill.look()

        rig.call(wake, seconds=5.0)
        assert all(book.suspended for book in loop.books.values())
        rig.pass_time(6)
        assert not any(book.suspended for book in loop.books.values())
        assert "not reconciled within 10 s; hedging goes on" in rig.log


def test_what_is_held_for_two_reasons_waits_for_both() -> None:
    """Each was forgotten once where another came on top of it."""
    with FakeRig() as rig:
        book = rig.book_of(pair(rig))
        book.suspend("a flatten")
        book.suspend("a look")
        assert book.held_for() == ("a flatten", "a look")
        assert book.release("a flatten")
        assert book.suspended == "a look"
        assert not book.release("a flatten")
        assert book.release("a look")
        assert book.suspended == ""


# -- the watchdog's fills in a desk that did not sleep, and in one that was restarted --------------------------------


def test_closed_under_a_desk_that_is_awake_the_loop_is_halted_too() -> None:
    with FakeRig() as rig:
        loop = pair(rig)
        rig.call(watchdog_closes, rig.mk, watchdog_id(loop), Side.SELL, "0.05", tell=True)
        rig.call(watchdog_closes, rig.tk, watchdog_id(loop, 2), Side.BUY, "0.05", tell=True, seconds=20)
        assert loop.state is LoopState.HALTED
        assert not rig.mk.submitted
        assert (rig.held("mk"), rig.held("tk")) == (0, 0)
        assert not rig.tk.submitted


def test_what_was_nobodys_is_booked_so_and_told() -> None:
    with FakeRig() as rig:
        pair(rig)
        rig.at(rig.mk, "foreign", Side.BUY, "0.02", "100000")
        rig.call(watchdog_closes, rig.mk, watchdog_id(None), Side.SELL, "0.02", tell=True, seconds=10)
        assert "of nobody's on mk" in rig.alarms["watchdog/mk"]
        assert rig.desk.ledger.position("mk", "BTCUSDT", "") == 0
        assert rig.held("mk") == D("0.05")


@pytest.mark.parametrize("partly", [False, True])
def test_a_desk_that_was_killed_finds_what_the_watchdog_did(tmp_path: Path, partly: bool) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        loop = pair(rig)
        first, second = watchdog_id(loop), watchdog_id(loop, 2)
        rig.crash()
        rig.call(watchdog_closes, rig.mk, first, Side.SELL, "0.05", tell=False)
        if not partly:
            rig.call(watchdog_closes, rig.tk, second, Side.BUY, "0.05", tell=False)
        rig.start()
        rig.quote()
        rig.pass_time(20)
        again = rig.desk.loops.all["L1"]
        assert again.state is LoopState.HALTED
        assert (rig.held("mk"), rig.held("tk")) == (0, 0)
        assert not rig.mk.submitted
        assert all(order.reduce_only for order in rig.tk.submitted)
        assert len(rig.tk.submitted) == int(partly)
        assert not [id_ for id_ in rig.alarms if id_.startswith(("foreign", "suspect"))]


# -- whether one is there --------------------------------------------------------------------------------------------


def test_a_watchdog_that_goes_is_alarmed_and_one_that_comes_clears_it() -> None:
    with FakeRig() as rig:
        tell: Callable[[tuple[str, ...]], None] = rig.desk.watched.changed
        rig.call(tell, ())
        assert "watchdog" not in rig.alarms, "a desk without one is no alarm"
        rig.call(tell, ("pid 7, deadline 10 s, cancels",))
        rig.call(tell, ("pid 7, deadline 10 s, cancels", "pid 8, deadline 9 s, cancels"))
        rig.call(tell, ("pid 8, deadline 9 s, cancels",))
        assert "watchdog" not in rig.alarms
        rig.call(tell, ())
        assert "nobody acts if the desk stalls" in rig.alarms["watchdog"]
        assert rig.desk.alarms.active["watchdog"].level == "warning"
        rig.call(tell, ("pid 9, deadline 10 s, cancels",))
        assert "watchdog" not in rig.alarms
