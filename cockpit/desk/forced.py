"""What a venue closes by itself (liquidation, auto-deleveraging): whose it was, and the other leg evened out at once.

Such a fill bears no order of ours. It goes to the loops that hold what it closes, at most what they hold; the rest is
foreign. A loop that lost a leg is halted and closes the same quantity of its other leg, reduce-only: nothing is opened
anew at a venue that has just liquidated us.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cockpit.desk.accounts import Account
from cockpit.desk.hedger import HedgeBook
from cockpit.desk.ledger import FOREIGN
from strategies.protocol import Role
from venues.model import FillReport, TimeInForce

if TYPE_CHECKING:
    from cockpit.desk.desk import Desk

ZERO = Decimal(0)
FEE_STEP = Decimal("1e-12")


def shares(
    qty: Decimal, held: Mapping[str, Decimal], late: Mapping[str, Decimal], by_hand: Decimal, lot: Decimal
) -> dict[str, Decimal]:
    """Loop to what of a forced close of `qty` was its own, venue units, whole lots; what is missing of `qty` is
    foreign.

    `held`: what each holds in the direction that was closed; shared in proportion, each at most what it holds. `late`:
    what orders of a loop may have added to that just before, their fills still under way: it takes what the books
    cannot place yet, or the late fill would open a leg that the venue no longer has. Before that comes what somebody
    holds `by_hand`.
    """
    total = sum(held.values(), ZERO)
    out: dict[str, Decimal] = {}
    left = qty
    for loop, size in held.items():
        part = size if qty >= total else qty * size / total // lot * lot
        out[loop] = part
        left -= part
    for more in (held, late):
        if more is late:
            left -= min(left, by_hand)
        for loop, size in more.items():
            room = size if more is late else size - out[loop]
            part = min(left, room)
            if part > 0:
                out[loop] = out.get(loop, ZERO) + part
                left -= part
    return {loop: part for loop, part in out.items() if part}


class Forced:
    """Takes in fills that the venue made itself."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def take(self, account: Account, fill: FillReport) -> tuple[Decimal, str]:
        """Book a forced close with the loops that held it and even their other legs out. Returns what was nobody's,
        booked as foreign, and whose it may be after all where that hangs on fills that have not come; "" for nobody.

        One fill of several owners stands in parts, `ID#L1` and so on; the last one booked bears the venue's own id, so
        that the whole counts as booked only when every part is.
        """
        desk = self._desk
        parts, unsure = self._parts(account, fill)
        books: list[HedgeBook] = []
        for loop_id, part in parts:
            loop = desk.loops.all.get(loop_id)
            if loop_id == FOREIGN:
                desk.booking.fill(account.name, part, None, volume=False)
                continue
            words = f"{account.name} closed {part.qty} {part.symbol} of {loop_id} itself (liquidation at {part.price})"
            desk.loops.close_only(loop_id, words)
            here = (account.name, part.symbol)
            concerned = [b for b in loop.books.values() if here in _markets(b)] if loop is not None else []
            for book in concerned:
                book.account_for_forced(account.name, part)
            books += concerned
            cycle = loop.iterations_done if loop is not None else 0
            desk.booking.fill(account.name, part, None, volume=False, forced_on=loop_id, cycle=cycle)
            others = ", ".join(sorted({f"{a} {s}" for book in concerned for a, s in _markets(book)} - {" ".join(here)}))
            told = f"{words}; the same is closed on {others or 'its other leg'}, and the loop is halted"
            desk.alarms.sound(f"forced/{loop_id}", "critical", told)
        for book in books:
            desk.intake.work(book)
        if desk.running and any(loop and loop not in desk.loops.all for loop, _part in parts):
            desk.past.tell_of_ended_loops()
        return next((part.qty for loop, part in parts if loop == FOREIGN), ZERO), unsure

    def _parts(self, account: Account, fill: FillReport) -> tuple[list[tuple[str, FillReport]], str]:
        """(loop, its part of the fill), the one with the venue's own id last; and what that hangs on."""
        desk = self._desk
        ledger = desk.booking.ledger
        left, fee = fill.qty, fill.fee
        placed = {
            loop
            for loop in ledger.loops()
            if ledger.has_fill(account.name, msgspec.structs.replace(fill, trade_id=_part_id(fill, loop)))
        }
        if placed:
            # A crash came between the parts: those on file stand.
            ids = {_part_id(fill, loop) for loop in placed}
            for row in desk.journal.reader().fills(account=account.name):
                if row.symbol == fill.symbol and row.trade_id in ids:
                    left, fee = left - row.qty, fee - row.fee
        # Told late, it still belongs to those who held when it happened.
        at_its_time = ledger.held_at(account.name, fill.symbol, fill.ts_event)
        held = {
            loop: abs(size)
            for loop, size in at_its_time.items()
            if loop != FOREIGN and size * fill.side.sign < 0 and loop not in placed
        }
        late: dict[str, Decimal] = {}
        unsure: list[str] = []
        for order in desk.tracker.live():
            here = (order.account, order.symbol, order.side) == (account.name, fill.symbol, fill.side)
            after = order.request.tif is TimeInForce.IOC and order.filled_ts > fill.ts_event
            if here and order.status.terminal and order.loop in held and not desk.intake.listed and not after:
                # Reported as filled, though the fills have not come: that part was closed already. An order that never
                # rests fills at one moment, so one fill of it tells when the others were.
                held[order.loop] = max(held[order.loop] - order.remaining, ZERO)
                unsure.append(f"of {order.loop} if {order.remaining} of {order.id} filled after it")
            adds = order.role in (Role.OPEN, Role.HEDGE) and order.side is not fill.side
            if adds and (order.account, order.symbol) == (account.name, fill.symbol) and order.loop not in placed:
                late[order.loop] = late.get(order.loop, ZERO) + order.remaining
        lot = desk.markets.of(account.name, fill.symbol).instrument.lot
        hand = at_its_time.get(FOREIGN, ZERO)
        by_hand = abs(hand) if hand * fill.side.sign < 0 else ZERO
        owners = shares(left, held, late, by_hand, lot)
        rest = left - sum(owners.values(), ZERO)
        if rest or not owners:
            owners[FOREIGN] = rest
        out: list[tuple[str, FillReport]] = []
        for loop, qty in owners.items():
            last = len(out) + 1 == len(owners)
            cost = fee if last else (fill.fee * qty / fill.qty).quantize(FEE_STEP)
            fee -= cost
            id_ = fill.trade_id if last else _part_id(fill, loop)
            out.append((loop, msgspec.structs.replace(fill, trade_id=id_, qty=qty, fee=cost)))
        return out, " and ".join(unsure)


def _part_id(fill: FillReport, loop: str) -> str:
    return f"{fill.trade_id}#{loop}"


def _markets(book: HedgeBook) -> set[tuple[str, str]]:
    return {(leg.account, leg.symbol) for leg in book.legs}
