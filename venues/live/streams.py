"""Streams that stay: each is a task that redials, that notices silence, and that says when it is up and down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from venues.live.exchange import Exchange, current_stream
from venues.model import VenueBusy, VenueError

REDIAL_FIRST_S = 0.1
REDIAL_MAX_S = 10.0
STEADY_S = 20.0
"""A stream that held for so long is redialled at once again."""
SETTLE_S = 0.5
"""From an open socket to "up": the subscription is on its way, and not every venue confirms it."""

OnChange = Callable[[str, bool, str], None]
"""(stream, up, reason), told at each change only."""


class WatchedStream:
    """One websocket stream. `listen` waits for the next news and hands them on."""

    def __init__(
        self,
        name: str,
        exchange: Exchange,
        listen: Callable[[], Awaitable[None]],
        on_change: OnChange,
        *,
        silence_s: float | None = None,
        before_redial: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self._exchange = exchange
        self._listen = listen
        self._on_change = on_change
        self._silence_s = silence_s
        self._before_redial = before_redial
        self._up: bool | None = None
        self._settling: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Listen until cancelled."""
        current_stream.set(self.name)
        loop = asyncio.get_running_loop()
        delay = REDIAL_FIRST_S
        try:
            while True:
                began = loop.time()
                reason = await self._listen_until_lost()
                self._settled(False, reason)
                if self._before_redial is not None:
                    self._before_redial()
                await self._exchange.drop(self.name)
                if loop.time() - began >= STEADY_S:
                    delay = REDIAL_FIRST_S
                await asyncio.sleep(delay)
                delay = min(2 * delay, REDIAL_MAX_S)
        finally:
            if self._settling is not None:
                self._settling.cancel()

    def opened(self) -> None:
        """The socket is open; the stream is up unless it is lost again within a moment."""
        if self._up or self._settling is not None:
            return
        loop = asyncio.get_running_loop()
        self._settling = loop.call_later(SETTLE_S, self._settled, True, "connected")

    async def _listen_until_lost(self) -> str:
        """Why it was lost."""
        began = asyncio.get_running_loop().time()
        while True:
            try:
                async with asyncio.timeout(self._silence_s) as limit:
                    await self._listen()
            except VenueError as error:
                return str(error)
            except TimeoutError:
                if not limit.expired():
                    raise
                if self._silent_since(began):
                    return f"{self.name}: silent for {self._silence_s:g} s"
                continue
            finally:
                self._exchange.took(self.name)
            self._settled(True, "connected")

    def _silent_since(self, began: float) -> bool:
        heard = self._exchange.heard_at(self.name)
        last = began if heard is None else max(began, heard)
        # a wait that ended a hair early by the timer's rounding is silence all the same
        return asyncio.get_running_loop().time() - last >= (self._silence_s or 0.0) - 0.001

    def _settled(self, up: bool, reason: str) -> None:
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        if up is not self._up:
            self._up = up
            self._on_change(self.name, up, reason)


class PolledStream:
    """What a venue has no websocket for: asked every `period_s` seconds."""

    def __init__(self, name: str, period_s: float, ask: Callable[[], Awaitable[None]], on_change: OnChange) -> None:
        self.name = name
        self._period_s = period_s
        self._ask = ask
        self._on_change = on_change
        self._up: bool | None = None

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self._ask()
            except VenueBusy:
                pass  # it is up; only late
            except VenueError as error:
                self._change(False, str(error))
            else:
                self._change(True, "answers")
            await asyncio.sleep(self._period_s)

    def _change(self, up: bool, reason: str) -> None:
        if up is not self._up:
            self._up = up
            self._on_change(self.name, up, reason)


class Connection:
    """Up when all vital streams are up; tells at each change."""

    def __init__(self, tell: Callable[[bool, str], None]) -> None:
        self._tell = tell
        self._vital: dict[str, bool] = {}
        self._up: bool | None = None

    @property
    def up(self) -> bool:
        return bool(self._up)

    def need(self, stream: str) -> None:
        self._vital.setdefault(stream, False)

    def change(self, stream: str, up: bool, reason: str) -> None:
        """A stream came up or went down; one that is not vital changes nothing."""
        if stream not in self._vital:
            return
        self._vital[stream] = up
        now = all(self._vital.values())
        if now is self._up or (up and not now):
            return  # told before, or still waiting for the others
        self._up = now
        self._tell(now, reason)
