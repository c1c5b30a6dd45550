"""A table painted line by line from plain rows: strips are cached, and only cells whose text changed go to the
terminal."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from widgets.columns import MARGIN, Column, Row, place
from widgets.paint import Cell, Painted, Span, cell, fit, width_of


class Grid(Painted, can_focus=True):
    """Rows under a fixed head, with a cursor that stays on its row's key."""

    class Moved(Message):
        """The cursor went to another row."""

        def __init__(self, grid: Grid) -> None:
            super().__init__()
            self.grid = grid

        @property
        def control(self) -> Grid:
            return self.grid

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        title: str = "",
        empty: Sequence[str] = (),
        mark: bool = False,
        fold_notes: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.border_title = title
        self._columns = tuple(columns)
        self._empty = tuple(empty)
        self._mark = mark
        self._fold_notes = fold_notes
        """Where not all notes find room, show that of the selected row alone."""
        self._full = 0
        """Lines that all rows and notes together take."""
        self._rows: tuple[Row, ...] = ()
        self._lines: list[tuple[int, bool]] = []
        self._shape: tuple[tuple[str, bool, bool], ...] = ()
        self._grown: list[int] = [0] * len(self._columns)
        self._places: list[tuple[int, int, int]] = []
        self._strips: dict[int, Strip] = {}
        self._top = 0
        self._cursor = ""

    # -- what it shows

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows

    @property
    def selected(self) -> str:
        """Key of the row under the cursor; empty where there is none."""
        return self._cursor

    def show(self, rows: Sequence[Row]) -> None:
        """Take new rows; paint the cells that changed."""
        old, self._rows = self._rows, tuple(rows)
        if old == self._rows:
            return
        shape = tuple((row.key, bool(row.line), bool(row.note)) for row in self._rows)
        if self._measure() or shape != self._shape:
            self._shape = shape
            self._arrange()
            return
        for index, (before, after) in enumerate(zip(old, self._rows, strict=True)):
            if before is not after and before != after:
                self._refresh_row(index, before, after)

    def select(self, key: str) -> None:
        """Put the cursor on a row, if it is there."""
        if key != self._cursor and any(row.key == key for row in self._rows):
            self._cursor = key
            self._arrange()
            self.post_message(self.Moved(self))

    def move(self, steps: int) -> None:
        """Cursor up (negative) or down, over group heads."""
        stops = [row.key for row in self._rows if not row.line]
        if not stops:
            self._scroll(steps)
        else:
            now = stops.index(self._cursor) if self._cursor in stops else 0
            self.select(stops[max(0, min(len(stops) - 1, now + steps))])

    def column_width(self, index: int, default: int) -> int:
        """Columns that a column has now; `default` while nothing is laid out."""
        return next((width for _x, width, i in self._places if i == index), default)

    @property
    def page(self) -> int:
        """Lines below the head."""
        return max(1, self.size.height - 1)

    # -- layout

    def _measure(self) -> bool:
        """Let columns grow with their texts; True if one did. They never shrink while the window stays."""
        grew = False
        for row in self._rows:
            for index, spans in enumerate(row.cells):
                width = 0 if self._columns[index].flex else width_of(spans)
                if width > self._grown[index]:
                    self._grown[index] = width
                    grew = True
        return grew

    def _arrange(self) -> None:
        """Everything anew: places, lines, cursor, scroll."""
        keys = [row.key for row in self._rows if not row.line]
        if self._cursor not in keys:
            self._cursor = keys[0] if keys else ""
        self._places = place(self._columns, self._grown, self.size.width)
        count, self._full = self._full, sum(1 + bool(row.note) for row in self._rows)
        fold = self._fold_notes and self._full > self.page
        self._lines = []
        for index, row in enumerate(self._rows):
            self._lines.append((index, False))
            if row.note and not (fold and row.key != self._cursor):
                self._lines.append((index, True))
        self._scroll_to_cursor()
        self._strips.clear()
        self._tell_scroll()
        self.refresh(layout=self._full != count and self.styles.is_auto_height)

    def _scroll_to_cursor(self) -> None:
        own = [y for y, (index, _note) in enumerate(self._lines) if self._rows[index].key == self._cursor]
        if own:
            first = own[0]
            if first > 0 and self._rows[self._lines[first - 1][0]].line:
                first -= 1
            self._top = min(self._top, first)
            self._top = max(self._top, own[-1] - self.page + 1)
        self._top = max(0, min(self._top, len(self._lines) - self.page))

    def _tell_scroll(self) -> None:
        below = len(self._lines) - self._top - self.page
        parts = [f"↑{self._top}"] if self._top > 0 else []
        if below > 0:
            parts.append(f"↓{below}")
        subtitle = " ".join(parts)
        if subtitle != (self.border_subtitle or ""):
            self.border_subtitle = subtitle

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + max(self._full, len(self._empty) + 1)

    def on_resize(self, _event: events.Resize) -> None:
        self._grown = [0] * len(self._columns)
        self._measure()
        self._arrange()

    # -- paint

    def repaint(self) -> None:
        self._strips.clear()
        super().repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def _refresh_row(self, index: int, before: Row, after: Row) -> None:
        for y, (row_index, note) in enumerate(self._lines):
            if row_index != index:
                continue
            self._strips.pop(y, None)
            on_screen = y - self._top + 1
            if not 1 <= on_screen < self.size.height:
                continue
            if note or after.line:
                if (before.note, before.line) != (after.note, after.line):
                    self.refresh(Region(0, on_screen, self.size.width, 1))
                continue
            changed = [
                Region(x, on_screen, width, 1) for x, width, i in self._places if before.cells[i] != after.cells[i]
            ]
            if changed:
                self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        self.lines_painted += 1
        if not self._rows:
            return self._empty_line(y)
        if y == 0:
            return self.strip_of(self._spans([cell(c.title, "head") for c in self._columns]), self.size.width)
        line = y - 1 + self._top
        if line >= len(self._lines):
            return self.strip_of((), self.size.width)
        strip = self._strips.get(line)
        if strip is None:
            strip = self._strips[line] = self._row_strip(*self._lines[line])
        return strip

    def _row_strip(self, index: int, note: bool) -> Strip:
        row = self._rows[index]
        own = row.key == self._cursor
        under = "cursor" if own and self.has_focus else "select" if own and self._mark else ""
        mark: Span = ("▌", "accent") if own and (self._mark or self.has_focus) else (" ", "text")
        width = self.size.width
        if row.line:
            return self.strip_of(((" ", "text"), *fit(row.line, width - 2)), width)
        if note:
            return self.strip_of((mark, ("  ", "text"), *fit(row.note, width - 4)), width, under)
        return self.strip_of((mark, *self._spans(row.cells)[1:]), width, under)

    def _spans(self, cells: Sequence[Cell]) -> list[Span]:
        """Cells set into their places; the first span is the margin."""
        out: list[Span] = [(" " * MARGIN, "text")]
        at = MARGIN
        for x, width, i in self._places:
            spans = fit(cells[i], width)
            pad = " " * (width - width_of(spans))
            if x > at:
                out.append((" " * (x - at), "text"))
            if self._columns[i].left:
                out.extend((*spans, (pad, "text")))
            else:
                out.extend(((pad, "text"), *spans))
            at = x + width
        return out

    def _empty_line(self, y: int) -> Strip:
        first = max(0, (self.size.height - len(self._empty)) // 2)
        index = y - first
        if not 0 <= index < len(self._empty):
            return self.strip_of((), self.size.width)
        text = self._empty[index]
        return self.strip_of(
            ((" " * max(1, (self.size.width - len(text)) // 2), "text"), (text, "dim")), self.size.width
        )

    # -- mouse and focus

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        line = event.y - self.gutter.top - 1 + self._top
        if 0 <= line < len(self._lines) and event.y > self.gutter.top:
            row = self._rows[self._lines[line][0]]
            if not row.line:
                self.select(row.key)

    def _scroll(self, lines: int) -> None:
        top = max(0, min(self._top + lines, len(self._lines) - self.page))
        if top != self._top:
            self._top = top
            self._tell_scroll()
            self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-3)
