"""One named scenario from its file to its verdict: the story is played, then dust settles and the books are audited."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from cockpit.chaos.invariants import Violation
from cockpit.chaos.plan import AccountCast, LoopCast, Plan
from cockpit.chaos.run import Outcome, Run
from cockpit.chaos.scenario_file import Casting, Script, Step, load
from cockpit.chaos.scene import Scene, Unmet
from cockpit.chaos.scripted_world import Entry, ScriptedWorld
from cockpit.chaos.world import Alter
from cockpit.desk.loops import LoopState
from cockpit.link import messages as m
from venues.model import Instrument
from venues.paper.instruments import instrument_for, inverse_instrument
from venues.paper.latency import Latency
from venues.paper.profiles import Profile, load_profiles

STEP_S, SPARSE_STEP_S = 1.0, 10.0
"""How often a book moves."""


class Verdict(msgspec.Struct, frozen=True):
    """What a scenario came to."""

    scenario: str
    title: str
    ok: bool
    unmet: str
    """The first thing of the story that did not happen; empty where all did."""
    violations: tuple[Violation, ...]
    mutant: str
    sim_s: float
    wall_s: float
    lives: int
    obligations: int
    hedge_fills: int
    digest: int


class ScenarioRun(Run):
    """Plays a script with everything that watches a seeded run."""

    def __init__(
        self, script: Script, *, alter: Alter | None = None, told: Callable[[Entry], None] | None = None
    ) -> None:
        self.script = script
        plan = plan_of(script)
        world = ScriptedWorld(
            plan,
            price=script.price,
            depths={name: role.depth for name, role in script.accounts.items()},
            limits=script.limits,
            alter=alter,
        )
        world.plan_of = script.loops
        if told is not None:
            world.told = told
        super().__init__(plan, world=world)
        self.scene = Scene(world, self.truth, self.operator, self.referee, self.trouble, self.wire)
        self.unmet = ""

    def verdict(self, outcome: Outcome, mutant: str = "") -> Verdict:
        return Verdict(
            scenario=self.script.name,
            title=self.script.title,
            ok=not outcome.violations and not self.unmet,
            unmet=self.unmet,
            violations=outcome.violations,
            mutant=mutant,
            sim_s=outcome.sim_s,
            wall_s=outcome.wall_s,
            lives=outcome.lives,
            obligations=outcome.obligations,
            hedge_fills=outcome.hedge_fills,
            digest=outcome.digest,
        )

    async def _play(self) -> list[asyncio.Task[Any]]:
        await self.scene.wait(lambda: "" if self.scene.desk is not None else "no desk", 60.0)
        for step in self.script.steps:
            try:
                await self._step(step)
            except Unmet as error:
                self._fail(step, str(error))
            if self.unmet or self.referee.broken.is_set():
                break
        return self.scene.aside

    async def _pause_all(self) -> None:
        """Nobody trades with us any more, so an order that a paused loop has to close with would rest for ever: the
        operator stops what still runs, and what is held stays held, hedged."""
        for loop in self._loops():
            if not loop.state.ended and loop.state not in (LoopState.FLATTENING, LoopState.HALTED):
                await self.operator.send(m.Stop(loop.id, "now"))

    async def _step(self, step: Step) -> None:
        world = self.scene.world
        until = step.at_s if step.at_s is not None else world.loop.time() + step.after_s
        await self._pass_time(until)
        if self.referee.broken.is_set():
            return
        if step.mark:
            self.scene.marks[step.mark] = world.now()
        if step.say:
            world.note("story", " ".join(step.say.split()))
        for _, deed in step.deeds:
            await deed.do(self.scene)
        for verb, check in step.checks:
            missing = await self.scene.wait(partial(check.missing, self.scene), float(check.within))
            if missing and not self.referee.broken.is_set():
                self._fail(step, f"expect.{verb}: {missing}")
                return
            world.note("holds", f"{verb} {_shown(check)}")

    def _fail(self, step: Step, what: str) -> None:
        self.unmet = f"story {step.number}: {what}"
        self.world.note("UNMET", self.unmet)

    async def _pass_time(self, until: float) -> None:
        """Up to that virtual second, or to the first violation."""
        loop = self.world.loop
        if until <= loop.time():
            return
        broken = loop.create_task(self.referee.broken.wait())
        await asyncio.wait((broken,), timeout=until - loop.time())
        broken.cancel()


def _shown(check: msgspec.Struct) -> str:
    """What was expected, without what was left to its default."""
    fields = {info.name: info.default for info in msgspec.structs.fields(check)}
    values = msgspec.structs.asdict(check)
    return ", ".join(f"{name} {value}" for name, value in values.items() if value != fields[name])


def plan_of(script: Script) -> Plan:
    """The script's cast as a plan with nothing left to chance."""
    profiles = load_profiles()
    cast = tuple(_cast(script, name, role, profiles[role.venue]) for name, role in script.accounts.items())
    return Plan(
        seed=zlib.crc32(script.name.encode()),
        sparse=script.sparse,
        start_ns=script.start_ns,
        volatility=0.0,
        coin=script.coin,
        accounts=cast,
        loops=tuple(LoopCast(params, 0.0) for params in script.loops.values()),
        rates={},
        moments=(),
        until_s=0.0,
        watch_s=5.0 if script.sparse else 1.0,
        reconcile_s=30.0 if script.sparse else 5.0,
    )


def _cast(script: Script, name: str, role: Casting, profile: Profile) -> AccountCast:
    instrument: Instrument = inverse_instrument(script.coin) if role.inverse else instrument_for(profile, script.coin)
    profile = replace(profile, lookup_by_client_id=role.lookup and profile.lookup_by_client_id)
    if role.latency_ms is not None:
        profile = profile.with_latency(Latency(float(role.latency_ms)))
    return AccountCast(
        name=name,
        profile=profile,
        instruments=(instrument,),
        cash={instrument.settle: role.cash},
        step_s=SPARSE_STEP_S if script.sparse else STEP_S,
        basis_bps=0.0,
        spread_ticks=role.spread,
        depth_base=float(role.depth),
    )


def run_scenario(
    script: Script | str, *, mutant: str = "", alter: Alter | None = None, told: Callable[[Entry], None] | None = None
) -> Verdict:
    """Play a scenario, given or by its name. Raises `ScenarioError`."""
    run = ScenarioRun(load(script) if isinstance(script, str) else script, alter=alter, told=told)
    return run.verdict(run.go(), mutant)
