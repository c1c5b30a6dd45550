"""Rows as the operator wants to see them: filtered as he types, sorted, with columns left out, copied."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.message import Message

from widgets.columns import Column, Row
from widgets.grid_filter import FilterLine
from widgets.grid_rows import Sieve, tsv, words_of
from widgets.i18n import _, titled
from widgets.paint import Painted


class Sifted(Painted, can_focus=True):
    """Holds all rows that it was given, and hands those that are shown to `_take`."""

    FILTERS: ClassVar[bool] = True
    """False where only the sort is done here, and somebody else answers the filter's words."""

    class Arranged(Message):
        """The operator sorted it, or hid columns: something to be remembered."""

        def __init__(self, grid: Sifted) -> None:
            super().__init__()
            self.grid = grid

        @property
        def control(self) -> Sifted:
            return self.grid

    class Filtered(Arranged):
        """The words of the filter changed."""

    def __init__(self, columns: Sequence[Column], title: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._title = title
        self._given: tuple[Row, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._hidden: frozenset[str] = frozenset()
        self._sieve = Sieve()
        self._line = FilterLine()
        self._heading = ""
        self._aside = ""
        self._tell_title()

    # -- what it is asked for

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows as they are shown."""
        return self._rows

    @property
    def columns(self) -> tuple[Column, ...]:
        return self._columns

    @property
    def title(self) -> str:
        """What stands in the border, as markup; the filter in force is put behind it."""
        return self._title

    @title.setter
    def title(self, text: str) -> None:
        self._title = text
        self._tell_title()

    @property
    def aside(self) -> str:
        """What stands dim behind the title: panels that wait for their turn, the age of an answer."""
        return self._aside

    @aside.setter
    def aside(self, text: str) -> None:
        self._aside = text
        self._tell_title()

    @property
    def filter_text(self) -> str:
        """Words in force; empty where all rows are shown."""
        return self._line.text

    @property
    def typing(self) -> bool:
        """Whether keys go into the filter's line."""
        return self._line.open

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """(title of the column sorted by, whether from the largest down); an empty title for none."""
        column = self._sieve.column
        return ("" if column is None else self._columns[column].title), self._sieve.reverse

    @property
    def hidden(self) -> frozenset[str]:
        """Titles of the columns that the operator has hidden."""
        return self._hidden

    @property
    def hits(self) -> tuple[int, int]:
        """(rows that match, rows there are)"""
        return self._sieve.hits, self._sieve.total

    def filter_by(self, text: str) -> None:
        """Show the rows in which every word occurs, whatever the column; an empty text shows all."""
        before = self._line.text
        self._line.set(text)
        self._filter_changed(before)

    def begin_filter(self) -> None:
        """From here on keys go into the filter's line, until enter or escape."""
        self._line.begin()
        self._tell_title()

    def end_filter(self) -> None:
        """Keys are keys again; the filter stays in force."""
        if self._line.open:
            self._line.open = False
            self._tell_title()

    def sort_by(self, column: str | None, reverse: bool = False) -> None:
        """Sort by the column of this title, None by none. Raises `ValueError` for one that does not exist."""
        titles = [each.title for each in self._columns]
        if column is not None and column not in titles:
            raise ValueError(f"sort: {column!r} is no column; expected one of {', '.join(titles)}")
        self._sieve.column = None if column is None else titles.index(column)
        self._sieve.reverse = reverse and column is not None
        self._sift(anew=True)

    def sort_next(self) -> None:
        """Sort by the next column in sight; after the last one by none."""
        shown = self.shown_columns()
        column = self._sieve.column
        after = [index for index in shown if column is None or index > column]
        self.sort_by(self._columns[after[0]].title if after else None)
        self.post_message(self.Arranged(self))

    def sort_turn(self) -> None:
        """The other way round."""
        column = self._sieve.column
        if column is not None:
            self.sort_by(self._columns[column].title, not self._sieve.reverse)
            self.post_message(self.Arranged(self))

    def sort_at(self, index: int) -> None:
        """What a click on a head does: up, then down, then no sort."""
        if self._sieve.column != index:
            self.sort_by(self._columns[index].title)
        elif not self._sieve.reverse:
            self.sort_by(self._columns[index].title, True)
        else:
            self.sort_by(None)
        self.post_message(self.Arranged(self))

    def hide(self, titles: Collection[str]) -> None:
        """Leave columns out; one always stays. Titles that do not exist are passed over."""
        known = [column.title for column in self._columns]
        hidden = frozenset(title for title in known if title in titles)
        self._hidden = frozenset() if len(hidden) == len(known) else hidden
        self._take(self._rows, anew=True)

    def next_match(self, steps: int) -> bool:
        """Cursor to the next row that matches (negative: the one before; 0: from here on), round the end. False where
        nothing matches."""
        if not self._line.text:
            return False
        keys = [row.key for row, head in self._with_heads() if self._sieve.matches(row, head)]
        if not keys:
            return False
        order = [row.key for row, _head in self._with_heads()]
        here = order.index(self.selected) if self.selected in order else 0
        places = [order.index(key) for key in keys]
        if steps < 0:
            self.select(order[max((place for place in places if place < here), default=places[-1])])
        else:
            first = here + min(1, steps)
            self.select(order[next((place for place in places if place >= first), places[0])])
        return True

    def passed_over(self, row: Row) -> bool:
        """Whether rows stay where they are and this is none of those that are looked for."""
        return self._sieve.passed_over(row.key)

    def recount(self) -> None:
        """Somebody else's answer to the filter has come: tell its count."""
        self._tell_title()

    def copy_row(self) -> str:
        """The selected row: its cells with tabs between them; empty where there is none."""
        return next((tsv(row, self._unhidden()) for row in self._rows if row.key == self.selected), "")

    def copy_table(self) -> str:
        """Heads and rows as shown, as TSV, in the order shown; columns that found no room too, hidden ones not."""
        if not self._rows:
            return ""
        shown = self._unhidden()
        heads = "\t".join(_(self._columns[index].title) for index in shown)
        return "\n".join((heads, *(tsv(row, shown) for row in self._rows)))

    # -- for the grid

    @property
    def selected(self) -> str:
        """Key of the row under the cursor; empty where there is none."""
        return ""

    def select(self, key: str) -> None:
        """Put the cursor on a row, if it is there."""

    def shown_columns(self) -> list[int]:
        """Indexes of the columns in sight."""
        return self._unhidden()

    def _take(self, rows: tuple[Row, ...], *, anew: bool) -> None:
        """Show these; `anew`: the same rows may look different now."""

    def _unhidden(self) -> list[int]:
        return [index for index, column in enumerate(self._columns) if column.title not in self._hidden]

    def _sift(self, *, anew: bool = False) -> None:
        self._take(self._sieve.sift(self._given), anew=anew)
        self._tell_title()

    def _with_heads(self) -> Iterator[tuple[Row, Row | None]]:
        """Rows that can be selected, each with the head of its group."""
        head: Row | None = None
        for row in self._rows:
            if row.line:
                head = row
            else:
                yield row, head

    # -- the filter's line

    def _filter_changed(self, before: str) -> None:
        if self._line.text != before:
            self._sieve.words = words_of(self._line.text) if self.FILTERS else ()
            self._sift(anew=True)
            self.post_message(self.Filtered(self))
        self._tell_title()

    def _count(self) -> str:
        """How many rows the filter leaves, as it stands in the title."""
        return _("{hits} of {total}").format(hits=f"{self._sieve.hits:,}", total=f"{self._sieve.total:,}")

    def _tell_title(self) -> None:
        """Title, and behind it the filter in force with what it leaves."""
        line = self._line
        shown = f"/{line.shown}" if line.open or line.text else ""
        count = f"({self._count()})" if line.text else ""
        heading = "\n".join((titled(self._title), shown, count, self._aside))
        if heading == self._heading:
            return
        self._heading = heading
        content = Content.from_markup(titled(self._title))
        if shown:
            content = Content.assemble(content, " ", (shown, "bold"), f" {count}" if count else "")
        if self._aside:
            content = Content.assemble(content, (f" │ {self._aside}", "dim"))
        self.border_title = content

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """While a filter is typed, printable keys are text, never bindings of the screen below."""
        return self._line.open and character is not None and character.isprintable()

    async def _on_key(self, event: events.Key) -> None:
        line = self._line
        before = line.text
        if line.open and event.key in ("up", "down"):
            self.move(-1 if event.key == "up" else 1)
        elif line.open and event.key == "tab":
            self._sieve.stays = not self._sieve.stays
            self._sift(anew=True)
        elif not line.key(event.key, event.character if event.is_printable else None):
            return
        event.stop()
        event.prevent_default()
        self._filter_changed(before)
        if self._sieve.stays and line.text != before:
            self.next_match(0)

    def move(self, steps: int) -> None:
        """Cursor up (negative) or down, over group heads."""

    def on_paste(self, event: events.Paste) -> None:
        if self._line.open:
            event.stop()
            before = self._line.text
            self._line.paste(event.text)
            self._filter_changed(before)
