"""When silence means death, and when it does not."""

from __future__ import annotations

from cockpit.desk.standstill import STILL_S
from cockpit.watchdog.heart import ACT_SHARE, Heart, Pulse
from cockpit.watchdog.rules import LEAST_S
from venues.model import NS_PER_S

LOOK = 0.25


class Timed:
    """A heart that is looked at four times a second, as the watchdog does."""

    def __init__(self, deadline: float = 10.0) -> None:
        self.heart = Heart(deadline)
        self.now = 5 * NS_PER_S
        self.heard: int | None = None
        self.goodbye = False

    def beat(self) -> Pulse:
        self.heard, self.goodbye = self.now, False
        return self.look()

    def look(self, seconds: float = 0.0) -> Pulse:
        pulse = self.heart.look(self.now, self.heard, self.goodbye)
        for _ in range(round(seconds / LOOK)):
            self.now += round(LOOK * NS_PER_S)
            pulse = self.heart.look(self.now, self.heard, self.goodbye)
        return pulse


def test_a_desk_that_was_never_heard_is_not_dead() -> None:
    at = Timed()
    assert at.look(3600) is Pulse.WAITING
    at.goodbye = True
    assert at.look(60) is Pulse.WAITING
    assert at.heart.silence(at.now) == float("inf")


def test_silence_is_death_early_enough_to_act_within_the_deadline() -> None:
    at = Timed(10)
    assert at.beat() is Pulse.BEATING
    assert at.look(6.75) is Pulse.BEATING
    assert at.look(0.25) is Pulse.DEAD
    assert at.look(3600) is Pulse.DEAD


def test_the_dead_come_back_with_the_next_beat() -> None:
    at = Timed()
    at.beat()
    assert at.look(60) is Pulse.DEAD
    assert at.beat() is Pulse.BEATING
    assert at.look(6.75) is Pulse.BEATING
    assert at.look(1) is Pulse.DEAD


def test_after_a_goodbye_silence_means_nothing_until_a_new_desk_is_heard() -> None:
    at = Timed()
    at.beat()
    at.goodbye = True
    assert at.look(3600) is Pulse.STOPPED
    assert at.beat() is Pulse.BEATING
    assert at.look(60) is Pulse.DEAD


def test_a_watchdog_that_slept_itself_gives_the_desk_a_whole_deadline_again() -> None:
    at = Timed()
    at.beat()
    at.now += 3600 * NS_PER_S
    assert at.look() is Pulse.BEATING
    assert at.look(6.75) is Pulse.BEATING
    assert at.look(0.25) is Pulse.DEAD
    at.now += 3600 * NS_PER_S
    assert at.look() is Pulse.DEAD, "sleep brings nobody back"


def test_a_desk_knows_that_it_stood_still_before_any_watchdog_can_have_acted() -> None:
    """The desk says something each second, and its watch looks each second: both count against it."""
    assert ACT_SHARE * float(LEAST_S) - 1 > STILL_S
