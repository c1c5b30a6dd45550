"""Alarms: folded, rung at a bounded rate, acknowledged, journaled, back after a restart."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cockpit.desk.alarms import FORGOTTEN_S, KEPT_ALARMS, KEPT_LINES, KEPT_RINGS, REPEAT_S, Alarm, Alarms, Line
from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import connect_rw
from cockpit.desk.journal_schema import APPLICATION_ID, MIGRATIONS
from venues.model import NS_PER_S, ManualClock


class SteppingClock(ManualClock):
    """A wall clock that can be set, beside a monotonic one that cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.stepped = 0

    def now_ns(self) -> int:
        return super().now_ns() + self.stepped


class Told:
    """Alarms on a clock in hand, and what they rang."""

    def __init__(self) -> None:
        self.clock = SteppingClock()
        self.journal = Journal.open(":memory:")
        self.rung: list[tuple[str, str]] = []
        self.alarms = self._new()

    def _new(self) -> Alarms:
        alarms = Alarms(self.clock, self.journal)
        alarms.on_ring.append(lambda alarm: self.rung.append((alarm.id, alarm.text)))
        return alarms

    def restart(self) -> None:
        self.journal.flush()
        self.alarms = self._new()
        self.alarms.restore()

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.alarms.look()

    def alarm(self, id_: str) -> Alarm:
        return self.alarms.active[id_]

    def rings(self) -> int:
        count = len(self.rung)
        self.rung.clear()
        return count


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_repeat_is_counted_and_an_end_is_an_end() -> None:
    clock, journal = ManualClock(), Journal.open(":memory:")
    alarms = Alarms(clock, journal)
    heard: list[Line] = []
    alarms.on_line.append(heard.append)
    alarms.sound("naked/L1", "warning", "1 s")
    clock.advance(1)
    alarms.sound("naked/L1", "critical", "2 s")
    alarms.sound("naked/L1", "critical", "3 s")
    alarm = alarms.active["naked/L1"]
    assert (alarm.level, alarm.text, alarm.count, alarm.ts) == ("critical", "3 s", 3, clock.now_ns())
    assert alarm.first_ts == clock.now_ns() - NS_PER_S
    assert [line.text for line in heard] == ["1 s", "2 s"], "a repeat is no new line, a worse one is"
    journal.flush()
    again = Alarms(clock, journal)
    again.restore()
    assert again.active["naked/L1"].text == "3 s"
    assert again.clear("naked/L1", "hedged again")
    assert not again.clear("naked/L1", "hedged again")
    assert again.clear("other") is False
    journal.flush()
    last = Alarms(clock, journal)
    last.restore()
    assert last.active == {}
    assert [line.text for line in again.lines] == ["hedged again"]
    journal.close()


def test_lines_are_numbered_and_bounded() -> None:
    alarms = Alarms(ManualClock(), Journal.open(":memory:"))
    for number in range(KEPT_LINES + 7):
        alarms.say("info", "desk", str(number))
    assert len(alarms.lines) == KEPT_LINES
    assert alarms.lines[-1].seq == KEPT_LINES + 7
    alarms.sound("x", "critical", "bad")
    assert alarms.lines[-1].level == "error"
    assert alarms.clear("x")
    assert alarms.lines[-1].text == "bad", "cleared without a word"


# -- ringing


def test_repeats_ring_at_most_once_in_a_while(told: Told) -> None:
    for second in range(int(REPEAT_S) * 2):
        told.alarms.sound("naked/L1", "critical", f"+0.05 unhedged for {second} s")
        told.pass_time(1)
    assert told.rings() == 3
    assert told.alarm("naked/L1").count == REPEAT_S * 2
    told.pass_time(REPEAT_S * 5)
    assert told.rings() == 0, "nothing new, nothing to tell; what nobody answers escalates instead"


