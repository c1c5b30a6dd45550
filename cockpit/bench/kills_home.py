"""The place of the kills: a paper exchange that lives on, and desks that come and go."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from decimal import Decimal
from itertools import count
from pathlib import Path

import msgspec

from cockpit import locations
from cockpit.account_config import AccountConfig
from cockpit.bench.child import BenchError
from cockpit.bench.kills_books import MarketKey
from cockpit.config import Config, PaperConfig, config_text
from cockpit.desk.risk import RiskLimits
from cockpit.link.client import LinkError, SocketLink
from cockpit.link.messages import Ack, Launch, Verb
from cockpit.link.rows import LoopRow
from venues.model import NS_PER_S, Clock
from venues.paper.instruments import instrument_for
from venues.paper.launcher import shutdown
from venues.paper.profiles import load_profile

UP_S = 60.0
LOOK_S = 0.01
EVENTS_PER_S = Decimal(60)
NEAR = "{ base_ms = 8, jitter_ms = 4 }"
"""Near enough for several cycles a second, far enough for a kill to find something on its way."""
SLOW, FAR = "grvt", "{ base_ms = 800, jitter_ms = 200 }"
"""The account whose orders take longer than a desk needs to come back, and how long: what a dead desk sent arrives
when the next one looks."""
_PATHS = ("submit", "cancel", "ack", "fill", "query")
_NUMBERS = count(1)


class LoopPlan(msgspec.Struct, frozen=True):
    """A loop that runs for ever, on markets of its own."""

    id: str
    maker: str
    taker: str
    coin: str
    size: str

    @property
    def hedge(self) -> MarketKey:
        return self._market(self.taker)

    @property
    def markets(self) -> tuple[MarketKey, MarketKey]:
        return self._market(self.maker), self.hedge

    def _market(self, venue: str) -> MarketKey:
        return venue, instrument_for(load_profile(venue), self.coin).symbol


LOOPS = (
    LoopPlan("L1", "extended", "lighter", "BTC", "0.01"),
    LoopPlan("L2", "lighter", "extended", "ETH", "0.3"),
    LoopPlan("L3", "grvt", "backpack", "BTC", "0.01"),
    LoopPlan("L4", "backpack", "grvt", "ETH", "0.3"),
)
"""Two pairs, both ways round; backpack finds no filled order by our id, so its hedges wait for the journal's disk."""


class KillHome:
    """A cockpit's folder. The first desk starts the exchange, and every later one finds it."""

    accounts = ("extended", "lighter", "backpack", "grvt")

    def __init__(self, folder: Path, seed: int, clock: Clock) -> None:
        self._clock = clock
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COCKPIT_")},
            locations.HOME_VARIABLE: str(folder),
        }
        self.places = locations.find(self._environ)
        self.places.prepare()
        self._desk: DeskRun | None = None
        config = Config(
            risk=RiskLimits(max_leverage=Decimal(50), max_orders_per_s=100, max_naked_s=Decimal(3)),
            paper=PaperConfig(seed=seed, events_per_s=EVENTS_PER_S, bases=("BTC", "ETH")),
            accounts=tuple(AccountConfig(name=name, venue=name) for name in self.accounts),
        )
        self.places.config_file.write_text(config_text(config), encoding="utf-8")
        self.places.profiles_file.write_text("\n".join(map(_profile, self.accounts)), encoding="utf-8")

    async def start(self) -> DeskRun:
        """Run a desk; it does not answer yet."""
        self._desk = DeskRun(self.places, self._environ, self._clock)
        return self._desk

    def tail(self) -> str:
        """How the desk's log ends."""
        try:
            return "the desk's log ends: " + self.places.desk_log.read_text(errors="replace").strip()[-500:]
        except OSError:
            return "the desk has written no log"

    async def close(self) -> None:
        """End desk and exchange, whatever state they are in."""
        if self._desk is not None:
            await self._desk.kill()
        await shutdown(self.places.paper_socket)


def _profile(account: str) -> str:
    """A venue without limits, so that nothing but its delays holds a loop up."""
    delays = {path: FAR if (account, path) == (SLOW, "submit") else NEAR for path in _PATHS}
    lines = [f"[{account}]", *(f"{path} = {delay}" for path, delay in delays.items())]
    lines += [f"{kind}_limit = {{ count = 0, per_s = 1 }}" for kind in ("order", "rest")]
    lines += [f"{kind}_bump_ms = 0" for kind in ("maker", "taker", "cancel")]
    return "\n".join([*lines, "book_interval_ms = 20", ""])


