"""The hedger: every fill of a hedged leg becomes a durable obligation, worked off at once and never twice.

What is owed is the loop's net base exposure with the sign turned, so it follows from fills alone: after a restart the
journal's fills give the same number. Orders at work, uncertain ones too, count as if they will fill; only the rest of
what is owed is sent. So two live orders can never stand for the same quantity.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from cockpit.desk.accounts import Account, Trading
from cockpit.desk.execution import Executor, Owner
from cockpit.desk.ids import ATTEMPT_BITS
from cockpit.desk.ladder import RUNG_WORDS, HedgeJournal, Rung
from cockpit.desk.markets import Markets, bounded_price, tradable_qty
from cockpit.desk.obligations import Obligation, Obligations
from cockpit.desk.orders import Order
from strategies.protocol import HedgePolicy, Leg, Role
from venues.model import NS_PER_MS, NS_PER_S, Clock, FillReport, Side, TimeInForce

ZERO = Decimal(0)

RETRY_FIRST_S, RETRY_MAX_S = 0.05, 2.0
ALARMED_RETRY_S = 5.0
UNWIND_ATTEMPTS = 3
UNWINDS = 2
"""Unwinds with no hedge filled in between, after which the loop halts: each costs spread and fees."""


class HedgeBook:
    """What one loop owes on one hedge leg, and the work on it."""

    def __init__(
        self,
        *,
        owner: Owner,
        hedged: tuple[Leg, ...],
        hedge: Leg,
        backup: Leg | None,
        policy: Callable[[], HedgePolicy],
        clock: Clock,
        executor: Executor,
        markets: Markets,
        accounts: Mapping[str, Account],
        position: Callable[[str, str], Decimal],
        tell: HedgeJournal,
    ) -> None:
        self.owner = owner
        self.hedge = hedge
        self.hedged = hedged
        self._backup = backup
        self._policy = policy
        self._clock = clock
        self._executor = executor
        self._markets = markets
        self._accounts = accounts
        self._position = position
        self._tell = tell
        self.owed = ZERO
        """Signed base coin still to trade, orders at work not deducted: minus the exposure of these legs."""
        self.obligations = Obligations()
        self.number = 0
        self.cycle = 0
        self.attempt = 0
        self.rung = Rung.HEDGE
        self.suspended = ""
        """Why nothing is sent (a flatten is closing both legs); empty while it works."""
        self.hedges = 0
        self.naked_since = 0
        """Since when more than the tolerance is owed, ns; 0 while it is not."""
        self.max_naked_ms = 0.0
        self._hedged_names = frozenset(leg.name for leg in hedged)
        self._leg_names = frozenset(leg.name for leg in self.legs)
        self._live: dict[str, Order] = {}
        self._last = (0, 0)
        self._fruitless = 0
        self._unwinds = 0
        self._blocked_since = 0
        self._timer: asyncio.TimerHandle | None = None

    # -- what is owed

    def tolerance(self) -> Decimal:
        """Base coin under which the pair cannot be evened out: the largest of both sides."""
        of = self._markets.of
        return max([of(leg.account, leg.symbol).tolerance for leg in (*self.hedged, self.hedge)])

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Every leg whose fills move what is owed here."""
        return (*self.hedged, self.hedge, *((self._backup,) if self._backup is not None else ()))

    @property
    def latencies_ms(self) -> Sequence[float]:
        """From a hedged fill reaching the desk to the hedge fill that covered it reaching the desk."""
        return self.obligations.latencies_ms

    @property
    def in_work(self) -> Decimal:
        """Signed base coin that live orders may still trade, uncertain ones included."""
        total = ZERO
        for order in self._live.values():
            instrument = self._markets.of(order.account, order.symbol).instrument
            total += order.side.sign * instrument.base_qty(order.remaining, order.price)
        return total

    @property
    def within(self) -> bool:
        """Whether what is owed is under the tolerance and nothing is at work."""
        return not self._live and abs(self.owed) <= self.tolerance()

    # -- events

    def concerns(self, order: Order) -> bool:
        """Whether fills of `order` move what is owed here."""
        return order.leg in self._leg_names or order.id in self._live

    def account_for(self, order: Order, fill: FillReport) -> None:
        """Reckon with a fill that is new to the ledger. The tracker must count it before `work` is called again:
        between the two, what is owed and what is at work do not fit together."""
        instrument = self._markets.of(order.account, order.symbol).instrument
        base = fill.side.sign * instrument.base_qty(fill.qty, fill.price)
        self.owed -= base
        if order.role in (Role.OPEN, Role.CLOSE) and order.leg in self._hedged_names:
            self.number += 1
            self.cycle = order.cycle
            obligation = Obligation(self.number, -base, -base, fill.ts_init)
            self.obligations.add(obligation)
            self._tell.obligation(self.owner.loop, obligation, order.account, fill)
            self.attempt = 0
        else:
            self.obligations.cover(base, fill.ts_init)
        self.watch_exposure(fill.ts_init)

    def on_order(self, order: Order) -> None:
        """One of this book's hedge or unwind orders changed."""
        if order.id not in self._live or not order.done:
            return
        del self._live[order.id]
        if order.filled_qty:
            self.hedges += 1
            self._fruitless = 0
            if order.role is Role.HEDGE:
                self._unwinds = 0
        else:
            self._fruitless += 1
        self.watch_exposure(self._clock.now_ns())
        if abs(self.owed - self.in_work) <= self.tolerance():
            if not self._live:
                unwound = self.rung is Rung.UNWIND
                self._reset()
                self.work()
                self._fold()
                self._tell.settled()
                if unwound:
                    self._count_unwind()
            return
        if order.filled_qty < order.qty:
            self.attempt += 1
            self._climb_when_spent()
        if self._fruitless < 2 and self.rung is not Rung.ALARM:
            self.work()
        else:
            self._retry_later()

    def watch_exposure(self, now: int) -> None:
        """Start or stop the clock of how long more than the tolerance has been owed."""
        if abs(self.owed) > self.tolerance():
            self.naked_since = self.naked_since or now
            return
        if self.naked_since:
            self.max_naked_ms = max(self.max_naked_ms, (now - self.naked_since) / NS_PER_MS)
            self.naked_since = 0

    def _fold(self) -> None:
        """What is left is dust: it is owed still, but no longer waited for."""
        if not self._live and abs(self.owed) <= self.tolerance():
            self.obligations.fold()

    # -- work

    def work(self) -> None:
        """Send what is owed and not at work, as far as the venue's steps allow; the rest is dust, carried on."""
        if self.suspended:
            return
        need = self.owed - self.in_work
        if not need:
            return
        if self.rung is Rung.UNWIND:
            self._unwind(need)
        elif self.rung is Rung.BACKUP and self._backup is not None:
            self._trade(need, self._backup)
        else:
            need -= self._close_backup(need)
            if need:
                self._trade(need, self.hedge)

    def adopt(self, order: Order) -> None:
        """An order of this book from before a restart: what it may still fill is not sent again."""
        if order.leg in self._leg_names and not order.done:
            self._live[order.id] = order

    def poke(self, *, anew: bool = False) -> None:
        """Look again; `anew`: what held the work back may be over (a book came back, an account was resumed). Else a
        retry that is planned is waited for."""
        if self.suspended or (self._timer is not None and not anew):
            return
        if abs(self.owed - self.in_work) > self.tolerance():
            self.work()

    def restart(self) -> None:
        """The operator's word: begin the ladder anew."""
        self._unwinds = 0
        self._reset()
        self.work()

    def _trade(self, need: Decimal, leg: Leg) -> None:
        side = Side.of(need)
        account = self._accounts[leg.account]
        market = self._markets.of(leg.account, leg.symbol)
        touch = market.touch(side)
        if touch is None or market.age(self._clock.now_ns()) > account.stale_s:
            if abs(need) > self.tolerance():
                why = "has no sound book" if touch is None else "has a book too old to trade on"
                self._blocked(f"{leg.account} {leg.symbol} {why}", sure=account.known)
            return
        qty = tradable_qty(market, abs(need), touch)
        if not qty:
            return
        reduce_only = account.trading is Trading.REDUCING
        no = account.refusal(Role.HEDGE, reduce_only)
        if no:
            self._blocked(no, sure=account.known)
            return
        self._blocked_since = 0
        order = self._executor.send(
            self.owner.hedge_id(*self._next_number()),
            loop=self.owner.loop,
            leg=leg.name,
            account=leg.account,
            symbol=leg.symbol,
            side=side,
            qty=qty,
            price=bounded_price(market, side, touch, self._slippage()),
            cycle=self.cycle,
            tif=TimeInForce.IOC,
            reduce_only=reduce_only,
        )
        self._take_on(order)

    def _close_backup(self, need: Decimal) -> Decimal:
        """What the backup account once hedged is closed there first. Returns how much of `need` that took on."""
        leg = self._backup
        if leg is None:
            return ZERO
        held = self._position(leg.account, leg.symbol)
        market = self._markets.of(leg.account, leg.symbol)
        touch = market.touch(Side.of(need))
        if held * need >= 0 or touch is None or self._accounts[leg.account].refusal(Role.HEDGE, True):
            return ZERO
        before = self.in_work
        part = min(abs(need), market.instrument.base_qty(abs(held), touch))
        self._trade(part if need > 0 else -part, leg)
        return self.in_work - before

    def _unwind(self, need: Decimal) -> None:
        """Close on the maker venue what could not be hedged: the position there shrinks, and so does the exposure."""
        side = Side.of(need)
        for leg in self.hedged:
            held = self._position(leg.account, leg.symbol)
            market = self._markets.of(leg.account, leg.symbol)
            touch = market.touch(side)
            account = self._accounts[leg.account]
            if touch is None or held * side.sign >= 0 or account.refusal(Role.UNWIND, True):
                continue
            qty = min(tradable_qty(market, abs(need), touch), abs(held))
            if not qty:
                continue
            order = self._executor.send(
                self.owner.next_id(Role.UNWIND),
                loop=self.owner.loop,
                leg=leg.name,
                account=leg.account,
                symbol=leg.symbol,
                side=side,
                qty=qty,
                price=bounded_price(market, side, touch, self._policy().slippage_max_bps),
                cycle=self.cycle,
                tif=TimeInForce.IOC,
                reduce_only=True,
            )
            self._take_on(order)
            return
        self._climb(Rung.ALARM, "nothing on the maker venue can be unwound")
        self._retry_later()

    def _take_on(self, order: Order) -> None:
        if order.status.terminal:
            self._fruitless += 1
            self.attempt += 1
            self._climb_when_spent(order.reason)
            self._retry_later()
            return
        self._live[order.id] = order

    def _next_number(self) -> tuple[int, int]:
        """(obligation, attempt) of the next order: attempt 0 on a newer obligation, else one attempt more."""
        serial, attempt = self._last
        if self.number > serial or attempt + 1 >= 1 << ATTEMPT_BITS:
            self.number = max(self.number, serial + 1)
            self._last = (self.number, 0)
        else:
            self._last = (serial, attempt + 1)
        return self._last

    def _slippage(self) -> Decimal:
        policy = self._policy()
        return min(policy.slippage_bps * Decimal(1 << min(self.attempt, 10)), policy.slippage_max_bps)

    # -- the ladder

    def _count_unwind(self) -> None:
        self._unwinds += 1
        if self._unwinds >= UNWINDS:
            words = f"{self.owner.loop}: unwound {self._unwinds} times with no hedge filled in between; loop halted"
            self._tell.alarm(f"unwound/{self.owner.loop}", words)
            self._tell.halt(words)

    def _blocked(self, why: str, *, sure: bool) -> None:
        """The hedge venue cannot trade now. After the policy's patience, the next rung; only the alarm while we are
        not `sure` that no hedge of an earlier run has filled there."""
        now = self._clock.now_ns()
        self._blocked_since = self._blocked_since or now
        if now - self._blocked_since >= int(self._policy().patience_s * NS_PER_S):
            self._blocked_since = 0
            self._climb(Rung(min(self.rung + 1, Rung.ALARM)) if sure else Rung.ALARM, why)
        self._retry_later()

    def _climb_when_spent(self, why: str = "the hedge did not fill") -> None:
        limit = UNWIND_ATTEMPTS if self.rung is Rung.UNWIND else self._policy().attempts
        if self.attempt >= limit and self.rung is not Rung.ALARM:
            self._climb(Rung(self.rung + 1), why)

    def _climb(self, rung: Rung, why: str) -> None:
        policy = self._policy()
        if rung is Rung.BACKUP and self._backup is None:
            rung = Rung.UNWIND
        if rung is Rung.UNWIND and not policy.unwind:
            rung = Rung.ALARM
        if rung is self.rung:
            return
        self.rung = rung
        self.attempt = 0
        words = f"{self.owner.loop}: {self.owed:+.8f} unhedged, {why}; {RUNG_WORDS[rung]}"
        self._tell.alarm(f"hedge/{self.owner.loop}", words)
        if rung is Rung.ALARM:
            self._tell.halt(words)

    def _retry_later(self) -> None:
        if self._timer is not None:
            return
        if self.rung is Rung.ALARM:
            delay = ALARMED_RETRY_S
        else:
            delay = min(RETRY_FIRST_S * 2 ** min(self._fruitless, 8), RETRY_MAX_S)
        self._timer = asyncio.get_running_loop().call_later(delay, self._retry)

    def _retry(self) -> None:
        self._timer = None
        self.work()

    def _reset(self) -> None:
        self.attempt = self._fruitless = 0
        self._blocked_since = 0
        self.rung = Rung.HEDGE
        self.close()

    def close(self) -> None:
        """Stop the retry timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
