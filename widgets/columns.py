"""Rows and columns of a grid, and which columns find room in a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widgets.paint import Cell

MARGIN = 1
"""Blank columns at the left, where the mark of the selected row stands."""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: int
    """At least; grows with what it holds, so that a number is never cut."""
    keep: int = 0
    """Where room is short columns leave, the highest `keep` first; 0 stays."""
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
    note: Cell = ()
    """A second line below the cells."""


def place(columns: Sequence[Column], grown: Sequence[int], width: int) -> list[tuple[int, int, int]]:
    """(x, width, index) of each column shown in a grid `width` columns wide; `grown` is what each one's texts take.

    Where room is short, columns leave in the order of `keep`; then texts are cut; numbers never are.
    """
    shown = list(range(len(columns)))
    widths = [max(c.width, grown[i], len(c.title)) for i, c in enumerate(columns)]
    room = width - MARGIN - 1

    def need() -> int:
        return sum(widths[i] for i in shown) + len(shown) - 1

    while need() > room and any(columns[i].keep for i in shown):
        shown.remove(max(shown, key=lambda i: (columns[i].keep, i)))
    texts = [i for i in shown if columns[i].left]
    while need() > room and any(widths[i] > columns[i].width for i in texts):
        widths[max(texts, key=lambda i: widths[i] - columns[i].width)] -= 1
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
