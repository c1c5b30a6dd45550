"""A grid that knows which tables of the store it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from textual import events

from cockpit.link.store import Store
from widgets.columns import Row
from widgets.grid import Grid
from widgets.i18n import N_, _
from widgets.paint import Cell, Span
from widgets.row_memo import RowMemo

NOT_JOURNALED = frozenset({"markets", "spreads", "funding"})
"""Tables that a replay has nothing for: prices and rates are looked at and not booked."""
NOTHING_TO_REPLAY = (N_("A journal holds no order books and no rates."), N_("What they led to is in the other panels."))


@dataclass(frozen=True, slots=True)
class View:
    """What panels paint from: the replica, the time, and what the operator has staged but not sent."""

    store: Store
    now_ns: int
    """Wall clock, ns."""
    staged: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Loop id → parameter → new value."""


class Panel(Grid):
    """Rebuilds its rows when a table it shows has changed, and not otherwise."""

    TABLES: ClassVar[frozenset[str]] = frozenset()
    """Names of the store's tables; `second` for what counts time, `staged` for staged changes."""
    SPILLS: ClassVar[bool] = False
    """Cells of columns that found no room stand on a second line with their titles: below every row where there is
    room for that, else, in the panel that has the keys, below the one under the cursor."""

    _view: View | None = None
    _memo: RowMemo | None = None
    _replayed = False
    _without_room: tuple[int, ...] = ()

    def build(self, view: View) -> list[Row]:
        """Rows as they should stand now. A panel without any shows its empty text."""
        return []

    def update_from(self, view: View, dirty: frozenset[str]) -> None:
        """Build again if something of ours is dirty."""
        first = self._view is None
        self._view = view
        if view.store.replay is not None and not self._replayed and self.TABLES & NOT_JOURNALED:
            self._replayed = True
            self._empty = NOTHING_TO_REPLAY
        if first or dirty & self.TABLES:
            self.rebuild()

    @property
    def memo(self) -> RowMemo:
        """For `build`: rows that need not be made anew."""
        if self._memo is None:
            self._memo = RowMemo()
        return self._memo

    def rebuild(self, *, whole: bool = False) -> None:
        """Take the rows as they stand now, whatever changed; `whole`: those out of sight too."""
        if self._view is None:
            return
        # a filter and a sort look at every row
        in_sight = self.keys_in_sight()
        partly = self._sieve.idle and not whole and bool(in_sight)
        self.memo.begin(in_sight if partly else None)
        rows = self.build(self._view)
        self.memo.end(rows)
        self.show(self._with_spill(rows))
        if self.SPILLS:
            shown = set(self.shown_columns())
            without = tuple(index for index in self._unhidden() if index not in shown)
            if without != self._without_room:
                self._without_room = without
                self.show(self._with_spill(rows))

    def _with_spill(self, rows: list[Row]) -> list[Row]:
        """`rows`, second lines added where cells found no room."""
        if not self._without_room:
            return rows
        notes = sum(1 + bool(row.note or row.cells) for row in rows)
        every = notes <= self.page
        own = self.selected if self.has_focus else ""
        return [replace(row, note=self._spill(row)) if row.cells and (every or row.key == own) else row for row in rows]

    def _spill(self, row: Row) -> Cell:
        spans: list[Span] = list(row.note)
        for index in self._without_room:
            spans += [("  " if spans else "", "dim"), (f"{_(self.columns[index].title)} ", "dim"), *row.cells[index]]
        return tuple(spans)

    @property
    def follows_cursor(self) -> bool:
        """Whether rows stand otherwise where the cursor is."""
        return bool(self._without_room)

    def select(self, key: str) -> None:
        super().select(key)
        if self.follows_cursor:
            self.rebuild()

    def watch_has_focus(self, _has_focus: bool) -> None:
        super().watch_has_focus(_has_focus)
        if self.follows_cursor:
            self.rebuild()

    def _arrange(self, *, anew: bool = False) -> None:
        super()._arrange(anew=anew)
        self._freshen()

    def _scroll(self, lines: int) -> None:
        super()._scroll(lines)
        self._freshen()

    def _freshen(self) -> None:
        """Rows that have come into sight are shown as they stand now."""
        if self._memo is not None and self._memo.stale(self.keys_in_sight()):
            self.rebuild()

    def _sift(self, *, anew: bool = False) -> None:
        if anew:
            self.rebuild(whole=True)
        super()._sift(anew=anew)

    def copy_table(self) -> str:
        self.rebuild(whole=True)
        return super().copy_table()

    def relabel(self) -> None:
        super().relabel()
        self.memo.forget()
        self.rebuild()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.memo.forget()
        self.rebuild()
