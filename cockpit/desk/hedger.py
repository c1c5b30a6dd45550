"""The hedger: every fill of a hedged leg becomes a durable obligation, worked off at once and never twice.

What is owed is the loop's net base exposure with the sign turned, so it follows from fills alone: after a restart the
journal's fills give the same number. Orders at work, uncertain ones too, count as if they will fill; only the rest of
what is owed is sent. So two live orders can never stand for the same quantity.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal

from cockpit.desk.accounts import Account, Trading
from cockpit.desk.execution import Executor, Owner
from cockpit.desk.ids import ATTEMPT_BITS
from cockpit.desk.ladder import RUNG_WORDS, HedgeJournal, Rung
from cockpit.desk.markets import Markets, bounded_price, tradable_qty
from cockpit.desk.orders import Order
from cockpit.desk.owed import ZERO, Owed
from strategies.protocol import HedgePolicy, Leg, Role
from venues.model import NS_PER_S, Clock, OrderStatus, Side, TimeInForce

RETRY_FIRST_S, RETRY_MAX_S = 0.05, 2.0
ALARMED_RETRY_S = 5.0
HALT_AFTER_S = 40
"""How long everything may have been tried in vain before the loop is halted. After a start that first had to look (3
and 10 s) and the usual patience (5 s, and a retry) that is still within a minute."""
UNWIND_ATTEMPTS = 3
UNWINDS = 2
"""Unwinds with no hedge filled in between, after which the loop halts: each costs spread and fees."""


class HedgeBook(Owed):
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
        net: Callable[[str, str], Decimal],
        tell: HedgeJournal,
    ) -> None:
        super().__init__(owner=owner, hedged=hedged, hedge=hedge, backup=backup, markets=markets, tell=tell)
        self._policy = policy
        self._clock = clock
        self._executor = executor
        self._accounts = accounts
        self._position = position
        self._net = net
        self.rung = Rung.HEDGE
        self._reasons: dict[str, None] = {}
        self.closing = ""
        """Why what is owed is only ever worked off by lessening what the legs hold, never by opening anything (the
        venue has closed a leg itself, or one was cut while its pair was out of reach); empty otherwise."""
        self.hedges = 0
        self._last = (0, 0)
        self._fruitless = 0
        self._unwinds = 0
        self._blocked_since = 0
        self._alarmed_ns = 0
        """When the last rung was reached, monotonic ns; 0 once the loop has been halted for it."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def suspended(self) -> str:
        """Why nothing is sent (a flatten is closing both legs); empty while it works."""
        return next(iter(self._reasons), "")

    @property
    def lessening(self) -> bool:
        """Whether its orders are bounded by what the legs hold."""
        return bool(self.closing) or self.rung is Rung.UNWIND

    # -- events

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
                if order.filled_qty:
                    # Dust that is refused would be sent again as fast as the venue answers.
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

    # -- work

    def work(self) -> None:
        """Send what is owed and not at work, as far as the venue's steps allow; the rest is dust, carried on."""
        self._withdraw()
        if self.suspended:
            return
        need = self.to_send
        if not need:
            return
        if self.closing:
            self._even_out(need)
        elif self.rung is Rung.UNWIND:
            self._unwind(need)
        elif self.rung is Rung.BACKUP and self._backup is not None:
            self._trade(need, self._backup)
        else:
            rest = need - self._close_backup(need)
            if rest * need > 0:
                self._trade(rest, self.hedge)

    def _withdraw(self) -> None:
        """Orders that still wait for the disk are taken back where they are no longer wanted: nobody has seen them."""
        for order in tuple(self._live.values()):
            wanted = order.side.sign * self.owed > 0 and not self.overshoots and not self.suspended
            if order.status is OrderStatus.PENDING and not wanted:
                self._executor.cancel(order)

    def suspend(self, why: str) -> None:
        """Send nothing more, and nothing that has not left yet."""
        self.hold(why)
        self.close()
        self._withdraw()

    def hold(self, why: str) -> None:
        """Send nothing more until every reason has been released."""
        self._reasons[why] = None

    def release(self, why: str) -> bool:
        """One reason is over; False where it was none. Nothing is sent yet."""
        if why not in self._reasons:
            return False
        del self._reasons[why]
        return True

    def held_for(self) -> tuple[str, ...]:
        """Every reason why nothing is sent."""
        return tuple(self._reasons)

    def adopt(self, order: Order) -> None:
        """An order of this book from before a restart: what it may still fill is not sent again."""
        if order.leg in self._leg_names and not order.done:
            self._live[order.id] = order

    def poke(self, *, anew: bool = False) -> None:
        """Look again; `anew`: what held the work back may be over (a book came back, an account was resumed). Else a
        retry that is planned is waited for."""
        if self.suspended or (self._timer is not None and not anew):
            return
        if abs(self.to_send) > self.tolerance():
            self.work()

    def restart(self) -> None:
        """The operator's word: begin the ladder anew."""
        self.closing = ""
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
        # A sell's value is reckoned at its limit, which the venue's minimum is held against.
        price = bounded_price(market, side, touch, self._slippage())
        qty = tradable_qty(market, abs(need), min(touch, price))
        if not qty:
            if abs(need) > self.tolerance():
                self._blocked(f"{leg.account} {leg.symbol} cannot trade as little", sure=account.known)
            return
        reduce_only = account.trading is Trading.REDUCING
        no = account.refusal(Role.HEDGE, reduce_only)
        if no:
            self._blocked(no, sure=account.known)
            return
        self._send(Role.HEDGE, leg, side, qty, price, reduce_only)

    def _close_backup(self, need: Decimal) -> Decimal:
        """What the backup account once hedged is closed there first. Returns how much of `need` that took on."""
        if self._backup is None:
            return ZERO
        before = self.in_work
        self._lessen(Role.HEDGE, self._backup, need)
        return self.in_work - before

    def _unwind(self, need: Decimal) -> None:
        """Close on the maker venue what could not be hedged: the position there shrinks, and so does the exposure."""
        for leg in self.hedged:
            if self._lessen(Role.UNWIND, leg, need):
                return
        self._climb(Rung.ALARM, "nothing on the maker venue can be unwound")
        self._retry_later()

    def _even_out(self, need: Decimal) -> None:
        """Lessen whichever legs hold too much, the hedge side first. What is out of reach is waited for."""
        hedge_side = (self.hedge, *((self._backup,) if self._backup is not None else ()))
        before = self.in_work
        for role, legs in ((Role.HEDGE, hedge_side), (Role.UNWIND, self.hedged)):
            for leg in legs:
                rest = need - (self.in_work - before)
                held = self._position(leg.account, leg.symbol)
                # A leg that the venue last saw on the other side awaits a fill of ours that is under way.
                if rest * need > 0 and self._accounts[leg.account].reported(leg.symbol) * held >= 0:
                    self._lessen(role, leg, rest)
        if self.in_work == before and abs(need) > self.tolerance():
            why = (self._accounts[leg.account].refusal(Role.UNWIND, True) for leg in self.legs)
            self._blocked(next(filter(None, why), "no leg can be lessened now"), sure=False)

    def _lessen(self, role: Role, leg: Leg, need: Decimal) -> bool:
        """Send a reduce-only order on a leg that holds the opposite of `need`; False where none could be sent."""
        side = Side.of(need)
        held = self._position(leg.account, leg.symbol)
        market = self._markets.of(leg.account, leg.symbol)
        touch = market.touch(side)
        account = self._accounts[leg.account]
        net = self._net(leg.account, leg.symbol)
        if touch is None or held * side.sign >= 0 or net * side.sign >= 0 or account.refusal(role, True):
            # Where somebody has traded against it by hand, the venue has nothing left to reduce.
            return False
        if role is Role.HEDGE and market.age(self._clock.now_ns()) > account.stale_s:
            return False
        here = (o for o in self._live.values() if (o.leg, o.side) == (leg.name, side))
        free = min(abs(held), abs(net)) - sum((o.remaining for o in here), ZERO)
        qty = min(tradable_qty(market, abs(need), touch), free)
        if qty <= 0:
            return False
        slippage = self._policy().slippage_max_bps if role is Role.UNWIND else self._slippage()
        self._send(role, leg, side, qty, bounded_price(market, side, touch, slippage), True)
        return True

    def _send(self, role: Role, leg: Leg, side: Side, qty: Decimal, price: Decimal, reduce_only: bool) -> None:
        hedge = role is Role.HEDGE
        self._blocked_since = 0
        order = self._executor.send(
            self.owner.hedge_id(*self._next_number()) if hedge else self.owner.next_id(role),
            loop=self.owner.loop,
            leg=leg.name,
            account=leg.account,
            symbol=leg.symbol,
            side=side,
            qty=qty,
            price=price,
            cycle=self.cycle,
            tif=TimeInForce.IOC,
            reduce_only=reduce_only,
        )
        self._take_on(order)

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
        if self.closing or (rung is Rung.UNWIND and not policy.unwind):
            rung = Rung.ALARM
        if rung is self.rung:
            return
        self.rung = rung
        self.attempt = 0
        words = f"{self.owner.loop} has {-self.owed:+.8f} unhedged, {why}; {RUNG_WORDS[rung]}"
        self._tell.alarm(f"hedge/{self.owner.loop}", words)
        if rung is Rung.ALARM:
            self._alarmed_ns = self._clock.monotonic_ns()

    def halt_when_due(self) -> None:
        """Called again and again: a loop that could not be hedged for long must not go on by itself. Until then it
        waits, for its strategy opens nothing while more than the tolerance is owed, and most trouble passes."""
        if self.rung is not Rung.ALARM or not self._alarmed_ns or abs(self.owed) <= self.tolerance():
            return
        if self.suspended:
            # Nothing is tried meanwhile, and a halt would take a loop out of the flatten's hands.
            return
        if self._clock.monotonic_ns() - self._alarmed_ns >= HALT_AFTER_S * NS_PER_S:
            self._alarmed_ns = 0
            words = (
                f"{self.owner.loop} has {-self.owed:+.8f} unhedged {HALT_AFTER_S} s after every way was tried; halted"
            )
            self._tell.alarm(f"hedge/{self.owner.loop}", words)
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
        self._blocked_since = self._alarmed_ns = 0
        self.rung = Rung.HEDGE
        self.close()

    def close(self) -> None:
        """Stop the retry timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
