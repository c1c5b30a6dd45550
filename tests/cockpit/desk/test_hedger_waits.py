"""Hedges that must not be sent, not again, or no longer: dust, what is at work already, what waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
import pytest
from desk_kit import LIMITS, D, FakeRig
from fake_venue import linear

from cockpit.desk.flatten_job import Spec
from cockpit.desk.loops import LoopState
from cockpit.desk.orders import Order
from strategies.protocol import Role
from venues.model import NS_PER_S, Capabilities, OrderStatus, Side

S = OrderStatus


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        rig.launch()
        yield rig


def sent(rig: FakeRig) -> list[tuple[str, str]]:
    """What tk was sent, newest last."""
    return [(order.side.value, f"{order.qty:f}") for order in rig.tk.submitted]


def hold(rig: FakeRig, qty: str) -> None:
    """L1 holds a long of `qty` on mk, hedged on tk; from now on tk says nothing to what it is sent."""
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", rig.place(qty=qty).id, qty, tell_order=True, seconds=0.5)
    assert rig.held("mk") == -rig.held("tk") == D(qty)
    rig.tk.on_submit = None
    rig.tk.submitted.clear()


def owed(rig: FakeRig) -> str:
    return f"{rig.desk.loops.all['L1'].owed():+f}"


# -- beside what is at work


def two_makers(rig: FakeRig) -> tuple[Order, Order]:
    """One that opens 0.05, one that closes 0.02 of what is held."""
    opening = rig.place(qty="0.05")
    closing = rig.place(Side.SELL, "0.02", role=Role.CLOSE, reduce_only=True)
    return opening, closing


def test_what_an_order_at_work_would_overshoot_is_not_traded_back_before_it_has(rig: FakeRig) -> None:
    hold(rig, "0.05")
    opening, closing = two_makers(rig)
    rig.at(rig.mk, "fill", opening.id, "0.05")
    rig.at(rig.mk, "fill", closing.id, "0.02", seconds=3)
    assert sent(rig) == [("sell", "0.05")], "it may never fill: buying 0.02 now could leave 0.05 naked"
    rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.05", tell_order=True, seconds=1)
    assert sent(rig)[1:] == [("buy", "0.02")]
    assert owed(rig) == "+0.02"


def test_where_it_does_not_fill_only_what_is_owed_by_then_is_sent(rig: FakeRig) -> None:
    hold(rig, "0.05")
    opening, closing = two_makers(rig)
    rig.at(rig.mk, "fill", opening.id, "0.05")
    rig.at(rig.mk, "fill", closing.id, "0.02")
    rig.at(rig.tk, "end", rig.tk.last.client_order_id, seconds=0.5)
    assert sent(rig)[1:2] == [("sell", "0.03")]


# -- dust, and what is too little for one venue


def pair_with_coarse_maker() -> FakeRig:
    """What the maker's lot makes dust, the taker would trade."""
    return FakeRig(maker=linear(lot=D("0.01"), min_qty=D("0.01")))


def test_dust_that_is_refused_is_not_sent_again_until_more_is_owed() -> None:
    with pair_with_coarse_maker() as rig:
        rig.launch()
        order = rig.place()
        rig.tk.on_submit = rig.tk.rejects
        rig.at(rig.mk, "fill", order.id, "0.01", seconds=30)
        assert sent(rig) == [("sell", "0.01")]
        assert rig.desk.loops.all["L1"].hedged(), "it is carried"
        assert not {"hedge/L1", "naked/L1"} & rig.alarms.keys()
        rig.tk.on_submit = rig.tk.fills_whole
        rig.at(rig.mk, "fill", order.id, "0.02", seconds=1)
        assert sent(rig)[1:] == [("sell", "0.03")]
        assert rig.desk.loops.all["L1"].owed() == 0


def test_the_rest_of_dust_that_filled_in_part_is_tried_once_more() -> None:
    with pair_with_coarse_maker() as rig:
        rig.launch()
        order = rig.place()
        rig.at(rig.mk, "fill", order.id, "0.01")
        first = rig.tk.last.client_order_id
        rig.tk.on_submit = rig.tk.rejects
        rig.at(rig.tk, "fill", first, "0.004")
        rig.at(rig.tk, "end", first, seconds=30)
        assert sent(rig) == [("sell", "0.01"), ("sell", "0.006")]
        assert owed(rig) == "-0.006"


