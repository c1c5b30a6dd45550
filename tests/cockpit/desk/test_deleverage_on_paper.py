"""Deleveraging and liquidation against the paper exchange's own margin: what the rules are worth in a fall."""

from __future__ import annotations

import pytest
from desk_kit import D
from paper_rig import MID, PaperRig

from cockpit.desk.deleverage import Stages
from cockpit.desk.desk import DeskOptions
from cockpit.desk.loops import LoopState


def hold_sixty(rig: PaperRig) -> None:
    """60 BTC on 1,000,000 USDT: six times leveraged, both sides."""
    rig.hedge(size="60", sleep="100000", iterations="1")
    rig.swing_until(lambda: rig.truth("mk") == -rig.truth("tk") == 60)


@pytest.mark.parametrize("step", [400, 2_000])
def test_in_a_fall_the_pair_is_closed_by_stages_and_the_venue_never_has_to(step: int) -> None:
    with PaperRig() as rig:
        hold_sixty(rig)
        seen = set()
        for _ in range(40_000 // step):
            rig.at(rig.mid - step, seconds=3)
            seen.add(rig.truth("mk"))
            assert abs(rig.truth("mk") + rig.truth("tk")) <= D("0.001")
        assert not any(fill.liquidation for fill in rig.exchange.account_state("mk").fills)
        assert rig.truth("mk") < 60
        assert len(seen) >= 2
        assert rig.held("mk") == rig.truth("mk")
        assert rig.held("tk") == rig.truth("tk")
        if rig.truth("mk"):
            assert rig.desk.loops.all["L1"].state is LoopState.PAUSED


def test_without_stages_the_venue_liquidates_and_the_other_leg_follows_at_once() -> None:
    with PaperRig(options=DeskOptions(stages=Stages(enabled=False))) as rig:
        hold_sixty(rig)
        while rig.truth("mk"):
            rig.at(rig.mid - 2_000, seconds=1)
            assert rig.mid > MID / 2, "it must be liquidated on the way"
        rig.until(lambda: rig.truth("tk") == 0, 10)
        assert rig.held("mk") == rig.held("tk") == 0
        assert "forced/L1" in rig.alarms
        assert rig.desk.loops.all["L1"].state is LoopState.HALTED
