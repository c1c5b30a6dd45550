"""Alarms: folded, journaled, back after a restart."""

from __future__ import annotations

from cockpit.desk.alarms import KEPT_LINES, Alarms, Line
from cockpit.desk.journal import Journal
from venues.model import ManualClock


def test_a_repeat_is_counted_and_an_end_is_an_end() -> None:
    clock, journal = ManualClock(), Journal.open(":memory:")
    alarms = Alarms(clock, journal)
    heard: list[Line] = []
    alarms.on_line.append(heard.append)
    alarms.sound("naked/L1", "warning", "1 s")
    clock.advance(1)
    alarms.sound("naked/L1", "critical", "2 s")
    alarms.sound("naked/L1", "critical", "2 s")
    alarm = alarms.active["naked/L1"]
    assert (alarm.level, alarm.text, alarm.count, alarm.ts) == ("critical", "2 s", 3, clock.now_ns())
    assert [line.text for line in heard] == ["1 s"], "a repeat is no new line"
    journal.flush()
    again = Alarms(clock, journal)
    again.restore()
    assert again.active["naked/L1"].text == "2 s"
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