def test_a_need_that_the_backup_cannot_trade_is_unwound() -> None:
    rig = FakeRig(backup=True)
    rig.bk.instruments = {"BTCUSDT": linear(lot=D("0.2"), min_qty=D("0.2"))}
    with rig:
        loop = rig.launch(backup="bk", patience=3)
        assert loop.tolerance() == D("0.001")
        order = rig.place()
        rig.at(rig.tk, "no_book")
        rig.mk.on_submit = rig.mk.fills_whole
        rig.at(rig.mk, "fill", order.id, "0.05", seconds=4)
        assert "hedging on the backup account" in rig.alarms["hedge/L1"]
        assert rig.held("mk") == D("0.05"), "the backup has its patience too"
        rig.until(lambda: "bk BTCUSDT cannot trade as little; unwinding" in rig.alarms["hedge/L1"], seconds=6)
        rig.pass_time(3)
        assert rig.bk.submitted == rig.tk.submitted == []
        assert rig.held("mk") == 0
        assert loop.state is LoopState.RUNNING


# -- waiting for the disk


class SlowDisk:
    """A rig whose venues cannot look orders up by our id, on a journal that takes its time when told to."""

    def __init__(self) -> None:
        self.rig = FakeRig(
            able=Capabilities(lookup_by_client_id=False), limits=msgspec.structs.replace(LIMITS, stale_s=D(60))
        )

    def __enter__(self) -> SlowDisk:
        self.rig.__enter__()
        self.gate = asyncio.Event()
        self.gate.set()
        plain = self.rig.desk.journal.barrier

        async def barrier() -> None:
            await self.gate.wait()
            await plain()

        self.rig.desk.journal.barrier = barrier  # type: ignore[method-assign]  # a disk that takes its time
        self.rig.launch()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.catches_up()
        self.rig.__exit__(kind)

    def hangs(self) -> None:
        self.gate.clear()

    def catches_up(self, seconds: float = 0.5) -> None:
        self.rig.call(self.gate.set, seconds=seconds)

    @property
    def pending(self) -> list[Order]:
        return [order for order in self.rig.desk.tracker.live() if order.status is S.PENDING]


@pytest.fixture
def disk() -> Iterator[SlowDisk]:
    with SlowDisk() as disk:
        yield disk


def test_a_hedge_that_waits_for_the_disk_is_taken_back_when_it_is_no_longer_owed(disk: SlowDisk) -> None:
    rig = disk.rig
    hold(rig, "0.05")
    opening = rig.place(qty="0.02", seconds=0.1)
    closing = rig.place(Side.SELL, "0.02", role=Role.CLOSE, reduce_only=True, seconds=0.1)
    disk.hangs()
    rig.at(rig.mk, "fill", opening.id, "0.02")
    (hedge,) = disk.pending
    rig.at(rig.mk, "fill", closing.id, "0.02")
    assert (hedge.status, hedge.reason) == (S.DENIED, "cancelled before it was sent")
    disk.catches_up(seconds=20)
    assert rig.tk.submitted == rig.tk.cancelled == []
    assert owed(rig) == "+0.00"


@pytest.mark.parametrize("closes", ["0.03", "0.04"])
def test_one_that_waits_is_replaced_by_what_is_owed_by_then(disk: SlowDisk, closes: str) -> None:
    """Whether less is owed the same way or something the other way round: what nobody has seen yet is not let go."""
    rig = disk.rig
    hold(rig, "0.1")
    first, last = ("0.05", "0.08") if closes == "0.03" else ("0.05", "0.01")
    opening = rig.place(qty=first, seconds=0.1)
    closing = rig.place(Side.SELL, last, role=Role.CLOSE, reduce_only=True, seconds=0.1)
    disk.hangs()
    rig.at(rig.mk, "fill", opening.id, first)
    rig.at(rig.mk, "fill", closing.id, last)
    disk.catches_up(seconds=2)
    assert sent(rig) == [("buy" if closes == "0.03" else "sell", closes)]


def test_one_that_has_left_is_not_taken_back(disk: SlowDisk) -> None:
    rig = disk.rig
    hold(rig, "0.05")
    opening = rig.place(qty="0.02", seconds=0.1)
    closing = rig.place(Side.SELL, "0.02", role=Role.CLOSE, reduce_only=True, seconds=0.1)
    rig.at(rig.mk, "fill", opening.id, "0.02")
    assert sent(rig) == [("sell", "0.02")]
    rig.at(rig.mk, "fill", closing.id, "0.02", seconds=2)
    assert rig.tk.cancelled == []
    assert len(rig.tk.submitted) == 1
    rig.at(rig.tk, "fill", rig.tk.last.client_order_id, "0.02", tell_order=True, seconds=1)
    assert sent(rig)[1:] == [("buy", "0.02")]


