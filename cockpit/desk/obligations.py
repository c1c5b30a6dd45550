"""What single fills oblige a loop to trade, oldest first, and how long each took to be hedged."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import msgspec

from venues.model import NS_PER_MS

KEPT_LATENCIES = 10_000


class Obligation(msgspec.Struct):
    """Base coin to trade because of one fill."""

    number: int
    base: Decimal
    """Signed: positive is to be bought."""
    left: Decimal
    ts: int
    """When the fill reached the desk, ns."""
    covered_ts: int = 0
    """When a hedge fill last worked on it, ns; 0 while none has."""


class Obligations:
    """Those not yet worked off. The sum that is owed stands with the hedger; this tells fills apart."""

    def __init__(self) -> None:
        self.open: deque[Obligation] = deque()
        self.latencies_ms: deque[float] = deque(maxlen=KEPT_LATENCIES)
        """From a hedged fill reaching the desk to the hedge fill that covered it reaching the desk."""

    def add(self, obligation: Obligation) -> None:
        self.open.append(obligation)

    def cover(self, base: Decimal, ts: int) -> None:
        """Let a hedge fill of signed `base` work off what is open."""
        while self.open and base:
            first = self.open[0]
            if first.left and (first.left > 0) != (base > 0):
                break
            taken = base if abs(base) < abs(first.left) else first.left
            first.left -= taken
            first.covered_ts = ts
            base -= taken
            if not first.left:
                self.latencies_ms.append((ts - first.ts) / NS_PER_MS)
                self.open.popleft()

    def fold(self) -> None:
        """What is left is dust: owed still, but no longer waited for. What was hedged but for dust counts as hedged."""
        self.latencies_ms.extend((o.covered_ts - o.ts) / NS_PER_MS for o in self.open if o.covered_ts)
        self.open.clear()
