"""How one line of a grid is put together from spans."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from widgets.columns import MARGIN, Column
from widgets.paint import Cell, Span, fit, width_of


def set_out(columns: Sequence[Column], places: Sequence[tuple[int, int, int]], cells: Sequence[Cell]) -> list[Span]:
    """Cells set into their places; the first span is the margin."""
    out: list[Span] = [(" " * MARGIN, "text")]
    at = MARGIN
    for x, width, index in places:
        spans = fit(cells[index], width)
        pad = " " * (width - width_of(spans))
        if x > at:
            out.append((" " * (x - at), "text"))
        if columns[index].left:
            out.extend((*spans, (pad, "text")))
        else:
            out.extend(((pad, "text"), *spans))
        at = x + width
    return out


def centred(lines: Sequence[str], y: int, width: int, height: int) -> Cell:
    """Line `y` of a window in whose middle some lines of text stand."""
    index = y - max(0, (height - len(lines)) // 2)
    if not 0 <= index < len(lines):
        return ()
    text = lines[index]
    return ((" " * max(1, (width - cell_len(text)) // 2), "text"), (text, "dim"))


def in_ink(spans: Sequence[Span], ink: str) -> list[Span]:
    """All of it in one ink."""
    return [(text, ink) for text, _ink in spans]
