"""What was acknowledged before a crash holds after it, until the operator's next word."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_kit import D, FakeRig
from host_kit import Host

from cockpit.link import messages as m


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FakeRig]:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        yield rig


@pytest.fixture
def host(rig: FakeRig) -> Host:
    return Host(rig)


def test_pause_of_all_holds_back_new_loops_until_resume_all(rig: FakeRig, host: Host) -> None:
    host.ok(m.Pause("all"))
    host.restarted()
    rig.quote()
    launch = m.Launch("idle", {"size": "0.05"})
    assert "entries are denied: stopped by cli:op@host" in host.no(launch)
    host.ok(m.Resume("all"))
    host.ok(launch)
    host.restarted()
    assert rig.desk.risk.entries_denied == ""


def test_a_change_that_was_acknowledged_is_shown_as_pending_or_taken(rig: FakeRig, host: Host) -> None:
    host.ok(m.Launch("idle", {"size": "0.05"}))
    host.ok(m.SetParams("L1", {"size": "0.02"}), seconds=0)
    host.restarted()
    rig.quote()
    host.ok(m.Resume("L1"), seconds=1)
    loop = rig.desk.loops.all["L1"]
    assert (loop.strategy.size_base(loop.params), loop.pending) == (D("0.02"), {})


def test_a_dead_disk_does_not_keep_the_operator_from_flattening(rig: FakeRig, host: Host) -> None:
    never = asyncio.Event()

    async def takes_nothing() -> None:
        await never.wait()

    rig.desk.journal.barrier = takes_nothing  # type: ignore[method-assign]  # a disk that takes nothing
    answer = host.ok(m.Pause("all"), seconds=1)
    assert "paused" in answer
    assert "the journal has not taken it" in rig.alarms["journal/command"]
