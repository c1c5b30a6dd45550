"""Orders of one loop or one account."""

from __future__ import annotations

from typing import ClassVar, Literal

from cockpit.link.answers import OrdersPage
from cockpit.link.rows import OrderRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.drawing import About, Told
from widgets.i18n import N_
from widgets.order_list import ENDED
from widgets.orders import INKS
from widgets.paint import cell
from widgets.panel import View
from widgets.words import word

NEWEST = 200
"""Orders shown at the most."""


class OrdersOfPanel(About):
    """Those at work first, then the newest that ended: from the store, and from a page of the journal."""

    TABLES: ClassVar[frozenset[str]] = frozenset({"orders"})
    SPILLS: ClassVar[bool] = True

    def __init__(
        self,
        whose: Literal["loop", "account"],
        *,
        title: str,
        empty: tuple[str, ...],
        id: str,
        told: Told[OrdersPage] | None = None,
        open_only: bool = False,
    ) -> None:
        other = (
            Column(N_("account"), 8, left=True, keep=1) if whose == "loop" else Column(N_("loop"), 6, left=True, keep=1)
        )
        super().__init__(
            (
                Column("UTC", 8, left=True),
                other,
                Column(N_("market"), 8, left=True, keep=2),
                Column(N_("role"), 6, left=True),
                Column(N_("side"), 4, left=True),
                Column(N_("qty"), 6),
                Column(N_("filled"), 6),
                Column(N_("price"), 8),
                Column(N_("status"), 9, left=True),
                Column(N_("client order id"), 12, left=True, keep=5),
                Column(N_("text"), 6, left=True, flex=True, keep=4),
            ),
            title=title,
            empty=empty,
            mark=True,
            id=id,
        )
        self._whose = whose
        self._told = told
        self._open_only = open_only

    def _mine(self, row: OrderRow) -> bool:
        if self._open_only and row.status.value in ENDED:
            return False
        return (row.loop if self._whose == "loop" else row.account) == self.subject

    def build(self, view: View) -> list[Row]:
        page = self._told.value.rows if self._told is not None and self._told.value is not None else ()
        known = {row.key: row for row in page} | view.store.orders
        mine = [row for row in known.values() if self._mine(row)]
        mine.sort(key=lambda row: (row.status.value in ENDED, -row.ts, row.key))
        return [self._row(row) for row in mine[:NEWEST]]

    def _row(self, row: OrderRow) -> Row:
        status = row.status.value
        return Row(
            row.key,
            (
                cell(fmt.utc(row.ts), "dim"),
                cell((row.account if self._whose == "loop" else row.loop) or fmt.NONE),
                cell(row.symbol, "bright"),
                cell(word("role", row.role)),
                cell(word("side", row.side.value), "up" if row.side.sign > 0 else "down"),
                cell(fmt.qty(row.qty)),
                cell(fmt.qty(row.filled), "text" if row.filled else "dim"),
                cell(fmt.price(row.price)),
                cell(word("order", status), INKS.get(status, "dim")),
                cell(row.client_order_id, "dim"),
                cell(said(row.text) or fmt.NONE, "dim"),
            ),
        )
