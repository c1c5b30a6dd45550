"""The desk's heartbeat and what its silence means. Pure: time goes in, a verdict comes out."""

from __future__ import annotations

from enum import StrEnum

from venues.model import NS_PER_S

ACT_SHARE = 0.7
"""Share of the deadline after which silence counts as death: the rest is for the cancels to get through."""
SLEPT_S = 2.0
"""A gap between two looks of our own that counts as having slept: silence that we did not hear proves nothing."""


class Pulse(StrEnum):
    """WAITING: no desk was heard yet. BEATING. DEAD: silent for too long. STOPPED: it said goodbye."""

    WAITING = "waiting"
    BEATING = "beating"
    DEAD = "dead"
    STOPPED = "stopped"


class Heart:
    """Judges one desk after the other, as they come."""

    def __init__(self, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        self.pulse = Pulse.WAITING
        self._heard_ns: int | None = None
        """When the last beat came, or from when silence counts, monotonic."""
        self._looked_ns: int | None = None

    def look(self, now: int, heard: int | None, goodbye: bool) -> Pulse:
        """`heard`: when the desk was last heard, None for never; all on one monotonic clock, ns. `goodbye`: its last
        word was that it stops."""
        slept = self._looked_ns is not None and now - self._looked_ns > SLEPT_S * NS_PER_S
        self._looked_ns = now
        beat = heard is not None and (self._heard_ns is None or heard > self._heard_ns)
        if beat:
            self._heard_ns = heard
            self.pulse = Pulse.BEATING
        if goodbye:
            # A desk that says goodbye is not asked again; the next beat is that of a new one.
            self.pulse = Pulse.STOPPED if self.pulse is not Pulse.WAITING else self.pulse
        elif self.pulse is Pulse.BEATING:
            if slept and not beat:
                self._heard_ns = now
            elif self.silence(now) >= ACT_SHARE * self.deadline_s:
                self.pulse = Pulse.DEAD
        return self.pulse

    def silence(self, now: int) -> float:
        """Seconds since the last beat; infinite before the first."""
        return float("inf") if self._heard_ns is None else (now - self._heard_ns) / NS_PER_S
