"""Spreads between two accounts' markets in one coin: what each direction would earn, and the last minute."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from cockpit.link.rows import SpreadRow
from cockpit.link.store import Store
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.i18n import N_
from widgets.modes import modes_by_name, pair_cell
from widgets.paint import cell
from widgets.panel import Panel, View

SPARK = 5
"""Index of the sparkline's column, which takes the room that is left."""


class SpreadsPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"spreads", "loops"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column(N_("coin"), 4, left=True),
                Column(N_("maker › taker"), 13, left=True),
                Column(N_("buy bps"), 7),
                Column(N_("sell bps"), 8),
                Column(N_("basis"), 6, keep=2),
                Column(N_("60 s"), 8, flex=True, left=True),
            ),
            title="[b]3[/b] " + N_("Spreads after fees"),
            empty=(N_("No spread yet."), N_("Two accounts that trade the same coin make one.")),
            id="spreads",
        )

    def build(self, view: View) -> list[Row]:
        traded = {(loop.base, loop.legs[0][1], loop.legs[-1][1]) for loop in view.store.loops.values() if loop.legs}

        def order(row: SpreadRow) -> tuple[bool, str, str, str]:
            return (row.base, row.a, row.b) not in traded, row.base, row.a, row.b

        width = self.column_width(SPARK, 8)
        modes = modes_by_name(view.store)
        return [
            self.memo.row(row.key, partial(self._row, row, view.store, width), row, width, modes)
            for row in sorted(view.store.spreads.values(), key=order)
        ]

    def _row(self, row: SpreadRow, store: Store, width: int) -> Row:
        return Row(
            row.key,
            (
                cell(row.base, "bright"),
                pair_cell(store, row.a, row.b),
                cell(fmt.bps(row.buy_a_bps), fmt.tone(row.buy_a_bps)),
                cell(fmt.bps(row.sell_a_bps), fmt.tone(row.sell_a_bps)),
                cell(fmt.bps(row.history[-1] if row.history else None), "dim"),
                cell(fmt.spark(row.history, min(width, 60)), "spark"),
            ),
        )
