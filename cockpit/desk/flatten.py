"""Flatten and reduce: close on every account at once, ask the venue, repeat until each venue itself says so.

Success is claimed only on the venues' own word. While report and ledger disagree a close never exceeds the smaller of
the two and is nothing where their signs differ; a suspect account gets cancels only, unless its name was typed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.booking import Booking
from cockpit.desk.deleverage import Held, kept
from cockpit.desk.execution import Executor
from cockpit.desk.flatten_job import Grip, Job, Look, Scope, Spec, State, pace
from cockpit.desk.journal import Journal
from cockpit.desk.ledger import FOREIGN
from cockpit.desk.markets import Markets, bounded_price
from cockpit.desk.orders import Order, OrderTracker
from cockpit.desk.reconcile import Reconciler
from strategies.protocol import Role
from venues.model import Clock, Side, TimeInForce, VenueBusy, VenueError

ZERO = Decimal(0)
SLIPPAGE_BPS = (Decimal(10), Decimal(25), Decimal(50), Decimal(100))
PAUSE_S = (0.1, 0.25, 0.5, 1.0, 2.0)
SURE_CANCELS = 2
"""How often everything is cancelled whether or not the venue lists an order: one may be on its way there, and some
venues deny live orders for a while."""
ORDER_WAIT_S = 3.0
KEPT_JOBS = 100
"""Ended jobs that are still shown; all of them are in the journal."""


class Flattener:
    """Runs flattens and reduces; each survives clients, and restarts with the desk."""

    def __init__(
        self,
        *,
        clock: Clock,
        accounts: Mapping[str, Account],
        markets: Markets,
        tracker: OrderTracker,
        executor: Executor,
        booking: Booking,
        reconciler: Reconciler,
        journal: Journal,
        grip: Grip,
    ) -> None:
        self._clock = clock
        self._accounts = accounts
        self._markets = markets
        self._tracker = tracker
        self._executor = executor
        self._booking = booking
        self._reconciler = reconciler
        self._journal = journal
        self._grip = grip
        self._moved = asyncio.Event()
        self.jobs: dict[str, Job] = {}

    def start(self, spec: Spec) -> Job:
        """Begin, and journal it so that a restart goes on."""
        job = Job(spec, self._clock.now_ns())
        for old in [id_ for id_, past in self.jobs.items() if past.state.ended][:-KEPT_JOBS]:
            del self.jobs[old]
        self.jobs[spec.id] = job
        self._grip.hold(job)
        self._write(job)
        self._grip.say("warning", "desk", f"{spec.kind} {spec.id} of {', '.join(spec.accounts)} begins")
        job.task = asyncio.get_running_loop().create_task(self._run(job))
        self._grip.keep(job.task)
        return job

    def cancel(self, job: Job, why: str = "cancelled by the operator") -> None:
        """Stop trying. What is open stays open, and entries stay denied."""
        if not job.state.ended:
            self._end(job, State.CANCELLED, f"{why}; {job.text or 'not flat'}")
            if job.task is not None:
                job.task.cancel()

    async def close(self) -> None:
        """The desk stops: leave the jobs as they stand in the journal."""
        tasks = [job.task for job in self.jobs.values() if job.task is not None and not job.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- the work

    async def _run(self, job: Job) -> None:
        while not job.state.ended:
            try:
                await self._round(job)
            except Exception as error:  # noqa: BLE001  a defect in one round is told, and the next round is tried
                self._grip.trouble(f"{job.spec.kind} {job.spec.id}", error)
            if not job.state.ended:
                job.round += 1
                await asyncio.sleep(self._pause(job))

    async def _round(self, job: Job) -> None:
        """Look everywhere, judge, close what may be closed."""
        seen = await asyncio.gather(*(self._look(job, name) for name in job.spec.accounts))
        looks = dict(zip(job.spec.accounts, seen, strict=True))
        if self._judge(job, looks):
            return
        kept = self._kept(job, looks)
        if job.spec.kind == "reduce":
            # What is to be left must be on disk before the first order, or a restart would cut it down again.
            self._write(job)
            await self._journal.barrier()
        await asyncio.gather(*(self._close(job, name, look, kept) for name, look in looks.items()))
        self._write(job)

    def _pause(self, job: Job) -> float:
        """Quick rounds first; a job that lasts goes on at the pace that its slowest venue answers questions at."""
        if job.round < len(PAUSE_S):
            return PAUSE_S[job.round]
        return max(PAUSE_S[-1], *(pace(self._accounts[name], self.jobs.values()) for name in job.spec.accounts))

    def at_work_on(self, account: str) -> bool:
        """Whether a job asks this account already: a routine pass would only use up the venue's patience."""
        return any(account in job.spec.accounts and not job.state.ended for job in self.jobs.values())

    async def _look(self, job: Job, name: str) -> Look:
        """Cancel everything there, then ask the venue what is left."""
        account = self._accounts[name]
        if not account.up:
            return Look({}, refused=f"{name} is down: {account.down_reason}")
        if not self._booking.ledger.opened(name):
            return Look({}, refused=f"{name} is not in our books yet: it waits for its first reconciling")
        try:
            if job.cancelled.get(name, 0) < SURE_CANCELS or name in job.resting:
                await self._cancel_all(job, account)
                job.cancelled[name] = job.cancelled.get(name, 0) + 1
            await self._reconciler.catch_up(account)
            look = Look({}, notes=[f"{name} {o.symbol} order {o.id} is {o.status}" for o in self._at_work(job, name)])
            if job.spec.kind == "reduce" and job.spec.loop and (waits := self._fix_targets(job)):
                look.notes.append(waits)
            count = self._booking.count
            reported = await self._reconciler.read(account, balances=False)
            orders = await account.venue.open_orders()
            await self._reconciler.catch_up(account)
        except VenueBusy:
            words = f"{name} answers no more questions for a moment, over its rate limit"
            return Look({}, refused=words, busy=True)
        except VenueError as error:
            return Look({}, refused=f"{name} did not answer: {error}")
        (job.resting.add if orders else job.resting.discard)(name)
        # A flatten's look is a look like any other: an account whose report contradicts its fills is not believed.
        job.contradicted[name] = self._reconciler.contradicted(account, count, job.contradicted.get(name, 0))
        if self._booking.count != count:
            look.notes.append(f"{name} had fills while it was asked")
        if job.spec.kind == "flatten" and not job.spec.loop:
            look.notes += [f"{name} {order.symbol} order {order.venue_order_id} still open" for order in orders]
        for symbol in self._booking.ledger.markets(name):
            ours = self._booking.ledger.position(name, symbol, job.spec.loop or None)
            if ours and not reported.get(symbol) and name not in job.spec.named:
                if job.spec.kind == "reduce" and not self._booking.position(name, symbol):
                    continue  # trades by hand hold against it: there is nothing to cut, and the rest must be hedged
                against = "" if self._booking.position(name, symbol) else " against trades that were not ours"
                look.notes.append(f"{name} {symbol} reads flat, our books hold {ours:+f}{against}: not believed yet")
        for symbol, report in sorted(reported.items()):
            left = report - self._target(job, name, symbol, report)
            if job.spec.kind == "reduce" and abs(left) < self._markets.of(name, symbol).instrument.min_qty:
                # No venue cuts finer than its smallest order.
                continue
            if left and (not job.spec.loop or self._booking.ledger.position(name, symbol, job.spec.loop)):
                look.open[symbol] = left
        if account.suspect and name not in job.spec.named:
            legs = ", ".join(f"{symbol} {size:+f}" for symbol, size in look.open.items())
            look.refused = f"{name} is suspect ({account.suspect}): cancels only; type its name to close {legs}"
        return look

    def _at_work(self, job: Job, name: str) -> list[Order]:
        """Orders of ours whose end is not known. A reduce lets the strategies' own makers rest."""
        ignored = (Role.OPEN, Role.CLOSE) if job.spec.kind == "reduce" else ()
        return [
            order
            for order in self._tracker.live()
            if order.account == name and job.spec.loop in ("", order.loop) and order.role not in ignored
        ]

    async def _cancel_all(self, job: Job, account: Account) -> None:
        if job.spec.loop:
            for order in self._tracker.live():
                if order.account == account.name and order.loop == job.spec.loop:
                    self._executor.cancel(order)
        else:
            await account.venue.cancel_all()

    def _target(self, job: Job, account: str, symbol: str, reported: Decimal) -> Decimal:
        """Signed size to be left. A reduce fixes it when it first sees the position."""
        if job.spec.loop:
            held = self._booking.ledger.position(account, symbol, job.spec.loop)
            return reported - (held if job.spec.kind == "flatten" else self._over(job, account, symbol, held))
        if job.spec.kind == "flatten":
            return ZERO
        key = f"{account}/{symbol}"
        if key not in job.spec.targets:
            instrument = self._markets.of(account, symbol).instrument
            cut = instrument.round_qty(abs(reported) * job.spec.fraction, nearest=True)
            job.spec.targets[key] = reported - cut * (1 if reported > 0 else -1)
        target = job.spec.targets[key]
        return reported if reported * target < 0 or abs(reported) <= abs(target) else target

    def _over(self, job: Job, account: str, symbol: str, held: Decimal) -> Decimal:
        """What a loop that is cut holds beyond what is to be left of it there; nothing until that is known."""
        target = job.spec.targets.get(f"{account}/{symbol}")
        if target is None or held * target < 0 or abs(held) <= abs(target):
            return ZERO
        return held - target

    def _fix_targets(self, job: Job) -> str:
        """Of a loop that is cut: what is to be left of each leg, the same on both sides. Why it must wait; empty once
        it is known, which it is when no hedge is at work any more, for until then the sides do not fit together."""
        if job.spec.targets:
            return ""
        loop, ledger = job.spec.loop, self._booking.ledger
        for order in self._tracker.live():
            if order.loop == loop and order.account in job.spec.accounts and order.role not in (Role.OPEN, Role.CLOSE):
                return f"{order.account} {order.symbol} order {order.id} is {order.status}: the cut waits for it"
        held: dict[str, Held] = {}
        for name in job.spec.accounts:
            for symbol in ledger.markets(name):
                qty, value = ledger.position(name, symbol, loop), self._markets.value(name, symbol)
                if qty and value is None:
                    return f"{name} {symbol} has no price yet: the cut waits for it"
                if qty and value is not None:
                    held[f"{name}/{symbol}"] = Held(self._markets.of(name, symbol).instrument, qty, value)
        job.spec.targets |= kept(held, job.spec.fraction)
        return ""

    def _judge(self, job: Job, looks: Mapping[str, Look]) -> bool:
        """True where every venue has said that nothing is left."""
        legs: list[str] = []
        blocked = False
        for name, look in looks.items():
            if look.refused:
                blocked = blocked or not look.busy
                legs.append(look.refused + ("" if look.busy else self._stake(job, name)))
        for name, look in looks.items():
            legs += look.notes
            legs += [f"{name} {symbol} {size:+f} still open" for symbol, size in look.open.items() if not look.refused]
        job.legs = tuple(legs)
        if not legs:
            state = State.FLAT if job.spec.kind == "flatten" else State.DONE
            words = "every venue reads flat" if state is State.FLAT else f"cut by {job.spec.fraction}"
            self._end(job, state, words)
            return True
        job.state = State.BLOCKED if blocked else State.WORKING
        return False

    def _stake(self, job: Job, name: str) -> str:
        """What the blocked account is thought to hold, and what closing its partners alone would leave naked."""
        held = []
        for symbol in self._booking.ledger.markets(name):
            qty = self._booking.position(name, symbol)
            value = self._markets.value(name, symbol)
            if qty:
                instrument = self._markets.of(name, symbol).instrument
                worth = "" if value is None else f" ({abs(instrument.notional(qty, value)):,.0f} USD)"
                held.append(f"{symbol} {qty:+f}{worth}")
        if not held:
            return "; our books have it flat, the venue has not said so"
        if job.spec.scope == Scope.PAIRS:
            return f"; holds {', '.join(held)} by our books: its partners are kept, or that much would be naked"
        return f"; holds {', '.join(held)} by our books: NAKED while its partners are closed"

    def _kept(self, job: Job, looks: Mapping[str, Look]) -> dict[tuple[str, str], Decimal]:
        """(account, symbol) to the size to be left standing because its partner cannot be closed."""
        if job.spec.scope == Scope.ALL:
            return {}
        stuck: dict[str, Decimal] = {}
        for name, look in looks.items():
            if look.refused:
                for symbol in self._booking.ledger.markets(name):
                    instrument = self._markets.of(name, symbol).instrument
                    held = self._booking.ledger.position(name, symbol, job.spec.loop or None)
                    cut = held - self._target(job, name, symbol, held) if held else ZERO
                    base = self._booking.ledger.base_position(name, symbol, job.spec.loop or None)
                    base = base * cut / held if held else ZERO
                    stuck[instrument.base] = stuck.get(instrument.base, ZERO) + base
        kept: dict[tuple[str, str], Decimal] = {}
        for name, look in looks.items():
            for symbol, size in look.open.items():
                instrument = self._markets.of(name, symbol).instrument
                left = stuck.get(instrument.base, ZERO)
                value = self._markets.value(name, symbol)
                if look.refused or value is None or left * size >= 0:
                    continue
                keep = min(abs(size), instrument.round_qty(instrument.qty_from_base(abs(left), value), nearest=True))
                kept[(name, symbol)] = keep
                stuck[instrument.base] = left + instrument.base_qty(keep, value) * (1 if size > 0 else -1)
        return kept

    async def _close(self, job: Job, name: str, look: Look, kept: Mapping[tuple[str, str], Decimal]) -> None:
        if look.refused:
            return
        orders: list[Order] = []
        for symbol, size in look.open.items():
            keep = kept.get((name, symbol), ZERO)
            if keep:
                still = f"{name} {symbol} {size:+f} still open"
                words = f"{name} {symbol} keeps {keep} of {abs(size)} against its partner"
                job.legs = tuple(words if leg == still else leg for leg in job.legs)
            orders += self._send(job, name, symbol, size, keep)
        if orders:
            await self._done(orders)

    def _send(self, job: Job, name: str, symbol: str, size: Decimal, keep: Decimal) -> Iterator[Order]:
        """Reduce-only orders, one for each owner: never more than the smaller of report and ledger."""
        market = self._markets.get(name, symbol)
        side = Side.of(-size)
        touch = market.touch(side) if market is not None else None
        if market is None or touch is None:
            job.legs += (f"{name} {symbol} has no sound book to close into",)
            return
        ledger = self._booking.position(name, symbol)
        reported = self._accounts[name].reported(symbol)
        # A loop may hold what the account as a whole does not, where somebody traded against it by hand.
        alike = reported * ledger > 0 and reported * side.sign < 0
        bound = min(abs(reported), abs(ledger)) if alike else ZERO
        at_work = [o for o in self._tracker.live() if (o.account, o.symbol, o.side) == (name, symbol, side)]
        resting = sum((o.remaining for o in at_work if o.role in (Role.OPEN, Role.CLOSE)), ZERO)
        closing = sum((o.remaining for o in at_work), ZERO) - resting
        left = min(abs(size) - keep, bound - resting) - closing
        if not bound:
            job.legs += (f"{name} {symbol}: reported {reported:+f} but our books hold {ledger:+f}: not touched",)
        slippage = SLIPPAGE_BPS[min(job.round, len(SLIPPAGE_BPS) - 1)]
        for loop, held in self._owners(job, name, symbol, side):
            qty = min(left, held)
            if qty <= 0:
                continue
            left -= qty
            order = self._executor.send(
                self._grip.owner(loop).next_id(Role.FLATTEN if job.spec.kind == "flatten" else Role.REDUCE),
                loop=loop,
                leg=self._grip.leg_of(loop, name, symbol),
                account=name,
                symbol=symbol,
                side=side,
                qty=qty,
                price=bounded_price(market, side, touch, slippage),
                tif=TimeInForce.IOC,
                reduce_only=True,
                named=name in job.spec.named,
            )
            if order.status.terminal:
                job.legs += (f"{name} {symbol} {qty}: {order.reason}",)
            else:
                yield order

    def _owners(self, job: Job, name: str, symbol: str, side: Side) -> list[tuple[str, Decimal]]:
        """Who holds what there that an order of `side` would close: loops first, then what is foreign."""
        ledger = self._booking.ledger
        loops = (job.spec.loop,) if job.spec.loop else (*ledger.loops(), FOREIGN)
        held = ((loop, ledger.position(name, symbol, loop)) for loop in loops)
        return [(loop, abs(qty)) for loop, qty in held if qty * side.sign < 0]

    async def _done(self, orders: list[Order]) -> None:
        running = asyncio.get_running_loop()
        until = running.time() + ORDER_WAIT_S
        while not all(order.done for order in orders):
            self._moved.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._moved.wait()
            except TimeoutError:
                return

    def order_changed(self) -> None:
        """Some order moved: whoever waits for one looks again."""
        self._moved.set()

    # -- the end

    def _end(self, job: Job, state: State, text: str) -> None:
        job.state = state
        job.text = text
        if state is not State.CANCELLED:
            job.legs = ()
        self._write(job)
        self._grip.release(job)
        level = "info" if state in (State.FLAT, State.DONE) else "warning"
        self._grip.say(level, "desk", f"{job.spec.kind} {job.spec.id}: {text}")

    def _write(self, job: Job) -> None:
        job.ts = self._clock.now_ns()
        if not job.state.ended:
            job.text = "; ".join(job.legs[:3]) + (f" and {len(job.legs) - 3} more" if len(job.legs) > 3 else "")
        spec = msgspec.json.encode(job.spec).decode()
        self._journal.flatten(
            job.spec.id, kind=job.spec.kind, state=job.state.value, spec=spec, text=job.text, ts=job.ts
        )
