"""The link to a desk in the same process: the same halves and the same bytes, with no socket between them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from cockpit.link.conversation import Conversation
from cockpit.link.desk_port import DeskPort
from cockpit.link.dispatch import Dispatcher
from cockpit.link.messages import Ack, Verb
from cockpit.link.publisher import Publisher, seen_by
from cockpit.link.rows import Tables
from cockpit.link.session import DeskSession
from cockpit.link.store import Store
from venues.model import Clock
from venues.wire import FrameSplitter, frame


class _Pipe:
    """One direction: frames are handed over on the loop's next turn, in order, as a socket would."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._deliver = deliver
        self._splitter = FrameSplitter()
        self._chunks: deque[bytes] = deque()
        self._open = True
        self.backlog = 0

    def send(self, payload: bytes) -> bool:
        if not self._open:
            return False
        chunk = frame(payload)
        self.backlog += len(chunk)
        self._chunks.append(chunk)
        self._loop.call_soon(self._move)
        return True

    def _move(self) -> None:
        if not self._open:
            return
        chunk = self._chunks.popleft()
        self.backlog -= len(chunk)
        for payload in self._splitter.feed(chunk):
            self._deliver(payload)

    def abort(self, error: Exception | None = None) -> None:
        """Nothing more goes through. Both ends are ours, so `error` is a fault of ours and not hidden."""
        self._open = False
        if error is not None:
            raise error


class InProcessLink:
    """For `--embedded` and for tests; see `Link`."""

    def __init__(
        self, desk: DeskPort, clock: Clock, *, ids: Callable[[], str], origin: str, rate_hz: float = 4.0
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._talk = Conversation(clock, ids=ids, origin=origin, rate_hz=rate_hz, attach=True)
        self._publisher = Publisher(self._tables, clock)
        self._dispatcher = Dispatcher(desk, self._publisher.invalidate)
        self._session: DeskSession | None = None
        self._pipes: tuple[_Pipe, ...] = ()

    def _tables(self) -> Tables:
        return seen_by(self._desk.tables(), (self._session.looker,) if self._session and self._session.looker else ())

    @property
    def store(self) -> Store:
        return self._talk.store

    async def start(self) -> None:
        if self._session is not None:
            return
        loop = asyncio.get_running_loop()
        to_client = _Pipe(loop, self._talk.received)
        session = DeskSession(to_client, self._publisher, self._dispatcher, self._clock, loop)
        to_desk = _Pipe(loop, session.received)
        self._session = session
        self._pipes = (to_client, to_desk)
        session.hello(self._desk.version, self._desk.pid)
        self._talk.opened(to_desk.send)

    async def ready(self, timeout: float) -> bool:
        """Wait for the first snapshot; False when it does not come in time."""
        return await self._talk.ready_within(timeout)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        session.close()
        for pipe in self._pipes:
            pipe.abort()
        await self._dispatcher.close(grace=1.0)
        self._talk.lost("closed")

    async def send(
        self, verb: Verb, *, command_id: str | None = None, timeout: float = 10.0, resend: bool = False
    ) -> Ack:
        return await self._talk.send(verb, command_id=command_id, timeout=timeout, resend=resend)
