"""What a loop owes on one hedge leg: its net base exposure with the sign turned, reckoned from fills alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from cockpit.desk.execution import Owner
from cockpit.desk.ladder import HedgeJournal
from cockpit.desk.markets import Markets
from cockpit.desk.obligations import Obligation, Obligations
from cockpit.desk.orders import Order
from strategies.protocol import Leg, Role
from venues.model import NS_PER_MS, FillReport

ZERO = Decimal(0)


class Owed:
    """The reckoning of one hedge leg; what is done about it is the `HedgeBook`'s."""

    def __init__(
        self,
        *,
        owner: Owner,
        hedged: tuple[Leg, ...],
        hedge: Leg,
        backup: Leg | None,
        markets: Markets,
        tell: HedgeJournal,
    ) -> None:
        self.owner = owner
        self.hedge = hedge
        self.hedged = hedged
        self._backup = backup
        self._markets = markets
        self._tell = tell
        self.owed = ZERO
        """Signed base coin still to trade, orders at work not deducted: minus the exposure of these legs."""
        self.awaited: dict[tuple[str, str, str], Decimal] = {}
        """(account, symbol, trade id) to base of obligations of an earlier run whose fill is not in the books yet."""
        self.obligations = Obligations()
        self.number = 0
        self.cycle = 0
        self.attempt = 0
        self.naked_since = 0
        """Since when more than the tolerance is owed, ns; 0 while it is not."""
        self.max_naked_ms = 0.0
        self._hedged_names = frozenset(leg.name for leg in hedged)
        self._leg_names = frozenset(leg.name for leg in self.legs)
        self._live: dict[str, Order] = {}

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
    def to_send(self) -> Decimal:
        """Signed base coin to be sent now: what is owed less what works towards it. An order at work that would trade
        the other way is not traded against before it has filled: it may never do so."""
        sign = 1 if self.owed > 0 else -1
        left = abs(self.owed) - self._working(sign)
        return left * sign if left > 0 else ZERO

    def _working(self, sign: int) -> Decimal:
        """Base coin that live orders of one direction may still trade."""
        total = ZERO
        for order in self._live.values():
            if order.side.sign == sign:
                instrument = self._markets.of(order.account, order.symbol).instrument
                total += instrument.base_qty(order.remaining, order.price)
        return total

    @property
    def overshoots(self) -> bool:
        """Whether what works towards it would trade more than is owed, by more than the tolerance."""
        return self._working(1 if self.owed > 0 else -1) - abs(self.owed) > self.tolerance()

    @property
    def within(self) -> bool:
        """Whether what is owed is under the tolerance and nothing is at work."""
        return not self._live and abs(self.owed) <= self.tolerance()

    def concerns(self, order: Order) -> bool:
        """Whether fills of `order` move what is owed here."""
        return order.leg in self._leg_names or order.id in self._live

    def account_for(self, order: Order, fill: FillReport) -> None:
        """Reckon with a fill that is new to the ledger. The tracker must count it before `work` is called again:
        between the two, what is owed and what is at work do not fit together."""
        if self.awaited and self.awaited.pop((order.account, fill.symbol, fill.trade_id), None) is not None:
            # The obligation outlived a crash and is reckoned with; only its fill had not come to the disk.
            return
        instrument = self._markets.of(order.account, order.symbol).instrument
        base = fill.side.sign * instrument.base_qty(fill.qty, fill.price)
        self.owed -= base
        if order.role in (Role.OPEN, Role.CLOSE) and order.leg in self._hedged_names:
            self.cycle = order.cycle
            self._oblige(order.account, fill, base)
        else:
            self.obligations.cover(base, fill.ts_init)
        self.watch_exposure(fill.ts_init)

    def account_for_forced(self, account: str, fill: FillReport) -> None:
        """Reckon with what the venue itself closed of one of these legs: it obliges like a fill of our own."""
        instrument = self._markets.of(account, fill.symbol).instrument
        base = fill.side.sign * instrument.base_qty(fill.qty, fill.price)
        self.owed -= base
        self._oblige(account, fill, base)
        self.watch_exposure(fill.ts_init)

    def _oblige(self, account: str, fill: FillReport, base: Decimal) -> None:
        self.number += 1
        obligation = Obligation(self.number, -base, -base, fill.ts_init)
        self.obligations.add(obligation)
        self._tell.obligation(self.owner.loop, obligation, account, fill)
        self.attempt = 0

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
