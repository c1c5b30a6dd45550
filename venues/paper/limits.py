"""Rate limits, counted as venues do: so many requests in any rolling window."""

from __future__ import annotations

from collections import deque

import msgspec

from venues.model import NS_PER_S


class Limit(msgspec.Struct, frozen=True):
    """`count` requests in any `per_s` seconds; a count of 0 means no limit."""

    count: int
    per_s: float = 1.0

    @property
    def rate(self) -> float | None:
        """Requests a second on the long run; None where there is no limit."""
        return self.count / self.per_s if self.count else None


class RollingWindow:
    """Counts requests against a `Limit`. Memory is bounded by the limit's count."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self._window_ns = int(limit.per_s * NS_PER_S)
        self._stamps: deque[int] = deque()

    def admit(self, now_ns: int) -> bool:
        """Count one request at `now_ns` (monotonic); False, and not counted, where the window is full."""
        if not self.limit.count:
            return True
        stamps = self._stamps
        horizon = now_ns - self._window_ns
        while stamps and stamps[0] <= horizon:
            stamps.popleft()
        if len(stamps) >= self.limit.count:
            return False
        stamps.append(now_ns)
        return True
