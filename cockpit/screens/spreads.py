"""Spreads: every coin by pair of accounts, the best edge first; enter proposes a launch with the pair."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.screens.coins import CoinScreen
from cockpit.screens.launch import LaunchDialog
from widgets.edges import best_edge
from widgets.i18n import N_, _
from widgets.panel import View
from widgets.spread_table import SpreadChart, SpreadTable


class SpreadsScreen(CoinScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("coins", "spreads")]
    NAMES = (N_("spreads"), N_("last minute"))
    HINTS: ClassVar[tuple[str, ...]] = (
        "spread.launch", "coin", "filter", "sort", "move", "zoom", "copy", "flatten", "help", "back",
    )  # fmt: skip
    AUTO_FOCUS: ClassVar[str | None] = "#table"

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self.spreads = SpreadTable()
        self.chart = SpreadChart()
        self.order = (self.spreads, self.chart)

    def coins(self) -> Iterable[str]:
        return {row.base for row in self.cockpit.link.store.spreads.values()}

    def show_coin(self, coin: str) -> None:
        self.subject = coin
        self.spreads.show_coin(coin)

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        self.chart.about(self.spreads.selected)

    def on_grid_moved(self) -> None:
        self.chart.about(self.spreads.selected)

    def action_propose(self) -> None:
        """The launch form with this pair, in its better direction."""
        row = self.cockpit.link.store.spreads.get(self.spreads.selected)
        if row is None:
            self.cockpit.say(_("no pair is selected"), "warning")
            return
        given = {"maker": row.a, "taker": row.b, "ticker": row.base, "direction": best_edge(row)[1]}
        given = {name: value for name, value in given.items() if value}
        self.app.push_screen(LaunchDialog("hedge", given))
