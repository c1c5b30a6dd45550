"""Rows and columns of a grid, and which columns find room in a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from rich.cells import cell_len

from widgets.i18n import _
from widgets.paint import Cell

SortKey: TypeAlias = Decimal | float | str | None
"""What a cell sorts by: a figure, a text, or None for one that says nothing."""

MARGIN = 1
"""Blank columns at the left, where the mark of the selected row stands."""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    """Marked with `N_`; translated where it is painted."""
    width: int
    """At least; grows with what it holds, so that a number is never cut."""
    keep: int = 0
    """Where room is short columns leave, the highest `keep` first; 0 stays."""
    late: int = 0
    """As `keep`, for a column that only leaves once every text is cut as short as it may be."""
    left: bool = False
    """Text is aligned to the left, and cut where nothing else helps; numbers stand right and are never cut."""
    flex: bool = False
    """Takes the room that is left."""


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    cells: tuple[Cell, ...] = ()
    line: Cell = ()
    """Instead of cells: text over the whole width, as the head of a group."""
    stop: bool = False
    """A line that the cursor stops at; other lines it passes over."""
    note: Cell = ()
    """A second line below the cells."""
    sort: tuple[SortKey, ...] = ()
    """What each cell sorts by, where its text does not tell it; None: by its text."""
    also: str = ""
    """What a filter finds the row by besides its texts: names that are shown in the operator's language."""

    @property
    def selectable(self) -> bool:
        """Whether the cursor stops here."""
        return self.stop or not self.line


def place(columns: Sequence[Column], grown: Sequence[int], width: int) -> list[tuple[int, int, int]]:
    """(x, width, index) of each column shown in a grid `width` columns wide; `grown` is what each one's texts take.

    Where room is short, columns leave in the order of `keep`; then texts are cut, then columns leave in the order
    of `late`; numbers are never cut.
    """
    shown = list(range(len(columns)))
    widths = [max(c.width, grown[i], cell_len(_(c.title))) for i, c in enumerate(columns)]
    full = tuple(widths)
    room = width - MARGIN - 1

    def need() -> int:
        return sum(widths[i] for i in shown) + len(shown) - 1

    while need() > room and any(columns[i].keep for i in shown):
        shown.remove(max(shown, key=lambda i: (columns[i].keep, i)))
    texts = [i for i in shown if columns[i].left]
    while need() > room and any(widths[i] > columns[i].width for i in texts):
        widths[max(texts, key=lambda i: widths[i] - columns[i].width)] -= 1
    while need() > room and any(columns[i].late for i in shown):
        shown.remove(max(shown, key=lambda i: (columns[i].late, i)))
        texts = [i for i in shown if columns[i].left]
        while need() < room and (cut := [i for i in texts if widths[i] < full[i]]):
            widths[max(cut, key=lambda i: full[i] - widths[i])] += 1
    spare = max(0, room - need())
    flexible = [i for i in shown if columns[i].flex]
    gap = 1
    if flexible:
        widths[flexible[0]] += spare
    elif len(shown) > 1:
        gap += min(3, spare // (len(shown) - 1))
    places = []
    x = MARGIN
    for i in shown:
        places.append((x, widths[i], i))
        x += widths[i] + gap
    return places
