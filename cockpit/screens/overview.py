"""The overview: loops, accounts and positions, spreads, wear, funding, exposure and log, on one screen."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions.registry import bindings
from cockpit.link.rows import LoopRow
from cockpit.screens.deck import Deck
from cockpit.screens.loop_actions import LoopActions
from widgets.exposures import ExposurePanel
from widgets.funding import FundingPanel
from widgets.i18n import N_
from widgets.logview import LogPanel
from widgets.loops import LoopsPanel
from widgets.panel import Panel, View
from widgets.positions import PositionsPanel
from widgets.spreads import SpreadsPanel
from widgets.wear import WearPanel

ROOM_FOR_TWO, ROOM_FOR_ONE = 17, 11
"""Lines of the body from which loops and accounts, or loops alone, stay above the panel in turn."""

ROOM_FOR_FIXED = 33
"""Lines of the body from which the lower panels have the height that they ask for, and positions the rest; below it,
where the strips are full, all of them share."""

SCREEN_OF = {
    "loops": "loop",
    "positions": "account",
    "spreads": "spreads",
    "wear": "history",
    "funding": "funding",
    "log": "log",
    "exposure": "spreads",
}
"""Panel's id to the screen that enter opens from it."""


class OverviewScreen(Deck, LoopActions):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("overview", "view", "loop", "move")]
    NAMES = (N_("loops"), N_("positions"), N_("spreads"), N_("wear"), N_("funding"), N_("exposure"), N_("log"))
    AUTO_FOCUS: ClassVar[str | None] = "#loops"
    HINTS: ClassVar[tuple[str, ...]] = (
        "launch", "size", "cycles", "mix", "edit", "pause", "resume", "stop", "detach", "orders", "log", "zoom",
        "stop.entries", "display", "theme", "flatten", "help",
    )  # fmt: skip
    STAGED_HINTS: ClassVar[tuple[str, ...]] = (
        "apply", "drop", "size", "cycles", "mix", "edit", "flatten", "help",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.loops = LoopsPanel()
        self.order = (
            self.loops,
            PositionsPanel(),
            SpreadsPanel(),
            WearPanel(),
            FundingPanel(),
            ExposurePanel(),
            LogPanel(keep=200, title="[b]7[/b] " + N_("Log")),
        )

    @property
    def always(self) -> int:
        return (self.body_height >= ROOM_FOR_ONE) + (self.body_height >= ROOM_FOR_TWO)

    def lay_out(self) -> None:
        self.query_one("#body").set_class(self.body_height < ROOM_FOR_FIXED, "-crowded")
        super().lay_out()

    def show_hints(self) -> None:
        from cockpit.actions.registry import hints

        row = self.selected()
        staged = row is not None and bool(self.cockpit.staging.of(row.id))
        self.keybar.hints(hints(*(self.STAGED_HINTS if staged else self.HINTS)))

    def on_grid_moved(self) -> None:
        self.show_hints()

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        if "staged" in dirty:
            self.show_hints()

    # -- the selected loop

    def selected(self) -> LoopRow | None:
        return self.cockpit.link.store.loops.get(self.loops.selected)

    def drill(self) -> None:
        """Enter: the screen behind the row that is marked."""
        panel = self.focused_panel
        name, subject = SCREEN_OF.get(panel.id or "", ""), ""
        if panel is self.loops:
            if (row := self.chosen()) is None:
                return
            subject = row.id
        elif panel.id == "positions":
            subject = panel.selected.removeprefix("#").partition("/")[0]
        elif panel.id in ("spreads", "funding", "exposure"):
            subject = self._coin_of(panel)
        if name:
            self.cockpit.action_open(name, subject)

    def _coin_of(self, panel: Panel) -> str:
        store = self.cockpit.link.store
        row = store.spreads.get(panel.selected) or store.funding.get(panel.selected)
        return row.base if row else panel.selected
