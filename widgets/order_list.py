"""Orders as far back as the desk's journal goes, a part of them at a time: what is at work and what has just ended from
the store, the rest in pages that are asked for as one scrolls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cockpit.link.answers import OrdersPage
from cockpit.link.rows import OrderRow

PAGE = 500
"""Orders asked for at once."""
PAGES_KEPT = 5
"""Pages kept beside the newest one, which stays."""
FRESH_KEPT = 1_000
"""Orders kept that came after the newest page was asked for."""
AHEAD = 150
"""Rows before the end of what is at hand, at which the next page is asked for."""
ENDED = frozenset({"filled", "canceled", "rejected", "expired", "denied"})


@dataclass(frozen=True, slots=True)
class Gap:
    """Orders that are not at hand, between two that are."""

    count: int


Entry = OrderRow | Gap


def finds(row: OrderRow, words: Collection[str]) -> bool:
    """Whether each word occurs in the order, by the desk's rule: its ids, account, market, side, loop, role, state and
    text. `words` are case folded."""
    parts = (
        row.client_order_id, row.venue_order_id, row.account, row.symbol, row.side.value, row.loop, row.role,
        row.status.value, row.text,
    )  # fmt: skip
    text = " ".join(parts).casefold()
    return all(word in text for word in words)


class OrderList:
    """Pages by their number, the newest is 0; a window of neighbours that goes where the cursor is. Level in memory,
    however far one scrolls."""

    def __init__(self) -> None:
        self._pages: dict[int, OrdersPage] = {}
        self._starts: list[str] = [""]
        """`before` of each page that is known to exist."""
        self._fresh: dict[str, OrderRow] = {}
        self._former: tuple[OrderRow, ...] = ()
        """What was at hand under other words: shown, as far as they match, until the desk has answered."""
        self.words: tuple[str, ...] = ()
        """What is looked for, case folded."""
        self.overrun = False
        """More has come than is kept since the newest page was asked for: begin again when the cursor is there."""

    @property
    def total(self) -> int | None:
        """Orders in the journal under the same words, as the desk said; None before it did."""
        newest = self._pages.get(0)
        return None if newest is None else newest.total

    @property
    def at_hand(self) -> int:
        """Orders kept here."""
        return sum(len(page.rows) for page in self._pages.values()) + len(self._fresh)

    @property
    def begun(self) -> bool:
        """Whether the newest page is at hand."""
        return 0 in self._pages

    def restart(self, words: tuple[str, ...] = ()) -> None:
        """Forget all pages: other words, or the same ones anew."""
        if self._pages:
            self._former = tuple(row for number in sorted(self._pages) for row in self._pages[number].rows)
        self._pages.clear()
        self._starts = [""]
        self._fresh.clear()
        self.words = words
        self.overrun = False

    def before(self, number: int) -> str:
        """What to give the desk as `before` for a page."""
        return self._starts[number]

    def take(self, number: int, page: OrdersPage) -> None:
        """Put a page in its place; those farthest from it go."""
        if number >= len(self._starts):
            return
        self._pages[number] = page
        self._former = ()
        if page.next and number + 1 == len(self._starts):
            self._starts.append(page.next)
        kept = sorted((each for each in self._pages if each), key=lambda each: abs(each - number))
        for far in kept[PAGES_KEPT:]:
            del self._pages[far]

    def wanted(self, row: OrderRow | None) -> int | None:
        """Number of the page to be asked for while the cursor stands on `row`; None where all around it is at hand."""
        if not self.begun:
            return 0
        for number in sorted(self._pages):
            page = self._pages[number]
            index = self._index(page.rows, row)
            if index is None:
                continue
            if index >= len(page.rows) - AHEAD and page.next and number + 1 not in self._pages:
                return number + 1
            if index < AHEAD and number and number - 1 not in self._pages:
                return number - 1
            return None
        return None

    @staticmethod
    def _index(rows: Sequence[OrderRow], row: OrderRow | None) -> int | None:
        if row is None:
            return None
        return next((i for i, each in enumerate(rows) if each.client_order_id == row.client_order_id), None)

    def entries(self, store: Mapping[str, OrderRow]) -> list[Entry]:
        """What there is to show: at work first, then what ended, newest first; where an order is in the store too, as
        it stands there."""
        self._notice(store.values())
        found = [row for row in store.values() if not self.words or finds(row, self.words)]
        live = sorted((row for row in found if row.status.value not in ENDED), key=lambda row: -row.ts)
        shown = {row.client_order_id for row in live}
        paged = {row.client_order_id for page in self._pages.values() for row in page.rows}
        fresh = [row for row in self._fresh.values() if row.client_order_id not in paged | shown]
        shown.update(row.client_order_id for row in fresh)
        out: list[Entry] = [*live, *sorted(fresh, key=lambda row: -row.ts)]
        for row in self._former:
            if row.client_order_id not in shown and finds(row, self.words):
                shown.add(row.client_order_id)
                out.append(store.get(row.client_order_id, row))
        before = -1
        for number in sorted(self._pages):
            if number > before + 1:
                out.append(Gap((number - before - 1) * PAGE))
            before = number
            for row in self._pages[number].rows:
                if row.client_order_id not in shown:
                    shown.add(row.client_order_id)
                    out.append(store.get(row.client_order_id) or self._fresh.get(row.client_order_id, row))
        return out

    def _notice(self, rows: Iterable[OrderRow]) -> None:
        """Keep what has ended, for the store forgets it."""
        for row in rows:
            if row.status.value in ENDED and (not self.words or finds(row, self.words)):
                self._fresh[row.client_order_id] = row
        if len(self._fresh) > FRESH_KEPT:
            self.overrun = True
            newest = sorted(self._fresh.values(), key=lambda row: row.ts)[-FRESH_KEPT:]
            self._fresh = {row.client_order_id: row for row in newest}
