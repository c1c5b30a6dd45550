"""A client's end of the link: the `Link` protocol, and the one that goes over the desk's unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cockpit.link.codec import CodecError
from cockpit.link.conversation import Conversation, LinkError, ProtocolMismatch
from cockpit.link.messages import Ack, Hello, Verb
from cockpit.link.store import Store
from venues.model import Clock
from venues.wire import FrameProtocol

__all__ = ["Link", "LinkError", "SocketLink"]

BACKOFF_FIRST_S = 0.2
BACKOFF_LAST_S = 2.0


class Link(Protocol):
    """What screens and commands need of a desk, near or far."""

    @property
    def store(self) -> Store: ...

    async def start(self) -> None:
        """Begin to connect and to keep the store current; returns at once, and reconnects by itself for good."""
        ...

    async def close(self) -> None:
        """Detach; the desk goes on."""
        ...

    async def send(
        self, verb: Verb, *, command_id: str | None = None, timeout: float = 10.0, resend: bool = False
    ) -> Ack:
        """Ask the desk and wait for its answer, `timeout` seconds at the most. Raises `LinkError`.

        `command_id` repeats a command whose answer was lost (`LinkError.command_id`): the desk then answers as it did
        the first time and does nothing twice. `resend` lets the link do so by itself after a reconnect.
        """
        ...


class SocketLink:
    """The link to a desk in a process of its own.

    `ids` gives each command its id and must never give one twice, over restarts of the client too. `origin` says who
    asks. With `attach` False no tables are sent: for commands only. `watchdog`, `watch`: see `Attach`.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        ids: Callable[[], str],
        origin: str,
        rate_hz: float = 4.0,
        attach: bool = True,
        watchdog: str = "",
        watch: bool = False,
    ) -> None:
        self.path = path
        self._talk = Conversation(
            clock, ids=ids, origin=origin, rate_hz=rate_hz, attach=attach, watchdog=watchdog, watch=watch
        )
        self._task: asyncio.Task[None] | None = None
        self._protocol: FrameProtocol | None = None
        self._gone = asyncio.Event()
        self.trouble = ""
        """Why there is no connection, in words; empty while there is one."""

    @property
    def store(self) -> Store:
        return self._talk.store

    @property
    def hello(self) -> Hello | None:
        """The desk's greeting; None while not connected."""
        return self._talk.hello

    @property
    def goodbye(self) -> bool:
        """Whether the desk said that it stops; until a desk greets us again."""
        return self._talk.goodbye

    async def start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def ready(self, timeout: float) -> bool:
        """Wait until the desk has greeted us and its first snapshot is here; False when that takes too long."""
        return await self._talk.ready_within(timeout)

    async def close(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        if self._protocol is not None:
            self._protocol.close()
            self._lost(self._protocol, None)

    async def send(
        self, verb: Verb, *, command_id: str | None = None, timeout: float = 10.0, resend: bool = False
    ) -> Ack:
        return await self._talk.send(verb, command_id=command_id, timeout=timeout, resend=resend)

    # -- the connection ----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        backoff = BACKOFF_FIRST_S
        while True:
            if await self._connect():
                await self._gone.wait()
                if not self.trouble:
                    backoff = BACKOFF_FIRST_S
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, BACKOFF_LAST_S)

    async def _connect(self) -> bool:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_unix_connection(
                lambda: FrameProtocol(self._frame, self._lost, self._made), str(self.path)
            )
        except OSError as error:
            self.trouble = f"no desk answers at {self.path}: {error.strerror or error}"
            self.store.connection = "disconnected"
            return False
        return True

    def _made(self, protocol: FrameProtocol) -> None:
        self._protocol = protocol
        self._gone.clear()
        self.trouble = ""
        self._talk.opened(protocol.send)

    def _frame(self, protocol: FrameProtocol, payload: bytes) -> None:
        if protocol is not self._protocol:
            return
        try:
            self._talk.received(payload)
        except (CodecError, ProtocolMismatch) as error:
            protocol.abort(error)

    def _lost(self, protocol: FrameProtocol, error: Exception | None) -> None:
        if protocol is not self._protocol:
            return
        self._protocol = None
        if isinstance(error, (CodecError, ProtocolMismatch)):
            self.trouble = str(error)
        self._talk.lost(str(error) if error else "the desk closed it")
        self._gone.set()
