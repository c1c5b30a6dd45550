"""Whole-screen views beside the overview: the log, the orders, the help."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll

from cockpit.actions.registry import BY_ID, HELP_GROUPS, bindings
from cockpit.screens.dialog import Dialog
from cockpit.screens.live import LiveScreen
from widgets.lines import Lines
from widgets.logview import LogPanel
from widgets.orders import OrdersPanel
from widgets.paint import Cell, cell
from widgets.panel import Panel

BY_WIDTH = [(0, "-narrow"), (112, "-normal")]
"""Classes of the help by width of the window: one column or two."""


class ViewScreen(LiveScreen[None]):
    """One panel over the whole screen; escape goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("back", "move")]
    HINTS: ClassVar[tuple[str, ...]] = ("move", "first", "last", "flatten", "back")

    def action_back(self) -> None:
        self.dismiss(None)

    def action_move(self, steps: int) -> None:
        self.query_one(Panel).move(steps)

    def action_move_page(self, pages: int) -> None:
        panel = self.query_one(Panel)
        panel.move(pages * panel.page)


class LogScreen(ViewScreen):
    def body(self) -> ComposeResult:
        yield LogPanel(keep=1000, title="Log")


class OrdersScreen(ViewScreen):
    def body(self) -> ComposeResult:
        yield OrdersPanel()


class HelpDialog(Dialog[None]):
    """The keys, from the same list that binds them."""

    AUTO_FOCUS: ClassVar[str | None] = "VerticalScroll"
    HORIZONTAL_BREAKPOINTS = BY_WIDTH
    TITLE_TEXT: ClassVar[str] = "Keys"

    def content(self) -> ComposeResult:
        with VerticalScroll(), Horizontal(id="helpcolumns"):
            for groups in (HELP_GROUPS[:2], HELP_GROUPS[2:]):
                yield Lines([line for group in groups for line in self._group(*group)], classes="helpcolumn")

    def _group(self, title: str, ids: tuple[str, ...]) -> list[Cell]:
        lines: list[Cell] = [cell(title, "head")]
        for name in ids:
            key = BY_ID[name]
            lines.append(((f" {key.display:<9} ", "accent"), (key.help, "text")))
        lines.append(())
        return lines
