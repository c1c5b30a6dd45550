"""What a desk that runs for weeks gives back: the cycles of ended loops, and trade ids that the journal has too."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from paper_rig import PaperRig

from cockpit.desk import booking as booking_module
from cockpit.desk import flatten as flatten_module
from cockpit.desk.flatten_job import Spec
from cockpit.desk.ledger import Ledger
from cockpit.desk.loops import LoopState
from venues.model import FillReport


def test_the_cycles_of_a_loop_that_has_ended_are_no_longer_kept_apart() -> None:
    with PaperRig() as rig:
        loop = rig.hedge(iterations="2")
        rig.swing_until(lambda: loop.iterations_done == 1)
        assert rig.desk.booking.wear_of_cycles(loop.id, 10).volume_usd > 0
        rig.swing_until(lambda: loop.state is LoopState.DONE)
        assert rig.desk.booking.wear_of_cycles(loop.id, 10).volume_usd == 0
        cost, volume = rig.desk.loop_wear(loop.id, 0)
        assert volume > 0, "what the loop cost as a whole stays"
        assert cost != 0


def test_a_fill_older_than_the_ids_at_hand_is_known_from_the_journal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(booking_module, "Ledger", partial(Ledger, remember=2))
    with PaperRig(journal=tmp_path / "journal.sqlite") as rig:
        heard: list[FillReport] = []
        rig.desk.booking.on_booked.append(lambda booked: heard.append(booked.fill) if booked.account == "mk" else None)
        loop = rig.hedge(iterations="3")
        rig.swing_until(lambda: loop.state is LoopState.DONE)
        rig.desk.journal.flush()
        before = rig.desk.booking.count
        assert before > 4
        rig.call(rig.desk.intake.take_fill, rig.desk.accounts["mk"], heard[0])
        assert rig.desk.booking.count == before, "told again, long after: not booked twice"
        assert not rig.alarms


def test_the_oldest_flattens_that_have_ended_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flatten_module, "KEPT_JOBS", 2)
    with PaperRig() as rig:
        for number in range(5):
            job = rig.call(rig.desk.flattener.start, Spec(id=f"F{number}", kind="flatten", accounts=("mk", "tk")))
            rig.until(lambda job=job: job.state.ended)
        assert list(rig.desk.flattener.jobs) == ["F2", "F3", "F4"], "two that had ended, and the newest"
