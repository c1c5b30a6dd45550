"""Hundreds of fresh seeds with every run of the tests, and each that ever failed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from cockpit.chaos.cli import how_to_replay
from cockpit.chaos.run import Outcome, run_seed

CHUNKS, CHUNK = 20, 15
LARGEST = 1 << 40
FAILED = Path(__file__).with_name("failed_seeds.txt")


def failed_seeds() -> list[int]:
    """Numbers of the file; what follows a number on its line says what it was."""
    lines = (line.partition("#")[0].split() for line in FAILED.read_text(encoding="utf-8").splitlines())
    return [int(words[0]) for words in lines if words]


def judge(outcomes: list[Outcome]) -> None:
    found = [violation for outcome in outcomes for violation in outcome.violations]
    if found:
        told = "\n".join(how_to_replay(violation) for violation in found)
        pytest.fail(f"{told}\nAdd the seed to {FAILED.name} once it is mended.", pytrace=False)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_fresh_seeds_break_no_invariant(chunk: int) -> None:
    # Drawn by the system, so that no two runs of the tests see the same; a failure names its seed.
    fresh = random.SystemRandom()
    judge([run_seed(fresh.randrange(LARGEST)) for _ in range(CHUNK)])


@pytest.mark.parametrize("seed", failed_seeds())
def test_seeds_that_failed_once_hold(seed: int) -> None:
    judge([run_seed(seed)])
