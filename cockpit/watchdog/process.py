"""The watchdog as a process: its own connections, the link to the desk, from start to SIGTERM."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cockpit.link.client import SocketLink
from cockpit.live.venues import AtVenue, LiveVenues
from cockpit.watchdog.account import WatchedAccount
from cockpit.watchdog.books import Books, BooksError
from cockpit.watchdog.reduce_only import ReduceOnlyVenue
from cockpit.watchdog.rules import Rules
from cockpit.watchdog.watchdog import Event, Watchdog
from venues.eventloop import loop_factory
from venues.model import NS_PER_S, Clock, Health, Mode, SystemClock
from venues.paper.client import PaperClient

CHECK_S = 5.0
"""How long a check waits for the desk and for each account on paper."""
CHECK_LIVE_S = 40.0
"""And where there are live ones: keys are deciphered, markets loaded, the account looked at."""
READ_ONLY = "read-only"
"""How the desk's rows begin what they say of a live account that may not trade."""


class DeskHeard:
    """The desk over its socket: anything it sends is a beat, and it sends something at least once a second."""

    def __init__(self, link: SocketLink) -> None:
        self._link = link

    @property
    def heard_ns(self) -> int | None:
        return self._link.store.heard_ns

    @property
    def goodbye(self) -> bool:
        return self._link.goodbye

    @property
    def pid(self) -> int:
        return self._link.hello.pid if self._link.hello is not None else 0

    def suspects(self) -> Mapping[str, str]:
        rows = self._link.store.accounts.values()
        return {row.name: row.note or "suspect" for row in rows if row.health is Health.SUSPECT}

    def may_trade(self, account: str) -> bool | None:
        row = self._link.store.accounts.get(account)
        return None if row is None else row.mode is not Mode.LIVE or not row.live.startswith(READ_ONLY)

    def holds(self) -> list[str]:
        store = self._link.store
        positions = [f"{row.account} {row.symbol} {row.qty:+f}" for row in store.positions.values() if row.qty]
        live = [row for row in store.orders.values() if not row.status.terminal]
        return positions + [f"order {row.client_order_id} on {row.account}" for row in live]


class Setting(msgspec.Struct, frozen=True):
    """What the watchdog is to look after, and where it finds it."""

    rules: Rules
    accounts: tuple[str, ...]
    """Every account of the desk, the watchdog's or not."""
    live: tuple[AtVenue, ...]
    """Those of `mine` that are live; the others are on paper."""
    bases: tuple[str, ...]
    """What live accounts trade that name nothing."""
    desk_socket: Path
    paper_socket: Path
    journal: Path

    @property
    def mine(self) -> tuple[str, ...]:
        return self.rules.accounts or self.accounts


def main(setting: Setting, *, as_json: bool, check: bool) -> int:
    """Run in the foreground until SIGTERM. 0 after a clean stop; 1 after a defect of its own, or where a check found
    something wrong: its lines say what."""
    tell = _as_json if as_json else _as_line
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_check(setting, tell) if check else _watch(setting, tell))


async def _watch(setting: Setting, tell: Callable[[Event], None]) -> int:
    clock = SystemClock()
    link = _link(setting, clock)
    accounts = _accounts(setting, clock)
    watchdog = Watchdog(
        clock=clock,
        rules=setting.rules,
        desk=DeskHeard(link),
        accounts=accounts,
        books=Books(setting.journal, clock),
        tell=tell,
        others=[name for name in setting.accounts if name not in accounts],
    )
    running = asyncio.get_running_loop()
    task = running.create_task(watchdog.run())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # what is ignored stays so: nohup means that it is to outlive its terminal
        if signal.getsignal(number) is not signal.SIG_IGN:
            running.add_signal_handler(number, task.cancel)
    await link.start()
    await asyncio.wait({task})
    await link.close()
    await watchdog.close()
    if not task.cancelled():
        error = task.exception()
        print(f"cockpit watchdog: a defect, it has ended: {error!r}", file=sys.stderr)
        return 1
    tell(Event(clock.now_ns(), "ended", "ended as it was asked to"))
    return 0


async def _check(setting: Setting, tell: Callable[[Event], None]) -> int:
    """Look at everything that it would need, once, and change nothing."""
    clock = SystemClock()
    link = _link(setting, clock, as_watchdog=False)
    accounts = _accounts(setting, clock)
    await link.start()
    for account in accounts.values():
        account.try_out()
    heard = await link.ready(CHECK_S)
    desk = DeskHeard(link)
    other = link.store.desk.watchdog if link.store.desk is not None else ""
    found = [(heard, f"desk: {'heard' if heard else link.trouble}"), (True, f"watchdog at work: {other or 'none'}")]
    loop = asyncio.get_running_loop()
    until = loop.time() + (CHECK_LIVE_S if setting.live else CHECK_S)
    while loop.time() < until and not all(account.up for account in accounts.values()):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    for account in accounts.values():
        switch = "dead-man switch" if account.has_switch else "no dead-man switch: cancels come from here alone"
        shut = account.gate is not None and not desk.may_trade(account.name)
        note = "; read-only, so it is left alone" if shut else ""
        found.append((account.up, f"{account.name}: {f'up, {switch}{note}' if account.up else account.why}"))
    try:
        Books(setting.journal, clock).refresh()
        found.append((True, "journal: can be read"))
    except BooksError as error:
        found.append((False, f"{error}; without it nothing is closed, only cancelled"))
    for good, text in found:
        tell(Event(clock.now_ns(), "ok" if good else "bad", text))
    await link.close()
    await asyncio.gather(*(account.close() for account in accounts.values()))
    return 0 if all(good for good, _ in found) else 1


def _link(setting: Setting, clock: Clock, *, as_watchdog: bool = True) -> SocketLink:
    numbers = itertools.count(1)
    stem = f"watchdog-{socket.gethostname()}-{os.getpid()}-{clock.now_ns():x}"
    return SocketLink(
        setting.desk_socket,
        clock,
        ids=lambda: f"{stem}-{next(numbers)}",
        origin=f"watchdog:{os.getuid()}@{socket.gethostname()}",
        rate_hz=1,
        watchdog=f"pid {os.getpid()}, {setting.rules.words}" if as_watchdog else "",
    )


def _accounts(setting: Setting, clock: Clock) -> dict[str, WatchedAccount]:
    live = LiveVenues(bases=setting.bases, clock=clock, rng=random.Random(), books=False)
    gated = {account.name: live.account(account) for account in setting.live}
    out: dict[str, WatchedAccount] = {}
    for name in setting.mine:
        gate = gated.get(name)
        venue = gate or PaperClient(name, setting.paper_socket, clock, beside=True)
        out[name] = WatchedAccount(ReduceOnlyVenue(venue), gate)
    return out


def _as_line(event: Event) -> None:
    when = datetime.fromtimestamp(event.ts // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S")
    _put(f"{when} {event.kind}: {event.text}".encode())


def _as_json(event: Event) -> None:
    _put(msgspec.json.encode(event))


def _put(line: bytes) -> None:
    """A line to stdout. One that nobody reads any more (a closed pipe, a full disk) must not keep it from its work."""
    try:
        os.write(sys.stdout.fileno(), line + b"\n")
    except OSError:
        return
