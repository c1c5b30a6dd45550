"""What is wrong with a screen's layout, read from where the compositor has put everything."""

from __future__ import annotations

from itertools import combinations

from rich.cells import cell_len
from textual.screen import Screen
from textual.widget import Widget

from cockpit.screens.deck import Deck
from widgets.columns import MARGIN
from widgets.grid import Grid
from widgets.lines import Lines
from widgets.prose import Prose

SIZES = ((60, 20), (80, 24), (120, 40), (160, 50), (200, 50))


def scrolled(widget: Widget) -> bool:
    """Whether it stands in something that scrolls, where parts may be out of sight."""
    return any(isinstance(each, Widget) and each.allow_vertical_scroll for each in widget.ancestors[:-2])


def leaves(screen: Screen[object]) -> list[Widget]:
    """Widgets in sight that hold no others in sight."""
    shown = [each for each in screen.walk_children(Widget) if each.display and each.visible and _in_sight(each)]
    parents = {each.parent for each in shown}
    return [each for each in shown if each not in parents]


def _in_sight(widget: Widget) -> bool:
    return all(each.display for each in widget.ancestors if isinstance(each, Widget))


def layout_faults(screen: Screen[object]) -> list[str]:
    """One line for each fault: out of the window, over another widget, without room for what has the keys."""
    faults = []
    window = screen.size.region
    found = leaves(screen)
    for widget in found:
        if not scrolled(widget) and not window.contains_region(widget.region):
            faults.append(f"{widget!r} at {widget.region} is outside of {window}")
    for one, other in combinations(found, 2):
        common = one.region.intersection(other.region)
        if common.area and not (scrolled(one) or scrolled(other)):
            faults.append(f"{one!r} and {other!r} overlap at {common}")
    for widget in screen.focus_chain:
        if not widget.region.area and not scrolled(widget):
            faults.append(f"{widget!r} can have the keys and has no room")
    return faults


def text_faults(screen: Screen[object]) -> list[str]:
    """One line for each table whose columns do not end in it, and for each line of text that is cut."""
    faults = []
    for grid in screen.query(Grid):
        if grid.display and grid.size.area:
            widths = [grid.column_width(index, 0) for index in grid.shown_columns()]
            end = MARGIN + sum(widths) + max(0, len(widths) - 1)
            if end > grid.size.width and grid.rows:
                faults.append(f"{grid!r}: columns end at {end} of {grid.size.width}")
            if grid.size.height < 2 and isinstance(screen, Deck):
                faults.append(f"{grid!r}: {grid.size.height} lines show no row")
    for lines in screen.query(Lines):
        if lines.display and lines.size.area and not isinstance(lines, Prose):
            widest = max(cell_len(line) for line in lines.text.split("\n"))
            if widest > lines.size.width:
                faults.append(f"{lines!r}: a line of {widest} in {lines.size.width} columns: {lines.text!r}")
    return faults
