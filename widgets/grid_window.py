"""Which lines the rows of a grid take, and which of them are in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from widgets.columns import Row

Sighted: TypeAlias = tuple[Row, bool, bool]
"""What stands on a line: a row, whether it is the row's note, whether the cursor is there."""


def lines_changed(before: Sequence[Sighted], after: Sequence[Sighted]) -> list[int]:
    """Lines on which something else stands now."""
    shorter, longer = sorted((len(before), len(after)))
    return [y for y in range(shorter) if before[y] != after[y]] + list(range(shorter, longer))


class RowWindow:
    """Lines of all rows and their notes, and the first one in sight; lines are counted below the head."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, bool]] = []
        """Of each line: the row's index, and whether it is the row's note."""
        self.top = 0
        self.full = 0
        """Lines that all rows and notes together take."""
        self.sight: list[Sighted] = []
        """What stands on each line in sight."""

    def build(self, rows: Sequence[Row], cursor: str, page: int, *, fold: bool) -> None:
        """Lines anew for these rows, the cursor's row in sight. `fold`: where not all notes find room, that of the
        cursor's row alone is shown."""
        self.full = sum(1 + bool(row.note) for row in rows)
        fold = fold and self.full > page
        self.lines = []
        for index, row in enumerate(rows):
            self.lines.append((index, False))
            if row.note and not (fold and row.key != cursor):
                self.lines.append((index, True))
        own = [y for y, (index, _note) in enumerate(self.lines) if rows[index].key == cursor]
        if own:
            self._stay(own[0], cursor)
            first = own[0]
            if first > 0 and rows[self.lines[first - 1][0]].line:
                first -= 1
            self.top = min(self.top, first)
            self.top = min(max(self.top, own[-1] - page + 1), own[0])
        self.top = self._within(self.top, page)
        self.look(rows, cursor, page)

    def _stay(self, now: int, cursor: str) -> None:
        """Where rows came or went above it, the cursor's row stays on its line; at the very top new ones show."""
        was = next((y for y, (row, _note, own) in enumerate(self.sight) if own and row.key == cursor), None)
        if self.top and was is not None:
            self.top = now - was

    def look(self, rows: Sequence[Row], cursor: str, page: int) -> None:
        """Note what is in sight."""
        in_sight = self.lines[self.top : self.top + page]
        self.sight = [(row := rows[index], note, row.key == cursor) for index, note in in_sight]

    def scroll(self, lines: int, page: int) -> bool:
        """Up (negative) or down; False where there is no further."""
        top, self.top = self.top, self._within(self.top + lines, page)
        return self.top != top

    def words(self, page: int) -> str:
        """How many lines are out of sight, for the border."""
        below = len(self.lines) - self.top - page
        return " ".join(f"{sign}{count}" for sign, count in (("↑", self.top), ("↓", below)) if count > 0)

    def _within(self, top: int, page: int) -> int:
        return max(0, min(top, len(self.lines) - page))
