"""Below a table: the text of the row under the cursor, whole, where the table had to cut it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from widgets.lines import Lines
from widgets.paint import Cell, cell, wrapped

MOST = 5
"""Lines that a text may take."""


class Detail(Lines):
    """Takes as many lines as the text needs, none for a text that is short."""

    def __init__(self) -> None:
        super().__init__(id="detail")

    def tell(self, text: str, more: Sequence[Cell] = (), *, always: bool = False) -> None:
        """Show a text that is long, or `always`, and lines below it that are shown in any case."""
        width = (self.size.width or self.app.size.width) - 2
        lines: list[Cell] = []
        if text and (always or cell_len(text) > width * 2 // 3):
            lines = [((" ", "text"), (line, "text")) for line in wrapped(text, width, MOST)]
        lines += more
        if lines:
            lines.insert(0, cell("─" * (width + 2), "rule"))
        self.show(lines)
