"""Orders: those at work first, then what has ended, newest first, as far back as the journal goes."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.rows import OrderRow
from widgets import format as fmt
from widgets import times
from widgets.columns import Column, Row
from widgets.desk_words import said
from widgets.grid_rows import words_of
from widgets.i18n import N_, _
from widgets.modes import account_cell
from widgets.order_list import Gap, OrderList
from widgets.paint import cell
from widgets.panel import Panel, View
from widgets.words import word

INKS = {
    "filled": "up",
    "open": "accent",
    "partially_filled": "accent",
    "unknown": "crit",
    "rejected": "warn",
    "denied": "warn",
}


class OrdersPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"orders", "accounts"})
    FILTERS: ClassVar[bool] = False
    SPILLS: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__(
            (
                Column("UTC", 8, late=1),
                Column(N_("account"), 8, left=True),
                Column(N_("market"), 8, left=True),
                Column(N_("loop"), 6, left=True, keep=1),
                Column(N_("role"), 7, left=True, late=3),
                Column(N_("side"), 4, left=True),
                Column(N_("qty"), 7),
                Column(N_("filled"), 7, late=2),
                Column(N_("price"), 9),
                Column(N_("status"), 9, left=True),
                Column(N_("client order id"), 16, left=True, keep=4),
                Column(N_("text"), 6, left=True, flex=True, keep=3),
            ),
            title=N_("Orders"),
            empty=(N_("No order yet."), N_("A running loop's orders show here; esc goes back.")),
            id="orders",
        )
        self.orders = OrderList()
        self.all_orders = 0
        """Orders in the journal without a filter, as last heard."""
        self._drawn: dict[str, tuple[OrderRow, Row]] = {}
        self._looks: tuple[str, dict[str, str]] = ("", {})
        """What rows that are drawn depend on beside their order: today, and what kinds of accounts there are."""

    def build(self, view: View) -> list[Row]:
        rows: list[Row] = []
        drawn: dict[str, tuple[OrderRow, Row]] = {}
        looks = (times.day(view.now_ns), {name: row.mode.value for name, row in view.store.accounts.items()})
        if looks != self._looks:
            self._looks, self._drawn = looks, {}
        for entry in self.orders.entries(view.store.orders):
            if isinstance(entry, Gap):
                text = _("  ⋮ {count} orders that are not at hand: move there to see them").format(
                    count=f"{entry.count:,}"
                )
                rows.append(Row(f"#gap{len(rows)}", line=cell(text, "dim")))
                continue
            known = self._drawn.get(entry.client_order_id)
            if known is None or known[0] != entry:
                known = (entry, self._row(entry, view))
            drawn[entry.client_order_id] = known
            rows.append(known[1])
        self._drawn = drawn
        return rows

    def order(self, key: str) -> OrderRow | None:
        """The order of a row."""
        known = self._drawn.get(key)
        return None if known is None else known[0]

    def relabel(self) -> None:
        self._drawn = {}
        super().relabel()

    def sought(self) -> tuple[str, ...]:
        """Words of the filter, case folded."""
        return words_of(self.filter_text)

    def _filter_changed(self, before: str) -> None:
        # what is at hand is filtered at once; the desk is asked for the rest by whoever hears `Filtered`
        if self.filter_text != before:
            self.orders.restart(self.sought())
            self.rebuild()
        super()._filter_changed(before)

    def _count(self) -> str:
        total = self.orders.total
        if total is None:
            return _("{count} at hand").format(count=f"{len(self.rows):,}")
        return _("{hits} of {total}").format(hits=f"{total:,}", total=f"{max(total, self.all_orders):,}")

    def _row(self, row: OrderRow, view: View) -> Row:
        status = row.status.value
        return Row(
            row.key,
            (
                cell(times.stamp(row.ts, view.now_ns), "dim"),
                account_cell(view.store, row.account),
                cell(row.symbol, "bright"),
                cell(row.loop or fmt.NONE, "dim"),
                cell(word("role", row.role)),
                cell(word("side", row.side.value), "up" if row.side.sign > 0 else "down"),
                cell(fmt.qty(row.qty)),
                cell(fmt.qty(row.filled), "text" if row.filled else "dim"),
                cell(fmt.price(row.price)),
                cell(word("order", status), INKS.get(status, "dim")),
                cell(row.client_order_id, "dim"),
                cell(said(row.text), "dim"),
            ),
            sort=(float(row.ts),),
        )
