"""Accounts that near their liquidation: pairs are cut by stages, both legs or the live one, and evened out after."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from desk_kit import D, FakeRig
from fake_venue import FakeVenue

from cockpit.desk.deleverage import Stages
from cockpit.desk.desk import DeskOptions
from cockpit.desk.flatten_job import Spec, State
from cockpit.desk.loops import Loop, LoopState, StopMode
from cockpit.desk.refusals import LaunchError
from strategies.protocol import Role
from venues.model import BalanceReport, OrderStatus, PositionStatusReport, Side

S = OrderStatus


class Margin:
    """What a fake venue says of margin: a liquidation price, and the share of the equity that is required."""

    def __init__(self, venue: FakeVenue) -> None:
        self.liq: Decimal | None = None
        self.used = D(0)
        positions, balances = venue.positions, venue.balances

        async def with_liq() -> tuple[PositionStatusReport, ...]:
            return tuple(msgspec.structs.replace(report, liq_price=self.liq) for report in await positions())

        async def with_margin() -> tuple[BalanceReport, ...]:
            reports = await balances()
            return tuple(msgspec.structs.replace(r, maintenance=r.equity * self.used) for r in reports)

        venue.positions, venue.balances = with_liq, with_margin  # type: ignore[method-assign]  # what a test says


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FakeRig]:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        prepare(rig)
        yield rig


def prepare(rig: FakeRig) -> None:
    """L1 holds 0.4 long on mk against tk; both fill what closes, and report no margin trouble yet."""
    rig.mk_margin, rig.tk_margin = Margin(rig.mk), Margin(rig.tk)  # type: ignore[attr-defined]
    rig.launch()
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", rig.place(qty="0.4").id, "0.4", tell_order=True, seconds=1)
    rig.mk.on_submit = lambda request: rig.mk.fills_whole(request) if request.reduce_only else None
    rig.tk.submitted.clear()
    rig.mk.submitted.clear()
    rig.pass_time(6)


def near(rig: FakeRig, venue: str, liq: str | None = None, used: str = "0", seconds: float = 8) -> None:
    margin: Margin = getattr(rig, f"{venue}_margin")
    margin.liq, margin.used = (None if liq is None else D(liq)), D(used)
    rig.pass_time(seconds)


def price(rig: FakeRig, mid: int, *venues: FakeVenue, seconds: float = 3) -> None:
    for venue in venues or (rig.mk, rig.tk):
        rig.at(venue, "book", f"{mid}.0", f"{mid}.5", seconds=0.01)
    rig.pass_time(seconds)


def loop_of(rig: FakeRig) -> Loop:
    return rig.desk.loops.all["L1"]


def even(rig: FakeRig, qty: str) -> bool:
    return rig.held("mk") == -rig.held("tk") == D(qty)


# -- both venues in reach


def test_each_stage_cuts_both_legs_by_the_same_and_reduces_only(rig: FakeRig) -> None:
    near(rig, "mk", "86000")
    assert even(rig, "0.3"), "14 % away: a quarter"
    assert loop_of(rig).state is LoopState.PAUSED
    assert "deleveraged, mk: liquidation is" in loop_of(rig).paused
    text = rig.alarms["deleverage/mk"]
    assert rig.desk.alarms.active["deleverage/mk"].level == "critical"
    assert "stage 1 of 3" in text
    assert "L1 is cut by 25 % on both legs" in text
    near(rig, "mk", "92000")
    assert even(rig, "0.15"), "8 % away: half of what is left"
    near(rig, "mk", "96000")
    assert even(rig, "0"), "4 %: all"
    assert all(order.reduce_only for order in rig.mk.submitted + rig.tk.submitted)


def test_a_price_that_lingers_cuts_once_and_the_bar_is_lifted_when_it_is_clear(rig: FakeRig) -> None:
    near(rig, "mk", "86000")
    for liq in ("84500", "85500", "83000", "86500"):
        near(rig, "mk", liq)
    assert even(rig, "0.3")
    assert rig.place(qty="0.01").reason.startswith("account mk opens nothing: deleveraging, stage 1 of 3")
    near(rig, "mk", "80000")
    assert "deleverage/mk" not in rig.alarms
    assert rig.place(qty="0.01").status is S.IN_FLIGHT


def test_the_margin_ratio_counts_as_the_distance_does(rig: FakeRig) -> None:
    near(rig, "tk", used="0.61")
    assert even(rig, "0.2")
    assert "61 % of the margin is used" in rig.alarms["deleverage/tk"]


def test_a_crash_between_two_reports_is_seen_by_the_price_of_now(rig: FakeRig) -> None:
    near(rig, "mk", "80000")
    assert even(rig, "0.4")
    price(rig, 91_000, seconds=2)
    assert even(rig, "0.3"), "12 % away at 91,000, before the venue was asked again"


def test_a_jump_over_two_stages_cuts_by_the_deeper_one_alone(rig: FakeRig) -> None:
    near(rig, "mk", "92000")
    assert even(rig, "0.2")


def test_a_deeper_stage_overtakes_a_cut_that_is_still_at_work(rig: FakeRig) -> None:
    rig.tk.on_submit = None
    near(rig, "mk", "86000", seconds=6.5)
    (job,) = rig.desk.flattener.jobs.values()
    assert not job.state.ended
    rig.tk.on_submit = rig.tk.fills_whole
    near(rig, "mk", "96000", seconds=0.1)
    rig.desk.accounts["mk"].positions["BTCUSDT"] = msgspec.structs.replace(
        rig.desk.accounts["mk"].positions["BTCUSDT"], liq_price=D(96000)
    )
    rig.pass_time(2)
    assert job.state is State.CANCELLED
    assert "overtaken by" in job.text
    for order in list(rig.tk.submitted):
        if rig.tk.orders[order.client_order_id].status is S.IN_FLIGHT:
            rig.at(rig.tk, "fill", order.client_order_id, order.qty, tell_order=True)
    rig.until(lambda: even(rig, "0"), 20)


def test_what_the_operator_closes_already_is_left_to_him(rig: FakeRig) -> None:
    rig.tk.on_submit = None
    spec = Spec(id="F1-9", kind="reduce", accounts=("mk", "tk"), fraction=D("0.5"))
    job = rig.call(rig.desk.flattener.start, spec)
    near(rig, "mk", "86000")
    assert list(rig.desk.flattener.jobs) == ["F1-9"]
    rig.tk.on_submit = rig.tk.fills_whole
    for order in list(rig.tk.submitted):
        rig.at(rig.tk, "fill", order.client_order_id, order.qty, tell_order=True)
    rig.until(lambda: job.state is State.DONE, 20)
    rig.until(lambda: even(rig, "0.15"), 20)


def test_a_hedge_at_work_is_waited_for_before_the_cut_is_reckoned(rig: FakeRig) -> None:
    rig.tk.on_submit = None
    order = rig.place(qty="0.1")
    rig.at(rig.mk, "fill", order.id, "0.1", tell_order=True)
    (hedge,) = rig.tk.submitted
    rig.tk.on_submit = rig.tk.fills_whole
    near(rig, "mk", "86000")
    assert rig.held("mk") == D("0.5"), "the sides do not fit together yet"
    (job,) = rig.desk.flattener.jobs.values()
    assert any("the cut waits for it" in leg for leg in job.legs)
    rig.at(rig.tk, "fill", hedge.client_order_id, "0.1", tell_order=True)
    rig.until(lambda: even(rig, "0.375"), 20)


def test_a_foreign_position_is_not_touched(rig: FakeRig) -> None:
    rig.at(rig.mk, "foreign", Side.BUY, "1", "100000", seconds=6)
    near(rig, "mk", "96000")
    assert rig.desk.ledger.position("mk", "BTCUSDT", "") == 1
    assert rig.desk.ledger.position("mk", "BTCUSDT", "L1") == rig.held("tk") == 0


def test_with_nothing_of_ours_there_it_is_alarmed_alone(rig: FakeRig) -> None:
    rig.call(rig.desk.loops.stop, loop_of(rig), StopMode.FLATTEN, seconds=10)
    assert even(rig, "0")
    rig.at(rig.mk, "foreign", Side.BUY, "1", "100000", seconds=6)
    near(rig, "mk", "96000")
    assert "no loop of ours holds anything" in rig.alarms["deleverage/mk"]
    assert rig.desk.ledger.position("mk", "BTCUSDT", "") == 1
    with pytest.raises(LaunchError, match="mk opens nothing"):
        rig.launch()


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    options = DeskOptions(stages=Stages(enabled=False))
    with FakeRig(journal=tmp_path / "desk.sqlite", options=options) as rig:
        prepare(rig)
        near(rig, "mk", "96000")
        assert even(rig, "0.4")


def test_after_a_restart_a_stage_does_not_cut_again(rig: FakeRig) -> None:
    near(rig, "mk", "86000")
    rig.crash()
    rig.start()
    rig.quote()
    rig.pass_time(8)
    assert even(rig, "0.3")
    assert "opens nothing" in rig.desk.accounts["mk"].refusal(Role.OPEN, False)


def test_a_cut_that_a_crash_interrupted_is_finished_once(rig: FakeRig) -> None:
    rig.tk.on_submit = None
    near(rig, "mk", "86000")
    assert rig.held("mk") == D("0.3")
    rig.crash()
    rig.tk.on_submit = rig.tk.fills_whole
    for order in list(rig.tk.submitted):
        if rig.tk.orders[order.client_order_id].status is S.IN_FLIGHT:
            rig.tk.report(order.client_order_id, S.CANCELED, tell=False)
    rig.start()
    rig.quote()
    rig.until(lambda: even(rig, "0.3"), 30)
    rig.pass_time(10)
    assert even(rig, "0.3")


# -- one venue out of reach


def test_a_losing_leg_is_cut_alone_by_stages_and_evened_out_when_the_other_is_back(rig: FakeRig) -> None:
    rig.at(rig.tk, "lose", seconds=20)
    near(rig, "mk", "80000")
    price(rig, 91_000, rig.mk)
    assert rig.held("mk") == D("0.3")
    assert rig.held("tk") == D("-0.4")
    assert loop_of(rig).state is LoopState.HALTED
    text = rig.alarms["alone/L1"]
    assert "tk is out of reach" in text
    assert "mk BTCUSDT +0.4 is cut by 25 % alone" in text
    assert "-0.1" in text, "the exposure is named"
    price(rig, 87_000, rig.mk)
    assert rig.held("mk") == D("0.15")
    assert loop_of(rig).owed() == D("0.25")
    assert rig.tk.submitted == []
    rig.at(rig.tk, "come_back")
    price(rig, 87_000, seconds=12)
    assert even(rig, "0.15")
    assert all(order.reduce_only for order in rig.mk.submitted + rig.tk.submitted)
    rig.call(rig.desk.loops.resume, loop_of(rig))
    assert "alone/L1" not in rig.alarms


def test_a_hedge_leg_that_is_cut_alone_is_not_sold_again_and_the_maker_is_cut_when_it_is_back(rig: FakeRig) -> None:
    rig.at(rig.mk, "lose", seconds=20)
    near(rig, "tk", "120000")
    price(rig, 107_000, rig.tk)
    assert rig.held("tk") == D("-0.3")
    rig.pass_time(30)
    assert [(o.side, o.reduce_only) for o in rig.tk.submitted] == [(Side.BUY, True)], "nothing is opened again"
    rig.at(rig.mk, "come_back")
    price(rig, 107_000, seconds=12)
    assert even(rig, "0.3")


def test_a_short_blip_lays_no_pair_open(rig: FakeRig) -> None:
    near(rig, "mk", "80000")
    rig.at(rig.tk, "lose")
    price(rig, 91_000, rig.mk, seconds=5)
    assert rig.held("mk") == D("0.4")
    rig.at(rig.tk, "come_back")
    price(rig, 91_000, seconds=8)
    assert even(rig, "0.3"), "back in time: both legs"


def test_the_last_stage_does_not_wait(rig: FakeRig) -> None:
    near(rig, "mk", "80000")
    rig.at(rig.tk, "lose")
    price(rig, 84_000, rig.mk, seconds=4)
    assert rig.held("mk") == 0


def test_a_losing_leg_is_cut_earlier_when_the_outage_lasts(rig: FakeRig) -> None:
    near(rig, "mk", "80000")
    rig.at(rig.tk, "lose", seconds=20)
    price(rig, 98_000, rig.mk)
    assert rig.held("mk") == D("0.4"), "18 % away"
    rig.pass_time(110)
    assert rig.held("mk") == D("0.3")


def test_a_winning_leg_is_kept_until_its_partner_must_be_gone(rig: FakeRig) -> None:
    near(rig, "tk", "120000", seconds=6.5)
    rig.at(rig.tk, "lose", seconds=20)
    price(rig, 122_000, rig.mk)
    assert rig.held("mk") == D("0.4"), "past it, but not by the further margin"
    price(rig, 123_000, rig.mk)
    assert rig.held("mk") == D("0.3")
    assert "the price is past the liquidation of tk BTCUSDT" in rig.alarms["alone/L1"]
    price(rig, 125_000, rig.mk)
    assert rig.held("mk") == D("0.15")
    price(rig, 128_000, rig.mk)
    assert rig.held("mk") == 0


def test_what_became_of_the_partner_is_taken_from_the_venue_when_it_is_back(rig: FakeRig) -> None:
    """It was liquidated in part while it was out of reach: the pair is evened out to what it confirms."""
    near(rig, "tk", "120000", seconds=6.5)
    rig.at(rig.tk, "lose", seconds=20)
    price(rig, 123_000, rig.mk)
    assert rig.held("mk") == D("0.3")
    rig.tk.foreign(Side.BUY, "0.35", "120000", tell=False, liquidation=True)
    rig.tk_margin.liq = D(200_000)  # type: ignore[attr-defined]
    rig.at(rig.tk, "come_back")
    price(rig, 123_000, seconds=12)
    assert even(rig, "0.05")


def test_a_partner_whose_liquidation_was_never_told_is_estimated_from_our_books(rig: FakeRig) -> None:
    rig.crash()
    rig.tk.out_of_reach()
    rig.start()
    rig.at(rig.mk, "book", "99999.5", "100000.5", seconds=20)
    estimate = 100_000 + (100_000 - 400) / D("0.4")
    price(rig, int(estimate * D("1.01")), rig.mk)
    assert rig.held("mk") == D("0.4")
    price(rig, int(estimate * D("1.03")), rig.mk)
    assert rig.held("mk") == D("0.3")


def test_a_suspect_partner_is_out_of_reach_too(rig: FakeRig) -> None:
    near(rig, "mk", "80000")
    rig.tk.told_position = {"BTCUSDT": D("0.7")}
    rig.pass_time(30)
    assert rig.desk.accounts["tk"].suspect
    price(rig, 91_000)
    assert rig.held("mk") == D("0.3")
    assert rig.tk.submitted == []
    rig.tk.told_position = None
    rig.until(lambda: even(rig, "0.3"), 30)


def test_a_desk_that_is_stopping_begins_no_cut(rig: FakeRig) -> None:
    rig.desk.stopping = True
    near(rig, "mk", "96000")
    assert even(rig, "0.4")


def test_a_desk_that_dies_while_a_leg_is_cut_alone_still_opens_nothing(rig: FakeRig) -> None:
    rig.at(rig.mk, "lose", seconds=20)
    near(rig, "tk", "120000")
    price(rig, 107_000, rig.tk)
    assert rig.held("tk") == D("-0.3")
    rig.crash()
    rig.mk.out_of_reach()
    rig.start()
    price(rig, 107_000, rig.tk, seconds=20)
    assert rig.held("tk") == D("-0.3")
    assert len(rig.tk.submitted) == 1, "neither hedged on nor cut again"
    assert loop_of(rig).state is LoopState.HALTED
    assert loop_of(rig).owed() == D("-0.1")
    rig.mk.in_reach()
    rig.mk.down = ""
    rig.until(lambda: rig.desk.accounts["mk"].reconciled_ts, 30)
    price(rig, 107_000, seconds=12)
    assert even(rig, "0.3")
