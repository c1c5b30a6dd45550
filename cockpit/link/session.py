"""The desk's half of one connection, whatever carries it: commands in, answers and table changes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec

from cockpit.link.codec import CodecError, decode_to_desk, encode_to_client
from cockpit.link.dispatch import Dispatcher
from cockpit.link.messages import PROTOCOL, Ack, Attach, Command, Delta, Goodbye, Hello, Query, Snapshot, ToClient
from cockpit.link.origin import looker
from cockpit.link.publisher import MAX_RATE_HZ, Cursor, Publisher
from venues.model import NS_PER_S, Clock
from venues.wire import FrameError

SKIP_BACKLOG = 64_000
"""Bytes a client has not read yet; above it the client is skipped and later gets a snapshot."""

DROP_BACKLOG = 4_000_000
"""A client that asks and never reads the answers is cut off here."""

MAX_PENDING = 64
"""Commands of one client without an answer yet."""

HEARTBEAT_S = 1.0
"""The longest silence towards a client that is attached, seconds."""


class Peer(Protocol):
    """The way to the client."""

    @property
    def backlog(self) -> int: ...
    def send(self, payload: bytes) -> bool: ...
    def abort(self, error: Exception | None = None) -> None: ...


class DeskSession:
    """One client. It is told what changed since its own last message, at its own rate, and never waited for."""

    def __init__(
        self,
        peer: Peer,
        publisher: Publisher,
        dispatcher: Dispatcher,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        max_rate_hz: float = MAX_RATE_HZ,
        on_attach: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_attach = on_attach
        self._max_rate_hz = max_rate_hz
        self._peer = peer
        self._publisher = publisher
        self._dispatcher = dispatcher
        self._clock = clock
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._interval = HEARTBEAT_S
        self._cursor: Cursor | None = None
        self._seq = 0
        self._sent_ns = 0
        self._pending = 0
        self._closed = False
        self.watchdog = ""
        """What the client says of itself where it is a watchdog."""
        self.watch = False
        """The client may look and nothing else."""
        self.looker = ""
        """Who looks, for other clients to see; empty where nobody sits there."""
        self.skipped = 0
        """How often this client was skipped because it did not read."""

    @property
    def attached(self) -> bool:
        return self._timer is not None

    def hello(self, version: str, pid: int) -> None:
        self._send(Hello(PROTOCOL, version, pid))

    def goodbye(self) -> None:
        """The desk has stopped: how it left things, and that this was meant."""
        if self._timer is not None:
            self._timer.cancel()
            self._tick()
        self._send(Goodbye())

    def close(self) -> None:
        """The client has gone or is to go: no more timers, no more answers."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def received(self, payload: bytes) -> None:
        """One frame of the client. Anything but a message cuts the connection."""
        if self._closed:
            return
        try:
            message = decode_to_desk(payload)
        except CodecError as error:
            self._cut(error)
            return
        if isinstance(message, Command):
            self._command(message)
        elif isinstance(message, Attach):
            self.watchdog = message.watchdog
            # Once a client has said that it only watches, nothing it says lifts that.
            self.watch = self.watch or message.watch
            self.looker = "" if message.watchdog else looker(message.origin, watch=self.watch)
            self._attach(message.rate_hz)
            self._on_attach()
        else:
            self._cursor = None

    def _cut(self, error: Exception) -> None:
        self.close()
        self._peer.abort(error)

    def _command(self, command: Command) -> None:
        if self._pending >= MAX_PENDING:
            text = f"the desk is busy: {MAX_PENDING} commands of this client wait already; nothing was done, try again"
            self._send(Ack(command.id, ok=False, error=text))
            return
        if self.watch and not isinstance(command.verb, Query):
            # The desk itself says no, so that the refusal is journaled and everybody sees who tried.
            command = msgspec.structs.replace(command, watch=True)
        self._pending += 1
        self._dispatcher.submit(command, self._answer)

    def _answer(self, ack: Ack) -> None:
        self._pending -= 1
        self._send(ack)

    def _send(self, message: ToClient) -> None:
        if self._closed:
            return
        if self._peer.backlog > DROP_BACKLOG:
            self._cut(ConnectionError("the client does not read its answers"))
            return
        payload = encode_to_client(message)
        try:
            self._peer.send(payload)
        except FrameError as error:
            if not isinstance(message, Ack):
                self._cut(error)
                return
            text = f"the answer of {len(payload)} bytes is too long for one message; ask for a shorter span"
            self._peer.send(encode_to_client(Ack(message.id, ok=False, error=text)))

    # -- tables ------------------------------------------------------------------------------------------------------

    def _attach(self, rate_hz: float) -> None:
        first = self._timer is None
        rate = min(max(rate_hz, 1 / HEARTBEAT_S), self._max_rate_hz) if rate_hz == rate_hz else 1 / HEARTBEAT_S
        self._interval = 1 / rate
        self._cursor = None
        if first:
            self._tick()

    def _tick(self) -> None:
        self._timer = self._loop.call_later(self._interval, self._tick)
        if self._peer.backlog > SKIP_BACKLOG:
            self.skipped += 1
            self._cursor = None
            return
        self._publisher.refresh()
        changes = self._publisher.since(self._cursor) if self._cursor is not None else None
        now = self._clock.monotonic_ns()
        if changes is not None and changes.empty and now - self._sent_ns < self._quiet_ns():
            return
        self._seq += 1
        ts = self._clock.now_ns()
        if changes is None:
            message: ToClient = Snapshot(self._seq, ts, self._publisher.snapshot())
        else:
            message = Delta(self._seq, ts, changes.tables, changes.removed)
        self._cursor = self._publisher.cursor
        self._sent_ns = now
        self._send(message)

    def _quiet_ns(self) -> float:
        """How long nothing need be said: a heartbeat goes out on the last tick that is not too late."""
        return (HEARTBEAT_S - self._interval / 2) * NS_PER_S
