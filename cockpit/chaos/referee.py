"""Watches a run: sees every order before it leaves and every fill as the exchange books it, and says what is broken."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from cockpit.chaos.invariants import Invariant, Violation
from cockpit.chaos.session import Tripwire
from cockpit.chaos.trouble import Trouble
from cockpit.chaos.truth import COVERING, Truth
from cockpit.chaos.world import World
from cockpit.desk.accounts import Trading
from cockpit.desk.flatten_job import State
from cockpit.desk.loops import LoopState
from strategies.protocol import Role
from venues.model import (
    NS_PER_S,
    BookUpdate,
    FillReport,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    PositionStatusReport,
)

ZERO = Decimal(0)
BOUND_S = 3.0
"""How long exposure above the tolerance may last beyond the venues' own latency, while both answer."""
GRACE_S = 60.0
"""How long after the last disturbance of its accounts, or a restart, a loop counts as undisturbed."""
CONTRADICTIONS = 8
"""Answers about positions that contradict the fills, after which nobody may take the account's word: more than two
passes of three looks each."""
PRICED = frozenset({Role.OPEN, Role.CLOSE, Role.HEDGE})
"""Roles whose price comes from the book; an emergency closes into what it has, within its bound."""
STALE_S, SPARSE_STALE_S = 6.0, 125.0
"""Silence of a market after which nothing is priced from it: the desk's own limit and a second."""
CLOSING = frozenset({Role.FLATTEN, Role.REDUCE})
SLACK = Decimal("1.02")
"""On the tolerance: it follows the price, which moves between two looks."""


