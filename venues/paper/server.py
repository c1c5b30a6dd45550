"""Serves paper accounts on a unix socket, to one main session an account and others beside it. The accounts live on
when their sessions end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from venues.model import Venue, VenueBusy, VenueError, VenueRejected
from venues.paper.account_line import AccountLine, ExchangeVenue
from venues.paper.protocol import (
    CLIENT_DECODER,
    ENCODER,
    MALFORMED,
    NOTHING,
    PROTOCOL_VERSION,
    Args,
    Cancel,
    Failure,
    Login,
    Refused,
    Request,
    Response,
    Status,
    Submit,
    Subscribe,
    Welcome,
    What,
)
from venues.wire import FrameProtocol

MAX_REQUESTS = 64
"""Requests of one connection that may wait for an answer at once."""
MAX_PATH = 100
"""Longest path of a unix socket, bytes, that every platform takes."""


Answer: TypeAlias = Callable[[Args], Awaitable[object]]

_QUERIES: dict[What, Callable[[Venue, Args], Awaitable[object]]] = {
    What.CANCEL_ALL: lambda venue, args: venue.cancel_all(args.symbol or None),
    What.CANCEL_ALL_AFTER: lambda venue, args: venue.cancel_all_after(args.seconds),
    What.QUERY_ORDER: lambda venue, args: venue.query_order(
        client_order_id=args.client_order_id, venue_order_id=args.venue_order_id, symbol=args.symbol
    ),
    What.OPEN_ORDERS: lambda venue, args: venue.open_orders(),
    What.FILLS: lambda venue, args: venue.fills_since(args.cursor),
    What.POSITIONS: lambda venue, args: venue.positions(),
    What.BALANCES: lambda venue, args: venue.balances(),
    What.FUNDING: lambda venue, args: venue.funding_since(args.ts),
    What.TRANSFERS: lambda venue, args: venue.transfers_since(args.ts),
}
"""What the account that logged in may ask, and how its own venue answers."""


class _Session:
    """One connection of a client."""

    def __init__(self) -> None:
        self.line: AccountLine | None = None
        self.tasks: set[asyncio.Task[None]] = set()


class PaperServer:
    """Listens on `path` (mode 0600) for clients of the accounts in `venues`.

    `answers` adds requests that need no login. `on_change` is called with an account's name whenever something
    happened to its orders or its money.
    """

    def __init__(
        self,
        venues: Mapping[str, ExchangeVenue],
        path: Path,
        *,
        answers: Mapping[What, Answer] | None = None,
        on_change: Callable[[str], None] = lambda account: None,
    ) -> None:
        self.path = path
        self._initial = dict(venues)
        self._lines: dict[str, AccountLine] = {}
        self._sessions: dict[FrameProtocol, _Session] = {}
        self._answers: dict[What, Answer] = {What.PING: self._ping, What.FAULT: self._fault, **(answers or {})}
        self._on_change = on_change
        self._server: asyncio.AbstractServer | None = None

    @property
    def accounts(self) -> Mapping[str, AccountLine]:
        return self._lines

    async def add(self, account: str, venue: ExchangeVenue) -> None:
        """Serve one more account; from here on its venue is listened to."""
        line = AccountLine(venue, self._on_change)
        await venue.connect(line)
        self._lines[account] = line

    async def start(self) -> None:
        """Listen. Raises `OSError` where the path cannot be bound; a stale socket file must be gone."""
        if len(os.fsencode(self.path)) > MAX_PATH:
            raise OSError(f"socket path {self.path}: longer than the {MAX_PATH} bytes that a unix socket may have")
        for account, venue in self._initial.items():
            await self.add(account, venue)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(str(self.path))
            # before anybody can connect: nothing listens yet
            self.path.chmod(0o600)
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(self._protocol, sock=sock)
        except BaseException:
            sock.close()
            raise

    async def close(self) -> None:
        """Stop listening and drop every client."""
        if self._server is not None:
            self._server.close()
            self._server = None
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()
        for protocol in list(self._sessions):
            protocol.close()
            self._drop(protocol, None)
        for line in self._lines.values():
            await line.venue.close()

    # -- connections ---------------------------------------------------------------------------------------------

    def _protocol(self) -> FrameProtocol:
        return FrameProtocol(self._on_frame, self._drop, self._made)

    def _made(self, protocol: FrameProtocol) -> None:
        self._sessions[protocol] = _Session()

    def _drop(self, protocol: FrameProtocol, error: Exception | None) -> None:
        session = self._sessions.pop(protocol, None)
        if session is None:
            return
        for task in session.tasks:
            task.cancel()
        if session.line is not None:
            session.line.detach(protocol)

    def _refuse(self, protocol: FrameProtocol, failure: Failure, text: str) -> None:
        protocol.send(ENCODER.encode(Refused(failure, text)))
        protocol.close()
        self._drop(protocol, None)

    def _on_frame(self, protocol: FrameProtocol, payload: bytes) -> None:
        session = self._sessions.get(protocol)
        if session is None:
            return  # what was still in the pipe when the connection was refused
        try:
            message = CLIENT_DECODER.decode(payload)
        except MALFORMED as error:
            self._refuse(protocol, Failure.MALFORMED, f"not a message of this protocol: {error}")
            return
        line = session.line
        if isinstance(message, Request):
            self._on_request(protocol, session, message)
        elif isinstance(message, Login):
            self._on_login(protocol, session, message)
        elif line is None:
            self._refuse(protocol, Failure.REJECTED, f"{type(message).__name__.lower()} before login")
        elif isinstance(message, Submit):
            line.venue.submit(message.order)
        elif isinstance(message, Cancel):
            line.venue.cancel(message.client_order_id, message.symbol)
        elif isinstance(message, Subscribe):
            line.subscribe(protocol, message.symbols)

    def _on_login(self, protocol: FrameProtocol, session: _Session, message: Login) -> None:
        if message.version != PROTOCOL_VERSION:
            text = f"protocol version {message.version}: this exchange speaks {PROTOCOL_VERSION}; restart the older one"
            self._refuse(protocol, Failure.MALFORMED, text)
            return
        line = self._lines.get(message.account)
        if line is None:
            known = ", ".join(sorted(self._lines)) or "none"
            self._refuse(protocol, Failure.REJECTED, f"account {message.account!r} is not here (known: {known})")
            return
        if session.line is not None:
            self._refuse(protocol, Failure.REJECTED, f"already logged in to {session.line.venue.account}")
            return
        if line.session is not None and not message.beside:
            # a desk that was killed may have left its connection behind: the newest login is the living one
            self._refuse(line.session, Failure.TAKEN_OVER, f"another session logged in to {message.account}")
        session.line = line
        line.attach(protocol, main=not message.beside)
        venue = line.venue
        welcome = Welcome(
            message.account, venue.venue, venue.capabilities, dict(venue.instruments), line.up, line.reason
        )
        protocol.send(ENCODER.encode(welcome))

    # -- requests ------------------------------------------------------------------------------------------------

    def _on_request(self, protocol: FrameProtocol, session: _Session, request: Request) -> None:
        if len(session.tasks) >= MAX_REQUESTS:
            text = f"{MAX_REQUESTS} requests are waiting already"
            protocol.send(ENCODER.encode(Response(request.id, NOTHING, Failure.UNAVAILABLE, text)))
            return
        answer = self._answers.get(request.what)
        query = _QUERIES.get(request.what)
        if query is not None and session.line is not None:
            answer = functools.partial(query, session.line.venue)
        if answer is None:
            text = f"{request.what}: not answered here without a login"
            protocol.send(ENCODER.encode(Response(request.id, NOTHING, Failure.REJECTED, text)))
            return
        task = asyncio.get_running_loop().create_task(self._answer(protocol, request, answer))
        session.tasks.add(task)
        task.add_done_callback(session.tasks.discard)

    async def _answer(self, protocol: FrameProtocol, request: Request, answer: Answer) -> None:
        try:
            payload = msgspec.Raw(ENCODER.encode(await answer(request.args)))
            response = Response(request.id, payload)
        except VenueRejected as error:
            response = Response(request.id, NOTHING, Failure.REJECTED, error.reason, error.code)
        except VenueBusy as error:
            response = Response(request.id, NOTHING, Failure.BUSY, str(error))
        except VenueError as error:
            response = Response(request.id, NOTHING, Failure.UNAVAILABLE, str(error))
        except ValueError as error:
            response = Response(request.id, NOTHING, Failure.REJECTED, str(error))
        protocol.send(ENCODER.encode(response))

    async def _ping(self, args: Args) -> object:
        venues = {name: line.venue.venue for name, line in self._lines.items()}
        return Status(os.getpid(), PROTOCOL_VERSION, venues)

    async def _fault(self, args: Args) -> object:
        line = self._lines.get(args.account)
        if line is None:
            known = ", ".join(sorted(self._lines)) or "none"
            raise VenueRejected(f"account {args.account!r} is not here (known: {known})")
        line.venue.fault(args.kind)
        return None
