"""A leg closed by its venue while fills of ours there have not been told: what was whose, and what is sent of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from desk_kit import D, FakeRig

from strategies.protocol import Role
from venues.model import FillReport, OrderStatus, Side


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FakeRig]:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        rig.launch()
        yield rig


def hold_pair(rig: FakeRig) -> None:
    """L1 holds 0.05 on mk against -0.05 on tk."""
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True, seconds=1)
    assert rig.held("mk") == -rig.held("tk") == D("0.05")
    rig.tk.on_submit = None
    rig.tk.submitted.clear()
    rig.mk.submitted.clear()


def test_a_page_of_fills_is_booked_whole_before_any_of_it_is_answered(rig: FakeRig) -> None:
    """Hedged after the first of the two, the pair would have been closed by what the second had closed already."""
    rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True)
    (hedge,) = rig.tk.submitted
    rig.at(rig.mk, "foreign", Side.SELL, "0.03", "90000", liquidation=True)
    rig.call(rig.tk.fill, hedge.client_order_id, "0.05", tell=False)
    rig.call(rig.tk.foreign, Side.BUY, "0.03", "110000", tell=False, liquidation=True)
    rig.mk.submitted.clear()
    rig.run(rig.desk.reconciler.catch_up(rig.desk.accounts["tk"]))
    rig.pass_time(0.2)
    assert rig.tk.submitted == [hedge]
    assert rig.mk.submitted == []
    assert rig.held("mk") == -rig.held("tk") == D("0.02")


def closed_before_a_hedge_whose_fills_are_lost(rig: FakeRig, *, one_is_told: bool) -> FillReport:
    """A half of the pair is closed by the maker; its hedge fills on tk just after tk has closed the whole leg. Of the
    hedge, 0.02 are not told but for the order's state, and tk answers nothing. Returns the fill that is lost."""
    hold_pair(rig)
    rig.at(rig.mk, "fill", rig.place(Side.SELL, role=Role.CLOSE).id, "0.05", tell_order=True)
    (hedge,) = rig.tk.submitted
    forced = rig.call(rig.tk.foreign, Side.BUY, "0.05", "110000", tell=False, liquidation=True)
    rig.pass_time(0.1)
    first = rig.at(rig.tk, "fill", hedge.client_order_id, "0.03", tell=one_is_told)
    lost = rig.call(rig.tk.fill, hedge.client_order_id, "0.02", tell=False)
    rig.call(rig.tk.tell, rig.tk.orders[hedge.client_order_id])
    rig.tk.down = "no answer"
    rig.at(rig.tk, "hand", forced, seconds=4)
    assert isinstance(lost, FillReport)
    return lost if one_is_told else msgspec.structs.replace(lost, qty=first.qty + lost.qty)


def test_a_hedge_that_began_to_fill_after_the_close_has_filled_after_it(rig: FakeRig) -> None:
    """What the venue closed is all the loop's, though a part of the hedge has not been told."""
    closed_before_a_hedge_whose_fills_are_lost(rig, one_is_told=True)
    assert "foreign/tk/BTCUSDT" not in rig.alarms
    assert rig.desk.ledger.position("tk", "BTCUSDT", "") == 0
    assert rig.desk.ledger.position("tk", "BTCUSDT", "L1") == D("0.03"), "0.02 are still to come"


def test_what_cannot_be_told_yet_is_alarmed_with_the_loop_that_it_may_belong_to(rig: FakeRig) -> None:
    """No fill of the hedge is known: it may have filled before the close, which then closed somebody else's."""
    closed_before_a_hedge_whose_fills_are_lost(rig, one_is_told=False)
    (order,) = (o for o in rig.desk.tracker.live() if o.status is OrderStatus.FILLED)
    assert rig.desk.alarms.active["foreign/tk/BTCUSDT"].text == (
        "liquidation on tk: buy 0.05 BTCUSDT at 110000; foreign, not hedged; "
        f"of L1 if 0.05 of {order.id} filled after it"
    )


def test_a_close_that_is_being_looked_up_outlives_the_desk(rig: FakeRig) -> None:
    """The venue answers nothing and the desk dies: the next one knows what was told, and hedges nothing before it."""
    hold_pair(rig)
    rig.tk.on_submit = rig.tk.fills_whole
    rig.mk.answer_s = 30
    rig.at(rig.mk, "foreign", Side.SELL, "0.05", "90000", liquidation=True)
    rig.at(rig.mk, "fill", rig.place(Side.SELL, qty="0.02").id, "0.02", tell_order=True, seconds=0.5)
    assert rig.tk.submitted == [], "what is held is not known yet"
    rig.crash()
    rig.start()
    rig.quote()
    assert rig.desk.ledger.position("mk", "BTCUSDT", "L1") == D("0.03"), "the fill is on file, the close is not"
    rig.until(lambda: rig.tk.submitted)
    assert [(o.side, o.qty, o.reduce_only) for o in rig.tk.submitted] == [(Side.BUY, D("0.05"), True)]
    assert rig.desk.ledger.position("mk", "BTCUSDT", "L1") == D("-0.02")
    rig.mk.answer_s = 0.01
    rig.pass_time(40)
    rig.crash()
    rig.start()
    rig.pass_time(5)
    assert rig.held("tk") == 0
    assert sum(r.qty for r in rig.desk.journal.reader().fills() if r.liquidation) == D("0.05"), "booked once"