class Referee:
    """The `Witness` of all sessions and the `Observer` of the exchange."""

    def __init__(self, world: World, truth: Truth, wire: Tripwire) -> None:
        self._world = world
        self._truth = truth
        self._wire = wire
        self.trouble: Trouble | None = None
        self.violations: list[Violation] = []
        self.broken = asyncio.Event()
        self.hedge_fills = 0
        self.last_fill: dict[str, int] = {}
        """Account to when the exchange last booked a fill of it, by the desk's wall clock, ns."""
        self._contradicted: dict[str, int] = {}
        self._judged: set[str] = set()
        self._states: dict[tuple[int, str], tuple[OrderStatus, Decimal]] = {}
        """Life and client id to the newest state and filled quantity that the desk journaled."""
        self._disk_ts = 0
        """When the disk was last seen in trouble, ns."""
        self._books: dict[tuple[str, str], tuple[int, bool]] = {}
        """When each market's book last came to the desk, ns, and whether it was one to trade on."""
        self._latency = {
            cast.name: max(x.base_ms + 6 * x.jitter_ms for x in (cast.profile.submit, cast.profile.fill)) / 1000 * 2
            + float(max(cast.profile.taker_bump_ms, cast.profile.maker_bump_ms)) / 1000
            + world.pace_s(cast)
            for cast in world.plan.accounts
        }
        world.loop.set_exception_handler(self._unhandled)
        world.on_write = self._written
        world.disk.on_commit = lambda: wire.touch("commit")
        for gate in world.gates.values():
            gate.on_lost_request = truth.ended
        world.observe(self)

    def broke(self, invariant: Invariant, what: str) -> None:
        """Note a violation, once for each sort; the run ends."""
        world = self._world
        if any(found.invariant is invariant for found in self.violations):
            return
        self.violations.append(Violation(world.plan.seed, invariant, round(world.elapsed_s, 4), what))
        world.note("BROKEN", f"{invariant}: {what}")
        self.broken.set()

    def _unhandled(self, _loop: object, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, asyncio.CancelledError):
            return
        self.broke(Invariant.DEFECT, f"{context.get('message')}: {type(error).__name__}: {error}")

    # -- the exchange's own books

    def filled(self, account: str, fill: FillReport) -> None:
        world = self._world
        self.last_fill[account] = world.clock.now_ns()
        loop = self._truth.booked(account, fill)
        world.note("exchange", f"{account} fill {fill.client_order_id} {fill.side} {fill.qty} at {fill.price}")
        sent = self._truth.sent.get(fill.client_order_id)
        if sent is not None and sent.role in COVERING:
            self.hedge_fills += 1
        if loop:
            truth = self._truth.loops[loop]
            beyond = abs(truth.exposure) > self.tolerance(loop)
            truth.beyond_since = (truth.beyond_since or world.now()) if beyond else 0

    def ended(self, account: str, client_order_id: str) -> None:
        self._truth.ended(client_order_id)
        self._world.note("exchange", f"{account} ended {client_order_id}")

    def tolerance(self, loop: str) -> Decimal:
        """Base coin, at the venues' own prices: the largest of the loop's legs."""
        world = self._world
        values = []
        for account, symbol in self._truth.loops[loop].legs:
            instrument = world.instruments[(account, symbol)]
            bids = world.markets[account].book.bids
            values.append(instrument.tolerance_base(instrument.ticks_to_price(bids[0][0])))
        return max(values) * SLACK

    # -- what crosses the line

    def before_submit(self, account: str, order: OrderRequest) -> None:
        self._wire.touch("before_submit")
        world = self._world
        desk = world.desk
        if desk is None or world.sessions[account].dead:
            return
        known = desk.accounts[account]
        tracked = desk.tracker.get(order.client_order_id)
        assert tracked is not None
        words = f"{account} {tracked.role} {order.side} {order.qty} {order.client_order_id}"
        if known.trading is Trading.HALTED or (known.trading is Trading.REDUCING and not order.reduce_only):
            self.broke(Invariant.ORDER_WHILE_HALTED, f"{words} left while the account is {known.trading}")
        named = any(account in job.spec.named for job in desk.flattener.jobs.values() if not job.state.ended)
        if not named and (known.suspect or self._contradicted.get(account, 0) >= CONTRADICTIONS):
            why = known.suspect or f"{self._contradicted[account]} answers contradicted its fills"
            self.broke(Invariant.SUSPECT_TRADED, f"{words} left: {why}")
        if tracked.role in PRICED:
            self._check_book(account, order, words)
        if tracked.role in CLOSING:
            self._check_close(account, order, words)
        able = world.exchange.venue_for(account).capabilities
        if not able.lookup_by_client_id and desk.journal.reader().order(order.client_order_id) is None:
            self.broke(Invariant.INTENT_MISSING, f"{words} left before its intent was on disk")
        covers = tracked.role in COVERING and tracked.loop in self._truth.loops
        before = self._truth.committed(tracked.loop) if covers else ZERO
        self._truth.left(desk, account, order, world.now())
        world.note("desk", f"sends {words} at {order.price} {order.tif}")
        if covers:
            self._check_hedge(tracked.loop, before, words)

    def _check_close(self, account: str, order: OrderRequest, words: str) -> None:
        desk = self._world.desk
        assert desk is not None
        reported = desk.accounts[account].reported(order.symbol)
        ledger = desk.ledger.position(account, order.symbol)
        bound = min(abs(reported), abs(ledger)) if reported * ledger > 0 else ZERO
        closing = order.qty + sum(
            (
                sent.request.qty - sent.filled
                for sent in self._truth.sent.values()
                if not sent.ended
                and sent.role in CLOSING
                and (sent.account, sent.request.symbol, sent.request.side) == (account, order.symbol, order.side)
            ),
            ZERO,
        )
        if not order.reduce_only or closing > bound or (reported > 0) is (order.side.sign > 0):
            text = f"{words}: {closing} would be closed of reported {reported}, ledger {ledger}"
            self.broke(Invariant.CLOSE_TOO_LARGE, text)

    def _check_hedge(self, loop: str, before: Decimal, words: str) -> None:
        """Were everything under way to fill, the exposure must be nearer to zero for it, not on the other side."""
        after = self._truth.committed(loop)
        if abs(after) > self.tolerance(loop) and (after * before <= 0 or abs(after) > abs(before)):
            self.broke(
                Invariant.HEDGE_EXCEEDS,
                f"{words}: with all that is under way {loop} comes to {after:+.8f}, from {before:+.8f} without it",
            )

    def after_submit(self, account: str, order: OrderRequest) -> None:
        self._wire.touch("after_submit")

    def before_cancel(self, account: str, client_order_id: str) -> None:
        self._wire.touch("before_cancel")
        self._world.note("desk", f"cancels {client_order_id}")

    def before_fill(self, account: str, fill: FillReport) -> None:
        self._wire.touch("before_fill")
        if not self._world.sessions[account].dead:
            self._truth.tell(account, fill)
            self._world.note("heard", f"{account} fill {fill.trade_id} {fill.client_order_id} {fill.qty}")

    def after_fill(self, account: str, fill: FillReport) -> None:
        self._wire.touch("after_fill")

    def told_order(self, account: str, report: OrderStatusReport) -> None:
        self._world.note(
            "heard", f"{account} {report.client_order_id} {report.status} {report.filled_qty} {report.text}"
        )

    def told_fills(self, account: str, fills: tuple[FillReport, ...]) -> None:
        for fill in fills:
            self._truth.tell(account, fill)

    def told_positions(self, account: str, reports: tuple[PositionStatusReport, ...]) -> None:
        lying = self.trouble is not None and account in self.trouble.lying
        if not lying:
            self._contradicted.pop(account, None)
            return
        told = {report.symbol: report.qty for report in reports if report.qty}
        state = self._world.exchange.account_state(account)
        true = {
            position.symbol: self._world.instruments[(account, position.symbol)].lots_to_qty(position.lots)
            for position in state.positions
        }
        if told != true:
            self._contradicted[account] = self._contradicted.get(account, 0) + 1
            self._world.note("heard", f"{account} positions {told}, truly {true}")
        else:
            self._contradicted.pop(account, None)

    def told_book(self, account: str, update: BookUpdate) -> None:
        sound = bool(update.bids) and bool(update.asks) and update.bids[0][0] < update.asks[0][0]
        self._books[(account, update.symbol)] = (self._world.now(), sound)

    def _check_book(self, account: str, order: OrderRequest, words: str) -> None:
        at, sound = self._books.get((account, order.symbol), (0, False))
        age = (self._world.now() - at) / NS_PER_S
        limit = STALE_S if not self._world.plan.sparse else SPARSE_STALE_S
        if not sound or age > limit:
            why = f"came {age:.1f} s ago" if sound else "is crossed or has a hole"
            self.broke(Invariant.STALE_BOOK, f"{words} left, and the newest book {why}")

    def _written(self, key: str, row: tuple[object, ...]) -> None:
        """Each row as the desk hands it to the journal."""
        if key == "order_event":
            client_order_id, status, filled = str(row[1]), OrderStatus(str(row[3])), Decimal(str(row[4]))
            known = (self._world.life, client_order_id)
            was, before = self._states.get(known, (OrderStatus.PENDING, ZERO))
            if filled < before or (was.terminal and status is not was):
                text = f"{client_order_id} was {was} with {before} filled, and is {status} with {filled}"
                self.broke(Invariant.ORDER_REOPENED, text)
            self._states[known] = (status, filled)
        self._wire.touch("write")

    # -- again and again

    async def watch(self) -> None:
        """Looks at what no single event shows."""
        while True:
            await asyncio.sleep(0.5 if not self._world.plan.sparse else 5.0)
            self.look()

    def look(self) -> None:
        desk = self._world.desk
        if desk is None:
            return
        for alarm in desk.alarms.active.values():
            if alarm.id.startswith("defect/"):
                self.broke(Invariant.DEFECT, alarm.text)
        self._naked()
        self._flat_claims()

    def _naked(self) -> None:
        world = self._world
        desk = world.desk
        assert desk is not None
        now = world.now()
        if world.disk.full or world.disk.slow > 1:
            # Where orders wait for the disk they leave once it is back; the bound runs from there.
            self._disk_ts = now
            return
        for name, truth in self._truth.loops.items():
            loop = desk.loops.all.get(name)
            if not truth.beyond_since or loop is None or loop.halt_reason:
                continue
            if loop.state.ended and self.named(name):
                continue
            accounts = {account for account, _ in truth.legs}
            quiet_since = max(world.born_ns, *(world.gates[account].disturbed_ts for account in accounts))
            if any(world.gates[account].on for account in accounts) or any(
                not desk.accounts[account].reconciled_ts or desk.accounts[account].suspect for account in accounts
            ):
                continue
            if any(self._quarrels(account) for account in accounts):
                continue
            since = max(truth.beyond_since, self._disk_ts, quiet_since + int(GRACE_S * NS_PER_S))
            allowed = BOUND_S + sum(self._latency[account] for account in accounts)
            if now - since > int(allowed * NS_PER_S) and abs(truth.exposure) > self.tolerance(name):
                self.broke(
                    Invariant.NAKED_TOO_LONG,
                    f"{name} has {truth.exposure:+.8f} open for {(now - truth.beyond_since) / NS_PER_S:.2f} s, "
                    f"allowed are {allowed:.2f} s",
                )

    def _quarrels(self, account: str) -> bool:
        """A flatten or a person at work there."""
        trouble, desk = self.trouble, self._world.desk
        assert trouble is not None
        assert desk is not None
        if desk.flattener.at_work_on(account) or account in trouble.lying:
            return True
        meddled = trouble.meddled.get(account, 0)
        return bool(meddled) and self._world.now() - meddled < GRACE_S * NS_PER_S

    def _flat_claims(self) -> None:
        world, trouble = self._world, self.trouble
        desk = world.desk
        assert desk is not None
        assert trouble is not None
        for job in desk.flattener.jobs.values():
            key = f"{world.life}/{job.spec.id}"
            if job.state is not State.FLAT or key in self._judged:
                continue
            self._judged.add(key)
            for account in job.spec.accounts:
                if world.now() - trouble.meddled.get(account, -(10**18)) < 10 * NS_PER_S:
                    continue
                left = self._left_open(account, job.spec.loop)
                if left:
                    self.broke(Invariant.FLAT_UNTRUE, f"{job.spec.id} says flat, {account} holds {left}")

    def _left_open(self, account: str, loop: str) -> str:
        if loop:
            truth = self._truth.loops.get(loop)
            legs = {} if truth is None else truth.held
            return ", ".join(f"{symbol} {qty:+f}" for (name, symbol), qty in legs.items() if name == account and qty)
        state = self._world.exchange.account_state(account)
        held = [f"{position.symbol} {position.lots:+d} lots" for position in state.positions]
        return ", ".join(held + [f"order {order.client_order_id}" for order in state.open_orders])

    # -- after the dust has settled

    def named(self, loop: str) -> bool:
        """Whether the loop is halted, or ended, with an alarm that names its exposure."""
        desk = self._world.desk
        assert desk is not None
        known = desk.loops.all.get(loop)
        if (
            known is not None
            and known.state is not LoopState.HALTED
            and not known.halt_reason
            and not known.state.ended
        ):
            return False
        exposure, tolerance = self._truth.loops[loop].exposure, self.tolerance(loop)
        return any(
            abs(abs(number) - abs(exposure)) <= tolerance
            for alarm in desk.alarms.active.values()
            if loop in alarm.text
            for number in _numbers(alarm.text)
        )


def _numbers(text: str) -> list[Decimal]:
    words = text.replace(",", " ").replace(";", " ").split()
    found = []
    for word in words:
        try:
            found.append(Decimal(word))
        except ArithmeticError:
            continue
    return [number for number in found if number.is_finite()]
