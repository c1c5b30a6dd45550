"""The loop of last resort: no step that fails takes the others with it, and what it cannot mend it alarms."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_kit import FakeRig

from cockpit.desk.ids import OrderId
from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import JournalError
from cockpit.desk.journal_writer import SyncWriter
from strategies.protocol import Role


@pytest.mark.parametrize("step", ["uncertain.sweep", "past.cancel_left_over", "booking.turn_day", "watch._exposure"])
def test_a_step_that_fails_is_told_and_the_watch_goes_on(step: str) -> None:
    with FakeRig() as rig:
        rig.launch()
        owner_name, name = step.split(".")
        owner = getattr(rig.desk, owner_name)
        tried: list[int] = []

        def fail() -> None:
            tried.append(rig.clock.now_ns())
            raise RuntimeError("a defect")

        setattr(owner, name, fail)
        seen = rig.desk.accounts["mk"].reconciled_ts
        rig.pass_time(20)
        assert len(tried) > 10, "it is tried again each second"
        assert rig.desk.accounts["mk"].reconciled_ts > seen, "the other steps are done all the same"
        (text,) = rig.defects
        assert "a defect" in text
        for id_ in [id_ for id_ in rig.alarms if id_.startswith("defect/")]:
            rig.desk.alarms.clear(id_, "seen")


def test_naked_exposure_is_alarmed_while_another_step_fails() -> None:
    with FakeRig() as rig:
        rig.launch()

        def fail() -> None:
            raise RuntimeError("a defect")

        rig.desk.past.cancel_left_over = fail  # type: ignore[method-assign]  # a defect made to order
        rig.at(rig.mk, "fill", rig.place().id, "0.05", seconds=20)
        assert "naked/L1" in rig.alarms
        for id_ in [id_ for id_ in rig.alarms if id_.startswith("defect/")]:
            rig.desk.alarms.clear(id_, "seen")


# -- the journal


def fall_behind(rig: FakeRig, rows: int) -> None:
    for _ in range(rows):
        rig.desk.journal.log(ts=rig.clock.now_ns(), level="info", source="desk", text="line")


def test_a_journal_that_only_falls_behind_is_alarmed_and_cleared_when_it_has_caught_up() -> None:
    with FakeRig() as rig:
        writer = rig.desk.journal._writer
        assert isinstance(writer, SyncWriter)
        save, writer._save = writer._save, lambda: None  # type: ignore[method-assign]  # a disk that takes nothing
        rig.call(fall_behind, rig, 1_000, seconds=20)
        assert "rows behind" in rig.alarms["journal"]
        writer._save = save  # type: ignore[method-assign]
        rig.call(rig.desk.journal.flush, seconds=5)
        assert "journal" not in rig.alarms


def test_a_few_rows_that_wait_for_the_disk_are_no_alarm() -> None:
    with FakeRig() as rig:
        rig.call(fall_behind, rig, 100, seconds=20)
        assert "journal" not in rig.alarms


def test_trouble_that_the_writer_tells_stands_until_it_tells_that_it_is_over() -> None:
    with FakeRig() as rig:
        rig.call(rig.desk.journal_trouble, "the journal cannot be written: disk full", seconds=20)
        assert "disk full" in rig.alarms["journal"], "little waits for the disk, and it is full all the same"
        rig.call(rig.desk.journal_trouble, "")
        assert "journal" not in rig.alarms


def test_the_last_run_that_order_ids_can_tell_apart_is_the_last_that_begins(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "desk.sqlite")
    journal._write("epoch", 4094, 1, 1, "")
    journal.flush()
    assert journal.begin_epoch(ts=1, pid=1, version="") == 4095
    assert OrderId.parse(OrderId(4095, 1, Role.OPEN, 1).text) is not None
    with pytest.raises(JournalError, match="run 4096 of the journal, and order ids hold up to 4095"):
        journal.begin_epoch(ts=1, pid=1, version="")
    assert journal.reader().epoch() == 4095
    journal.close()
