"""Keys in the order of what they do.

Over a slow line some keys arrive in one read. Textual hands each of them to what has the keys at that moment, and goes
on before it has done anything: of `:funding` and enter the colon alone would go where it was meant to, the rest would
be keys of the panel below. Here a key waits until what the one before it did is done."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

ROUNDS = 12
"""So many turns of the event loop with nothing to do are rest: a coroutine may take some between two messages."""
LONGEST_S = 0.5
"""A key waits no longer, however busy the screen is."""


def has_work(pumps: Iterable[MessagePump]) -> bool:
    """Whether a message or a callback waits anywhere."""
    return any(pump._next_callbacks or pump._pending_message is not None or pump.message_queue_size for pump in pumps)


class TypeAhead:
    """Keys and pastes of one app that have come too soon."""

    def __init__(self, app: App[str]) -> None:
        self._app = app
        self._held: deque[events.InputEvent | events.Paste] = deque()
        self._handed_on: deque[events.Event] = deque()
        """Again on their way to the app."""
        self._following: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> bool:
        """Whether some are held back."""
        return bool(self._held or self._handed_on)

    def holds(self, event: events.InputEvent | events.Paste) -> bool:
        """Whether this one is to wait; it comes again by itself. Else it is to be handed on now."""
        if self._handed_on and event is self._handed_on[0]:
            self._handed_on.popleft()
            return False
        if self._following is None:
            self._following = asyncio.get_running_loop().create_task(self._follow())
            return False
        self._held.append(event)
        return True

    async def _follow(self) -> None:
        """Hand on what is held, one after the other."""
        try:
            await self._rest()
            while self._held and self._app.is_running:
                event = self._held.popleft()
                self._handed_on.append(event)
                self._app.post_message(event)
                await self._rest()
        finally:
            self._following = None

    async def _rest(self) -> None:
        """Until the last one has been handed on and nothing is left to do for it."""
        loop = asyncio.get_running_loop()
        late = loop.time() + LONGEST_S
        quiet = 0
        while quiet < ROUNDS and self._app.is_running and loop.time() < late:
            await asyncio.sleep(0)
            quiet = 0 if self._handed_on or self._busy() else quiet + 1

    def _busy(self) -> bool:
        app = self._app
        return bool(app.screen_stack) and has_work((app, *app.screen.walk_children(with_self=True)))
