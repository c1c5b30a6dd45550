"""The client's half of one connection, whatever carries it: keeps the replica, matches answers to commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from cockpit.link.codec import decode_to_client, encode_to_desk
from cockpit.link.messages import PROTOCOL, Ack, Attach, Command, Goodbye, Hello, Resync, ToDesk, Verb
from cockpit.link.store import Store
from venues.model import Clock

Write: TypeAlias = Callable[[bytes], bool]


class LinkError(Exception):
    """A command without an answer: not connected, cut off, or no answer in time.

    `unknown` is True where the command may have reached the desk all the same; sending it again with
    `command_id` is then safe, with a new id it is not.
    """

    def __init__(self, text: str, command_id: str, *, unknown: bool) -> None:
        super().__init__(text)
        self.command_id = command_id
        self.unknown = unknown


class ProtocolMismatch(ConnectionError):
    """The desk speaks another version of the protocol."""


def mismatch(hello: Hello) -> str:
    """Which side is to be restarted, and how."""
    why = f"the desk (version {hello.version}) speaks protocol {hello.protocol}, this cockpit {PROTOCOL}"
    if hello.protocol > PROTOCOL:
        return f"start the newer cockpit instead of this one: {why}"
    # `cockpit desk stop` of this version cannot talk to it either; a desk stops cleanly on SIGTERM.
    return f"restart the desk (`kill {hello.pid}`, then `cockpit`): {why}"


class _Pending:
    def __init__(self, command: Command, answer: asyncio.Future[Ack], resend: bool) -> None:
        self.command = command
        self.answer = answer
        self.resend = resend
        self.sent = False


class Conversation:
    """State that outlives a connection: the store, and the commands whose answers have not come yet."""

    def __init__(
        self,
        clock: Clock,
        *,
        ids: Callable[[], str],
        origin: str,
        rate_hz: float,
        attach: bool,
        watchdog: str = "",
        watch: bool = False,
    ) -> None:
        self.store = Store(clock, watch=watch)
        self.hello: Hello | None = None
        self.goodbye = False
        """The desk said that it stops; True until a desk greets us again."""
        self._ids = ids
        self._origin = origin
        self._attach = Attach(rate_hz, watchdog, origin, watch) if attach else None
        self._write: Write | None = None
        self._pending: dict[str, _Pending] = {}
        self._resyncing = False
        self._ready = asyncio.Event()

    @property
    def ready(self) -> asyncio.Event:
        """Set while the desk has greeted us and, for a client that attaches, the first snapshot has come."""
        return self._ready

    async def ready_within(self, seconds: float) -> bool:
        """Wait until `ready` is set; False when that takes longer."""
        try:
            async with asyncio.timeout(seconds):
                await self._ready.wait()
        except TimeoutError:
            return False
        return True

    # -- the connection ----------------------------------------------------------------------------------------------

    def opened(self, write: Write) -> None:
        """A connection stands: attach, and send again what was marked for it."""
        self._write = write
        self._resyncing = False
        if self._attach is not None:
            self.store.forget_seq()
            self._say(self._attach)
        for pending in tuple(self._pending.values()):
            self._say(pending.command)
            pending.sent = True

    def lost(self, reason: str) -> None:
        """The connection has gone; commands that are not to be sent again fail now."""
        self._write = None
        self.hello = None
        self._ready.clear()
        self.store.connection = "disconnected"
        for command_id, pending in tuple(self._pending.items()):
            if not pending.resend and not pending.answer.done():
                text = f"the connection to the desk was lost ({reason}): it may or may not have taken the command"
                pending.answer.set_exception(LinkError(text, command_id, unknown=True))

    def received(self, payload: bytes) -> None:
        """One frame of the desk. Raises `CodecError` or `ProtocolMismatch`: the connection is of no use then."""
        message = decode_to_client(payload)
        if isinstance(message, Hello):
            if message.protocol != PROTOCOL:
                self.store.trouble = mismatch(message)
                raise ProtocolMismatch(self.store.trouble)
            self.store.trouble = ""
            self.hello = message
            self.goodbye = False
            if self._attach is None:
                self._ready.set()
        elif isinstance(message, Goodbye):
            self.goodbye = True
        elif isinstance(message, Ack):
            pending = self._pending.get(message.id)
            if pending is not None and not pending.answer.done():
                pending.answer.set_result(message)
        elif self.store.apply(message):
            self._resyncing = False
            self._ready.set()
        elif not self._resyncing:
            self._resyncing = True
            self._say(Resync())

    def _say(self, message: ToDesk) -> bool:
        return self._write is not None and self._write(encode_to_desk(message))

    # -- commands ----------------------------------------------------------------------------------------------------

    async def send(self, verb: Verb, *, command_id: str | None, timeout: float, resend: bool) -> Ack:
        """See `Link.send`."""
        command = Command(command_id or self._ids(), self._origin, verb)
        if command.id in self._pending:
            raise LinkError("a command with this id already waits for its answer", command.id, unknown=True)
        pending = _Pending(command, asyncio.get_running_loop().create_future(), resend)
        pending.sent = self._say(command)
        if not pending.sent and not resend:
            raise LinkError("not connected to the desk; nothing was sent", command.id, unknown=command_id is not None)
        self._pending[command.id] = pending
        try:
            async with asyncio.timeout(timeout):
                return await pending.answer
        except TimeoutError:
            sent = pending.sent or command_id is not None
            text = "it may or may not have taken the command" if sent else "nothing was sent"
            raise LinkError(f"no answer from the desk in {timeout:g} s: {text}", command.id, unknown=sent) from None
        finally:
            del self._pending[command.id]
