"""A connection that knows when its bytes arrived."""

from __future__ import annotations

from venues.model import Clock
from venues.wire import FrameProtocol


class Stamped(FrameProtocol):
    """Notes when bytes arrived, before anything is decoded: that is `ts_init` of what they hold."""

    clock: Clock
    received_ns = 0

    def data_received(self, data: bytes) -> None:
        self.received_ns = self.clock.now_ns()
        super().data_received(data)
