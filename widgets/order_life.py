"""One order from the intent to its end: every step and every fill in the order in which they came, with the time
between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cockpit.link.answers import FillLine, ObligationLine, OrderEvent, OrderLife
from cockpit.link.rows import OrderRow
from widgets import format as fmt
from widgets import times
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.grid import Grid
from widgets.i18n import N_, _
from widgets.orders import INKS
from widgets.paint import Cell, Span, cell
from widgets.words import word

HEDGE_ID = re.compile(r"ck[0-9a-f]+-\d+h(\d+)-\d+")
"""Client order id of a hedge: the number in it is that of the newest obligation it works off."""
SENT = "in_flight"


def obligation_number(client_order_id: str) -> int | None:
    """Number of the obligation that a hedge works off; None for an order that is no hedge of ours."""
    found = HEDGE_ID.fullmatch(client_order_id)
    return int(found[1]) if found else None


def step_name(event: OrderEvent) -> str:
    """What a step is called: the intent, the sending, then the states."""
    if event.status.value == "pending":
        return _("intent")
    if event.status.value == SENT:
        return _("sent")
    return word("order", event.status.value)


def facts(row: OrderRow, owed: ObligationLine | None) -> list[Cell]:
    """What the order is: side, quantity, market, loop; the ids; the obligation of a hedge."""
    side = "up" if row.side.sign > 0 else "down"
    first: list[Span] = [
        (f"{word('side', row.side.value)} ", side),
        (fmt.qty(row.qty), "bright"),
        (f" {row.symbol}", "bright"),
        (f" @ {fmt.price(row.price)}", "text"),
        (f"  {row.account}", "text"),
        ("  " + word("role", row.role), "accent"),
    ]
    if row.loop:
        first += [("  " + _("loop {loop}").format(loop=row.loop), "dim")]
    status = row.status.value
    second: list[Span] = [
        (word("order", status), INKS.get(status, "dim")),
        ("  " + _("filled {filled} of {qty}").format(filled=fmt.qty(row.filled), qty=fmt.qty(row.qty)), "text"),
    ]
    if row.text:
        second.append((f"  {said(row.text)}", "warn"))
    ids: list[Span] = [(_("ours {id}").format(id=row.client_order_id), "dim")]
    if row.venue_order_id:
        ids.append(("  " + _("the venue's {id}").format(id=row.venue_order_id), "dim"))
    lines = [tuple(first), tuple(second), tuple(ids)]
    if owed is not None:
        lines.append(_owed(owed))
    return lines


def _owed(owed: ObligationLine) -> Cell:
    text = _("works off obligation {number}: {base} owed since {time}").format(
        number=owed.number, base=fmt.qty(owed.base, signed=True), time=times.to_the_ms(owed.ts)
    )
    if owed.covered_ts:
        end = _("covered after {span}").format(span=times.between(owed.ts, owed.covered_ts))
        return ((text, "text"), (f", {end}", "up"))
    return ((text, "text"), (", " + _("not covered yet"), "warn"))


class LifeGrid(Grid):
    """Steps and fills, oldest first."""

    def __init__(self) -> None:
        super().__init__(
            (
                Column("UTC", 12, left=True),
                Column(N_("after"), 9),
                Column(N_("step"), 10, left=True),
                Column(N_("filled"), 7),
                Column(N_("price"), 9, keep=2),
                Column(N_("fee USD"), 7, keep=4),
                Column(N_("text"), 8, left=True, flex=True, keep=1),
            ),
            title=N_("Its life"),
            empty=(N_("The desk has not told its steps yet."),),
            id="life",
        )

    def tell(self, life: OrderLife) -> None:
        """Show an order's steps."""
        self.show(life_rows(life.events, life.fills))


def life_rows(events: Sequence[OrderEvent], fills: Sequence[FillLine]) -> list[Row]:
    """One row a step or fill by its stamp; `after` is the time since the row above."""
    moments: list[tuple[int, int, OrderEvent | FillLine]] = [
        *((fill.ts, 0, fill) for fill in fills),
        *((event.ts, 1, event) for event in events),
    ]
    moments.sort(key=lambda moment: moment[:2])
    rows: list[Row] = []
    before: int | None = None
    for index, (ts, _kind, moment) in enumerate(moments):
        after = "" if before is None else times.between(before, ts)
        before = ts
        head = (cell(times.to_the_ms(ts), "dim"), cell(after or fmt.NONE, "text" if after else "dim"))
        tail = _fill(moment) if isinstance(moment, FillLine) else _step(moment)
        rows.append(Row(str(index), (*head, *tail)))
    return rows


def _step(event: OrderEvent) -> tuple[Cell, ...]:
    status = event.status.value
    return (
        cell(step_name(event), INKS.get(status, "text")),
        cell(fmt.qty(event.filled), "text" if event.filled else "dim"),
        cell(fmt.NONE, "dim"),
        cell(fmt.NONE, "dim"),
        cell(said(event.text), "dim"),
    )


def _fill(fill: FillLine) -> tuple[Cell, ...]:
    liquidity = word("leg", fill.liquidity.value)
    return (
        cell("● " + _("fill"), "up"),
        cell(fmt.qty(fill.qty), "bright"),
        cell(fmt.price(fill.price)),
        cell(fmt.usd(fill.fee_usd, signed=True), fmt.cost_tone(fill.fee_usd)),
        cell(f"{liquidity} {fill.trade_id}", "dim"),
    )
