"""Alarms and the desk's log: folded, journaled, kept in short memory for the screens."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import msgspec

from cockpit.desk.journal import Journal
from venues.model import Clock

KEPT_LINES = 500


class Alarm(msgspec.Struct):
    """Raised until the operator acknowledges it or its cause is gone. A repeat is counted, not listed."""

    id: str
    level: str
    text: str
    ts: int
    count: int = 1


class Line(msgspec.Struct, frozen=True):
    seq: int
    ts: int
    level: str
    source: str
    text: str


class Alarms:
    """What the operator must see."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal
        self._seq = 0
        self.active: dict[str, Alarm] = {}
        self.lines: deque[Line] = deque(maxlen=KEPT_LINES)
        self.on_line: list[Callable[[Line], None]] = []

    def say(self, level: str, source: str, text: str) -> None:
        """A line of the log: `info`, `warning` or `error`."""
        self._seq += 1
        line = Line(self._seq, self._clock.now_ns(), level, source, text)
        self.lines.append(line)
        self._journal.log(ts=line.ts, level=level, source=source, text=text)
        for hear in self.on_line:
            hear(line)

    def sound(self, id_: str, level: str, text: str) -> None:
        """Raise `id_`, or count one more of it. `level` is `warning` or `critical`."""
        now = self._clock.now_ns()
        alarm = self.active.get(id_)
        if alarm is None:
            alarm = self.active[id_] = Alarm(id_, level, text, now)
            self.say("error" if level == "critical" else "warning", id_, text)
        else:
            changed = alarm.text != text
            alarm.level, alarm.text, alarm.ts, alarm.count = level, text, now, alarm.count + 1
            if not changed:
                return
        self._write(alarm, active=True)

    def clear(self, id_: str, why: str = "") -> bool:
        """The cause is gone, or the operator has seen it. False where no such alarm stands."""
        alarm = self.active.pop(id_, None)
        if alarm is None:
            return False
        self._write(alarm, active=False)
        if why:
            self.say("info", id_, why)
        return True

    def restore(self) -> None:
        """Those that stood when the desk last ran."""
        for row in self._journal.reader().alarms(active=True):
            self.active[row.id] = Alarm(row.id, row.level, row.text, row.ts, row.count)

    def _write(self, alarm: Alarm, *, active: bool) -> None:
        self._journal.alarm(alarm.id, level=alarm.level, text=alarm.text, ts=alarm.ts, count=alarm.count, active=active)