def test_one_that_comes_and_goes_does_not_ring_each_time(told: Told) -> None:
    for _ in range(20):
        told.alarms.sound("down/mk", "warning", "mk is down")
        told.alarms.clear("down/mk")
        told.pass_time(1)
    assert told.rings() == 1
    told.alarms.sound("down/mk", "warning", "mk is down")
    assert (told.rings(), told.alarm("down/mk").rings) == (0, 0)
    told.pass_time(REPEAT_S)
    assert told.rings() == 1, "held back, not lost: it still stands"


def test_a_worse_one_rings_at_once_and_a_milder_one_does_not_hide_it(told: Told) -> None:
    told.alarms.sound("foreign/mk/BTC", "warning", "held before us")
    told.alarms.sound("foreign/mk/BTC", "critical", "manual trade")
    assert told.rings() == 2
    told.alarms.sound("foreign/mk/BTC", "warning", "held before us")
    assert (told.rings(), told.alarm("foreign/mk/BTC").level) == (0, "critical")


def test_what_stands_and_what_is_remembered_is_bounded(told: Told) -> None:
    told.alarms.sound("restart/old", "critical", "an old critical one")
    for number in range(max(KEPT_ALARMS, KEPT_RINGS) + 10):
        told.alarms.sound(f"foreign-order/mk/{number}", "warning", "not ours")
    assert len(told.alarms.active) == KEPT_ALARMS
    assert "restart/old" in told.alarms.active, "the mild ones go first"
    assert any("alarms stand already" in line.text for line in told.alarms.lines)
    told.rings()
    told.alarms.clear("restart/old")
    told.alarms.sound("restart/old", "critical", "again")
    assert told.rings() == 1, "its last ring is no longer remembered"


# -- acknowledged


def test_a_past_event_leaves_when_it_is_acknowledged(told: Told) -> None:
    told.alarms.sound("foreign/mk/BTC", "critical", "manual trade")
    assert told.alarms.acknowledge("foreign/mk/BTC", "op")
    assert told.alarms.active == {}
    assert not told.alarms.acknowledge("foreign/mk/BTC", "op")
    told.journal.flush()
    (row,) = told.journal.reader().alarms()
    assert (row.active, row.acked_by, row.ended_ts > 0) == (False, "op", True)


def test_a_cause_that_lasts_stands_in_silence_until_it_is_gone(told: Told) -> None:
    told.alarms.sound("naked/L1", "critical", "+0.05 unhedged for 11 s")
    assert told.alarms.acknowledge("naked/L1", "op")
    told.rings()
    for second in range(300):
        told.alarms.sound("naked/L1", "critical", f"-0.15 unhedged for {second} s")
        told.pass_time(1)
    alarm = told.alarm("naked/L1")
    assert (told.rings(), alarm.acked, alarm.acked_by, alarm.count) == (0, True, "op", 301)
    told.alarms.acknowledge("naked/L1", "somebody else")
    assert alarm.acked_by == "op", "the first word counts"
    assert told.alarms.clear("naked/L1", "hedged")
    assert told.alarms.active == {}


@pytest.mark.parametrize(
    ("level", "text"), [("critical", "mk is down: maintenance"), ("warning", "mk is down: login refused")]
)
def test_other_words_or_a_higher_level_want_a_new_acknowledgement(told: Told, level: str, text: str) -> None:
    told.alarms.sound("down/mk", "warning", "mk is down: maintenance")
    told.alarms.acknowledge("down/mk", "op")
    told.rings()
    told.pass_time(REPEAT_S)
    told.alarms.sound("down/mk", level, text)
    alarm = told.alarm("down/mk")
    assert (told.rings(), alarm.acked, alarm.acked_by, alarm.level) == (1, False, "", level)
    assert alarm.armed_ts == told.clock.now_ns()


