"""When the terminal rings: for each new alarm, and for a critical one again and again until somebody has it."""

from __future__ import annotations

from cockpit.link.store import Store
from venues.model import NS_PER_S, Clock

LEAST_S = 1.0
"""Between two rings, whatever comes."""
LOUDER = 6
"""How many times as often an escalated alarm rings."""


class Bell:
    """Looked at with every paint; `desk.bell_s` of the store says how often it may ring, 0 is never."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: dict[str, tuple[int, int]] = {}
        """Alarm to (when it first stood, how often it had rung) as last seen."""
        self._owed = False
        self._last: int | None = None

    def rings(self, store: Store) -> bool:
        """Whether to ring now. What is no longer known to be so does not ring."""
        desk = store.desk
        if desk is None or store.state != "live":
            return False
        waiting = [row for row in store.alarms.values() if not row.acked_ts]
        for row in waiting:
            first, rings = self._heard.get(row.id, (row.first_ts, 0))
            self._owed |= row.rings > (rings if first == row.first_ts else 0)
        self._heard = {row.id: (row.first_ts, row.rings) for row in store.alarms.values()}
        critical = [row.shown_level for row in waiting if row.level == "critical"]
        self._owed &= bool(waiting)
        if not desk.bell_s or not (self._owed or critical):
            return False
        now = self._clock.monotonic_ns()
        pause = desk.bell_s / LOUDER if "escalated" in critical else desk.bell_s
        passed = float("inf") if self._last is None else (now - self._last) / NS_PER_S
        if passed < LEAST_S or not (self._owed or passed >= pause):
            return False
        self._owed = False
        self._last = now
        return True
