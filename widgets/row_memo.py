"""Rows of a grid as they were built the last time, so that only those are built again that changed and are in sight."""

from __future__ import annotations

from collections.abc import Callable, Container

from widgets.columns import Row


class RowMemo:
    """Keeps the row of each key with what it was built from.

    A row out of sight is left as it is even where it has changed: a desk moves two hundred of them several times a
    second, and thirty can be seen. Whoever scrolls asks `stale`, and builds again.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[object, ...], Row]] = {}
        self._old: set[str] = set()
        self._sight: Container[str] | None = None

    def begin(self, sight: Container[str] | None) -> None:
        """Rows are about to be built; `sight` has the keys that can be seen, None for all."""
        self._sight = sight

    def looks_at(self, key: str) -> bool:
        """Whether the row of `key` is made anew where its sources have changed."""
        return self._sight is None or key in self._sight or key not in self._kept

    def row(self, key: str, make: Callable[[], Row], *sources: object) -> Row:
        """The row of `key`: as it was where its sources are the same objects as then, else made."""
        known = self._kept.get(key)
        if known is not None:
            before, row = known
            if len(before) == len(sources) and all(map(_same, before, sources)):
                return row
            if not self.looks_at(key):
                self._old.add(key)
                return row
        row = make()
        self._kept[key] = (sources, row)
        self._old.discard(key)
        return row

    def end(self, rows: list[Row]) -> None:
        """Forget the rows that have gone."""
        if len(self._kept) > len(rows):
            there = {row.key for row in rows}
            self._kept = {key: known for key, known in self._kept.items() if key in there}
            self._old &= there

    def stale(self, keys: Container[str]) -> bool:
        """Whether one of the rows that were left as they were is among `keys`."""
        return any(key in keys for key in self._old)

    def forget(self) -> None:
        """Build everything anew the next time: what rows are made with has changed, as the language or the width."""
        self._kept.clear()
        self._old.clear()


def _same(one: object, other: object) -> bool:
    return one is other or (isinstance(one, (str, int)) and one == other)
