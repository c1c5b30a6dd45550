"""A cockpit in a folder of its own: real desk, real paper exchange, real command line. All of it dies with the test."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from cockpit import locations
from cockpit.link.client import SocketLink
from cockpit.link.messages import Verb
from cockpit.link.rows import LoopRow
from cockpit.link.store import Store
from venues.model import FillReport, OrderStatusReport, SystemClock
from venues.wire import FrameProtocol

T = TypeVar("T")

NOT_THEIRS = ("SSH_", "COCKPIT_", "COLUMNS", "LINES")
"""What of the test's own environment its processes do not get."""
WAIT_S = 45.0
"""Generous: a busy machine must not fail a test, and nothing here asserts on time."""
TRY_AGAIN = "try again"
"""How a refusal ends that only says it is too soon."""

_PATHS = ("submit", "cancel", "ack", "fill", "data", "query")


class Said(NamedTuple):
    """How one run of the command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class WatchedLink(SocketLink):
    """A client that can wait for what it sees."""

    def __init__(self, home: Home, name: str, *, watch: bool = False) -> None:
        numbers = itertools.count(1)
        super().__init__(
            home.places.desk_socket,
            SystemClock(),
            ids=lambda: f"{name}-{os.getpid()}-{id(self):x}-{next(numbers)}",
            origin=f"test:{name}",
            rate_hz=20,
            watch=watch,
        )
        self._moved = asyncio.Event()

    def _frame(self, protocol: FrameProtocol, payload: bytes) -> None:
        super()._frame(protocol, payload)
        self._moved.set()

    def _lost(self, protocol: FrameProtocol, error: Exception | None) -> None:
        super()._lost(protocol, error)
        self._moved.set()

    async def until(self, true: Callable[[Store], T], timeout: float = WAIT_S) -> T:
        """What `true` says of the store, as soon as that is something. Fails with what was there instead."""
        try:
            async with asyncio.timeout(timeout):
                while not (value := true(self.store)):
                    self._moved.clear()
                    await self._moved.wait()
                return value
        except TimeoutError:
            raise AssertionError(f"did not come true in {timeout:g} s; {told(self.store)}") from None

    async def step(self) -> None:
        """Wait for one more word of the desk."""
        self._moved.clear()
        async with asyncio.timeout(WAIT_S):
            await self._moved.wait()

    async def ask(self, verb: Verb) -> Any:
        """The desk's answer; it must not refuse, unless it says itself that it only is too soon."""
        async with asyncio.timeout(WAIT_S):
            while (ack := await self.send(verb, timeout=WAIT_S)).error.endswith(TRY_AGAIN):
                await self.step()
        assert ack.ok, ack.error
        return json.loads(bytes(ack.result))


def told(store: Store) -> str:
    loops = [f"{row.id} {row.state} {row.phase} {row.detail} {row.iterations_done}" for row in store.loops.values()]
    alarms = [row.text for row in store.alarms.values()]
    log = [f"{row.source}: {row.text}" for row in list(store.log)[-15:]]
    return f"{store.connection}; loops {loops}; alarms {alarms}; log:\n  " + "\n  ".join(log)


class Heard:
    """Listens to an account beside its desk, or in its place: something happened to an order or a position."""

    def __init__(self) -> None:
        self.moved = asyncio.Event()

    def on_fill(self, fill: FillReport) -> None:
        self.moved.set()

    def on_order(self, report: OrderStatusReport) -> None:
        self.moved.set()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda *_: None


