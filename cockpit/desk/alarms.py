"""Alarms and the desk's log: folded, rung at a bounded rate, acknowledged, journaled, kept for the screens."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable

import msgspec

from cockpit.desk.journal import Journal
from cockpit.desk.journal_rows import JournaledAlarm
from venues.model import NS_PER_S, Clock

KEPT_LINES = 500
KEPT_ALARMS = 500
"""Alarms that may stand at once; beyond it the one that matters least is left to the log."""
KEPT_RINGS = 1_024
"""Alarms whose last ring is remembered, so that one that comes and goes does not ring each time."""
REPEAT_S = 60.0
FORGOTTEN_S = 300.0
"""How long an alarm that was acknowledged in an earlier run waits for its cause to show again in this one."""

LASTING = (
    "connect/",
    "deleverage/",
    "down/",
    "foreign-order/",
    "hedge/",
    "journal",
    "naked/",
    "order/",
    "rate/",
    "refused/",
    "suspect/",
    "unexplained/",
    "unfit/",
    "watchdog",
)
"""Ids, or how they begin, of alarms whose cause is a state that somebody looks at again: acknowledged, they stay until
it is gone. All others tell of something that happened once, and leave when they are acknowledged."""

NUMBER = re.compile(r"[-+]?\d[\d.,]*")


class Alarm(msgspec.Struct):
    """Stands until its cause is gone or, where that is a past event, until it is acknowledged."""

    id: str
    level: str
    """`warning` or `critical`. While nobody has acknowledged it, it only rises."""
    text: str
    ts: int
    """When it was last raised, ns."""
    count: int = 1
    first_ts: int = 0
    armed_ts: int = 0
    """Since when somebody should acknowledge it at this level, ns."""
    acked_ts: int = 0
    """0: not acknowledged."""
    acked_by: str = ""
    escalated_ts: int = 0
    """0: not escalated since it was armed."""
    action: str = ""
    """What escalation has done since it was armed, in words."""
    rings: int = 0
    """How often it rang in this run: a client rings when this grows."""
    lasting: bool = False
    waiting_from: int = 0
    """Monotonic clock of `escalated_ts` or `armed_ts`, ns: spans are measured by it."""

    @property
    def critical(self) -> bool:
        return self.level == "critical"

    @property
    def acked(self) -> bool:
        return self.acked_ts > 0


class Line(msgspec.Struct, frozen=True):
    seq: int
    ts: int
    level: str
    source: str
    text: str


class Alarms:
    """What the operator must see.

    `on_ring` hears each alarm that is to be told outside: when it is raised, when it gets worse, when it comes again
    after an acknowledgement with other words (numbers apart), and for repeats at most once in `repeat_s`.
    """

    def __init__(self, clock: Clock, journal: Journal, *, repeat_s: float = REPEAT_S) -> None:
        self._clock = clock
        self._journal = journal
        self._repeat_ns = round(repeat_s * NS_PER_S)
        self._seq = 0
        self._rung: dict[str, tuple[int, bool]] = {}
        """Alarm to (when it last rang by the monotonic clock, whether as a critical one)."""
        self._held: set[str] = set()
        """Alarms that have something to tell and wait for `repeat_s` to pass."""
        self._unseen: dict[str, int] = {}
        """Acknowledged alarms of an earlier run to the moment at which they are forgotten."""
        self.active: dict[str, Alarm] = {}
        self.lines: deque[Line] = deque(maxlen=KEPT_LINES)
        self.on_line: list[Callable[[Line], None]] = []
        self.on_ring: list[Callable[[Alarm], None]] = []

    def say(self, level: str, source: str, text: str) -> None:
        """A line of the log: `info`, `warning` or `error`."""
        self._seq += 1
        line = Line(self._seq, self._clock.now_ns(), level, source, text)
        self.lines.append(line)
        self._journal.log(ts=line.ts, level=level, source=source, text=text)
        for hear in self.on_line:
            hear(line)

    # -- raised and gone

    def sound(self, id_: str, level: str, text: str, *, news: bool = False) -> None:
        """Raise `id_`, or count one more of it. `level` is `warning` or `critical`. `news`: whoever acknowledged it
        must see it again, though only its numbers differ."""
        now = self._clock.now_ns()
        self._unseen.pop(id_, None)
        alarm = self.active.get(id_)
        if alarm is None:
            self._make_room()
            alarm = self.active[id_] = Alarm(id_, level, text, now, first_ts=now, lasting=_lasting(id_))
            self._arm(alarm)
            return
        worse = level == "critical" and not alarm.critical
        changed = alarm.text != text or worse
        arm = worse or (alarm.acked and (news or _words(alarm.text) != _words(text)))
        if worse or alarm.acked:
            alarm.level = level
        alarm.text, alarm.ts, alarm.count, alarm.lasting = text, now, alarm.count + 1, _lasting(id_)
        if arm:
            self._arm(alarm)
        else:
            if not alarm.acked:
                self._held.add(id_)
                self._ring_if_due(alarm)
            if changed:
                self._write(alarm)

    def clear(self, id_: str, why: str = "") -> bool:
        """The cause is gone. False where no such alarm stands."""
        alarm = self.active.pop(id_, None)
        if alarm is None:
            return False
        self._held.discard(id_)
        self._unseen.pop(id_, None)
        self._write(alarm, active=False)
        if why:
            self.say("info", id_, why)
        return True

    # -- the operator's word

    def acknowledge(self, id_: str, by: str) -> bool:
        """Somebody has seen it: it is silent, and leaves now or with its cause. False where no such alarm stands."""
        alarm = self.active.get(id_)
        if alarm is None:
            return False
        if not alarm.acked:
            alarm.acked_ts, alarm.acked_by = self._clock.now_ns(), by
            self._held.discard(id_)
            if alarm.lasting:
                self._write(alarm)
                self.say("info", id_, f"acknowledged by {by}; it stands until its cause is gone")
        if not alarm.lasting:
            self.clear(id_, f"acknowledged by {by}")
        return True

    def drop(self, id_: str, by: str) -> bool:
        """Take it off the list whatever its cause; it comes back when it is raised again."""
        alarm = self.active.get(id_)
        if alarm is not None and not alarm.acked:
            alarm.acked_ts, alarm.acked_by = self._clock.now_ns(), by
        return self.clear(id_, f"taken off by {by}")

    # -- time

    def look(self) -> None:
        """Ring what was held back and is due; forget what was acknowledged before a restart and never came again."""
        for id_ in list(self._held):
            self._ring_if_due(self.active[id_])
        now = self._clock.monotonic_ns()
        for id_ in [id_ for id_, until in self._unseen.items() if now >= until]:
            self.clear(id_, "not seen again since the restart")

    def escalate(self, alarm: Alarm) -> None:
        """Nobody has acknowledged it for too long."""
        alarm.escalated_ts = self._clock.now_ns()
        alarm.waiting_from = self._clock.monotonic_ns()
        self._write(alarm)
        self.say("error", alarm.id, f"escalated, nobody has acknowledged it: {alarm.text}")
        self._ring(alarm)

    def acted(self, alarm: Alarm, action: str) -> None:
        """Escalation has done its last; once for each time it was armed."""
        alarm.action = action
        self._write(alarm)
        self.say("error", alarm.id, f"escalation: {action}")

    def restore(self) -> None:
        """Those that stood when the desk last ran. What lasted then is only known to last once it is raised again."""
        now, monotonic = self._clock.now_ns(), self._clock.monotonic_ns()
        for row in self._journal.reader().alarms(active=True):
            # The wall clock may have stepped back meanwhile: then the wait begins anew.
            waited = max(0, now - (row.escalated_ts or row.armed_ts))
            self.active[row.id] = Alarm(
                row.id,
                row.level,
                row.text,
                row.ts,
                row.count,
                first_ts=row.first_ts,
                armed_ts=row.armed_ts,
                acked_ts=row.acked_ts,
                acked_by=row.acked_by,
                escalated_ts=row.escalated_ts,
                action=row.action,
                rings=1,
                waiting_from=monotonic - waited,
            )
            if row.acked_ts:
                self._unseen[row.id] = monotonic + round(FORGOTTEN_S * NS_PER_S)

    # -- ringing

    def _arm(self, alarm: Alarm) -> None:
        """From now on somebody should acknowledge it."""
        alarm.armed_ts = alarm.ts
        alarm.waiting_from = self._clock.monotonic_ns()
        alarm.acked_ts = alarm.escalated_ts = 0
        alarm.acked_by = alarm.action = ""
        self._write(alarm)
        self.say("error" if alarm.critical else "warning", alarm.id, alarm.text)
        self._held.add(alarm.id)
        self._ring_if_due(alarm)

    def _ring_if_due(self, alarm: Alarm) -> None:
        when, as_critical = self._rung.get(alarm.id, (None, False))
        late = when is None or self._clock.monotonic_ns() - when >= self._repeat_ns
        if late or (alarm.critical and not as_critical):
            self._ring(alarm)

    def _ring(self, alarm: Alarm) -> None:
        self._held.discard(alarm.id)
        self._rung.pop(alarm.id, None)
        self._rung[alarm.id] = (self._clock.monotonic_ns(), alarm.critical)
        if len(self._rung) > KEPT_RINGS:
            del self._rung[next(iter(self._rung))]
        alarm.rings += 1
        for hear in self.on_ring:
            hear(alarm)

    def _make_room(self) -> None:
        if len(self.active) < KEPT_ALARMS:
            return
        least = min(self.active.values(), key=lambda alarm: (not alarm.acked, alarm.critical, alarm.ts))
        self.clear(least.id, f"left to the log, {KEPT_ALARMS} alarms stand already: {least.text}")

    def _write(self, alarm: Alarm, *, active: bool = True) -> None:
        self._journal.alarm(
            JournaledAlarm(
                id=alarm.id,
                first_ts=alarm.first_ts,
                level=alarm.level,
                text=alarm.text,
                ts=alarm.ts,
                count=alarm.count,
                active=active,
                ended_ts=0 if active else self._clock.now_ns(),
                armed_ts=alarm.armed_ts,
                acked_ts=alarm.acked_ts,
                acked_by=alarm.acked_by,
                escalated_ts=alarm.escalated_ts,
                action=alarm.action,
            )
        )


def _lasting(id_: str) -> bool:
    return any(id_.startswith(kind) if kind.endswith("/") else id_ == kind for kind in LASTING)


def _words(text: str) -> str:
    """A text without its numbers: a size or an age that moves on is no news."""
    return NUMBER.sub("#", text)
