"""The second stroke of a dangerous chord, told apart from a key that is held."""

from __future__ import annotations

from typing import Literal

MS = 1_000_000
WAIT_NS = 300 * MS
"""No stroke counts sooner than this after the dialog was painted, or after the stroke before it."""
WINDOW_NS = 3_000 * MS
"""No stroke counts later than this after the dialog was painted."""
QUIET_S = 0.15
"""A held key repeats at least this often; a stroke counts once this long has passed without another. Terminals wait
250 to 660 ms before the first repeat, so the wait alone would take it for a second stroke."""

Verdict = Literal["early", "held", "late", "maybe"]


class Chord:
    """Feed it strokes with monotonic times, ns. `maybe` becomes yes when `settle` says so `QUIET_S` later."""

    def __init__(self) -> None:
        self._painted: int | None = None
        self._last: int | None = None
        self._waiting = False

    def painted(self, now_ns: int) -> None:
        """The dialog, or what it would now do, is in front of the operator from here on."""
        self._painted = now_ns
        self._waiting = False

    def left_ns(self, now_ns: int) -> int:
        """How long a stroke still counts; 0 when it is too late."""
        if self._painted is None:
            return WINDOW_NS
        return max(0, self._painted + WINDOW_NS - now_ns)

    def late(self, now_ns: int) -> bool:
        return self.left_ns(now_ns) == 0

    def stroke(self, now_ns: int) -> Verdict:
        """Judge one stroke."""
        before, self._last = self._last, now_ns
        if self._waiting:
            self._waiting = False
            return "held"
        if self._painted is None:
            return "early"
        if self.late(now_ns):
            return "late"
        since = self._painted if before is None else max(self._painted, before)
        if now_ns - since < WAIT_NS:
            return "early"
        self._waiting = True
        return "maybe"

    def settle(self) -> bool:
        """`QUIET_S` after a `maybe`: True if no other stroke followed."""
        waiting, self._waiting = self._waiting, False
        return waiting
