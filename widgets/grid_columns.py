"""Where the columns of a grid stand now: how wide their texts have made them, and which found room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from widgets.columns import Column, Row, place
from widgets.paint import width_of


class ColumnPlan:
    """Columns grow with their texts and never shrink while the window stays, so that nothing jumps."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._grown = [0] * len(self._columns)
        self._seen: dict[str, Row] = {}
        """Rows that have been measured."""
        self.places: list[tuple[int, int, int]] = []
        """(x, width, index) of each column in sight"""

    def forget(self) -> None:
        """Begin again with the least widths."""
        self._grown = [0] * len(self._columns)
        self._seen.clear()

    def measure(self, rows: Iterable[Row]) -> bool:
        """Take in what the rows need; True if a column grew."""
        grew = False
        before, self._seen = self._seen, {}
        for row in rows:
            self._seen[row.key] = row
            if before.get(row.key) is row:
                continue
            for index, spans in enumerate(row.cells):
                width = 0 if self._columns[index].flex else width_of(spans)
                if width > self._grown[index]:
                    self._grown[index] = width
                    grew = True
        return grew

    def lay_out(self, indexes: Sequence[int], width: int, heads: dict[int, int]) -> bool:
        """Places for these columns in a grid `width` wide; `heads` are columns whose heads need more than their title.
        True if something stands elsewhere now."""
        before = self.places
        grown = [max(self._grown[index], heads.get(index, 0)) for index in indexes]
        places = place([self._columns[index] for index in indexes], grown, width)
        self.places = [(x, wide, indexes[at]) for x, wide, at in places]
        return self.places != before

    def at(self, x: int) -> int | None:
        """Index of the column at `x`, the gap behind it included."""
        return next((index for left, width, index in self.places if left <= x <= left + width), None)

    def width(self, index: int, default: int) -> int:
        """Columns that a column has now; `default` where it is not in sight."""
        return next((width for _x, width, i in self.places if i == index), default)
