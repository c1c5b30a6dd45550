"""Orders out of the past: of an earlier run, ended long ago, or never heard of by the journal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from cockpit.desk.ids import DESK_SLOT, OrderId
from cockpit.desk.journal_rows import JournaledOrder
from cockpit.desk.loops import Loop
from cockpit.desk.orders import Order
from strategies.params import ParamError, parse_params
from strategies.protocol import Leg, Role
from venues.model import FillReport, OrderRequest, OrderStatus

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

ZERO = Decimal(0)


class Past:
    """Finds whose order something is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def bring_back_orders(self) -> None:
        """Orders that had not ended when the desk last ran: uncertain until their venue has been asked. What they
        filled is counted from the fills themselves, which are on file before an order's state is."""
        reader = self._desk.journal.reader()
        rows = reader.open_orders()
        filled = {row.client_order_id: ZERO for row in rows}
        for fill in reader.fills():
            if fill.client_order_id in filled:
                filled[fill.client_order_id] += fill.qty
        for row in rows:
            if row.account not in self._desk.accounts:
                text = f"order {row.client_order_id} may be open on {row.account}, which is no longer configured"
                self._desk.alarms.sound(f"restart/{row.client_order_id}", "critical", text)
                continue
            order = self._order_from(row, OrderStatus.UNKNOWN)
            order.filled_qty = order.reported_qty = filled[row.client_order_id]
            self._desk.tracker.add(order)

    def order_of(self, account: str, fill: FillReport) -> Order | None:
        """The order a fill belongs to: tracked, or ended so long ago that only the journal has it; None for a foreign
        one."""
        desk = self._desk
        order = desk.tracker.get(fill.client_order_id) or desk.tracker.by_venue_id(account, fill.venue_order_id)
        if order is not None or not fill.client_order_id:
            return order
        parsed = OrderId.parse(fill.client_order_id)
        if parsed is None:
            return None
        row = desk.journal.reader().order(fill.client_order_id)
        if row is not None:
            order = self._order_from(row, row.status)
            desk.tracker.add(order)
            return order
        loop = self.loop_of(parsed)
        return None if loop is None else self._adopt(account, fill, parsed, loop)

    def loop_of(self, order_id: OrderId) -> str | None:
        """Whose order an id is: of this run or, by the journal, of an earlier one. "" is the desk's own."""
        if order_id.slot == DESK_SLOT:
            return ""
        for loop in self._desk.loops.all.values():
            if loop.owner.epoch == order_id.epoch and order_id.slot in loop.owner.slots:
                return loop.id
        known = self._desk.journal.reader().loop_of(order_id.epoch, order_id.slot)
        if known is not None:
            return known
        # A run that never got to its disk: a loop's slot is its number where that was free.
        # That of a run which never was is another desk's.
        return self._unended(f"L{order_id.slot}") if order_id.epoch < self._desk.epoch else None

    def _unended(self, loop: str) -> str | None:
        if loop in self._desk.loops.all:
            return loop
        rows = self._desk.journal.reader().loops()
        return next((row.id for row in rows if row.id == loop and row.state not in ("stopped", "done")), None)

    def hedged_unknown(self, loop: Loop) -> bool:
        """Whether a hedge of the loop is on record that is newer than every obligation on file: it was sent for a fill
        that a crash kept from the disk. To undo it before that fill is found would open the leg."""
        known = max((book.number for book in loop.books.values()), default=0)
        for order in (*self._desk.tracker.live(), *self._desk.tracker.recent()):
            parsed = OrderId.parse(order.id) if order.loop == loop.id and order.role is Role.HEDGE else None
            if parsed is not None and parsed.epoch != self._desk.epoch and parsed.serial > known:
                return True
        return False

    def leg_of(self, loop: str, account: str, symbol: str) -> str:
        """Name of the loop's leg on that market; empty where it has none."""
        legs, _volume = self._legs(loop)
        return next((leg.name for leg in legs if (leg.account, leg.symbol) == (account, symbol)), "")

    def counts_as_volume(self, order: Order) -> bool:
        """Whether fills of `order` are volume of its loop."""
        _legs, volume = self._legs(order.loop)
        return bool(order.leg) and order.leg == volume

    def _legs(self, loop: str) -> tuple[Sequence[Leg], str]:
        """A loop's legs and the name of the one that makes its volume; of a loop that is not back yet, or that ended
        in an earlier run, by the journal."""
        known = self._desk.loops.all.get(loop)
        if known is not None:
            return tuple(known.legs.values()), known.strategy.volume_leg(known.params)
        row = next((row for row in self._desk.journal.reader().loops() if row.id == loop), None)
        strategy = self._desk.loops.strategies.get(row.strategy) if row is not None else None
        if row is None or strategy is None:
            return (), ""
        try:
            params = parse_params(strategy.params_type, row.params)
            return [self._desk.loops.checks.resolve(leg) for leg in strategy.legs(params)], strategy.volume_leg(params)
        except ParamError:
            return (), ""

    def cancel_left_over(self) -> None:
        """Makers of an earlier run: no strategy of this one looks after them."""
        desk = self._desk
        for order in desk.tracker.live():
            parsed = OrderId.parse(order.id)
            if parsed is not None and parsed.epoch != desk.epoch and order.role in (Role.OPEN, Role.CLOSE):
                desk.executor.cancel(order)

    def tell_of_ended_loops(self) -> None:
        """A loop that ended in an earlier run is hedged no more: what a late fill left it with is alarmed."""
        desk = self._desk
        for loop in desk.ledger.loops():
            if loop in desk.loops.all:
                continue
            net, tolerance = desk.ledger.exposure(loop), ZERO
            for market in desk.markets.all():
                if market.value is not None and desk.ledger.position(market.account, market.instrument.symbol, loop):
                    tolerance = max(tolerance, market.instrument.tolerance_base(market.value))
            if abs(net) > tolerance:
                text = f"{loop} has ended, yet {net:+.8f} of it is open and unhedged; `flatten` closes it"
                desk.alarms.sound(f"ended/{loop}", "critical", text)

    def _order_from(self, row: JournaledOrder, status: OrderStatus) -> Order:
        order = Order(
            row.request,
            account=row.account,
            loop=row.loop,
            leg=row.leg,
            role=Role(row.role),
            cycle=row.cycle,
            ts=row.ts,
        )
        order.status = status
        order.filled_qty = order.reported_qty = row.filled_qty
        order.venue_order_id = row.venue_order_id
        order.ts_sent = row.ts
        return order

    def _adopt(self, account: str, fill: FillReport, parsed: OrderId, loop: str) -> Order:
        """A fill of an order that never came into the journal: ours by its id, so it is booked and hedged as ours."""
        desk = self._desk
        request = OrderRequest(fill.client_order_id, fill.symbol, fill.side, fill.qty, fill.price)
        leg = self.leg_of(loop, account, fill.symbol)
        order = Order(request, account=account, loop=loop, leg=leg, role=parsed.role, cycle=0, ts=fill.ts_init)
        order.status = OrderStatus.UNKNOWN
        order.guessed = True
        desk.tracker.add(order)
        desk.journal.order_intent(order)
        desk.uncertain.look_after(order)
        self._look_first(order)
        return order

    def _look_first(self, order: Order) -> None:
        """An order of an earlier run came to light after its loop was back: as at the start, a hedge whose own fill is
        not on file is not undone before every account has answered."""
        desk = self._desk
        loop = desk.loops.all.get(order.loop)
        if loop is None or all(desk.accounts[leg.account].known for leg in loop.legs.values()):
            return
        if self.hedged_unknown(loop):
            desk.standstill.hold((loop,), patience_s=math.inf)
