"""Orders: those at work first, then the newest that ended."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.rows import OrderRow
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.modes import account_cell
from widgets.paint import cell
from widgets.panel import Panel, View

ENDED = frozenset({"filled", "canceled", "rejected", "expired", "denied"})
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

    def __init__(self) -> None:
        super().__init__(
            (
                Column("UTC", 8, left=True),
                Column("account", 8, left=True),
                Column("market", 8, left=True),
                Column("loop", 6, left=True, keep=1),
                Column("role", 7, left=True),
                Column("side", 4, left=True),
                Column("qty", 7),
                Column("filled", 7),
                Column("price", 9),
                Column("status", 9, left=True),
                Column("client order id", 16, left=True, keep=4),
                Column("text", 6, left=True, flex=True, keep=3),
            ),
            title="Orders",
            empty=("No order yet.", "A running loop's orders show here; esc goes back."),
            id="orders",
        )

    def build(self, view: View) -> list[Row]:
        def order(row: OrderRow) -> tuple[bool, int]:
            return row.status.value in ENDED, -row.ts

        return [self._row(row, view.store) for row in sorted(view.store.orders.values(), key=order)]

    def _row(self, row: OrderRow, store: Store) -> Row:
        status = row.status.value
        return Row(
            row.key,
            (
                cell(fmt.utc(row.ts), "dim"),
                account_cell(store, row.account),
                cell(row.symbol, "bright"),
                cell(row.loop or fmt.NONE, "dim"),
                cell(row.role),
                cell(row.side.value, "up" if row.side.sign > 0 else "down"),
                cell(fmt.qty(row.qty)),
                cell(fmt.qty(row.filled), "text" if row.filled else "dim"),
                cell(fmt.price(row.price)),
                cell(status.replace("_", " "), INKS.get(status, "dim")),
                cell(row.client_order_id, "dim"),
                cell(row.text, "dim"),
            ),
        )
