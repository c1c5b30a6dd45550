"""A table painted line by line from plain rows: strips are cached, and only cells whose text changed go to the
terminal."""

from __future__ import annotations

from collections.abc import Sequence, Set

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from widgets.columns import Column, Row
from widgets.grid_columns import ColumnPlan
from widgets.grid_line import centred, in_ink, set_out
from widgets.grid_window import RowWindow, Sighted, lines_changed
from widgets.i18n import _
from widgets.paint import Cell, Span, cell, fit, plain, width_of
from widgets.prose import wrapped
from widgets.sifted import Sifted

SORT_SIGNS = (" ▴", " ▾")
"""Behind the head of the column sorted by: from the smallest down the rows, from the largest."""


class Grid(Sifted):
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
        super().__init__(columns, title, id=id)
        self._empty = tuple(empty)
        self._mark = mark
        self._fold_notes = fold_notes
        """Where not all notes find room, show that of the selected row alone."""
        self._window = RowWindow()
        self._shape: tuple[tuple[str, bool, bool], ...] = ()
        self._plan = ColumnPlan(self._columns)
        self._unmeasured: list[Row] = []
        self._strips: dict[int, Strip] = {}
        self._cursor = ""

    # -- what it shows

    @property
    def selected(self) -> str:
        """Key of the row under the cursor; empty where there is none."""
        return self._cursor

    def show(self, rows: Sequence[Row]) -> None:
        """Take new rows; paint the cells that changed."""
        before, self._given = self._given, tuple(rows)
        if before != self._given:
            known = set(map(id, before))
            self._unmeasured = [row for row in self._given if id(row) not in known]
            self._sift()

    def relabel(self) -> None:
        """The language has changed: title, head and widths anew."""
        self._tell_title()
        self._remeasure()
        self.repaint()

    def select(self, key: str) -> None:
        """Put the cursor on a row, if it is there."""
        if key != self._cursor and any(row.key == key for row in self._rows):
            self._cursor = key
            self._arrange()
            self.post_message(self.Moved(self))

    def move(self, steps: int) -> None:
        """Cursor up (negative) or down, over group heads."""
        stops = [row.key for row in self._rows if row.selectable]
        if not stops:
            self._scroll(steps)
        else:
            now = stops.index(self._cursor) if self._cursor in stops else 0
            self.select(stops[max(0, min(len(stops) - 1, now + steps))])

    def column_width(self, index: int, default: int) -> int:
        """Columns that a column has now; `default` while it has none."""
        return self._plan.width(index, default)

    def shown_columns(self) -> list[int]:
        """Indexes of the columns that found room."""
        return [index for _x, _width, index in self._plan.places] or self._unhidden()

    def keys_in_sight(self) -> set[str]:
        """Keys of the rows that stand on some line now; none before the grid is laid out."""
        return {row.key for row, _note, _own in self._window.sight}

    @property
    def page(self) -> int:
        """Lines below the head."""
        return max(1, self.size.height - 1)

    # -- layout

    def _take(self, rows: tuple[Row, ...], *, anew: bool) -> None:
        old, self._rows = self._rows, rows
        if old == rows and not anew:
            return
        shape = tuple((row.key, bool(row.line), bool(row.note)) for row in rows)
        grew = self._plan.measure(self._unmeasured)
        self._unmeasured = []
        if grew or anew or shape != self._shape:
            self._shape = shape
            self._arrange(anew=anew)
            return
        pairs = enumerate(zip(old, rows, strict=True))
        if changed := {index for index, (before, after) in pairs if before is not after and before != after}:
            self._refresh_rows(old, changed)
        self._window.look(self._rows, self._cursor, self.page)

    def _arrange(self, *, anew: bool = False) -> None:
        """Places, lines, cursor and scroll; what stands where it stood is not painted again."""
        keys = [row.key for row in self._rows if row.selectable]
        if self._cursor not in keys:
            self._cursor = keys[0] if keys else ""
        column = self._sieve.column
        heads = {} if column is None else {column: width_of(self._column_head(column))}
        moved = self._plan.lay_out(self._unhidden(), self.size.width, heads)
        window = self._window
        full, before = window.full, window.sight
        window.build(self._rows, self._cursor, self.page, fold=self._fold_notes)
        self._strips.clear()
        self._tell_scroll()
        if window.full != full and self.styles.is_auto_height:
            self.refresh(layout=True)
        elif anew or moved or not before or not window.sight:
            self.refresh()
        else:
            self._refresh_lines(before)

    def _tell_scroll(self) -> None:
        subtitle = self._window.words(self.page)
        if subtitle != (self.border_subtitle or ""):
            self.border_subtitle = subtitle

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + max(self._window.full, len(self._empty) + 1)

    def on_resize(self, _event: events.Resize) -> None:
        self._remeasure()

    def _remeasure(self) -> None:
        self._plan.forget()
        self._plan.measure(self._given)
        self._arrange(anew=True)

    # -- paint

    def repaint(self) -> None:
        self._strips.clear()
        super().repaint()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def _refresh_lines(self, before: list[Sighted]) -> None:
        """Paint the lines on which something else stands than `before`."""
        if changed := lines_changed(before, self._window.sight):
            self.refresh(*(Region(0, y + 1, self.size.width, 1) for y in changed))

    def _refresh_rows(self, before: Sequence[Row], changed: Set[int]) -> None:
        """Paint what stands otherwise in rows that are not as they were `before`."""
        window, width = self._window, self.size.width
        for line in [line for line in self._strips if window.lines[line][0] in changed]:
            del self._strips[line]
        regions: list[Region] = []
        for y, (index, note) in enumerate(window.lines[window.top : window.top + self.page], start=1):
            if index not in changed:
                continue
            old, new = before[index], self._rows[index]
            if not note and not new.line:
                places = self._plan.places
                regions += [Region(x, y, span, 1) for x, span, i in places if old.cells[i] != new.cells[i]]
            elif (old.note, old.line) != (new.note, new.line):
                regions.append(Region(0, y, width, 1))
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        self.lines_painted += 1
        width = self.size.width
        if not self._rows:
            return self.strip_of(centred(self._empty_lines(), y, width, self.size.height), width)
        if y == 0:
            heads = [self._column_head(index) for index in range(len(self._columns))]
            return self.strip_of(set_out(self._columns, self._plan.places, heads), width)
        line = y - 1 + self._window.top
        if line >= len(self._window.lines):
            return self.strip_of((), width)
        strip = self._strips.get(line)
        if strip is None:
            strip = self._strips[line] = self._row_strip(*self._window.lines[line])
        return strip

    def _column_head(self, index: int) -> Cell:
        """A column's head; that of the column sorted by says so."""
        title = _(self._columns[index].title)
        if index != self._sieve.column:
            return cell(title, "head")
        return cell(title + SORT_SIGNS[self._sieve.reverse], "accent")

    def _row_strip(self, index: int, note: bool) -> Strip:
        row = self._rows[index]
        own = row.key == self._cursor
        under = "cursor" if own and self.has_focus else "select" if own and self._mark else ""
        mark: Span = ("▌", "accent") if own and (self._mark or self.has_focus) else (" ", "text")
        width = self.size.width
        if note:
            return self.strip_of((mark, ("  ", "text"), *fit(row.note, width - 4)), width, under)
        if row.line:
            return self.strip_of((mark, *fit(row.line, width - 2)), width, under)
        spans = set_out(self._columns, self._plan.places, row.cells)[1:]
        if self.passed_over(row):
            spans = in_ink(spans, "dim")
        return self.strip_of((mark, *spans), width, under)

    def _empty_lines(self) -> list[str]:
        texts = [_(text) for text in self._empty]
        if self.filter_text:
            nothing = _("Nothing has “{words}” in it.").format(words=self.filter_text)
            texts = [nothing, _("esc shows all rows again.")]
        return [plain(line) for text in texts for line in wrapped(cell(text), max(1, self.size.width - 2), 0)]

    # -- mouse and focus

    def on_focus(self) -> None:
        self.repaint()

    def on_blur(self) -> None:
        self.end_filter()
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        line = event.y - self.gutter.top - 1
        if line == -1 and self._rows:
            index = self._plan.at(event.x - self.gutter.left)
            if index is not None:
                self.sort_at(index)
        elif 0 <= line < len(self._window.lines) - self._window.top:
            row = self._rows[self._window.lines[line + self._window.top][0]]
            if row.selectable:
                self.select(row.key)

    def _scroll(self, lines: int) -> None:
        if self._window.scroll(lines, self.page):
            self._window.look(self._rows, self._cursor, self.page)
            self._tell_scroll()
            self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-3)
