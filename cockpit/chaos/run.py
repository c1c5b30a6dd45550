"""One seed from its plan to its verdict."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import msgspec

from cockpit.chaos.audit import audit
from cockpit.chaos.invariants import Invariant, Violation
from cockpit.chaos.kinds import Fault
from cockpit.chaos.operator import Operator
from cockpit.chaos.plan import Plan, draw
from cockpit.chaos.referee import Referee
from cockpit.chaos.session import Tripwire
from cockpit.chaos.trouble import Trouble
from cockpit.chaos.truth import MAKING, Truth
from cockpit.chaos.world import Alter, World
from cockpit.desk.desk import Desk
from cockpit.desk.loops import Loop, LoopState
from cockpit.link import messages as m
from venues.model import NS_PER_S

PASS_NS = 6 * NS_PER_S
"""Longer than a pass over an account takes, but for those over a venue that answers little."""
SETTLE_S = 240.0
"""How long dust may take to settle when everything answers; ten times that in a sparse run."""


class Outcome(msgspec.Struct, frozen=True):
    """What one run came to."""

    seed: int
    violations: tuple[Violation, ...]
    faults: dict[Fault, int]
    obligations: int
    hedge_fills: int
    cycles: int
    halts: dict[str, int]
    recoverable: bool
    """Whether nobody from outside changed what the loops hold."""
    unaided: bool
    """Whether every loop did what it was launched for without help."""
    sim_s: float
    digest: int
    entries: int
    lives: int
    wall_s: float = 0.0


class Run:
    """Wires one plan; `go` blocks until it is over."""

    def __init__(
        self, plan: Plan, *, keep: bool = False, alter: Alter | None = None, world: World | None = None
    ) -> None:
        """`world`: one made for the plan already, of a sort of its own."""
        self.plan = plan
        self.world = world if world is not None else World(plan, keep=keep, alter=alter)
        self.wire = Tripwire(lambda point: self.world.kill(point, self.referee))
        self.truth = Truth(self.world.instruments, self.world.position)
        self.operator = Operator(self.world)
        self.referee = Referee(self.world, self.truth, self.wire)
        self.trouble = self._trouble()
        self.referee.trouble = self.trouble
        self._tasks: set[asyncio.Task[Any]] = set()
        self._halts: Counter[str] = Counter()

    def _trouble(self) -> Trouble:
        return Trouble(self.world, self.truth, self.operator, self.wire)

    def _audit(self) -> None:
        audit(self.world, self.truth, self.referee, self.operator)

    def go(self) -> Outcome:
        began = time.perf_counter()
        try:
            unaided = self.world.loop.run_until_complete(self._main())
        finally:
            self.world.close()
        world = self.world
        return Outcome(
            seed=self.plan.seed,
            violations=tuple(self.referee.violations),
            faults=dict(world.faults),
            obligations=self._obligations,
            hedge_fills=self.referee.hedge_fills,
            cycles=self._cycles,
            halts=dict(self._halts),
            recoverable=self.plan.recoverable,
            unaided=unaided,
            sim_s=world.elapsed_s,
            digest=world.timeline.digest,
            entries=world.timeline.entries,
            lives=world.life,
            wall_s=time.perf_counter() - began,
        )

    @property
    def _obligations(self) -> int:
        """Maker fills, each of which makes one."""
        return sum(
            1
            for fills in self.truth.fills.values()
            for fill in fills
            if (sent := self.truth.sent.get(fill.client_order_id)) is not None and sent.role in MAKING
        )

    async def _play(self) -> list[asyncio.Task[Any]]:
        """All that happens before dust settles. Returns what may still be under way."""
        plan = self.plan
        self._start(self.operator.look_after())
        launches = [self._start(self.operator.launch(loop.params, loop.at_s)) for loop in plan.loops]
        moments = [self._start(self.trouble.run(moment)) for moment in plan.moments]
        await self._until(lambda: all(task.done() for task in launches) and self._ended(), plan.until_s)
        return moments

    async def _main(self) -> bool:
        world = self.world
        world.boot(self.referee)
        self._start(self.referee.watch())
        moments = await self._play()
        unaided = bool(self.operator.launched) and self._done()
        if not self.referee.broken.is_set():
            await self._settle(moments)
        self._cycles = self._count()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await world.end()
        return unaided

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self.world.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # A defect of the harness, or one of the desk that came through to its caller.
            error = task.exception()
            self.referee.broke(Invariant.DEFECT, f"{type(error).__name__}: {error}")
            self.error = error

    error: BaseException | None = None

    async def _until(self, true: Any, seconds: float) -> bool:
        """Let time go by until `true` or a violation; False where `seconds` were not enough."""
        world = self.world
        step = 0.5 if not self.plan.sparse else 5.0
        until = world.loop.time() + seconds
        while world.loop.time() < until:
            if self.referee.broken.is_set() or true():
                return True
            await asyncio.sleep(step)
        return bool(true())

    def _loops(self) -> list[Loop]:
        return [] if self.world.desk is None else list(self.world.desk.loops.all.values())

    def _ended(self) -> bool:
        """Whether nothing more will come of any loop: those of earlier lives have ended if they are not back."""
        desk = self.world.desk
        if desk is None or not desk.running:
            return False
        return all(
            loop.state.ended or (loop.state is LoopState.HALTED and (loop.task is None or loop.task.done()))
            for loop in self._loops()
        )

    def _done(self) -> bool:
        desk = self.world.desk
        if desk is None:
            return False
        states = {row.id: row.state for row in desk.journal.reader().loops()}
        states.update({loop.id: loop.state.value for loop in self._loops()})
        return all(states.get(loop_id) == LoopState.DONE for loop_id in self.operator.launched)

    def _count(self) -> int:
        desk = self.world.desk
        for loop in self._loops():
            if loop.halt_reason:
                self._halts[_cause(loop.halt_reason)] += 1
        return 0 if desk is None else sum(row.iterations_done for row in desk.journal.reader().loops())

    # -- the end

    async def _settle(self, moments: list[asyncio.Task[Any]]) -> None:
        """Everything answers from here on; nothing new is begun. What was under way must come to its end."""
        world = self.world
        self.trouble.calm = True
        self.wire.disarm()
        for task in moments:
            task.cancel()
        await asyncio.gather(*moments, return_exceptions=True)
        for name, gate in world.gates.items():
            gate.rates.clear()
            gate.reported, gate.hidden_funding = None, 0
            for kind in tuple(gate.on):
                self.trouble.end_state(kind, name)
            gate.disturbed_ts = world.now()
        self.trouble.lying.clear()
        world.disk.full, world.disk.slow = False, 1.0
        world.restart_s = 0.0
        world.note("chaos", "calm")
        patience = SETTLE_S * (10 if self.plan.sparse else 1)
        if not await self._until(lambda: world.desk is not None and world.desk.running, patience):
            self.referee.broke(Invariant.NEVER_QUIET, "no desk came up")
            return
        if self.referee.broken.is_set():
            return
        await self._pause_all()
        # A pass that was under way when all became well may have asked its first questions before.
        agreed_from = world.clock.now_ns() + PASS_NS
        under_way = self._under_way()
        await self._until(lambda: not (under_way & self._under_way()), patience)
        agreed_from = max(agreed_from, world.clock.now_ns())
        if not await self._until(lambda: self._quiet(agreed_from), patience):
            self.referee.broke(Invariant.NEVER_QUIET, self._why_not(agreed_from))
        if self.referee.broken.is_set():
            return
        desk = world.desk
        assert desk is not None
        try:
            # Some row is always on its way; what counts is that each of them gets there.
            await asyncio.wait_for(desk.journal.barrier(), SETTLE_S)
        except TimeoutError:
            self.referee.broke(Invariant.NEVER_QUIET, "the journal is not saved")
            return
        self._audit()

    def _under_way(self) -> set[tuple[str, int]]:
        """(account, when it last agreed) of each that is being reconciled."""
        desk = self.world.desk
        accounts = () if desk is None else desk.accounts.values()
        return {(account.name, account.reconciled_ts) for account in accounts if desk and desk.reconciler.busy(account)}

    async def _pause_all(self) -> None:
        if any(not loop.state.ended for loop in self._loops()):
            await self.operator.send(m.Pause("all"))

    def _quiet(self, since: int) -> bool:
        return not self._why_not(since)

    def _why_not(self, since: int) -> str:
        """What is still under way; empty where nothing is."""
        desk = self.world.desk
        if desk is None:
            return "no desk is alive"
        live = [repr(order) for order in desk.tracker.live()]
        if live:
            return f"orders are not done: {'; '.join(live[:3])}"
        for job in desk.flattener.jobs.values():
            if not job.state.ended and not self._hopeless(desk, job):
                return f"{job.spec.id} is {job.state}: {'; '.join(job.legs)}"
        for loop in self._loops():
            if not loop.hedged() and not (loop.halt_reason and self._named(loop.id)):
                return f"{loop.id} owes {loop.owed():+.8f}"
        for account in desk.accounts.values():
            if account.reconciled_ts <= since:
                return f"{account.name} has not agreed: {account.suspect or 'not asked yet'}"
            if account.suspect:
                return f"{account.name} is suspect: {account.suspect}"
        for name, filled in self.referee.last_fill.items():
            if filled >= desk.accounts[name].reconciled_ts:
                return f"{name} may not have told of its last fill yet"
        resting = [name for name in desk.accounts if self.world.exchange.account_state(name).open_orders]
        if resting:
            return f"orders rest at {', '.join(resting)}"
        return ""

    def _named(self, loop: str) -> bool:
        truth = self.truth.loops.get(loop)
        return truth is None or abs(truth.exposure) <= self.referee.tolerance(loop) or self.referee.named(loop)

    @staticmethod
    def _hopeless(desk: Desk, job: Any) -> bool:
        """A flatten that goes on because dust is left that no venue takes: it names it and claims nothing."""
        return bool(job.legs) and job.round > 8 and not any(True for _ in desk.tracker.live())


def _cause(reason: str) -> str:
    """A halt's reason without its numbers."""
    for words in ("unwound", "nothing on the maker venue", "restarted", "flatten", "reduce", "closed by", "liquidat"):
        if words in reason:
            return words
    return "hedging failed" if "unhedged" in reason else reason.split(":")[0][:40]


def run_seed(seed: int, *, keep: bool = False, alter: Alter | None = None) -> Outcome:
    """Draw the plan of `seed` and run it."""
    return Run(draw(seed), keep=keep, alter=alter).go()