@pytest.mark.parametrize("news", [False, True])
def test_another_number_is_news_only_where_the_caller_says_so(told: Told, news: bool) -> None:
    told.alarms.sound("deleverage/mk", "critical", "mk: stage 1 of 3")
    told.alarms.acknowledge("deleverage/mk", "op")
    told.alarms.sound("deleverage/mk", "critical", "mk: stage 2 of 3", news=news)
    assert told.alarm("deleverage/mk").acked is not news


def test_a_milder_one_after_the_acknowledgement_is_shown_as_it_is(told: Told) -> None:
    told.alarms.sound("hedge/L1", "critical", "L1 cannot hedge")
    told.alarms.acknowledge("hedge/L1", "op")
    told.alarms.sound("hedge/L1", "warning", "L1 cannot hedge")
    assert (told.alarm("hedge/L1").level, told.alarm("hedge/L1").acked) == ("warning", True)


def test_what_is_dropped_comes_back_when_it_is_raised_again(told: Told) -> None:
    told.alarms.sound("suspect/mk", "critical", "mk is SUSPECT")
    assert told.alarms.drop("suspect/mk", "op")
    assert told.alarms.active == {}
    assert not told.alarms.drop("suspect/mk", "op")
    told.pass_time(REPEAT_S)
    told.rings()
    told.alarms.sound("suspect/mk", "critical", "mk is SUSPECT")
    assert (told.rings(), told.alarm("suspect/mk").acked) == (1, False)


# -- restarts


def test_an_acknowledgement_survives_a_restart_and_is_forgotten_where_nothing_comes_again(told: Told) -> None:
    for account in ("mk", "tk"):
        told.alarms.sound(f"suspect/{account}", "critical", f"{account} is SUSPECT")
        told.alarms.acknowledge(f"suspect/{account}", "op")
    told.rings()
    told.restart()
    told.alarms.sound("suspect/mk", "critical", "mk is SUSPECT")
    assert (told.rings(), told.alarm("suspect/mk").acked_by) == (0, "op")
    told.pass_time(FORGOTTEN_S - 1)
    assert set(told.alarms.active) == {"suspect/mk", "suspect/tk"}
    told.pass_time(1)
    assert set(told.alarms.active) == {"suspect/mk"}


def test_what_lasted_in_an_earlier_run_leaves_when_it_is_acknowledged(told: Told) -> None:
    told.alarms.sound("down/gone", "warning", "an account that is no longer configured")
    told.restart()
    told.pass_time(FORGOTTEN_S * 2)
    assert told.alarms.acknowledge("down/gone", "op")
    assert told.alarms.active == {}


def test_the_wait_of_an_earlier_run_counts_but_never_backwards(told: Told) -> None:
    told.alarms.sound("defect/x", "critical", "a defect")
    told.clock.advance(100)
    told.restart()
    assert told.clock.monotonic_ns() - told.alarm("defect/x").waiting_from == 100 * NS_PER_S
    told.clock.stepped = -3600 * NS_PER_S
    told.restart()
    assert told.clock.monotonic_ns() == told.alarm("defect/x").waiting_from


def test_alarms_of_the_first_schema_are_brought_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    raw = connect_rw(str(path))
    raw.executescript(f"{MIGRATIONS[0]} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;")
    raw.execute("INSERT INTO alarms VALUES ('down/mk', 'warning', 'mk is down', 17, 3, 1)")
    raw.execute("INSERT INTO alarms VALUES ('naked/L1', 'critical', 'naked', 16, 1, 0)")
    raw.close()
    journal = Journal.open(path)
    alarms = Alarms(ManualClock(), journal)
    alarms.restore()
    (alarm,) = alarms.active.values()
    assert (alarm.id, alarm.count, alarm.first_ts, alarm.acked) == ("down/mk", 3, 17, False)
    alarms.acknowledge("down/mk", "op")
    journal.prune(18)
    journal.flush()
    assert [row.id for row in journal.reader().alarms()] == [], "over and old"
    journal.close()
    with sqlite3.connect(path) as looked:
        assert looked.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alarms_1'").fetchone() == (0,)
