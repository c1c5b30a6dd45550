"""A flatten of accounts that cannot be reached: it says so, goes on with the rest, and outlives a defect."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk_kit import D, FakeRig

from cockpit.desk.flatten_job import Job, Scope, Spec, State


def restart_without_tk(rig: FakeRig) -> None:
    """L1 holds 0.05 on mk against tk; the desk comes back, and tk has not been reached since."""
    rig.launch()
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", rig.place().id, "0.05", tell_order=True, seconds=1)
    rig.mk.on_submit = rig.mk.fills_whole
    rig.crash()
    rig.tk.out_of_reach()
    rig.start()
    rig.call(lambda: rig.mk.book("99999.5", "100000.5"))


def flatten(rig: FakeRig, scope: Scope, seconds: float = 30.0) -> Job:
    spec = Spec(id=rig.desk.next_job_id(), kind="flatten", accounts=("mk", "tk"), scope=scope.value)
    return rig.call(rig.desk.flattener.start, spec, seconds=seconds)


@pytest.mark.parametrize(("scope", "left"), [(Scope.ALL, "0"), (Scope.PAIRS, "0.05")])
def test_an_account_that_never_connected_is_named_with_its_stake(tmp_path: Path, scope: Scope, left: str) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        restart_without_tk(rig)
        job = flatten(rig, scope)
        assert job.state is State.BLOCKED
        assert job.task is not None
        assert not job.task.done(), "it goes on trying"
        text = "; ".join(job.legs)
        assert "tk is down" in text
        assert "holds BTCUSDT -0.05 (5,000 USD) by our books" in text or "holds BTCUSDT -0.05 by our books" in text
        assert rig.mk.held["BTCUSDT"] == D(left)
        assert rig.tk.submitted[1:] == []


def test_it_is_closed_once_it_connects(tmp_path: Path) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite") as rig:
        restart_without_tk(rig)
        job = flatten(rig, Scope.PAIRS)
        rig.tk.in_reach()
        rig.until(lambda: rig.desk.accounts["tk"].up)
        rig.call(lambda: rig.tk.book("99999.5", "100000.5"), seconds=30)
        assert job.state is State.FLAT
        assert rig.mk.held["BTCUSDT"] == rig.tk.held["BTCUSDT"] == 0


def test_a_defect_in_one_round_is_told_and_the_next_round_is_tried() -> None:
    with FakeRig() as rig:
        rig.launch()
        look = rig.desk.flattener._look
        broken = [True]

        async def breaks_once(job: Job, name: str) -> object:
            if broken:
                broken.clear()
                raise RuntimeError("a defect")
            return await look(job, name)

        rig.desk.flattener._look = breaks_once  # type: ignore[method-assign,assignment]  # a defect made to order
        job = flatten(rig, Scope.PAIRS, seconds=10)
        assert job.state is State.FLAT
        (id_,) = [id_ for id_ in rig.alarms if id_.startswith("defect/")]
        assert "a defect" in rig.alarms[id_]
        rig.desk.alarms.clear(id_, "seen")
