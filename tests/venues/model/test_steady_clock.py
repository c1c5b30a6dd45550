"""A clock without jumps: right to one part in a hundred whatever happens to the machine's, and never back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.model import NS_PER_MS, NS_PER_S, ManualClock, SteadyClock

HOUR = 3600 * NS_PER_S


class WallClock(ManualClock):
    """A machine's wall clock, which somebody sets, beside its monotonic one, which nobody can."""

    def __init__(self) -> None:
        super().__init__()
        self.set_by = 0

    def now_ns(self) -> int:
        return super().now_ns() + self.set_by


@pytest.fixture
def wall() -> WallClock:
    return WallClock()


def test_set_back_by_an_hour_it_still_goes_forward_and_spans_are_right(wall: WallClock) -> None:
    steady = SteadyClock(wall)
    before = steady.now_ns()
    wall.set_by = -HOUR
    assert steady.now_ns() == before, "no time has passed"
    wall.advance(10)
    assert steady.now_ns() - before == 99 * NS_PER_S // 10, "ten seconds, less the hundredth that it gives way"
    assert steady.behind_ns == -HOUR + NS_PER_S // 10


def test_set_ahead_by_an_hour_it_does_not_jump(wall: WallClock) -> None:
    steady = SteadyClock(wall)
    before = steady.now_ns()
    wall.set_by = HOUR
    wall.advance(10)
    assert steady.now_ns() - before == 101 * NS_PER_S // 10
    assert steady.behind_ns == HOUR - NS_PER_S // 10


@pytest.mark.parametrize("step", [-5, 5])
def test_a_small_step_is_caught_up_with_exactly_and_then_it_stays(wall: WallClock, step: int) -> None:
    steady = SteadyClock(wall)
    wall.set_by = step * NS_PER_S
    for _ in range(501):
        wall.advance(1)
        steady.now_ns()
    assert steady.now_ns() == wall.now_ns()
    wall.advance(HOUR)
    assert steady.now_ns() == wall.now_ns()
    assert steady.behind_ns == 0


def test_without_anybody_setting_it_it_is_the_wall_clock(wall: WallClock) -> None:
    steady = SteadyClock(wall)
    for ms in (0, 1, 250, 60_000):
        wall.advance(ns=ms * NS_PER_MS)
        assert (steady.now_ns(), steady.monotonic_ns()) == (wall.now_ns(), wall.monotonic_ns())


@given(st.lists(st.tuples(st.integers(0, 10 * NS_PER_S), st.integers(-HOUR, HOUR)), max_size=30))
def test_it_never_goes_back_and_every_span_is_right_to_a_hundredth(steps: list[tuple[int, int]]) -> None:
    wall = WallClock()
    steady = SteadyClock(wall)
    stamps = [(wall.monotonic_ns(), steady.now_ns())]
    for passed, jump in steps:
        wall.advance(ns=passed)
        wall.set_by += jump
        stamps.append((wall.monotonic_ns(), steady.now_ns()))
    for n, (since, earlier) in enumerate(stamps):
        for until, later in stamps[n:]:
            assert later >= earlier
            assert abs((later - earlier) - (until - since)) * SteadyClock.SLEW <= until - since
