"""The desk as a process: configuration, paper exchange, journal, desk and link, from start to SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from pathlib import Path

from cockpit import locations
from cockpit.config import Config, ConfigError, check_removed, load_config, write_default
from cockpit.desk.desk import Desk, DeskOptions
from cockpit.desk.journal import Journal
from cockpit.desk.journal_file import JournalError
from cockpit.desk.journal_writer import ThreadWriter
from cockpit.host.accounts import paper_spec
from cockpit.host.alarm_hooks import AlarmHooks
from cockpit.host.commands import DeskHost
from cockpit.host.live_accounts import LiveAccounts, check_modes
from cockpit.host.log_output import LogOutput
from cockpit.host.reading import ReadingAside
from cockpit.link.server import LinkServer, ServerError
from cockpit.live.venues import Adapter
from cockpit.secrets.no_core import forbid_core_dumps
from strategies.registry import STRATEGIES
from venues.eventloop import loop_factory
from venues.model import Clock, Mode, SteadyClock, SystemClock, Venue
from venues.paper.client import PaperClient
from venues.paper.host import PaperHost
from venues.paper.launcher import LaunchError, ensure_running
from venues.paper.profiles import ProfileError
from venues.paper.spec import SpecError
from venues.paper.state import PaperStateError, SavedState

VERSION = version("cockpit")

SWITCH_INTERVAL_S = 0.0005
"""How long the journal's thread may hold the interpreter while the desk wants it: the default of 5 ms would stand in
the way between a fill and its hedge."""


def main(config_path: Path | None, forget: tuple[str, ...]) -> int:
    """Run the desk in the foreground. 0 after a clean stop, 1 where it could not start; the reason is on stderr."""
    places = locations.find()
    try:
        places.prepare()
        file = config_path or places.config_file
        if config_path is None:
            write_default(file)
        config = load_config(file, places.profiles_file)
        if any(account.mode is Mode.LIVE for account in config.accounts):
            forbid_core_dumps()
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            return runner.run(_serve(config, file, places, forget))
    except (
        locations.LocationError,
        ConfigError,
        JournalError,
        ServerError,
        LaunchError,
        SpecError,
        ProfileError,
        PaperStateError,
    ) as error:
        print(f"cockpit desk: {error}", file=sys.stderr)
        return 1


async def _serve(
    config: Config,
    file: Path,
    places: locations.Locations,
    forget: tuple[str, ...],
    adapter: Callable[[], Adapter] | None = None,
) -> int:
    """`adapter`: another one for live accounts than the real one, for tests."""
    clock = SteadyClock(SystemClock())
    trouble = JournalTrouble()
    journal = Journal.open(places.journal, partial(ThreadWriter, on_trouble=trouble))
    try:
        check_removed(config, file, _held(journal), forget)
        check_modes(config, file, journal.reader())
        paper = paper_spec(config, places.profiles_file)
        if paper.accounts:
            await ensure_running(paper, places.paper_socket, state_path=places.paper_state, log_path=places.paper_log)
        desk = Desk(
            clock=clock,
            journal=journal,
            venues=_venues(
                config,
                clock,
                places,
                paper=lambda name: PaperClient(name, places.paper_socket, clock),
                state=places.state,
                adapter=adapter,
            ),
            strategies=STRATEGIES,
            limits=config.risk,
            options=DeskOptions(
                stages=config.deleverage,
                stop_s=float(config.desk.stop_timeout_s),
                alarms=config.alarms.rules,
                live=config.live.rules(config.accounts),
            ),
            version=VERSION,
        )
        trouble.desk = desk
        output = LogOutput(sys.stdout.fileno())
        desk.alarms.on_line.append(output.line)
        hooks = AlarmHooks(config.alarms.commands, desk.alarms, os.environ)
        desk.alarms.on_ring.append(hooks)
        reading = ReadingAside(places.journal)
        host = DeskHost(desk, os.getpid(), reading)
        server = LinkServer(
            host,
            places.desk_socket,
            clock,
            max_rate_hz=float(config.desk.publish_hz),
            on_watchdogs=desk.watched.changed,
        )
        try:
            await _run(desk, host, server, hooks)
        finally:
            await server.close()
            reading.close()
            await hooks.close()
            output.close()
    finally:
        unsaved = journal.close()
        if unsaved:
            print(f"cockpit desk: {unsaved} rows could not be saved to {places.journal}", file=sys.stderr)
    return 0


def _venues(
    config: Config,
    clock: Clock,
    places: locations.Locations,
    *,
    paper: Callable[[str], Venue],
    state: Path | None,
    adapter: Callable[[], Adapter] | None,
) -> list[Venue]:
    """A venue for each account, in the order of the configuration, none connected yet."""
    if all(account.mode is Mode.PAPER for account in config.accounts):
        return [paper(account.name) for account in config.accounts]
    live = LiveAccounts(
        config,
        clock=clock,
        rng=random.Random(),
        profiles_file=places.profiles_file,
        state=state,
        adapter=adapter,
    ).venues()
    return [live.get(account.name) or paper(account.name) for account in config.accounts]


async def _run(desk: Desk, host: DeskHost, server: LinkServer, hooks: AlarmHooks) -> None:
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # what is ignored stays so: nohup means that the desk is to outlive its terminal
        if signal.getsignal(number) is not signal.SIG_IGN:
            running.add_signal_handler(number, host.shutdown.set)
    await desk.start()
    hooks.check()
    # Only now: a command that came while the journal is read back would be undone by what is read.
    await server.start()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    await host.shutdown.wait()
    await desk.stop()


class JournalTrouble:
    """Hands what the journal's thread says of its disk to stderr and, once there is one, to the desk's alarms."""

    def __init__(self) -> None:
        self._running = asyncio.get_running_loop()
        self.desk: Desk | None = None

    def __call__(self, text: str) -> None:
        if self.desk is not None:
            self._running.call_soon_threadsafe(self.desk.journal_trouble, text)
        if text:
            print(f"cockpit desk: journal: {text}", file=sys.stderr, flush=True)


def _held(journal: Journal) -> dict[str, set[str]]:
    """Account to the symbols it holds by the journal's fills and openings."""
    net: dict[tuple[str, str], Decimal] = {}
    reader = journal.reader()
    for _seq, opening in reader.openings():
        for position in opening.positions:
            key = (opening.account, position.symbol)
            net[key] = net.get(key, Decimal(0)) + position.qty
    for fill in reader.fills():
        key = (fill.account, fill.symbol)
        net[key] = net.get(key, Decimal(0)) + fill.qty * fill.side.sign
    held: dict[str, set[str]] = {}
    for (account, symbol), qty in net.items():
        if qty:
            held.setdefault(account, set()).add(symbol)
    return held


@asynccontextmanager
async def embedded_desk(config_path: Path | None) -> AsyncIterator[DeskHost]:
    """A desk, its venues and its journal in this very process, gone when it closes: for a look round and for tests."""
    places = locations.find()
    file = config_path or places.config_file
    config = load_config(file, places.profiles_file)
    for account in config.accounts:
        if account.mode is Mode.LIVE:
            where = f"[[account]] {account.name} mode"
            raise ConfigError(file, where, "live", "no live account for --embedded, which forgets what it has done")
    clock = SteadyClock(SystemClock())
    paper = PaperHost(paper_spec(config, places.profiles_file), SavedState(), Path(), clock)
    journal = Journal.open(":memory:")
    desk = Desk(
        clock=clock,
        journal=journal,
        venues=_venues(config, clock, places, paper=paper.exchange.venue_for, state=None, adapter=None),
        strategies=STRATEGIES,
        limits=config.risk,
        options=DeskOptions(
            stages=config.deleverage, alarms=config.alarms.rules, live=config.live.rules(config.accounts)
        ),
        version=VERSION,
    )
    paper.driver.start()
    await desk.start()
    try:
        yield DeskHost(desk, os.getpid())
    finally:
        await desk.stop()
        paper.close()
        journal.close()
