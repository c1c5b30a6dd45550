"""The desk's unix socket: only for this user, several clients at a time, none of which can hold the desk up."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from cockpit.link.desk_port import DeskPort
from cockpit.link.dispatch import Dispatcher
from cockpit.link.publisher import MAX_RATE_HZ, Publisher, seen_by
from cockpit.link.rows import Tables
from cockpit.link.session import SKIP_BACKLOG, DeskSession
from venues.model import Clock
from venues.wire import FrameProtocol

MAX_PATH = 107
"""Longest path of a unix socket on Linux, bytes."""

MAX_CLIENTS = 32

CLOSE_GRACE_S = 5.0
"""How long a stopping server lets the command at work end, seconds."""

PeerUid: TypeAlias = Callable[[int], int | None]
"""User id at the other end of a socket's file descriptor; None where the system does not tell."""


class ServerError(Exception):
    """The socket cannot be opened; the text says why and what would help."""


class DeskRunning(ServerError):
    """Another desk answers on the socket already."""


def peer_uid(fd: int) -> int | None:
    """The kernel's word on who is at the other end (SO_PEERCRED); None where there is no such thing."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    with socket.socket(fileno=os.dup(fd)) as peer:
        raw = peer.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", raw)
    return int(uid)


class _Client(FrameProtocol):
    """A connection whose file descriptor can be asked for."""

    fd = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer: socket.socket | None = transport.get_extra_info("socket")
        self.fd = peer.fileno() if peer is not None else -1
        super().connection_made(transport)


class LinkServer:
    """Serves a desk's tables and takes its commands. The folder is 0700, the socket 0600, the peer's uid ours.

    `on_watchdogs` hears what the watchdogs that are attached say of themselves, whenever one comes or goes.
    """

    def __init__(
        self,
        desk: DeskPort,
        path: Path,
        clock: Clock,
        *,
        max_rate_hz: float = MAX_RATE_HZ,
        uid_of: PeerUid = peer_uid,
        on_watchdogs: Callable[[tuple[str, ...]], None] = lambda watchdogs: None,
    ) -> None:
        self._desk = desk
        self._path = path
        self._clock = clock
        self._uid_of = uid_of
        self._max_rate_hz = max_rate_hz
        self._publisher = Publisher(self._tables, clock, max_rate_hz)
        self._dispatcher = Dispatcher(desk, self._publisher.invalidate)
        self._sessions: dict[FrameProtocol, DeskSession] = {}
        self._server: asyncio.Server | None = None
        self._inode: int | None = None
        self._on_watchdogs = on_watchdogs
        self._watchdogs: tuple[str, ...] = ()
        self.refused = 0
        """Connections turned away: another user, or too many."""

    @property
    def clients(self) -> int:
        return len(self._sessions)

    @property
    def skipped(self) -> int:
        """How often clients that are connected now were skipped for not reading."""
        return sum(session.skipped for session in self._sessions.values())

    @property
    def lookers(self) -> tuple[str, ...]:
        """Who looks at the desk now, oldest first."""
        return tuple(session.looker for session in self._sessions.values() if session.looker)

    def _tables(self) -> Tables:
        return seen_by(self._desk.tables(), self.lookers)

    async def start(self) -> None:
        """Open the socket. Raises `DeskRunning` where a desk answers on it, `ServerError` where it cannot be."""
        listener = _listen(self._path)
        self._inode = self._path.stat().st_ino
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: _Client(self._frame, self._lost, self._made), sock=listener
        )

    async def close(self) -> None:
        """Take no more clients, let the command at work answer, say goodbye, remove the socket."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        await self._dispatcher.close(CLOSE_GRACE_S)
        self._publisher.invalidate()
        for protocol, session in tuple(self._sessions.items()):
            session.goodbye()
            session.close()
            if protocol.backlog > SKIP_BACKLOG:
                protocol.abort()
            else:
                protocol.close()
        self._sessions.clear()
        if self._path.exists() and self._path.stat().st_ino == self._inode:
            self._path.unlink()

    def _made(self, protocol: FrameProtocol) -> None:
        assert isinstance(protocol, _Client)
        uid = self._uid_of(protocol.fd)
        if (uid is not None and uid != os.getuid()) or len(self._sessions) >= MAX_CLIENTS:
            self.refused += 1
            protocol.abort()
            return
        loop = asyncio.get_running_loop()
        session = DeskSession(
            protocol, self._publisher, self._dispatcher, self._clock, loop, self._max_rate_hz, self._count_watchdogs
        )
        self._sessions[protocol] = session
        session.hello(self._desk.version, self._desk.pid)

    def _frame(self, protocol: FrameProtocol, payload: bytes) -> None:
        session = self._sessions.get(protocol)
        if session is not None:
            session.received(payload)

    def _lost(self, protocol: FrameProtocol, _error: Exception | None) -> None:
        session = self._sessions.pop(protocol, None)
        if session is not None:
            session.close()
            if session.watchdog:
                self._count_watchdogs()

    def _count_watchdogs(self) -> None:
        now = tuple(session.watchdog for session in self._sessions.values() if session.watchdog)
        if now != self._watchdogs:
            self._watchdogs = now
            self._on_watchdogs(now)


def _listen(path: Path) -> socket.socket:
    """A listening socket at `path`, readable by this user alone from its first moment."""
    if len(os.fsencode(path)) > MAX_PATH:
        raise ServerError(f"socket path {path}: {len(os.fsencode(path))} bytes; a unix socket takes at most {MAX_PATH}")
    _private_folder(path.parent)
    _clear_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise ServerError(f"socket {path}: {error.strerror or error}") from None
    finally:
        os.umask(before)
    listener.listen(MAX_CLIENTS)
    listener.setblocking(False)
    return listener


def _private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise ServerError(f"socket folder {folder}: {error.strerror or error}") from None
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.getuid():
        raise ServerError(f"socket folder {folder}: belongs to user {found.st_uid}; expected user {os.getuid()}")
    if mode & 0o077:
        raise ServerError(f"socket folder {folder}: mode {mode:o} lets others in; expected 700 (chmod 700 {folder})")


def _clear_stale(path: Path) -> None:
    """Remove the socket of a desk that died; raise where one answers, or where something else is in the way."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ServerError(f"socket path {path}: something that is no socket is in the way; move it")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
        except OSError as error:
            raise DeskRunning(f"socket {path}: it is held by a desk that does not answer ({error})") from None
    raise DeskRunning(f"a desk is running already: it answers at {path}")
