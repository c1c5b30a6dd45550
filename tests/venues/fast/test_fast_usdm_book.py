"""The sequence rules of Binance USD-M, on made messages and on 94,000 recorded lines."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from fast_kit import BTC, Heard, levels

from tests.market_data import USDM, capture_path
from venues.fast.binanceusdm import BUFFERED_DIFFS, Depth, Snapshot, UsdmBook, decode_event, decode_snapshot
from venues.fast.shown import DEPTH, Liveness, ShownBook
from venues.model import Level


class Book:
    """A `UsdmBook` with what it asked for and what was heard of it."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.asked = 0
        self.core = UsdmBook(ShownBook(BTC, self.heard, Liveness(self.heard)), self._ask)

    def _ask(self) -> None:
        self.asked += 1

    def depth(
        self, first: int, last: int, previous: int, *bids: tuple[str, str], asks: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.core.on_depth(
            Depth("BTCUSDT", first, last, previous, 1_700_000_000_000 + last, levels(*bids), levels(*asks))
        )
        if self.core.dirty:
            self.core.show()

    def snapshot(self, last: int, price: str = "100.0", *, ts_ms: int = 5) -> bool:
        taken = self.core.on_snapshot(Snapshot(last, levels((price, "1")), levels(("200.0", "1")), ts_ms))
        if self.core.dirty:
            self.core.show()
        return taken

    @property
    def bids(self) -> tuple[Level, ...]:
        return self.heard.books[-1].bids


def test_nothing_is_shown_before_a_snapshot() -> None:
    book = Book()
    book.depth(1, 5, 0, ("99.0", "1"))
    assert book.heard.log == []
    assert book.core.waiting


def test_a_gap_empties_the_book_then_tells_then_asks() -> None:
    book = Book()
    book.snapshot(10)
    book.depth(9, 12, 8, ("101.0", "2"))
    assert book.bids == ((1010, 2000), (1000, 1000))
    book.depth(15, 16, 14, ("102.0", "1"))
    assert book.heard.log == ["alive True", "book BTCUSDT", "book BTCUSDT", "empty BTCUSDT", "gap BTCUSDT"]
    assert book.heard.gaps == [("BTCUSDT", "after update 12 came U 15, u 16, pu 14")]
    assert book.asked == 1
    assert book.core.waiting
    assert [update.seq for update in book.heard.books] == [1, 2, 3]


def test_the_way_back_from_a_gap_keeps_the_diff_that_showed_it() -> None:
    book = Book()
    book.snapshot(10)
    book.depth(15, 16, 14, ("102.0", "1"))
    book.depth(17, 18, 16, ("103.0", "1"))
    assert book.snapshot(15, "90.0")
    assert book.bids == ((1030, 1000), (1020, 1000), (900, 1000))
    assert not book.core.waiting


def test_a_snapshot_older_than_the_first_diff_is_not_started_from() -> None:
    book = Book()
    book.depth(20, 25, 19, ("99.0", "1"))
    assert not book.snapshot(10)
    assert book.heard.books == []
    assert book.snapshot(22)
    assert book.bids == ((1000, 1000), (990, 1000))


def test_diffs_before_the_snapshot_are_dropped_and_the_one_that_follows_it_is_taken() -> None:
    book = Book()
    book.depth(1, 5, 0, ("150.0", "9"))
    book.depth(6, 10, 5, ("101.0", "1"))
    book.depth(11, 12, 10, ("102.0", "1"))
    assert book.snapshot(10)
    assert book.bids == ((1020, 1000), (1010, 1000), (1000, 1000))


def test_a_snapshot_right_before_the_first_diff_fits_by_pu() -> None:
    book = Book()
    book.depth(11, 12, 10, ("102.0", "1"))
    assert book.snapshot(10)
    assert book.bids[0] == (1020, 1000)


def test_after_a_snapshot_with_nothing_pending_an_old_diff_is_dropped_and_a_hole_is_a_gap() -> None:
    book = Book()
    book.snapshot(10)
    book.depth(3, 4, 2, ("150.0", "1"))
    assert book.bids == ((1000, 1000),)
    book.depth(15, 16, 13, ("102.0", "1"))
    assert book.heard.gaps == [("BTCUSDT", "after snapshot 10 came U 15, u 16, pu 13")]


def test_a_diff_told_twice_changes_nothing() -> None:
    book = Book()
    book.snapshot(10)
    book.depth(9, 12, 8, ("101.0", "2"))
    book.depth(13, 14, 12, ("101.0", "0.000"))
    told = len(book.heard.books)
    book.depth(9, 12, 8, ("101.0", "2"))
    assert len(book.heard.books) == told
    assert book.heard.gaps == []


def test_a_crossed_book_is_lost() -> None:
    book = Book()
    book.snapshot(10)
    book.depth(9, 12, 8, ("200.0", "2"))
    assert book.heard.log[-2:] == ["empty BTCUSDT", "gap BTCUSDT"]
    assert "crossed" in book.heard.gaps[0][1]
    assert book.asked == 1
    assert book.core.waiting


def test_a_price_between_ticks_loses_the_book() -> None:
    book = Book()
    book.snapshot(10)
    book.depth(9, 12, 8, ("100.05", "2"))
    assert book.heard.gaps == [("BTCUSDT", "a price of 100.05 is not a multiple of 0.1")]
    assert book.bids == ()
    assert book.asked == 1
    assert book.snapshot(20, "100.15")
    assert book.heard.gaps[-1] == ("BTCUSDT", "a price of 100.15 is not a multiple of 0.1")
    assert book.asked == 2


def test_a_damaged_diff_loses_a_book_that_stands_and_is_a_gap_to_one_that_waits() -> None:
    book = Book()
    book.depth(9, 12, 8, ("101.0", "2"))
    book.core.on_damage("a diff does not read")
    assert book.heard.gaps == []
    book.depth(17, 18, 16, ("103.0", "1"))
    assert book.snapshot(10)
    assert book.heard.gaps == [("BTCUSDT", "after update 12 came U 17, u 18, pu 16")]
    assert book.snapshot(17)
    book.core.on_damage("a diff does not read")
    assert book.heard.gaps[-1] == ("BTCUSDT", "a diff does not read")
    assert book.bids == ()
    assert book.asked == 2


def test_a_snapshot_that_nobody_needs_is_not_taken() -> None:
    book = Book()
    book.snapshot(10)
    assert book.snapshot(50, "90.0")
    assert book.bids == ((1000, 1000),)


def test_without_a_stamp_the_first_diff_shows_the_snapshot() -> None:
    book = Book()
    assert book.snapshot(10, ts_ms=0)
    assert book.heard.books == []
    book.depth(11, 12, 10)
    assert book.heard.books[0].ts_event == (1_700_000_000_000 + 12) * 1_000_000


def test_a_new_connection_knows_nothing_and_an_empty_book_is_told_once() -> None:
    book = Book()
    book.snapshot(10)
    book.core.restart()
    book.core.restart()
    assert book.heard.log == ["alive True", "book BTCUSDT", "empty BTCUSDT"]
    assert book.heard.gaps == []


def test_the_buffer_is_bounded_and_what_fell_out_of_it_asks_for_a_newer_snapshot() -> None:
    book = Book()
    for number in range(1, BUFFERED_DIFFS + 10):
        book.depth(number, number, number - 1)
    assert not book.snapshot(3)
    assert book.snapshot(BUFFERED_DIFFS)


# -- recorded ----------------------------------------------------------------------------------------------------


class Tagged(msgspec.Struct):
    data: msgspec.Raw


def recorded() -> Iterator[tuple[bytes, Depth | Snapshot]]:
    """Depth and snapshots of the recording: their bytes, and what the live path's decoders make of them."""
    tagged = msgspec.json.Decoder(Tagged)
    with gzip.open(capture_path(USDM)) as lines:
        for line in lines:
            body = line[20:]
            if b"@depth" in body[:40]:
                raw = bytes(tagged.decode(body).data)
                event = decode_event(raw)
                assert isinstance(event, Depth)
                yield raw, event
            elif body.startswith(b'{"lastUpdateId"'):
                yield body, decode_snapshot(body)


class Plain:
    """The book as the documentation tells to keep it, with maps of decimals, from the bytes alone."""

    def __init__(self) -> None:
        self.sides: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})
        self.waiting: list[dict[str, Any]] = []
        self.ready = False
        self.last = 0

    def take(self, raw: bytes) -> None:
        message = json.loads(raw)
        if "lastUpdateId" in message:
            self.ready, self.last = True, message["lastUpdateId"]
            self._set(message["bids"], message["asks"])
            for diff in self.waiting:
                self._apply(diff)
        elif self.ready:
            self._apply(message)
        else:
            self.waiting.append(message)

    def _apply(self, diff: dict[str, Any]) -> None:
        if diff["u"] >= self.last:
            self._set(diff["b"], diff["a"])

    def _set(self, *sides: list[tuple[str, str]]) -> None:
        for side, changes in zip(self.sides, sides, strict=True):
            side.update({Decimal(price): Decimal(size) for price, size in changes})

    def top(self) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
        bids, asks = (
            sorted((int(price / BTC.tick), int(size / BTC.lot)) for price, size in side.items() if size)
            for side in self.sides
        )
        return tuple(bids[::-1][:DEPTH]), tuple(asks[:DEPTH])


def test_the_recorded_market_gives_the_book_of_a_plain_reconstruction() -> None:
    book, plain, compared, diffs = Book(), Plain(), 0, 0
    for raw, message in recorded():
        plain.take(raw)
        if isinstance(message, Snapshot):
            assert book.core.on_snapshot(message)
        else:
            book.core.on_depth(message)
            diffs += 1
        if book.core.dirty:
            book.core.show()
            if diffs % 50 == 0:
                update = book.heard.books[-1]
                assert (update.bids, update.asks) == plain.top()
                compared += 1
    assert book.heard.gaps == []
    assert compared > 50
    update = book.heard.books[-1]
    assert (update.bids, update.asks) == plain.top()


@pytest.mark.parametrize("deleted", [700, 2000])
def test_a_deleted_line_of_the_recording_is_one_gap(deleted: int) -> None:
    book, diffs = Book(), 0
    for _, message in recorded():
        if isinstance(message, Snapshot):
            book.core.on_snapshot(message)
            continue
        diffs += 1
        if diffs == deleted:
            continue
        book.core.on_depth(message)
        if book.core.dirty:
            book.core.show()
        if diffs == deleted + 1:
            break
    assert len(book.heard.gaps) == 1
    assert book.bids == ()
    assert book.asked == 1
