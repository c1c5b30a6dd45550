"""What is true by the exchange's own books: exposures of each loop, and what of it the desk has been told."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from cockpit.desk.desk import Desk
from strategies.protocol import Role
from venues.model import FillReport, Instrument, OrderRequest

ZERO = Decimal(0)
MAKING = frozenset({Role.OPEN, Role.CLOSE})
COVERING = frozenset({Role.HEDGE, Role.UNWIND})


class Sent(msgspec.Struct):
    """An order as it left a desk."""

    account: str
    loop: str
    role: Role
    request: OrderRequest
    at: int
    """ns"""
    filled: Decimal = ZERO
    """By the exchange, venue units."""
    ended: bool = False
    """The exchange can fill it no more, or it never got there."""


class LoopTruth:
    """One loop as the exchange has it. Base coin, signed."""

    def __init__(self, legs: tuple[tuple[str, str], ...]) -> None:
        self.legs = legs
        self.exposure = ZERO
        """Every fill of the loop, and what a venue closed of it by force."""
        self.told = ZERO
        """Maker fills and forced closes that some desk has been told of."""
        self.covered = ZERO
        """Fills of hedges and unwinds, told or not."""
        self.held: dict[tuple[str, str], Decimal] = dict.fromkeys(legs, ZERO)
        """Venue units of each leg by the loop's own fills and forced closes."""
        self.beyond_since = 0
        """Since when the exposure is above tolerance, ns; 0 while it is not."""


class Truth:
    """Fed with every order that leaves a desk and every fill that the exchange books."""

    def __init__(self, instruments: dict[tuple[str, str], Instrument], position: Callable[[str, str], Decimal]) -> None:
        """`position` is the exchange's own, signed, venue units."""
        self.instruments = instruments
        self.position = position
        self.sent: dict[str, Sent] = {}
        self.loops: dict[str, LoopTruth] = {}
        self.fills: dict[str, list[FillReport]] = {account: [] for account, _ in instruments}
        self.covering: dict[str, Sent] = {}
        """Hedges and unwinds that may still fill, by client id."""
        self._forced: dict[tuple[str, str], dict[str, Decimal]] = {}
        """(account, trade id) of a forced close to what it took of each loop, base."""
        self._told: set[tuple[str, str]] = set()

    def left(self, desk: Desk, account: str, request: OrderRequest, now: int) -> Sent:
        order = desk.tracker.get(request.client_order_id)
        assert order is not None, "an order that the tracker does not know has left the desk"
        sent = Sent(account, order.loop, order.role, request, now)
        self.sent[request.client_order_id] = sent
        if order.loop and order.loop not in self.loops:
            legs = desk.loops.all[order.loop].legs.values()
            self.loops[order.loop] = LoopTruth(tuple((leg.account, leg.symbol) for leg in legs))
        if sent.role in COVERING:
            self.covering[request.client_order_id] = sent
        return sent

    def ended(self, client_order_id: str) -> None:
        """The exchange is done with an order, or never got it."""
        sent = self.sent.get(client_order_id)
        if sent is not None:
            sent.ended = True
            self.covering.pop(client_order_id, None)

    def booked(self, account: str, fill: FillReport) -> str:
        """A fill in the exchange's books. Returns the loop it belongs to, "" for none."""
        self.fills[account].append(fill)
        instrument = self.instruments[(account, fill.symbol)]
        base = fill.side.sign * instrument.base_qty(fill.qty, fill.price)
        sent = self.sent.get(fill.client_order_id)
        if sent is None:
            return self._taken_by_force(account, fill, base) if fill.liquidation else ""
        sent.filled += fill.qty
        if sent.filled >= sent.request.qty:
            self.ended(fill.client_order_id)
        loop = self.loops.get(sent.loop)
        if loop is None:
            return ""
        loop.exposure += base
        loop.held[(account, fill.symbol)] += fill.side.sign * fill.qty
        if sent.role in COVERING:
            loop.covered += base
        return sent.loop

    def _taken_by_force(self, account: str, fill: FillReport, base: Decimal) -> str:
        key = (account, fill.symbol)
        for name, loop in self.loops.items():
            held = loop.held.get(key, ZERO)
            if held * fill.side.sign < 0:
                part = min(abs(held), fill.qty)
                share = base * part / fill.qty
                loop.exposure += share
                loop.held[key] += fill.side.sign * part
                self._forced[(account, fill.trade_id)] = {name: share}
                return name
        return ""

    def tell(self, account: str, fill: FillReport) -> None:
        """A desk has been told of a fill."""
        key = (account, fill.trade_id)
        if key in self._told:
            return
        self._told.add(key)
        forced = self._forced.get(key)
        if forced is not None:
            for name, share in forced.items():
                self.loops[name].told += share
            return
        sent = self.sent.get(fill.client_order_id)
        if sent is not None and sent.role not in COVERING and sent.loop in self.loops:
            base = self.instruments[(account, fill.symbol)].base_qty(fill.qty, fill.price)
            self.loops[sent.loop].told += fill.side.sign * base

    def committed(self, loop: str) -> Decimal:
        """What the loop's exposure would be if every hedge and unwind that may still fill did, counting of the maker's
        fills those alone that a desk has been told of. A reduce-only order can fill no more than there is to reduce."""
        truth = self.loops[loop]
        total = truth.told + truth.covered
        for sent in self.covering.values():
            if sent.loop == loop:
                instrument = self.instruments[(sent.account, sent.request.symbol)]
                left = sent.request.qty - sent.filled
                if sent.request.reduce_only:
                    held = self.position(sent.account, sent.request.symbol)
                    left = min(left, abs(held)) if held * sent.request.side.sign < 0 else ZERO
                total += sent.request.side.sign * instrument.base_qty(left, sent.request.price)
        return total
