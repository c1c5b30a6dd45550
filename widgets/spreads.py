"""Spreads between two accounts' markets in one coin: what each direction would earn, and the last minute."""

from __future__ import annotations

from typing import ClassVar

from cockpit.link.rows import SpreadRow
from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.modes import pair_cell
from widgets.paint import cell
from widgets.panel import Panel, View

SPARK = 5
"""Index of the sparkline's column, which takes the room that is left."""


class SpreadsPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"spreads", "loops"})

    def __init__(self) -> None:
        super().__init__(
            (
                Column("coin", 4, left=True),
                Column("maker › taker", 13, left=True),
                Column("buy bps", 7),
                Column("sell bps", 8),
                Column("basis", 6, keep=2),
                Column("60 s", 8, flex=True, left=True),
            ),
            title="[b]3[/b] Spreads after fees",
            empty=("No spread yet.", "Two accounts that trade the same coin make one."),
            id="spreads",
        )

    def build(self, view: View) -> list[Row]:
        traded = {(loop.base, loop.legs[0][1], loop.legs[-1][1]) for loop in view.store.loops.values() if loop.legs}

        def order(row: SpreadRow) -> tuple[bool, str, str, str]:
            return (row.base, row.a, row.b) not in traded, row.base, row.a, row.b

        width = self.column_width(SPARK, 8)
        return [
            Row(
                row.key,
                (
                    cell(row.base, "bright"),
                    pair_cell(view.store, row.a, row.b),
                    cell(fmt.bps(row.buy_a_bps), fmt.tone(row.buy_a_bps)),
                    cell(fmt.bps(row.sell_a_bps), fmt.tone(row.sell_a_bps)),
                    cell(fmt.bps(row.history[-1] if row.history else None), "dim"),
                    cell(fmt.spark(row.history, min(width, 60)), "spark"),
                ),
            )
            for row in sorted(view.store.spreads.values(), key=order)
        ]
