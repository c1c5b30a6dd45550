"""The desk through the real adapter: whole runs, the same in any process, and seen to find what is wrong."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.chaos.adapter_plan import dialect_of, draw_adapter, lighter_signs, without
from cockpit.chaos.adapter_run import AdapterRun, run_adapter_seed
from cockpit.chaos.cli import how_to_replay, main
from cockpit.chaos.kinds import ADAPTER_KINDS, UNRECOVERABLE, WIRE, Fault
from cockpit.chaos.run import Outcome
from venues.live.dialects.hyperliquid import Hyperliquid

FRESH = 6
WORST = {Fault.ACK_LOST, Fault.ANSWER_LATE}
LARGEST = 1 << 40
FAILED = Path(__file__).with_name("failed_adapter_seeds.txt")


def first(maker: str, taker: str) -> int:
    """The first seed of a pair of venues."""
    return next(
        seed for seed in range(500) if [dialect_of(cast) for cast in draw_adapter(seed).accounts] == [maker, taker]
    )


def failed_seeds() -> list[int]:
    lines = (line.partition("#")[0].split() for line in FAILED.read_text(encoding="utf-8").splitlines())
    return [int(words[0]) for words in lines if words]


def judge(outcome: Outcome) -> None:
    told = "\n".join(how_to_replay(violation, adapter=True) for violation in outcome.violations)
    if told:
        pytest.fail(f"{told}\nAdd the seed to {FAILED.name} once it is mended.", pytrace=False)


@pytest.mark.parametrize(
    ("maker", "taker"),
    [
        ("binanceusdm", "hyperliquid"),
        ("hyperliquid", "binanceusdm"),
        ("binanceusdm", "lighter"),
        ("lighter", "binanceusdm"),
    ],
)
def test_without_faults_every_cycle_is_done(maker: str, taker: str) -> None:
    if "lighter" in (maker, taker) and not lighter_signs():
        pytest.skip("Lighter's library is not on this machine")
    plan = draw_adapter(first(maker, taker), calm=True)
    outcome = AdapterRun(plan).go()
    judge(outcome)
    assert outcome.unaided
    assert outcome.cycles == int(plan.loops[0].params["iterations"])
    assert outcome.obligations >= 2 * outcome.cycles
    assert not outcome.faults


def test_two_runs_of_a_seed_are_the_same_in_any_process() -> None:
    seeds = [15]
    program = (
        "from cockpit.chaos.adapter_run import run_adapter_seed\n"
        f"print([run_adapter_seed(seed).digest for seed in {seeds}])"
    )
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
    assert told == {f"{[run_adapter_seed(seed).digest for seed in seeds]}\n"}


@pytest.mark.parametrize("_number", range(FRESH))
def test_fresh_seeds_break_no_invariant(_number: int) -> None:
    judge(run_adapter_seed(random.SystemRandom().randrange(LARGEST)))


@pytest.mark.parametrize("seed", failed_seeds())
def test_seeds_that_failed_once_hold(seed: int) -> None:
    judge(run_adapter_seed(seed))


def test_every_kind_is_drawn() -> None:
    plans = [draw_adapter(seed) for seed in range(600)]
    drawn = set().union(*(plan.kinds for plan in plans))
    assert drawn == set(ADAPTER_KINDS) >= set(WIRE)
    assert all(not plan.recoverable for plan in plans if plan.kinds & UNRECOVERABLE)
    assert any(not plan.kinds for plan in plans)
    assert Fault.DOWN not in without(next(plan for plan in plans if Fault.DOWN in plan.kinds), Fault.DOWN).kinds


def test_an_adapter_that_takes_silence_for_a_refusal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most dearly paid defect of all: an order that got no answer is sent again."""
    monkeypatch.setattr("venues.live.order_sender.order_was_refused", lambda _error, _record: True)
    assert any(run_adapter_seed(seed).violations for seed in range(50, 150) if WORST & draw_adapter(seed).kinds)


def test_an_adapter_that_cannot_take_no_for_an_answer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never_found(*_args: object) -> None:
        raise TimeoutError("the venue said that it knows no such order")

    monkeypatch.setattr(Hyperliquid, "find_order", never_found)
    assert run_adapter_seed(1).violations


def test_a_range_reports_that_it_went_through_the_adapter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--adapter", "--seeds", "4:6", "--jobs", "1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["adapter"] is True
    assert report["seeds"] == 2
    assert set(report["faults"]) == {kind.value for kind in ADAPTER_KINDS}


def test_a_replay_tells_its_plan_and_its_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--adapter", "--replay", "4"]) == 0
    told = capsys.readouterr().out
    assert "on binance" in told
    assert "launched by operator, LIVE" in told
    assert "through the real adapter" in told


def test_mutants_are_not_let_on_live_accounts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--adapter", "--seeds", "0:2", "--mutant", "dust-dropped"]) == 2
    assert "no mutant" in capsys.readouterr().err
