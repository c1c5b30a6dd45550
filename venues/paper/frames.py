"""Frames of the paper exchange's socket under any event loop."""

from __future__ import annotations

import asyncio
from typing import cast

from venues.wire import FrameProtocol


class PaperFrames(FrameProtocol):
    """Takes uvloop's transports too: they do all that `asyncio.Transport` does, but are no subclass of it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._on_made is not None:
            self._on_made(self)
