"""Which of a grid's rows are shown, and in what order: a filter of words, and a sort by one column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from widgets.columns import Row, SortKey
from widgets.paint import plain

UNITS = {"k": 1e3, "M": 1e6, "B": 1e9, "万": 1e4, "亿": 1e8, "%": 0.01}
"""What may follow a number in a cell, and what it stands for."""
SPAN_S = {"d": 86_400, "天": 86_400, "h": 3600, "时": 3600, "m": 60, "分": 60, "s": 1, "秒": 1}
"""Units of a length of time, seconds."""
SIGNS = " !▲▼●○■◌‖✓✗+$"
"""What a cell may begin with that is no part of its figure."""
NUMBER = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)\s*([kMB万亿%]?)(?:x|bps)?(?:/.*)?$")
SPAN = re.compile(r"(?:\d+[dhms天时分秒])+$")
DIGITS = re.compile(r"\d+")
SPAN_PART = re.compile(r"(\d+)([dhms天时分秒])")


def words_of(text: str) -> tuple[str, ...]:
    """What is looked for: words, case folded, in any order."""
    return tuple(text.casefold().split())


def tsv(row: Row, indexes: Iterable[int]) -> str:
    """A row's cells of these columns on one line, tabs between them; the text of a group's head."""
    spans = [row.line] if row.line else [row.cells[index] for index in indexes]
    return "\t".join(" ".join(plain(each).split()) for each in spans)


def haystack_of(row: Row) -> str:
    """All that a filter looks at, case folded; figures with and without their commas."""
    text = " ".join((*map(plain, row.cells), plain(row.line), plain(row.note), row.also)).casefold()
    bare = text.replace(",", "")
    return text if bare == text else f"{text} {bare}"


def sort_key(text: str) -> SortKey:
    """How a cell's text sorts: figures by their value, all else as text; None for a cell that says nothing."""
    bare = text.strip().lstrip(SIGNS)
    if not bare or bare == "–":
        return None
    if found := NUMBER.match(bare):
        return float(found[1].replace(",", "")) * UNITS.get(found[2], 1.0)
    if SPAN.match(bare):
        return float(sum(int(count) * SPAN_S[unit] for count, unit in SPAN_PART.findall(bare)))
    return DIGITS.sub(lambda found: found[0].zfill(12), bare.casefold())


class Sieve:
    """Keeps what it worked out of a row for as long as the row stays the same."""

    def __init__(self) -> None:
        self.words: tuple[str, ...] = ()
        self.column: int | None = None
        """Index of the column sorted by; None leaves the rows in the order in which they came."""
        self.reverse = False
        self.stays = False
        """Rows that do not match stay where they are: the words are found, not filtered by."""
        self.hits = 0
        """Rows that matched the last time; all of them where there is nothing to match."""
        self.total = 0
        """Rows there were, heads of groups not counted."""
        self._hay: dict[str, tuple[Row, str]] = {}
        self._misses: set[str] = set()
        """Keys of rows that stay although they do not match."""

    @property
    def idle(self) -> bool:
        return not self.words and self.column is None

    def sift(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """The rows to show. Groups stay together: heads keep their order, and go where none of theirs is left; a word
        may stand in the head or in the row."""
        self._misses.clear()
        self.total = self.hits = sum(not row.line for row in rows)
        if self.idle:
            self._hay.clear()
            return tuple(rows)
        keep = {row.key for row in rows}
        for gone in [key for key in self._hay if key not in keep]:
            del self._hay[gone]
        self.hits = 0
        out: list[Row] = []
        for head, members in _groups(rows):
            kept = self._kept(head, members)
            if head is not None and (kept or self.stays or (not members and self._found("", head))):
                out.append(head)
            out += self._ordered(kept)
        return tuple(out)

    def matches(self, row: Row, head: Row | None = None) -> bool:
        """Whether each word stands somewhere in the row, or in the head of its group."""
        return self._found(self._haystack(head) + " " if head is not None else "", row)

    def _kept(self, head: Row | None, members: Sequence[Row]) -> Sequence[Row]:
        if not self.words:
            self.hits += len(members)
            return members
        hits = [row for row in members if self.matches(row, head)]
        self.hits += len(hits)
        if not self.stays:
            return hits
        found = {row.key for row in hits}
        self._misses.update(row.key for row in members if row.key not in found)
        return members

    def passed_over(self, key: str) -> bool:
        """Whether a row is shown although it does not match."""
        return key in self._misses

    def _found(self, before: str, row: Row) -> bool:
        text = before + self._haystack(row)
        return all(word in text for word in self.words)

    def _haystack(self, row: Row) -> str:
        known = self._hay.get(row.key)
        if known is not None and (known[0] is row or known[0] == row):
            return known[1]
        text = haystack_of(row)
        self._hay[row.key] = (row, text)
        return text

    def _ordered(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Sorted by the column: figures before texts, and cells that say nothing last whichever way it goes."""
        column = self.column
        if column is None or len(rows) < 2:
            return rows
        figures: list[tuple[float, int, Row]] = []
        texts: list[tuple[str, int, Row]] = []
        blank: list[Row] = []
        for index, row in enumerate(rows):
            key = self._key(row, column)
            turn = -index if self.reverse else index
            if key is None:
                blank.append(row)
            elif isinstance(key, str):
                texts.append((key, turn, row))
            else:
                figures.append((float(key), turn, row))
        figures.sort(key=lambda entry: entry[:2], reverse=self.reverse)
        texts.sort(key=lambda entry: entry[:2], reverse=self.reverse)
        return [entry[2] for entry in figures] + [entry[2] for entry in texts] + blank

    def _key(self, row: Row, column: int) -> SortKey:
        if column < len(row.sort):
            own = row.sort[column]
            if own is not None:
                return own
        return sort_key(plain(row.cells[column])) if column < len(row.cells) else None


def _groups(rows: Sequence[Row]) -> list[tuple[Row | None, list[Row]]]:
    """Heads with the rows below each; None for rows before the first head."""
    out: list[tuple[Row | None, list[Row]]] = []
    for row in rows:
        if row.line:
            out.append((row, []))
        elif out:
            out[-1][1].append(row)
        else:
            out.append((None, [row]))
    return out
