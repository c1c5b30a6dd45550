"""A verb's talk with the desk: connect, ask, read the tables once, and say plainly when there is no desk."""

from __future__ import annotations

import asyncio
import getpass
import itertools
import os
import socket
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from cockpit import locations
from cockpit.commands.columns import NUMBERS
from cockpit.commands.failure import FAILED, NO_DESK, CommandFailed
from cockpit.commands.output import read_json
from cockpit.link.client import LinkError, SocketLink
from cockpit.link.messages import Query, Verb
from cockpit.link.store import Store
from venues.model import Clock, SystemClock

CONNECT_S = 5.0
"""How long a desk may take to greet us and to send a snapshot, seconds."""

T = TypeVar("T")


def origin(face: str) -> str:
    """Who asks, for the journal: `cli:user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{face}:{user}@{socket.gethostname()}"


def command_ids(clock: Clock) -> Callable[[], str]:
    """Ids that no other client and no other run of this one gives: host, process, start, number."""
    stem = f"{socket.gethostname()}-{os.getpid()}-{clock.now_ns():x}"
    numbers = itertools.count(1)
    return lambda: f"{stem}-{next(numbers)}"


def desk_answers(places: locations.Locations) -> bool:
    """Whether something listens on the desk's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_S)
        try:
            probe.connect(str(places.desk_socket))
        except OSError:
            return False
    return True


class Talk:
    """A connected desk, for the length of one verb."""

    def __init__(self, link: SocketLink) -> None:
        self.link = link

    @property
    def store(self) -> Store:
        return self.link.store

    async def ask(self, verb: Verb, *, timeout: float = 30.0, resend: bool = False) -> Any:
        """The desk's result, decoded. Raises `CommandFailed` with the desk's own words when it says no."""
        return read_json(await self._answer(verb, timeout, resend))

    async def sheet(self, kind: type[T], what: str, **args: str) -> T:
        """The answer to a screen's question, as `answers.py` has it."""
        query = Query(what, {name: value for name, value in args.items() if value})
        try:
            return msgspec.json.decode(await self._answer(query, 120, False), type=kind)
        except msgspec.ValidationError as error:
            raise CommandFailed(f"the desk answered {what} with something else: {error}") from None

    async def _answer(self, verb: Verb, timeout: float, resend: bool) -> bytes:
        try:
            ack = await self.link.send(verb, timeout=timeout, resend=resend)
        except LinkError as error:
            code = FAILED if error.unknown else NO_DESK
            raise CommandFailed(f"{error}; see cockpit status" if error.unknown else str(error), code) from None
        if not ack.ok:
            raise CommandFailed(ack.error)
        return bytes(ack.result)

    async def rows(self, what: str, **args: str) -> list[dict[str, object]]:
        """The rows of a query."""
        result = await self.ask(Query(what, {name: value for name, value in args.items() if value}), timeout=120)
        if not isinstance(result, list):
            raise CommandFailed(f"the desk answered {what} with something that is no list")
        return [{name: _figure(name, value) for name, value in row.items()} for row in result]


def _figure(name: str, value: object) -> object:
    return Decimal(value) if name in NUMBERS and isinstance(value, str) else value


def talk(work: Callable[[Talk], Coroutine[object, object, T]], *, tables: bool = False) -> T:
    """Run `work` with the desk that is running; with its tables in the store where `tables`."""
    places = locations.find()
    if not desk_answers(places):
        raise CommandFailed("no desk is running; start one with `cockpit` or `cockpit desk`", NO_DESK)

    async def run() -> T:
        clock = SystemClock()
        link = SocketLink(
            places.desk_socket, clock, ids=command_ids(clock), origin=origin("cli"), rate_hz=1, attach=tables
        )
        await link.start()
        try:
            if not await link.ready(CONNECT_S):
                why = link.trouble or f"it took the connection and said nothing for {CONNECT_S:g} s"
                raise CommandFailed(f"the desk does not answer: {why}", NO_DESK)
            return await work(Talk(link))
        finally:
            await link.close()

    return asyncio.run(run())
