"""What the listener of a book source has been told: one market's book, and whether books come at all."""

from __future__ import annotations

from venues.fast.ladder import Ladder, StepError
from venues.live.book_source import BookListener
from venues.model import BookUpdate, Instrument

DEPTH = 10
"""Levels a side that are told, as many as the paper exchange tells."""


class Liveness:
    """Tells the listener once at each change whether books come."""

    def __init__(self, listener: BookListener) -> None:
        self._listener = listener
        self._alive: bool | None = None

    def set(self, alive: bool, text: str = "") -> None:
        if alive is not self._alive:
            self._alive = alive
            self._listener.on_alive(alive, text)


class ShownBook:
    """A ladder, and what was told of it. Nothing that cannot be trusted stays on show: a book that is lost is told
    empty at once."""

    __slots__ = ("_listener", "_liveness", "_seq", "_ts_event", "ladder", "shown", "symbol")

    def __init__(self, instrument: Instrument, listener: BookListener, liveness: Liveness) -> None:
        self.symbol = instrument.symbol
        self.ladder = Ladder(instrument)
        self.shown = False
        self._listener = listener
        self._liveness = liveness
        self._seq = 0
        self._ts_event = 0

    def show(self, ts_event: int) -> bool:
        """Tell the book as it stands. False where it is crossed or does not read, and so was dropped."""
        try:
            bids, asks = self.ladder.top(DEPTH)
        except StepError as error:
            self.lose(str(error))
            return False
        if bids and asks and bids[0][0] >= asks[0][0]:
            self.lose(f"crossed: bid {bids[0][0]} ticks, ask {asks[0][0]} ticks")
            return False
        self._seq += 1
        self._ts_event = ts_event
        if not self.shown:
            self.shown = True
            self._liveness.set(True)
        self._listener.on_book(BookUpdate(self.symbol, self._seq, ts_event, bids, asks))
        return True

    def drop(self) -> None:
        """Forget every level, and say so where there was a book on show."""
        self.ladder.clear()
        if self.shown:
            self.shown = False
            self._seq += 1
            self._listener.on_book(BookUpdate(self.symbol, self._seq, self._ts_event, (), ()))

    def lose(self, text: str) -> None:
        """Drop the book for a fault in it: a gap, a crossed touch, a level that does not read."""
        self.drop()
        self._listener.on_gap(self.symbol, text)
