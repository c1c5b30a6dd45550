"""The log, newest line last; it follows the end while the cursor stands there."""

from __future__ import annotations

from typing import ClassVar

from widgets import format as fmt
from widgets.columns import Column, Row
from widgets.paint import cell
from widgets.panel import Panel, View

LEVELS = {"info": (" ", "text"), "warning": ("!", "warn"), "error": ("✗", "crit")}


class LogPanel(Panel):
    TABLES: ClassVar[frozenset[str]] = frozenset({"log"})

    def __init__(self, *, keep: int, title: str = "[b]6[/b] Log", id: str = "log") -> None:
        super().__init__(
            (Column("UTC", 8, left=True), Column("source", 7, left=True), Column("what", 20, left=True, flex=True)),
            title=title,
            empty=("The log is empty.", "What the desk does shows here; L opens it whole."),
            id=id,
        )
        self._keep = keep

    def build(self, view: View) -> list[Row]:
        lines = list(view.store.log)[-self._keep :]
        rows = []
        for line in lines:
            sign, ink = LEVELS.get(line.level, ("?", "warn"))
            rows.append(
                Row(
                    line.key,
                    (cell(fmt.utc(line.ts), "dim"), cell(line.source, "accent"), ((f"{sign} {line.text}", ink),)),
                )
            )
        return rows

    def update_from(self, view: View, dirty: frozenset[str]) -> None:
        at_end = not self.rows or self.selected == self.rows[-1].key
        super().update_from(view, dirty)
        if at_end and self.rows:
            self.select(self.rows[-1].key)
