"""Staged deleveraging at work: looks at every account's margin each second and cuts pairs before the venue does.

Both legs are cut by the same quantity through a reduce of the loop. While a pair is out of reach only the live leg can
be cut: the loop is halted, what that leaves open is alarmed, and when the other venue is back and has been reconciled
the larger leg is closed down to the smaller; nothing is opened again.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.deleverage import (
    ONE,
    PCT,
    ZERO,
    Stages,
    distance,
    estimated_liquidation,
    margin_ratio,
    passed,
    reached,
)
from cockpit.desk.flatten_job import Job, Scope, Spec
from cockpit.desk.loops import Loop
from strategies.protocol import Leg
from venues.model import NS_PER_S, PositionStatusReport

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

BLIP_S = 15
"""A pair may be out of reach for this long, seconds, before its live leg is cut alone; not at the last stage."""
KIND = "deleverage"


class Closeness(msgspec.Struct, frozen=True):
    """How near an account is to being liquidated, fractions; None for what is not known."""

    away: Decimal | None
    margin: Decimal | None
    settled: bool = True
    """The venue's figures are of the positions that our books hold now; until then no stage ends."""

    @property
    def words(self) -> str:
        parts = []
        if self.away is not None:
            parts.append(f"liquidation is {self.away * PCT:.1f} % away")
        if self.margin is not None:
            parts.append(f"{self.margin * PCT:.0f} % of the margin is used")
        return ", ".join(parts)