class Home:
    """One user's cockpit. `accounts` are names of paper venues; events a second make it lively."""

    def __init__(
        self,
        accounts: Sequence[str] = ("extended", "lighter"),
        bases: Sequence[str] = ("BTC",),
        events_per_s: int = 60,
        sections: str = "",
    ) -> None:
        """`sections`: more of the configuration, TOML."""
        # not pytest's folder: a socket's path has 107 bytes
        self.folder = Path(tempfile.mkdtemp(prefix="ck-", dir="/tmp"))
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(NOT_THEIRS)},
            locations.HOME_VARIABLE: str(self.folder),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        self.places = locations.find(self.environ)
        self.places.prepare()
        self._write(accounts, bases, events_per_s, sections)
        self._links: list[SocketLink] = []
        self._desks: list[asyncio.subprocess.Process] = []

    def _write(self, accounts: Sequence[str], bases: Sequence[str], events_per_s: int, sections: str) -> None:
        listed = ", ".join(f'"{base}"' for base in bases)
        text = f"[desk]\npublish_hz = 20\n\n[paper]\nseed = 11\nevents_per_s = {events_per_s}\nbases = [{listed}]\n"
        text += f"\n{sections}\n"
        text += "".join(f'\n[[account]]\nname = "{name}"\nvenue = "{name}"\n' for name in accounts)
        self.places.config_file.write_text(text)
        near = "\n".join(f"{path} = {{ base_ms = 2, jitter_ms = 1 }}" for path in _PATHS)
        limits = "order_limit = { count = 0, per_s = 1 }\nrest_limit = { count = 0, per_s = 1 }"
        bumps = "\n".join(f"{side}_bump_ms = 0" for side in ("maker", "taker", "cancel"))
        # near and without limits, so that a cycle takes a second and not ten
        self.places.profiles_file.write_text(
            "\n".join(f"[{name}]\n{near}\n{limits}\n{bumps}\nbook_interval_ms = 20\n" for name in accounts)
        )

    # -- processes

    def command(self, *argv: str) -> list[str]:
        return [sys.executable, "-m", "cockpit", *argv]

    async def desk(self, *options: str) -> asyncio.subprocess.Process:
        """Start a desk in the foreground of its own process; it answers when this returns."""
        with self.places.desk_log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self.command("desk", *options),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environ,
            )
        self._desks.append(process)
        return process

    async def link(self, name: str = "one", *, watch: bool = False) -> WatchedLink:
        """A client with its first snapshot."""
        link = WatchedLink(self, name, watch=watch)
        self._links.append(link)
        await link.start()
        ready = asyncio.ensure_future(link.ready(WAIT_S))
        ended = [asyncio.ensure_future(desk.wait()) for desk in self._desks[-1:]]
        await asyncio.wait({ready, *ended}, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.cancel()
        said = f"{link.trouble}; the desk's log: {self.log()}"
        assert ready.done(), said
        assert ready.result(), said
        return link

    async def run(self, *argv: str) -> Said:
        """Run the command line to its end, without a terminal."""
        process = await asyncio.create_subprocess_exec(
            *self.command(*argv),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environ,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    def log(self) -> str:
        return self.places.desk_log.read_text() if self.places.desk_log.exists() else ""

    def pids(self) -> list[int]:
        """Every process that lives in this folder, whoever started it."""
        wanted = f"{locations.HOME_VARIABLE}={self.folder}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            if wanted in environ.split(b"\0"):
                found.append(int(entry.name))
        return found

    @property
    def paper_pid(self) -> int:
        return int(self.places.paper_socket.with_name("paper.sock.pid").read_text())

    async def close(self) -> None:
        for link in self._links:
            await link.close()
        # until none is left: one that was just starting another is no exception
        while pids := self.pids():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0)
        for desk in self._desks:
            await desk.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


async def killed(process: asyncio.subprocess.Process) -> None:
    """kill -9, and the process is gone."""
    process.kill()
    await process.wait()


def trading(store: Store) -> bool:
    """The desk has asked every venue, and every market is priced: a loop can be launched."""
    started = any(row.source == "desk" and row.text.startswith("started, run") for row in store.log)
    priced = bool(store.markets) and all(row.bid is not None for row in store.markets.values())
    return started and priced and all(row.health.value == "live" for row in store.accounts.values())


def loop_of(store: Store, loop: str = "L1") -> LoopRow:
    return store.loops[loop]


def net_base(store: Store) -> Decimal:
    """What all accounts together hold, base coin."""
    return sum((row.base_qty for row in store.positions.values()), Decimal(0))
