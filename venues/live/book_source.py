"""Where public books come from: ccxt by default, a decoder of our own where a venue is hot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from venues.model import BookUpdate, Instrument


class BookListener(Protocol):
    """Whom a book source tells. Called on the event loop's thread; returns at once and never raises."""

    def on_book(self, update: BookUpdate) -> None: ...

    def on_gap(self, symbol: str, text: str) -> None:
        """The book of `symbol` was lost (sequence gap, checksum). An empty `BookUpdate` has been told before."""
        ...

    def on_alive(self, alive: bool, text: str) -> None:
        """Books arrive (again), or none has for longer than the venue's silence; told once at each change."""
        ...


class BookSource(Protocol):
    """Books of one venue, told to the listener that it was made with."""

    def subscribe(self, symbols: Iterable[str]) -> None:
        """Ask for the books of these venue symbols too; may be called before `run` and while it runs."""
        ...

    async def run(self) -> None:
        """Receive books until cancelled. Redials and resubscribes by itself; never returns on its own."""
        ...


class MakeBookSource(Protocol):
    """Makes a source once the instruments are loaded: what `CcxtVenue(books=...)` is given."""

    def __call__(
        self, instruments: Mapping[str, Instrument], market_ids: Mapping[str, str], listener: BookListener
    ) -> BookSource:
        """`market_ids` maps our symbol to the name of the market on the venue's own channels (Lighter: `BTC` → `1`;
        on most venues both are the same)."""
        ...
