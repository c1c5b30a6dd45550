"""One loop: where it is in its cycle, its parameters under the hand, its wear, its hedges, its orders and its past."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.binding import BindingType

from cockpit.actions.registry import bindings, hints
from cockpit.link.answers import LoopSheet, OrdersPage
from cockpit.link.rows import LoopRow
from cockpit.screens.learning import Learning
from cockpit.screens.loop_actions import LoopActions
from cockpit.screens.sheet import SheetScreen
from strategies.params import ParamSpec
from widgets.cycle import CyclePanel
from widgets.histogram import HistogramPanel
from widgets.i18n import N_, _
from widgets.loop_past import ChangesPanel, ObligationsPanel
from widgets.orders_of import NEWEST, OrdersOfPanel
from widgets.panel import View
from widgets.params import ParamsPanel
from widgets.wear_parts import WearPartsPanel


class LoopScreen(SheetScreen, LoopActions):
    """`subject` is the loop's id."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("loop")]
    AUTO_FOCUS: ClassVar[str | None] = "#params"
    NAMES: ClassVar[tuple[str, ...]] = (
        N_("cycle"), N_("parameters"), N_("wear"), N_("hedges"), N_("orders"), N_("obligations"), N_("changes"),
    )  # fmt: skip
    HINTS: ClassVar[tuple[str, ...]] = (
        "size", "cycles", "edit", "undo", "pause", "resume", "stop", "subject", "audit", "zoom", "flatten", "help",
        "back",
    )  # fmt: skip
    STAGED_HINTS: ClassVar[tuple[str, ...]] = ("apply", "back", "size", "cycles", "edit", "flatten", "help")

    def __init__(self, subject: str = "") -> None:
        super().__init__(subject)
        self._loop, self._sheet = self.told_by("loop", LoopSheet)
        self._orders, page = self.told_by("orders", OrdersPage)
        self.params = ParamsPanel()
        self.orders = OrdersOfPanel(
            "loop",
            title="[b]5[/b] " + N_("Orders"),
            empty=(N_("No order yet."), N_("What the loop sends stands here; enter shows an order's life.")),
            id="looporders",
            told=page,
        )
        self.order = (
            CyclePanel(),
            self.params,
            WearPartsPanel(),
            HistogramPanel(self._sheet),
            self.orders,
            ObligationsPanel(self._sheet),
            ChangesPanel(self._sheet),
        )
        self._learning = Learning(self, self._learned)

    # -- the loop

    def names(self) -> Sequence[str]:
        return list(self.cockpit.link.store.loops)

    def selected(self) -> LoopRow | None:
        return self.cockpit.link.store.loops.get(self.subject)

    def chosen(self) -> LoopRow | None:
        row = self.selected()
        if row is None:
            self.cockpit.say(_("the desk knows no loop {loop}").format(loop=self.subject or "–"), "warning")
        return row

    def chosen_param(self) -> str:
        return self.params.chosen or "size"

    def state_of(self, view: View) -> Hashable:
        row = view.store.loops.get(self.subject)
        if row is None:
            return None
        return row.hedges, row.iterations_done, row.state, tuple(row.params.items()), tuple(row.pending.items())

    def ask(self) -> None:
        self._loop.ask({"loop": self.subject})
        self._orders.ask({"loop": self.subject, "limit": str(NEWEST)})

    def paint(self, view: View, dirty: frozenset[str], *, paused: bool) -> None:
        super().paint(view, dirty, paused=paused)
        self._learning.look(self.selected(), view)
        if "staged" in dirty:
            self.show_hints()

    def _learned(self, specs: Sequence[ParamSpec], problem: str) -> None:
        first = not self.params.specs
        self.params.know(specs, problem)
        if first and specs:
            self.params.select("size")

    # -- keys

    def show_hints(self) -> None:
        self.keybar.hints(hints(*(self.STAGED_HINTS if self.is_staged() else self.HINTS)))

    def action_mix(self) -> None:
        """The parameters are the mixing desk here."""
        self.action_show_panel(self.order.index(self.params) + 1)

    def action_back(self) -> None:
        """First drop what is staged, then go back."""
        if self.is_staged():
            self.action_drop()
        else:
            super().action_back()

    def drill(self) -> None:
        if self.focused_panel is self.orders:
            self.open_order(self.orders.selected)
        elif self.focused_panel is self.params:
            self.cockpit.say(_("nothing is staged; < > change {name}").format(name=self.chosen_param()), "warning")
        else:
            self.action_show_panel(self.order.index(self.params) + 1)
