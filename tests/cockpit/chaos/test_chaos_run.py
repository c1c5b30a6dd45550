"""One seed is one run, whatever process runs it; faults strike; a kill is a kill."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.chaos.invariants import Invariant
from cockpit.chaos.kinds import LONG, RATED, TIMED, UNRECOVERABLE, WIRE, Fault
from cockpit.chaos.plan import draw
from cockpit.chaos.run import Run, run_seed

CALM = next(seed for seed in range(500) if not draw(seed).kinds and not draw(seed).sparse)


def first(kind: Fault, *, sparse: bool = False) -> int:
    """The first seed whose plan holds a kind."""
    return next(seed for seed in range(5_000) if kind in draw(seed).kinds and draw(seed).sparse is sparse)


def test_a_run_without_faults_ends_by_itself() -> None:
    outcome = run_seed(CALM)
    assert not outcome.violations
    assert outcome.unaided
    assert outcome.cycles >= 2
    assert not outcome.faults
    assert outcome.hedge_fills >= outcome.cycles


@pytest.mark.parametrize("seed", [3, 17, first(Fault.KILL)])
def test_two_runs_of_a_seed_are_the_same_event_for_event(seed: int) -> None:
    one, two = Run(draw(seed), keep=True), Run(draw(seed), keep=True)
    first_outcome, second_outcome = one.go(), two.go()
    assert first_outcome.entries > 20
    assert list(one.world.timeline.lines) == list(two.world.timeline.lines)
    assert first_outcome.digest == second_outcome.digest


def test_another_process_with_other_hashes_runs_the_same() -> None:
    seeds = [5, first(Fault.KILL)]
    program = f"from cockpit.chaos.run import run_seed\nprint([run_seed(seed).digest for seed in {seeds}])"
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hashes},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hashes in ("1", "2")
    }
    assert told == {f"{[run_seed(seed).digest for seed in seeds]}\n"}


def test_every_kind_is_drawn_and_long_ones_only_in_long_runs() -> None:
    plans = [draw(seed) for seed in range(3_000)]
    drawn = set().union(*(plan.kinds for plan in plans))
    assert drawn == set(Fault) - set(WIRE) == {*RATED, *TIMED, *LONG}
    assert all(plan.sparse for plan in plans if plan.kinds & set(LONG))
    assert any(plan.recoverable for plan in plans)
    assert all(not plan.recoverable for plan in plans if plan.kinds & UNRECOVERABLE)


def test_a_killed_desk_says_and_saves_nothing_more_and_comes_back() -> None:
    seed = next(
        seed
        for seed in range(first(Fault.KILL), 5_000)
        if Fault.KILL in draw(seed).kinds and run_seed(seed).faults.get(Fault.KILL)
    )
    run = Run(draw(seed), keep=True)
    outcome = run.go()
    assert outcome.lives >= 2
    lines = list(run.world.timeline.lines)
    killed = next(n for n, line in enumerate(lines) if " fault " in line and "kill " in line)
    reborn = next(n for n, line in enumerate(lines) if "starts, life 2" in line)
    between = lines[killed + 1 : reborn]
    assert not any(word in line for line in between for word in ("sends ", "  log ", "answered True"))


def test_a_long_run_lasts_hours() -> None:
    long = [seed for seed in range(300) if draw(seed).sparse and draw(seed).recoverable]
    outcomes = [run_seed(seed) for seed in long[:3]]
    assert not any(outcome.violations for outcome in outcomes)
    assert max(outcome.sim_s for outcome in outcomes) > 3600
    assert any(outcome.faults.get(Fault.DOWN_HOURS) for outcome in outcomes)


def test_every_promise_and_every_fault_is_written_down() -> None:
    text = (Path(__file__).parents[3] / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert [name for name in (*Invariant, *Fault) if f"`{name}`" not in text] == []
    assert len(Invariant) >= 14