def test_a_flatten_takes_back_what_waits_for_the_disk(disk: SlowDisk) -> None:
    rig = disk.rig
    hold(rig, "0.05")
    opening = rig.place(qty="0.02", seconds=0.1)
    disk.hangs()
    rig.at(rig.mk, "fill", opening.id, "0.02")
    (hedge,) = disk.pending
    rig.call(rig.desk.flattener.start, Spec(id="F9", kind="flatten", accounts=("mk", "tk")), seconds=0)
    assert hedge.status is S.DENIED
    rig.tk.on_submit = rig.tk.fills_whole
    rig.mk.on_submit = rig.mk.fills_whole
    disk.catches_up(seconds=5)
    assert sent(rig) == [("buy", "0.05")], "the close and nothing else"
    assert rig.mk.held["BTCUSDT"] == rig.tk.held["BTCUSDT"] == 0


def test_a_desk_that_woke_up_takes_back_what_waited_for_the_disk(disk: SlowDisk) -> None:
    """The watch was the first to notice, and tk was looked at by the time the order's turn came; mk was not."""
    rig = disk.rig
    hold(rig, "0.05")
    opening = rig.place(qty="0.02", seconds=0.1)
    disk.hangs()
    rig.at(rig.mk, "fill", opening.id, "0.02")
    (hedge,) = disk.pending
    rig.pass_time(2)

    def wake() -> None:
        rig.loop._now_ns += 12 * NS_PER_S
        rig.desk.standstill.look()

    rig.mk.answer_s = 3.0
    rig.call(wake, seconds=1)
    rig.quote()
    assert rig.desk.accounts["tk"].reconciled_ts
    disk.catches_up(seconds=0.1)
    assert hedge.status is S.DENIED
    assert rig.tk.submitted == []
    rig.until(lambda: rig.tk.submitted, seconds=30)
    assert sent(rig) == [("sell", "0.02")], "after the look, what is owed still leaves"


# -- a price that was given before the disk


def test_an_order_whose_book_went_while_it_waited_for_the_disk_is_denied(disk: SlowDisk) -> None:
    rig = disk.rig
    disk.hangs()
    order = rig.place(seconds=0.1)
    rig.at(rig.mk, "no_book")
    disk.catches_up()
    assert order.status is S.DENIED
    assert order.reason == "mk BTCUSDT lost its book while the order waited for the disk"
    assert rig.mk.submitted == []


def test_an_order_whose_book_went_stale_while_it_waited_for_the_disk_is_denied(disk: SlowDisk) -> None:
    rig = disk.rig
    disk.hangs()
    order = rig.place(seconds=61)
    assert order.status is S.PENDING
    disk.catches_up()
    assert order.status is S.DENIED
    assert rig.mk.submitted == []


def test_a_hedge_that_lost_its_book_is_sent_once_there_is_one_again(disk: SlowDisk) -> None:
    rig = disk.rig
    opening = rig.place(seconds=0.1)
    disk.hangs()
    rig.at(rig.mk, "fill", opening.id, "0.05")
    rig.at(rig.tk, "no_book")
    disk.catches_up(seconds=2)
    assert rig.tk.submitted == []
    assert owed(rig) == "-0.05"
    rig.at(rig.tk, "book", "89999.5", "90000.5", seconds=1)
    assert sent(rig) == [("sell", "0.05")]
    assert rig.tk.last.price < 90_000, "at the price of now"


def test_an_unwind_goes_by_the_price_that_it_has(disk: SlowDisk) -> None:
    rig = disk.rig
    hold(rig, "0.05")
    disk.hangs()
    order = rig.place(Side.SELL, "0.05", "99000", role=Role.UNWIND, reduce_only=True, seconds=0.1)
    rig.at(rig.mk, "no_book")
    disk.catches_up()
    assert order.status is S.IN_FLIGHT
    assert rig.mk.last.client_order_id == order.id


def test_a_close_is_denied_where_the_venue_came_to_report_less_while_it_waited_for_the_disk(disk: SlowDisk) -> None:
    rig = disk.rig
    hold(rig, "0.05")
    rig.tk.on_submit = rig.tk.fills_whole
    rig.mk.on_submit = rig.mk.fills_whole
    rig.mk.submitted.clear()
    disk.hangs()
    rig.call(rig.desk.flattener.start, Spec(id="F9", kind="flatten", accounts=("mk", "tk")), seconds=1)
    (close,) = [order for order in disk.pending if order.account == "mk"]
    rig.mk.told_position = {}
    rig.run(rig.desk.reconciler.read(rig.desk.accounts["mk"]))
    disk.catches_up(seconds=1)
    assert close.status is S.DENIED
    assert close.reason == ("mk BTCUSDT holds +0.05 by now, the venue reports +0: less than would be closed")
    assert rig.mk.submitted == []
    rig.mk.told_position = None
    rig.until(lambda: not rig.mk.held["BTCUSDT"], seconds=30)
    assert rig.tk.held["BTCUSDT"] == 0
