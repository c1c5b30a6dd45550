"""The desk: owns the accounts, the loops, the hedger, the books and the journal, and wires them together."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from cockpit.desk.accounts import Account, Trading
from cockpit.desk.alarms import Alarms
from cockpit.desk.booking import Booking
from cockpit.desk.connecting import Connecting
from cockpit.desk.deleverage import Stages
from cockpit.desk.escalation import AlarmRules, Escalation
from cockpit.desk.execution import Executor
from cockpit.desk.flatten import Flattener
from cockpit.desk.going_live import GoingLive, LiveRules
from cockpit.desk.grip import FlattenGrip
from cockpit.desk.intake import Intake
from cockpit.desk.journal import Journal
from cockpit.desk.journal_restore import restore_ledger
from cockpit.desk.launch import Loops
from cockpit.desk.ledger import Ledger
from cockpit.desk.loops import Loop, LoopState
from cockpit.desk.markets import Markets
from cockpit.desk.orders import OrderTracker
from cockpit.desk.own_orders import OwnOrders
from cockpit.desk.past import Past
from cockpit.desk.reconcile import Hands, Reconciler
from cockpit.desk.refusals import LaunchError
from cockpit.desk.restart import come_back
from cockpit.desk.risk import Risk, RiskLimits
from cockpit.desk.standstill import Standstill
from cockpit.desk.uncertain import Patience, Uncertain
from cockpit.desk.watch import Watch
from cockpit.desk.watched import Watched
from cockpit.desk.wear import Scope
from strategies.protocol import Role, Strategy
from venues.model import (
    Clock,
    Instrument,
    Venue,
)

ZERO = Decimal(0)
KEEP_LOG_NS = 30 * 86_400 * 1_000_000_000
"""Log lines and the steps of orders are kept for 30 days; money is kept for ever."""


class DeskOptions(msgspec.Struct, frozen=True):
    """Timings of the desk, seconds."""

    reconcile_s: float = 5.0
    watch_s: float = 1.0
    connect_s: float = 10.0
    linger_s: float = 3.0
    """How long after a start what is owed from before waits: a request of the run before, which a crash kept from its
    journal, may still be on its way to the venue."""
    start_s: float = 5.0
    """How long a start waits for accounts before it goes on without those that are down."""
    stop_s: float = 10.0
    """How long a stop waits for makers to be cancelled and hedges to be done."""
    patience: Patience = Patience()
    stages: Stages = Stages()
    """When accounts near their liquidation are cut, and by how much."""
    alarms: AlarmRules = AlarmRules()
    live: LiveRules = LiveRules()


class Desk:
    """One operator's desk over any number of accounts."""

    def __init__(
        self,
        *,
        clock: Clock,
        journal: Journal,
        venues: Sequence[Venue],
        strategies: Mapping[str, Strategy[Any]],
        limits: RiskLimits | None = None,
        options: DeskOptions | None = None,
        version: str = "",
    ) -> None:
        self.clock = clock
        self.journal = journal
        self.version = version
        self.options = options or DeskOptions()
        limits = limits or RiskLimits()
        self.started_ts = clock.now_ns()
        self.epoch = journal.begin_epoch(ts=self.started_ts, pid=os.getpid(), version=version)
        self.accounts = {venue.account: Account(venue, stale_s=float(limits.stale_s)) for venue in venues}
        self.markets = Markets()
        self.alarms = Alarms(clock, journal, repeat_s=self.options.alarms.repeat_s)
        self.booking = Booking(clock, self.markets, journal)
        self.own_orders = OwnOrders(
            self.accounts, lambda: self.tracker.live(), lambda order: self.executor.cancel(order)
        )
        self.risk = Risk(limits, self.naked_usd, self.markets.usd_rate, self.own_orders.crossed)
        self.intake = Intake(self)
        self.tracker = OrderTracker(self.intake.order_changed)
        self.standstill = Standstill(self)
        self.watched = Watched(self)
        self.executor = Executor(
            clock=clock,
            tracker=self.tracker,
            journal=journal,
            risk=self.risk,
            markets=self.markets,
            accounts=self.accounts,
            position=self.booking.position,
            keep=self.keep,
            fence=self.standstill.fence,
        )
        self.reconciler = Reconciler(clock, self.tracker, self.booking, journal, self._hands())
        self.uncertain = Uncertain(
            clock=clock,
            tracker=self.tracker,
            accounts=self.accounts,
            catch_up=self.reconciler.catch_up,
            agrees=self.reconciler.agrees,
            alarm=lambda id_, text: self.alarms.sound(id_, "critical", text),
            clear=self.alarms.clear,
            keep=self.keep,
            patience=self.options.patience,
        )
        self.past = Past(self)
        self.connecting = Connecting(self)
        self.going_live = GoingLive(self, self.options.live)
        self.loops = Loops(self, strategies)
        self.flattener = Flattener(
            clock=clock,
            accounts=self.accounts,
            markets=self.markets,
            tracker=self.tracker,
            executor=self.executor,
            booking=self.booking,
            reconciler=self.reconciler,
            journal=journal,
            grip=FlattenGrip(self),
        )
        self.stopping = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self.escalation = Escalation(self, self.options.alarms)
        self.watch = Watch(self)
        self._watch_task: asyncio.Task[None] | None = None
        self._jobs = 0

    @property
    def running(self) -> bool:
        """Whether the start is over: loops are back and owed hedges sent."""
        return self._watch_task is not None

    @property
    def ledger(self) -> Ledger:
        return self.booking.ledger

    # -- start and stop

    async def start(self) -> None:
        """Read the journal, connect, reconcile, work off what is owed; loops come back paused."""
        self._read_instruments()
        reader = self.journal.reader()
        restore_ledger(self.ledger, reader)
        self.alarms.restore()
        self.past.bring_back_orders()
        for account in self.accounts.values():
            account.fills_cursor = reader.cursor(account.name, "fills")
            account.ledger_ts = int(reader.cursor(account.name, "ledger") or 0)
            account.suspect = reader.cursor(account.name, "suspect")
            trading, _, note = reader.cursor(account.name, "trading").partition(":")
            if trading:
                account.trading, account.note = Trading(trading), note
        self.risk.entries_denied = reader.cursor("", "entries")
        self.going_live.restore()
        looking = asyncio.get_running_loop().create_task(self.standstill.keep_looking())
        self.keep(looking)
        await self._within(
            self.options.start_s, [self.connecting.account(account) for account in self.accounts.values()]
        )
        await come_back(self)
        self.past.tell_of_ended_loops()
        self.journal.prune(self.clock.now_ns() - KEEP_LOG_NS)
        looking.cancel()
        self._watch_task = asyncio.get_running_loop().create_task(self.watch.run())
        self.keep(self._watch_task)
        self.alarms.say("info", "desk", f"started, run {self.epoch}, {len(self.accounts)} accounts")

    async def stop(self) -> None:
        """Stop cleanly: no new entries, makers cancelled, what is owed hedged as far as venues let us."""
        self.stopping = True
        for loop in self.loops.all.values():
            self.loops.pause(loop, "the desk is stopping")
            if loop.task is not None:
                # A strategy that closes would put a new order in the place of each one that is cancelled here.
                loop.task.cancel()
        running = asyncio.get_running_loop()
        until = running.time() + self.options.stop_s
        self._cancel_makers()
        while running.time() < until and not self._quiet():
            await self.sleep(0.05)
            # Again and again: a cancel that overtook its order was refused, and a refused one may be asked for anew.
            self._cancel_makers()
        if not self._quiet():
            self.alarms.say(
                "error", "desk", "stopped with orders or hedges still open; the next start goes on with them"
            )
        await self.cut_off()
        self.alarms.say("info", "desk", "stopped")

    def _cancel_makers(self) -> None:
        for order in self.tracker.live():
            if order.role in (Role.OPEN, Role.CLOSE):
                self.executor.cancel(order)

    async def cut_off(self) -> None:
        """End every task where it stands, and the connections."""
        tasks = [*self._tasks]
        for loop in self.loops.all.values():
            for book in loop.books.values():
                book.hold("the desk is stopping")
                book.close()
            if loop.task is not None:
                tasks.append(loop.task)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.flattener.close()
        await asyncio.gather(*(account.venue.close() for account in self.accounts.values()))

    def _quiet(self) -> bool:
        return not any(True for _ in self.tracker.live()) and all(loop.hedged() for loop in self.loops.all.values())

    async def _within(self, seconds: float, jobs: Sequence[Any]) -> None:
        """Run jobs together; those that take longer go on in the background."""
        tasks = [asyncio.get_running_loop().create_task(job) for job in jobs]
        for task in tasks:
            self.keep(task)
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    def _read_instruments(self) -> None:
        """Instruments as last known, so that the books can be read before a venue answers, and those of accounts that
        are no longer configured at all."""
        for name, text in self.journal.reader().cursors("instruments").items():
            for instrument in msgspec.json.decode(text, type=list[Instrument]):
                self.booking.know(name, instrument)
                if name in self.accounts:
                    self.markets.add(name, instrument)

    async def reconcile(self, account: Account) -> None:
        """One pass over an account; then whatever it held back is looked at again."""
        await self.reconciler.account(account)
        for loop in self.loops.all.values():
            for book in loop.books.values():
                book.poke()

    # -- what loops and their commands need

    def naked_usd(self, loop_id: str) -> Decimal:
        """What a loop has unhedged, USD."""
        loop = self.loops.all.get(loop_id)
        if loop is None:
            return ZERO
        total = ZERO
        for book in loop.books.values():
            value = self.markets.value(book.hedge.account, book.hedge.symbol)
            if value is not None:
                total += abs(book.owed) * value
        return total

    def loop_wear(self, loop: str, last: int) -> tuple[Decimal, Decimal]:
        """(cost, volume) in USD of a loop, or of its last cycles."""
        wear = self.booking.wear_of_cycles(loop, last) if last else self.booking.wear(Scope.LOOP, loop)
        return wear.wear_usd, wear.volume_usd

    def params_taken(self, loop: Loop) -> None:
        self.alarms.say("info", loop.id, "new parameters are in effect")
        self.loops.write(loop)
        self.loops.write_staged(loop)

    def set_state(self, loop: Loop, state: LoopState) -> None:
        self.loops.set_state(loop, state)

    def progress(self, loop: Loop) -> None:
        self.loops.write(loop)

    def pause_by_strategy(self, loop: Loop, text: str) -> None:
        self.alarms.sound(f"budget/{loop.id}", "warning", f"{loop.id} paused: {text}")
        self.loops.pause(loop, text)

    def say(self, level: str, source: str, text: str) -> None:
        self.alarms.say(level, source, text)

    def trouble(self, where: str, error: BaseException) -> None:
        """A defect of ours: told in full, never swallowed."""
        trace = "".join(traceback.format_exception(error))
        self.alarms.sound(f"defect/{where}", "critical", f"{where}: {type(error).__name__}: {error}")
        self.alarms.say("error", where, trace)

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold a task until it ends, and tell what it raised."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            assert error is not None
            self.trouble("desk task", error)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def next_job_id(self) -> str:
        self._jobs += 1
        return f"F{self.epoch}-{self._jobs}"

    # -- accounts

    def accept_report(self, account: Account) -> None:
        """The operator believes the venue: what differs is booked as foreign, and the account is no longer suspect."""
        differing = self.reconciler.differences(account, self.booking.count)
        prices = {}
        for symbol in differing:
            report = account.positions.get(symbol)
            price = report.mark_price if report is not None else self.markets.value(account.name, symbol)
            if price is None:
                raise LaunchError(f"account: {account.name} {symbol} has no price to book the difference at; try again")
            prices[symbol] = price
        for symbol, (reported, ours) in differing.items():
            self.booking.adjust(account.name, symbol, reported - ours, prices[symbol])
        account.suspect = ""
        self.journal.cursor(account.name, "suspect", "")
        self.alarms.clear(f"suspect/{account.name}", f"{account.name}: the operator took the venue's report as true")
        self.wake_all()

    def journal_trouble(self, text: str) -> None:
        """What the journal's writer says of its disk; "" once all is saved again."""
        if text:
            self.alarms.sound("journal", "critical", f"journal: {text}")
        else:
            self.alarms.clear("journal", "the journal has caught up")

    def deny_entries(self, why: str) -> None:
        """Let no loop open anything until the operator resumes (""); it survives a restart."""
        self.risk.entries_denied = why
        self.journal.cursor("", "entries", why)

    def set_trading(self, account: Account, trading: Trading, note: str) -> None:
        """Change what may go to an account; it survives a restart."""
        account.trading = trading
        account.note = note
        value = "" if trading is Trading.ACTIVE else f"{trading.value}:{note}"
        self.journal.cursor(account.name, "trading", value)

    def _agreed(self, account: Account, still: bool) -> None:
        if still:
            self.watch.unexplained(account)
        self.wake_all()

    def wake_all(self) -> None:
        for loop in self.loops.all.values():
            loop.wake()

    def _hands(self) -> Hands:
        return Hands(
            on_fills=self.intake.take_fills,
            look_after=lambda order: self.uncertain.look_after(order),
            alarm=self.alarms.sound,
            clear=self.alarms.clear,
            say=self.alarms.say,
            agreed=self._agreed,
            loop_of=lambda order_id: self.past.loop_of(order_id),
            leg_of=lambda loop, account, symbol: self.past.leg_of(loop, account, symbol),
        )
