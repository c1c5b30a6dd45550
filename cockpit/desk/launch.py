"""Loops from launch to end: checks, tasks, the operator's commands on them, and their return after a restart."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cockpit.desk.context import LoopContext
from cockpit.desk.execution import Owner
from cockpit.desk.flatten_job import Spec
from cockpit.desk.hedger import HedgeBook
from cockpit.desk.ids import DESK_SLOT
from cockpit.desk.journal_rows import JournaledLoop
from cockpit.desk.ladder import HedgeJournal
from cockpit.desk.loops import Loop, LoopState, StopMode
from cockpit.desk.obligations import Obligation
from cockpit.desk.reach import Reach, reach_of
from cockpit.desk.refusals import Checks, LaunchError
from cockpit.desk.slots import Slots
from cockpit.desk.standstill import LOOKED_UP, LOOKING
from strategies.params import ParamError, as_text, parse_params
from strategies.protocol import HaltLoop, Leg, Role, StopLoop, Strategy
from venues.model import FillReport

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

ZERO = Decimal(0)

RESTARTED = "the desk was restarted; resume when you have looked"


class Loops:
    """All loops of this desk."""

    def __init__(self, desk: Desk, strategies: Mapping[str, Strategy[Any]]) -> None:
        self._desk = desk
        self.strategies = strategies
        self.checks = Checks(desk)
        self.all: dict[str, Loop] = {}
        self._numbers = 0
        self._slots = Slots(desk.journal, desk.epoch)
        self._closing: dict[str, str] = {}
        """Loop to why it only closes, of those that were told so in this run."""
        self.desk_owner = Owner("", desk.epoch, DESK_SLOT, lambda: self._slots.one_more(""))

    # -- launch and return

    def launch(self, kind: str, raw: Mapping[str, object], *, mix: bool = False) -> Loop:
        """Check all, then run. `mix`: paper and live in one. Raises `ParamError` or `LaunchError`: nothing was done."""
        strategy = self._strategy(kind)
        if self._desk.stopping:
            raise LaunchError("the desk is stopping")
        params = parse_params(strategy.params_type, raw)
        legs = {leg.name: self.checks.resolve(leg) for leg in strategy.legs(params)}
        self.checks.free(legs, mix=mix)
        loop = self._make(f"L{self._numbers + 1}", strategy, params, legs, self._desk.clock.now_ns())
        self.checks.tolerance(loop)
        self._numbers += 1
        self._admit(loop)
        self._run(loop)
        return loop

    def preview(self, kind: str, raw: Mapping[str, object]) -> tuple[Reach, ...]:
        """How far a launch with these parameters could stretch its accounts. Raises `ParamError` or `LaunchError`."""
        strategy = self._strategy(kind)
        params = parse_params(strategy.params_type, raw)
        legs = {leg.name: self.checks.resolve(leg) for leg in strategy.legs(params)}
        return reach_of(self._desk, strategy, params, legs)

    def _strategy(self, kind: str) -> Strategy[Any]:
        strategy = self.strategies.get(kind)
        if strategy is None:
            known = ", ".join(sorted(self.strategies))
            raise LaunchError(f"strategy: {kind!r} is not known; expected one of {known}")
        return strategy

    def restore(self, row: JournaledLoop) -> None:
        """A loop that had not ended: back, paused, with what it owes worked off."""
        self._numbers = max(self._numbers, int(row.id.removeprefix("L")))
        strategy = self.strategies.get(row.strategy)
        if strategy is None or LoopState(row.state).ended:
            return
        params = parse_params(strategy.params_type, row.params)
        legs = {leg.name: self.checks.resolve(leg) for leg in strategy.legs(params)}
        loop = self._make(row.id, strategy, params, legs, row.created_ts)
        loop.iterations_done = row.iterations_done
        loop.paused = RESTARTED
        reader = self._desk.journal.reader()
        staged = reader.cursor(row.id, "staged")
        if staged:
            try:
                loop.staged = parse_params(strategy.params_type, msgspec.json.decode(staged, type=dict[str, str]))
            except ParamError as error:
                self._desk.alarms.sound(f"staged/{row.id}", "warning", f"{row.id}: a staged change is lost: {error}")
        asked = reader.cursor(row.id, "stop")
        if asked:
            loop.asked = StopMode(asked)
            loop.paused = f"{RESTARTED}; it was to stop ({asked}), and does once resumed"
        for book in loop.books.values():
            owed = ZERO
            for leg in book.legs:
                owed -= self._desk.ledger.base_position(leg.account, leg.symbol, loop.id)
            for known in reader.obligations(loop.id):
                book.number = max(book.number, known.number)
                if known.trade_id and not self._desk.ledger.knows(known.account, known.symbol, known.trade_id):
                    book.awaited[(known.account, known.symbol, known.trade_id)] = known.base
                    owed += known.base
            book.owed = owed
            book.hold(RESTARTED)
            for order in self._desk.tracker.live():
                if order.loop == loop.id and order.role in (Role.HEDGE, Role.UNWIND):
                    book.adopt(order)
        self._admit(loop)
        closing = self._closing.get(row.id) or reader.cursor(row.id, "closing")
        for book in loop.books.values():
            book.closing = closing
        if closing or row.state == LoopState.HALTED:
            loop.halt_reason = closing or RESTARTED
            loop.state = LoopState.HALTED
        else:
            self._run(loop)

    def work_off(self, *, look_first: bool = False) -> None:
        """After the first reconciling: hedge what restored loops owe, and say so. `look_first`: after another look at
        their accounts."""
        unsure = []
        for loop in self.all.values():
            known = all(self._desk.accounts[leg.account].known for leg in loop.legs.values())
            sure = known and not look_first
            for book in loop.books.values():
                if not book.release(RESTARTED):
                    continue
                if not sure:
                    # A fill that never came to the disk may wait there: what is owed is not known before it answers.
                    unsure.append(loop)
                    continue
                if abs(book.owed) > book.tolerance():
                    text = f"{loop.id} owes {book.owed:+.8f} on {book.hedge.account} from before the restart: hedging"
                    self._desk.alarms.say("warning", loop.id, text)
                book.work()
        if unsure:
            self._desk.standstill.hold(unsure)
        missing = [loop for loop in unsure if self._desk.past.hedged_unknown(loop)]
        if missing:
            names = ", ".join(loop.id for loop in missing)
            text = f"{names}: a hedge of the run before is for a fill that is not on file; every account must answer"
            self._desk.alarms.say("warning", "restart", text)
            self._desk.standstill.hold(missing, patience_s=math.inf)

    def _make(self, loop_id: str, strategy: Strategy[Any], params: Any, legs: dict[str, Leg], ts: int) -> Loop:
        owner = Owner(loop_id, self._desk.epoch, self._slots.free_for(loop_id), lambda: self._slots.one_more(loop_id))
        loop = Loop(loop_id, strategy, params, owner, ts)
        loop.legs = legs
        for name in sorted({leg.hedged_by for leg in legs.values() if leg.hedged_by}):
            loop.books[name] = self._book(loop, legs, name)
        return loop

    def _book(self, loop: Loop, legs: Mapping[str, Leg], hedge: str) -> HedgeBook:
        desk = self._desk
        backup = loop.strategy.hedge_policy(loop.params).backup
        return HedgeBook(
            owner=loop.owner,
            hedged=tuple(leg for leg in legs.values() if leg.hedged_by == hedge),
            hedge=legs[hedge],
            backup=legs.get(backup),
            policy=lambda: loop.strategy.hedge_policy(loop.params),
            clock=desk.clock,
            executor=desk.executor,
            markets=desk.markets,
            accounts=desk.accounts,
            position=lambda account, symbol: desk.ledger.position(account, symbol, loop.id),
            net=desk.booking.position,
            tell=HedgeJournal(
                obligation=self._journal_obligation,
                alarm=lambda id_, text: desk.alarms.sound(id_, "critical", text),
                halt=lambda text: self.halt(loop, text),
                settled=lambda: self._settled(loop),
            ),
        )

    def _journal_obligation(self, loop: str, owed: Obligation, account: str, fill: FillReport) -> None:
        self._desk.journal.obligation(
            loop=loop,
            number=owed.number,
            account=account,
            symbol=fill.symbol,
            trade_id=fill.trade_id,
            base=owed.base,
            ts=owed.ts,
        )

    def _settled(self, loop: Loop) -> None:
        self._desk.alarms.clear(f"hedge/{loop.id}", f"{loop.id} is hedged again")
        self._desk.alarms.clear(f"naked/{loop.id}")
        loop.wake()

    def _admit(self, loop: Loop) -> None:
        self.all[loop.id] = loop
        self._slots.take(loop.owner.slots[0], loop.id)
        self.write(loop)
        symbols: dict[str, set[str]] = {}
        for leg in loop.legs.values():
            symbols.setdefault(leg.account, set()).add(leg.symbol)
        for account, wanted in symbols.items():
            venue = self._desk.accounts[account].venue
            # One that has not connected yet knows no symbols; connecting asks for all of them.
            venue.subscribe(wanted & set(venue.instruments))

    # -- running

    def _run(self, loop: Loop) -> None:
        loop.halt_reason = ""
        loop.stop_mode = None
        loop.task = asyncio.get_running_loop().create_task(self._live(loop))

    async def _live(self, loop: Loop) -> None:
        """One strategy run, from its start to whatever ends it."""
        context = LoopContext(self._desk, loop)
        try:
            await self._desk.journal.barrier()
            await loop.strategy.run(context)
        except StopLoop:
            await self._wind_up(loop)
        except HaltLoop as error:
            self.halt(loop, str(error))
            await self._wind_up(loop)
        except Exception as error:  # noqa: BLE001  a strategy's defect must not take the desk with it: halt and tell
            self._desk.trouble(f"loop {loop.id}", error)
            self.halt(loop, f"{type(error).__name__} in strategy {loop.strategy.kind}: {error}")
            await self._wind_up(loop)
        else:
            self.set_state(loop, LoopState.STOPPED if loop.stop_mode else LoopState.DONE)
            loop.phase, loop.detail = "", ""
        finally:
            self.write(loop)

    async def _wind_up(self, loop: Loop) -> None:
        """After "stop now": nothing of the loop rests any more, and what its fills owe is hedged."""
        if not loop.halt_reason:
            self.set_state(loop, LoopState.STOPPING)
        while True:
            resting = [
                order
                for order in self._desk.tracker.live()
                if order.loop == loop.id and order.role in (Role.OPEN, Role.CLOSE)
            ]
            for order in resting:
                self._desk.executor.cancel(order)
            closing = loop.stop_mode is StopMode.FLATTEN
            if not resting and (loop.halt_reason or closing or loop.hedged()):
                break
            await self._desk.sleep(0.2)
        loop.phase, loop.detail = "", loop.halt_reason
        if loop.halt_reason:
            return
        if loop.stop_mode is StopMode.FLATTEN:
            accounts = tuple(dict.fromkeys(leg.account for leg in loop.legs.values()))
            self._desk.flattener.start(
                Spec(id=self._desk.next_job_id(), kind="flatten", accounts=accounts, loop=loop.id)
            )
            return
        self.set_state(loop, LoopState.STOPPED)

    # -- the operator's commands

    def find(self, loop_id: str) -> Iterator[Loop]:
        """The loop of that id, or every loop that has not ended for `all`. Raises `LaunchError`."""
        if loop_id == "all":
            return iter([loop for loop in self.all.values() if not loop.state.ended])
        loop = self.all.get(loop_id)
        if loop is None:
            known = ", ".join(self.all) or "none is running"
            raise LaunchError(f"loop: {loop_id!r} is not known; expected one of: {known}")
        return iter([loop])

    def set_params(self, loop_id: str, changes: Mapping[str, object], *, origin: str, command_id: str) -> Loop:
        """Stage live changes, journaled with who and when. Raises `ParamError` or `LaunchError`."""
        (loop,) = self.find(loop_id)
        if loop.state.ended:
            raise LaunchError(f"loop {loop.id} has ended; its parameters no longer matter")
        self.checks.size(loop, changes)
        changed, now = loop.stage(changes), self._desk.clock.now_ns()
        for field, (old, new) in changed.items():
            self._desk.journal.param_change(
                ts=now, loop=loop.id, field=field, old=old, new=new, origin=origin, command_id=command_id
            )
        if changed:
            text = ", ".join(f"{field} {old or '-'} → {new or '-'}" for field, (old, new) in changed.items())
            self._desk.alarms.say("info", loop.id, f"{text} by {origin}, from the next safe point")
        self.write_staged(loop)
        return loop

    def write_staged(self, loop: Loop) -> None:
        """What is staged goes to the journal: it was acknowledged, so a restart must not forget it."""
        text = "" if loop.staged is None else msgspec.json.encode(as_text(loop.staged)).decode()
        self._desk.journal.cursor(loop.id, "staged", text)

    def pause(self, loop: Loop, why: str) -> None:
        loop.paused = why
        loop.wake()

    def resume(self, loop: Loop) -> None:
        """Lift a pause or a halt; a loop whose task has ended is run anew from what it holds."""
        if loop.state.ended:
            raise LaunchError(f"loop {loop.id} has ended; launch a new one")
        if self._desk.stopping:
            raise LaunchError("the desk is stopping")
        if loop.halt_reason and loop.task is not None and not loop.task.done():
            raise LaunchError(
                f"loop {loop.id} still winds up ({loop.halt_reason}): an order's end is not known; try again"
            )
        for book in loop.books.values():
            if book.closing and not book.within:
                raise LaunchError(
                    f"loop {loop.id} has {-book.owed:+f} left to even out ({book.closing}): wait, or flatten it"
                )
        self._closing.pop(loop.id, None)
        self._desk.journal.cursor(loop.id, "closing", "")
        loop.paused = ""
        for cause in ("unwound", "budget", "forced", "alone"):
            self._desk.alarms.clear(f"{cause}/{loop.id}")
        for book in loop.books.values():
            for why in book.held_for():
                # What waits until more is known waits on.
                if why not in (RESTARTED, LOOKING, LOOKED_UP):
                    book.release(why)
            book.restart()
        asked, loop.asked = loop.asked, None
        if loop.task is None or loop.task.done():
            self._run(loop)
        if asked is not None:
            loop.stop_mode = asked
        else:
            self._desk.journal.cursor(loop.id, "stop", "")
        loop.wake()
        self.write(loop)

    def stop(self, loop: Loop, mode: StopMode) -> None:
        if loop.state.ended:
            raise LaunchError(f"loop {loop.id} has ended already")
        if loop.state is LoopState.FLATTENING:
            raise LaunchError(f"loop {loop.id} is being flattened: {loop.halt_reason}")
        loop.stop_mode = mode
        self._desk.journal.cursor(loop.id, "stop", mode.value)
        if loop.halt_reason:
            # It winds up already: as a stop now, which goes on to what was asked for.
            loop.halt_reason = ""
        if loop.task is None or loop.task.done():
            loop.task = asyncio.get_running_loop().create_task(self._wind_up(loop))
        loop.wake()

    def halt(self, loop: Loop, why: str) -> None:
        """The loop must not go on without the operator. Its owed hedges are worked on all the same."""
        loop.halt_reason = why
        self.set_state(loop, LoopState.HALTED)
        loop.wake()

    def close_only(self, loop_id: str, why: str) -> None:
        """Until the operator resumes it, a loop opens nothing and what it owes is worked off by closing alone; it
        survives a restart. Of a loop that is not back yet it is kept for its return."""
        self._closing[loop_id] = why
        self._desk.journal.cursor(loop_id, "closing", why)
        loop = self.all.get(loop_id)
        if loop is None:
            return
        for book in loop.books.values():
            book.closing = why
        if not loop.state.ended and loop.state is not LoopState.FLATTENING:
            self.halt(loop, why)

    def set_state(self, loop: Loop, state: LoopState) -> None:
        if loop.state is state:
            return
        loop.state = state
        if state.ended:
            self._desk.ledger.end_loop(loop.id)
        why = loop.halt_reason or (loop.paused if state is LoopState.PAUSED else "")
        self._desk.alarms.say("info", loop.id, state.value + (f": {why}" if why else ""))
        self.write(loop)

    def write(self, loop: Loop) -> None:
        """The loop as it stands goes to the journal."""
        self._desk.journal.loop(
            loop.id,
            strategy=loop.strategy.kind,
            params=as_text(loop.params),
            state=loop.state.value,
            iterations_done=loop.iterations_done,
            created_ts=loop.started_ts,
            ts=self._desk.clock.now_ns(),
        )
