"""Keeping a book in sequence: snapshot, buffered diffs, gaps and the way back from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from venues.model import Level, Side
from venues.paper.l2book import FusedBook

OnGap: TypeAlias = Callable[[str, bool], None]
"""Why the book was dropped, and whether it was for being crossed. The book is empty by then."""

BUFFERED_DIFFS = 1024
"""Diffs kept for a snapshot that is yet to come: 10 s and more, where a REST answer takes one or two."""
BUFFERED_TICKERS = 64
"""Tickers kept until depth catches up with them, while a book is relearned."""

RELEARN_DIFFS = 20
"""Diffs in sequence after a gap before a book relearned beside a ticker is shown."""
RELEARN_DIFFS_ALONE = 200
"""The same without a ticker, where the touch itself has to be relearned from changes."""
RELEARN_LEVELS = 10
"""Levels a side that a relearned book must hold to be shown."""


class Diff(msgspec.Struct, gc=False):
    """A depth event in ticks and lots. `previous` is the futures' `pu`; spot has none."""

    first: int
    last: int
    previous: int
    bids: list[Level]
    asks: list[Level]


class BookSync:
    """Feeds a `FusedBook` with snapshots, diffs and tickers, and lets it be seen only while it can be trusted.

    Sequence rules, from Binance's "How to manage a local order book correctly":
    futures: drop events with u < lastUpdateId; the first one used has U <= lastUpdateId <= u; then each pu is the u
    before. Spot: drop u <= lastUpdateId; the first has U <= lastUpdateId + 1 <= u; then each U is the u before + 1.
    (A futures event whose pu is lastUpdateId itself follows by the last rule and is taken too.)

    A gap, or a depth book that comes out crossed, drops everything. The documentation says to ask for a new snapshot.
    A replay has nobody to ask, so it goes on as follows, whichever comes first:

    - a later snapshot in the recording starts the book anew, with the diffs since the gap on top;
    - or the book is *relearned*: diffs carry absolute sizes, so every level told after the gap is right, and so are
      the two that each ticker tells. It stays hidden until `RELEARN_DIFFS` diffs have come in sequence, a ticker
      has come and there are `RELEARN_LEVELS` levels a side (`RELEARN_DIFFS_ALONE` diffs where no ticker does).

    No level from before the gap is ever shown again. A relearned book may miss levels that have not changed since,
    so it errs on the thin side.
    """

    def __init__(self, book: FusedBook, on_gap: OnGap, *, spot: bool, await_snapshot: bool) -> None:
        """With `await_snapshot` the first snapshot starts the book; without, there is none and it is relearned."""
        self.book = book
        self._on_gap = on_gap
        self._spot = spot
        self._waiting = await_snapshot
        self._complete = False  # the book stands on a snapshot; a relearned one does not
        self._last: int | None = None  # u of the diff before
        self._snapshot_id: int | None = None  # of a snapshot that no diff has followed yet
        self._buffer: deque[Diff] = deque(maxlen=BUFFERED_DIFFS)
        self._learned: deque[tuple[int, Level, Level]] = deque(maxlen=BUFFERED_TICKERS)
        self._diffs_since = 0
        self._ticker_since = False

    # Each returns True where the view changed by it and still can be seen; a drop is told by `on_gap` instead.

    def on_snapshot(self, update_id: int, bids: list[Level], asks: list[Level]) -> bool:
        """A REST snapshot."""
        if self._complete:
            return False  # in sequence already: it can tell nothing new
        pending = [diff for diff in self._buffer if not self._too_old(diff, update_id)]
        if pending and not self._follows_snapshot(pending[0], update_id):
            if self._waiting:
                self._waiting = False
                self._on_gap(f"snapshot {update_id} is older than the first update, {self._told(pending[0])}", False)
                for diff in pending:
                    self._relearn_diff(diff)
            return False
        self._buffer.clear()
        self._learned.clear()
        self._waiting = False
        self._complete = True
        self.book.reset(update_id, bids, asks)
        if self.book.depth.crossed:
            self._drop(f"snapshot {update_id} is crossed", crossed=True)
            return False
        self._snapshot_id, self._last = update_id, None
        self.book.show()
        for diff in pending:
            self.on_diff(diff)
        return self.book.live

    def on_diff(self, diff: Diff) -> bool:
        """A depth event."""
        last = self._last
        if last is not None:
            if (diff.first != last + 1) if self._spot else (diff.previous != last):
                if diff.last <= last:
                    return False  # told before
                self._drop(f"after update {last} came {self._told(diff)}")
        elif self._snapshot_id is not None:
            if self._too_old(diff, self._snapshot_id):
                return False
            if not self._follows_snapshot(diff, self._snapshot_id):
                self._drop(f"after snapshot {self._snapshot_id} came {self._told(diff)}")
        self._snapshot_id = None
        self._last = diff.last
        book = self.book
        if self._complete:
            if not book.update(diff.last, diff.bids, diff.asks):
                self._drop(f"update {diff.last} left the book crossed", crossed=True)
            return book.live
        self._buffer.append(diff)
        return not self._waiting and self._relearn_diff(diff)

    def on_ticker(self, update_id: int, bid: Level, ask: Level) -> bool:
        """A best-bid-ask event."""
        changed = self.book.overlay(update_id, bid, ask)
        if self._complete or self._waiting:
            return changed
        return self._relearn_ticker(update_id, bid, ask) or changed

    # -- relearning ----------------------------------------------------------------------------------------------

    def _relearn_diff(self, diff: Diff) -> bool:
        book, learned = self.book, self._learned
        # What tickers told up to this diff goes under it: a level that changed since is in the diff.
        while learned and learned[0][0] <= diff.last:
            _, bid, ask = learned.popleft()
            book.depth.apply((bid,), (ask,))
        if not book.update(diff.last, diff.bids, diff.asks):
            self._drop(f"update {diff.last} left the book crossed", crossed=True)
            return False
        self._diffs_since += 1
        return book.live or self._show_if_relearned()

    def _relearn_ticker(self, update_id: int, bid: Level, ask: Level) -> bool:
        book = self.book
        if update_id <= book.depth_id or bid[0] >= ask[0]:
            return False
        self._learned.append((update_id, bid, ask))
        self._ticker_since = True
        return not book.live and self._show_if_relearned()

    def _show_if_relearned(self) -> bool:
        book = self.book
        if self._diffs_since < (RELEARN_DIFFS if self._ticker_since else RELEARN_DIFFS_ALONE):
            return False
        if min(book.depth.count(Side.BUY), book.depth.count(Side.SELL)) < RELEARN_LEVELS:
            return False
        book.show()
        return True

    # -- sequence ------------------------------------------------------------------------------------------------

    def _too_old(self, diff: Diff, snapshot_id: int) -> bool:
        return diff.last <= snapshot_id if self._spot else diff.last < snapshot_id

    def _follows_snapshot(self, diff: Diff, snapshot_id: int) -> bool:
        if self._spot:
            return diff.first <= snapshot_id + 1
        return diff.first <= snapshot_id or diff.previous == snapshot_id

    def _told(self, diff: Diff) -> str:
        before = "" if self._spot else f", pu {diff.previous}"
        return f"U {diff.first}, u {diff.last}{before}"

    def _drop(self, text: str, *, crossed: bool = False) -> None:
        self.book.drop()
        self._buffer.clear()
        self._learned.clear()
        self._complete = False
        self._snapshot_id = None
        self._diffs_since = 0
        self._ticker_since = False
        self._on_gap(text, crossed)