class Deleverer:
    """One step of the watch. What it remembers outlives a restart: a stage must not cut twice."""

    def __init__(self, desk: Desk, stages: Stages) -> None:
        self._desk = desk
        self.stages = stages
        self._levels = {name: int(level) for name, level in desk.journal.reader().cursors(KIND).items() if level}
        """`ACCOUNT`, `LOOP/ACCOUNT` and `LOOP/ACCOUNT/alone` to the stage it is in."""
        self._lost: dict[str, int] = {}
        """Account to since when it has been out of reach, ns of the monotonic clock: the other may step."""
        self._last: dict[tuple[str, str], PositionStatusReport] = {}
        """What was reported while an account was last in reach."""

    def step(self) -> None:
        """Look at everything once."""
        if not self.stages.enabled or self._desk.stopping:
            return
        now = self._desk.clock.monotonic_ns()
        for account in self._desk.accounts.values():
            if _in_reach(account):
                self._lost.pop(account.name, None)
                for symbol, report in account.positions.items():
                    self._last[(account.name, symbol)] = report
            else:
                self._lost.setdefault(account.name, now)
        for account in self._desk.accounts.values():
            if _in_reach(account):
                self._look(account)
        for loop in self._desk.loops.all.values():
            self._winning(loop)

    # -- an account in reach

    def _look(self, account: Account) -> None:
        near = self.closeness(account)
        held = self._levels.get(account.name, 0)
        stage = self._stage(near, held)
        cut = [name for loop, leg in self._holders(account.name) if (name := self._loop_step(loop, leg, near))]
        if stage != held:
            self._set(account.name, stage)
        if not stage:
            account.barred = ""
            self._desk.alarms.clear(f"{KIND}/{account.name}", f"{account.name} is clear of deleveraging again")
            return
        account.barred = f"deleveraging, stage {stage} of {len(self.stages.cut_pct)}: {near.words}"
        if stage > held or cut:
            done = "; ".join(cut) or "no loop of ours holds anything to cut there"
            self._desk.alarms.sound(
                f"{KIND}/{account.name}",
                "critical",
                f"{account.name}: {account.barred}; {done}; nothing is opened there until it is clear",
            )

    def _loop_step(self, loop: Loop, leg: Leg, near: Closeness) -> str:
        """One loop on an account that may be near its liquidation. Returns what was done; empty for nothing."""
        key = f"{loop.id}/{leg.account}"
        held = self._levels.get(key, 0)
        lost = self._pair_lost(loop)
        factor = ONE
        if lost:
            if self._gain(loop, leg) >= 0:
                # Its own leg is not what draws the account down, and cutting it would only lay the pair open.
                return ""
            gone_s = self._gone_s(lost)
            factor = self.stages.early if gone_s >= self.stages.early_s else factor
            if gone_s < BLIP_S and reached(near.away, near.margin, self.stages, 0) < len(self.stages.cut_pct):
                return ""
        stage = self._stage(near, held, factor)
        if stage > held and self._busy(loop):
            # A flatten or a reduce of the operator's closes there already; looked at again when it is done.
            return ""
        if stage != held:
            self._set(key, stage)
        if stage <= held:
            return ""
        if lost:
            return self._cut_alone(loop, leg, lost, stage, near.words)
        return self._cut_pair(loop, stage, f"{leg.account}: {near.words}")

    def _stage(self, near: Closeness, held: int, factor: Decimal = ONE) -> int:
        stage = reached(near.away, near.margin, self.stages, held, factor=factor)
        return stage if near.settled else max(stage, held)

    def closeness(self, account: Account) -> Closeness:
        """By what was last reported and the prices and positions of now."""
        desk = self._desk
        away: list[Decimal] = []
        drift: dict[str, Decimal] = {}
        worth: dict[str, tuple[Decimal, Decimal]] = {}
        settled = True
        for symbol, report in account.positions.items():
            market = desk.markets.get(account.name, symbol)
            price = market.value if market is not None else None
            if market is None or price is None or not report.qty:
                continue
            instrument = market.instrument
            ours = desk.booking.position(account.name, symbol)
            settled = settled and ours == report.qty
            if ours * report.qty > 0:
                gap = distance(report.qty, report.liq_price, price)
                if gap is not None:
                    # The buffer is the account's: spread over another size it reaches inversely as far.
                    away.append(gap * abs(report.qty) / abs(ours))
            asset = instrument.settle
            drift[asset] = drift.get(asset, ZERO) + instrument.pnl(report.qty, report.mark_price, price)
            then, now = worth.get(asset, (ZERO, ZERO))
            value = abs(instrument.base_qty(report.qty, price))
            worth[asset] = (then + value, now + (value * abs(ours) / abs(report.qty)))
        used: list[Decimal] = []
        for asset, balance in account.balances.items():
            then, now = worth.get(asset, (ZERO, ZERO))
            scale = now / then if then else ONE
            used.append(margin_ratio(balance.maintenance * scale, balance.equity + drift.get(asset, ZERO)))
        return Closeness(min(away, default=None), max(used, default=None), settled)

    # -- a loop whose pair is out of reach

    def _winning(self, loop: Loop) -> None:
        """The live leg of a pair out of reach, where it gains: kept until its partner must be gone."""
        lost = self._pair_lost(loop)
        for leg in loop.legs.values():
            key = f"{loop.id}/{leg.account}/alone"
            if not lost or leg in lost or not self._held(loop, leg) or self._gain(loop, leg) < 0:
                if not lost and key in self._levels:
                    self._set(key, 0)
                continue
            held = self._levels.get(key, 0)
            stage = max((self._passed(loop, leg, partner) for partner in lost), default=0)
            if stage > held and self._gone_s(lost) >= BLIP_S and not self._busy(loop):
                self._set(key, stage)
                words = f"the price is past the liquidation of {', '.join(f'{at.account} {at.symbol}' for at in lost)}"
                self._cut_alone(loop, leg, lost, stage, words)

    def _passed(self, loop: Loop, leg: Leg, partner: Leg) -> int:
        """The stage by how far the price, as the live leg's venue has it, is past the partner's liquidation."""
        desk = self._desk
        price = desk.markets.value(leg.account, leg.symbol)
        qty = self._held(loop, partner)
        if price is None or qty * self._held(loop, leg) >= 0:
            return 0
        liquidation = self._liquidation(partner, loop)
        return passed(qty, liquidation, price, self.stages) if liquidation else 0

    def _liquidation(self, leg: Leg, loop: Loop) -> Decimal | None:
        """As the venue last said; else out of what the account should hold by our books."""
        ledger = self._desk.ledger
        report = self._last.get((leg.account, leg.symbol))
        if report is not None and report.qty * self._held(loop, leg) > 0:
            return report.liq_price
        entry = ledger.entry(leg.account, leg.symbol)
        base = ledger.base_position(leg.account, leg.symbol)
        if entry is None or not base:
            return None
        cash = ZERO
        for asset, amount in ledger.cash(leg.account).items():
            rate = self._desk.markets.usd_rate(leg.account, asset)
            cash += amount * rate if rate is not None else ZERO
        return estimated_liquidation(base, entry, cash)

    # -- cutting

    def _cut_pair(self, loop: Loop, stage: int, why: str) -> str:
        legs = [leg for leg in loop.legs.values() if self._held(loop, leg)]
        job = self._reduce(loop, tuple(dict.fromkeys(leg.account for leg in legs)), stage)
        words = f"{loop.id} is cut by {job.spec.fraction * PCT:.0f} % on both legs ({job.spec.id})"
        if not loop.state.ended:
            self._desk.loops.pause(loop, f"deleveraged, {why}; resume when the margin allows")
        self._desk.alarms.say("warning", loop.id, f"{words}: {why}")
        return words

    def _cut_alone(self, loop: Loop, leg: Leg, lost: list[Leg], stage: int, why: str) -> str:
        gone = ", ".join(dict.fromkeys(at.account for at in lost))
        fraction = self.stages.cut_pct[stage - 1] / PCT
        held = self._held(loop, leg)
        words = (
            f"{loop.id}: {gone} is out of reach and {why}; {leg.account} {leg.symbol} {held:+f} is cut by "
            f"{fraction * PCT:.0f} % alone"
        )
        self._desk.loops.close_only(loop.id, words)
        self._reduce(loop, (leg.account,), stage)
        exposed = f"about {-held * fraction:+f} {leg.symbol} is then open on {gone}, and evened out when it is back"
        self._desk.alarms.sound(f"alone/{loop.id}", "critical", f"{words}; {exposed}; the loop is halted")
        return words

    def _reduce(self, loop: Loop, accounts: tuple[str, ...], stage: int) -> Job:
        """Begin the cut; one of ours that is still at work for the loop is overtaken by it."""
        desk = self._desk
        before = list(self._own_jobs(loop))
        fraction = self.stages.cut_pct[stage - 1] / PCT
        job = desk.flattener.start(
            Spec(
                id=desk.next_job_id(),
                kind="reduce",
                accounts=accounts,
                scope=Scope.PAIRS,
                loop=loop.id,
                fraction=fraction,
            )
        )
        for old in before:
            desk.flattener.cancel(old, f"overtaken by {job.spec.id}")
        return job

    def _own_jobs(self, loop: Loop) -> Iterator[Job]:
        for job in self._desk.flattener.jobs.values():
            if job.spec.kind == "reduce" and job.spec.loop == loop.id and not job.state.ended:
                yield job

    def _busy(self, loop: Loop) -> bool:
        """Whether a job of the operator's is closing on an account of the loop."""
        accounts = {leg.account for leg in loop.legs.values()}
        jobs = self._desk.flattener.jobs.values()
        at_work = (job for job in jobs if not job.state.ended and not accounts.isdisjoint(job.spec.accounts))
        return any(
            job.spec.loop in ("", loop.id) and (job.spec.kind, job.spec.loop) != ("reduce", loop.id) for job in at_work
        )

    # -- facts

    def _holders(self, account: str) -> list[tuple[Loop, Leg]]:
        """Loops that hold something there, ended ones too."""
        return [
            (loop, leg)
            for loop in self._desk.loops.all.values()
            for leg in loop.legs.values()
            if leg.account == account and self._held(loop, leg)
        ]

    def _pair_lost(self, loop: Loop) -> list[Leg]:
        """Legs that hold something on an account out of reach."""
        return [leg for leg in loop.legs.values() if leg.account in self._lost and self._held(loop, leg)]

    def _gone_s(self, lost: list[Leg]) -> Decimal:
        """How long the longest lost of them has been out of reach, seconds."""
        return Decimal(self._desk.clock.monotonic_ns() - min(self._lost[leg.account] for leg in lost)) / NS_PER_S

    def _held(self, loop: Loop, leg: Leg) -> Decimal:
        return self._desk.ledger.position(leg.account, leg.symbol, loop.id)

    def _gain(self, loop: Loop, leg: Leg) -> Decimal:
        """Of an open leg at the present price, settle currency; 0 while there is none."""
        market = self._desk.markets.of(leg.account, leg.symbol)
        entry = self._desk.ledger.entry(leg.account, leg.symbol, loop.id)
        if entry is None or market.value is None:
            return ZERO
        return market.instrument.pnl(self._held(loop, leg), entry, market.value)

    def _set(self, key: str, stage: int) -> None:
        """Remember a stage, on disk too."""
        if stage:
            self._levels[key] = stage
        else:
            self._levels.pop(key, None)
        self._desk.journal.cursor(key, KIND, str(stage) if stage else "")


def _in_reach(account: Account) -> bool:
    """Whether the venue answers, is believed, and has been compared with our books since it came up."""
    return account.up and not account.suspect and bool(account.reconciled_ts)
