"""The desk's own clock: true or not, by the seed's word. The exchange keeps the true time."""

from __future__ import annotations

from cockpit.sim.loop import VirtualLoop


class SkewedClock:
    """Wall time with an offset, ns; monotonic time stays true, as a machine's does when its wall clock is set."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.offset_ns = 0

    def now_ns(self) -> int:
        return self._loop.now_ns + self.offset_ns

    def monotonic_ns(self) -> int:
        return self._loop.now_ns