class DeskRun:
    """One desk, from its exec to its death, and the client that watches it."""

    def __init__(self, places: locations.Locations, environ: dict[str, str], clock: Clock) -> None:
        self._places = places
        self._clock = clock
        self.up_ts = 0
        """When its socket took the first client, ns: its start is over."""
        with places.desk_log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cockpit", "desk"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environ,
            )
        self._link: SocketLink | None = None
        self._asked: set[asyncio.Task[None]] = set()

    async def up(self) -> None:
        """Until it answers and its tables are here. Raises `BenchError`."""
        until = self._clock.now_ns() + int(UP_S * NS_PER_S)
        while not await self._answers():
            if self._process.poll() is not None or self._clock.now_ns() > until:
                log = self._places.desk_log.read_text(errors="replace").strip()[-500:]
                raise BenchError(f"the desk did not come up (exit code {self._process.poll()}): {log}")
            await asyncio.sleep(LOOK_S)
        self.up_ts = self._clock.now_ns()
        self._link = SocketLink(
            self._places.desk_socket,
            self._clock,
            ids=lambda: f"kills-{os.getpid()}-{next(_NUMBERS)}",
            origin="bench:kills",
            rate_hz=20.0,
        )
        await self._link.start()
        if not await self._link.ready(UP_S):
            raise BenchError(f"the desk sent no snapshot: {self._link.trouble}")

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_unix_connection(str(self._places.desk_socket))
        except OSError:
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    async def kill(self) -> int:
        """kill -9; returns when it is dead, with the moment, ns."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        ts = self._clock.now_ns()
        await self._detach()
        return ts

    async def stop(self) -> None:
        """SIGTERM, and wait for its clean end. Raises `BenchError` where that takes too long."""
        self._process.send_signal(signal.SIGTERM)
        until = self._clock.now_ns() + int(UP_S * NS_PER_S)
        while self._process.poll() is None:
            if self._clock.now_ns() > until:
                raise BenchError(f"the desk has not stopped within {UP_S:g} s")
            await asyncio.sleep(LOOK_S)
        await self._detach()

    async def _detach(self) -> None:
        for task in self._asked:
            task.cancel()
        if self._link is not None:
            await self._link.close()
            self._link = None

    # -- what it is asked

    async def launch(self, loop: LoopPlan) -> None:
        """A price may still be on its way: a refusal is asked again for a while. Raises `BenchError`."""
        params = {
            "maker": loop.maker,
            "taker": loop.taker,
            "ticker": loop.coin,
            "size": loop.size,
            "iterations": "0",
            "fill_timeout": "1",
        }
        for _ in range(40):
            ack = await self._send(Launch("hedge", params))
            if ack.ok:
                break
            await asyncio.sleep(0.25)
        else:
            raise BenchError(f"the desk refused loop {loop.id}: {ack.error}")

    async def ask(self, verb: Verb) -> None:
        """Raises `BenchError` where the desk says no."""
        ack = await self._send(verb)
        if not ack.ok:
            raise BenchError(f"the desk refused {verb}: {ack.error}")

    def tell(self, verb: Verb) -> None:
        """Send it without waiting: the desk is about to die."""
        task = asyncio.get_running_loop().create_task(self._try(verb))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _try(self, verb: Verb) -> None:
        with suppress(LinkError):
            await self._send(verb)

    async def _send(self, verb: Verb) -> Ack:
        assert self._link is not None, "asked before it was up"
        return await self._link.send(verb)

    # -- what it says

    def rows(self) -> list[LoopRow]:
        return list(self._link.store.loops.values()) if self._link is not None else []

    def alarms(self) -> list[tuple[str, str]]:
        """(id, text) of each alarm that stands."""
        return [(row.id, row.text) for row in self._link.store.alarms.values()] if self._link is not None else []

    def alarm_of(self, loop: str) -> str:
        """The alarm that names the loop's exposure; empty for none."""
        wanted = {f"hedge/{loop}", f"naked/{loop}", f"unwound/{loop}"}
        return next((text for id_, text in self.alarms() if id_ in wanted), "")

    def settled(self, *, wholly: bool) -> bool:
        """All loops back and held, nothing owed, every account reached; `wholly`: no order at work or in doubt either.
        A maker's order that its venue does not know stays in doubt for ten seconds, which holds nothing up."""
        if self._link is None:
            return False
        store = self._link.store
        return (
            len(store.loops) == len(LOOPS)
            and all(row.health.value == "live" for row in store.accounts.values())
            and all(row.state in ("paused", "halted") for row in store.loops.values())
            and all(abs(row.owed_base) <= row.tolerance_base for row in store.loops.values())
            and all(abs(row.exposure_base) <= row.tolerance_base for row in store.loops.values())
            and all(order.status.terminal or not wholly for order in store.orders.values())
        )

    def told(self) -> str:
        """What stands in the way of that, in words."""
        if self._link is None:
            return "not connected"
        store = self._link.store
        loops = [f"{row.id} {row.state} owes {row.owed_base}" for row in store.loops.values()]
        orders = [f"{o.client_order_id} {o.account} {o.status}" for o in store.orders.values() if not o.status.terminal]
        return f"loops {loops}; orders {orders}; alarms {[text for _, text in self.alarms()]}"
