"""Lighter's nonces, on made messages and on those that the venue documents."""

from __future__ import annotations

import msgspec
import pytest
from fast_kit import Heard, instrument

from tests.market_data import data_path
from venues.fast.lighter import LighterBook, Opening, Update, decode_message
from venues.fast.shown import Liveness, ShownBook

ETH = instrument("ETH", "0.01", "0.0001")


class Book:
    def __init__(self) -> None:
        self.heard = Heard()
        self.asked = 0
        self.core = LighterBook(ShownBook(ETH, self.heard, Liveness(self.heard)), self._ask)

    def _ask(self) -> None:
        self.asked += 1

    def take(self, message: object) -> None:
        if isinstance(message, Update):
            self.core.on_update(message)
        else:
            assert isinstance(message, Opening)
            self.core.on_opening(message)
        if self.core.dirty:
            self.core.show()

    def whole(self, nonce: int) -> None:
        self.say("subscribed/order_book", 0, nonce, [("2000.00", "1.0")], [("2001.00", "2.0")])

    def update(self, begin: int | None, nonce: int, bids: list[tuple[str, str]]) -> None:
        self.say("update/order_book", begin, nonce, bids, [])

    def say(
        self, kind: str, begin: int | None, nonce: int, bids: list[tuple[str, str]], asks: list[tuple[str, str]]
    ) -> None:
        sides = {"bids": bids, "asks": asks}
        book: dict[str, object] = {
            name: [{"price": price, "size": size} for price, size in side] for name, side in sides.items()
        }
        book |= {"nonce": nonce, "code": 0, "offset": 7} | ({} if begin is None else {"begin_nonce": begin})
        message = {"type": kind, "channel": "order_book:0", "timestamp": 1_700_000_000_000, "order_book": book}
        self.take(decode_message(msgspec.json.encode(message)))


def test_changes_before_the_book_are_not_shown() -> None:
    book = Book()
    book.update(1, 2, [("1999.00", "1.0")])
    assert book.heard.log == []
    assert not book.core.standing


def test_a_hole_in_the_nonces_empties_the_book_then_tells_then_asks_anew() -> None:
    book = Book()
    book.whole(100)
    book.update(100, 105, [("2000.50", "0.5")])
    assert book.heard.books[-1].bids == ((200050, 5000), (200000, 10000))
    book.update(106, 110, [("2000.60", "0.5")])
    assert book.heard.log == ["alive True", "book ETH", "book ETH", "empty ETH", "gap ETH"]
    assert book.heard.gaps == [("ETH", "after nonce 105 came 106 to 110")]
    assert book.asked == 1
    book.update(110, 111, [("2000.70", "0.5")])
    assert len(book.heard.books) == 3
    book.whole(120)
    book.update(120, 121, [("2000.00", "0.0000")])
    assert book.heard.books[-1].bids == ()
    assert book.heard.books[-1].asks == ((200100, 20000),)


def test_a_change_that_does_not_say_what_it_follows_is_a_gap() -> None:
    book = Book()
    book.whole(100)
    book.update(None, 105, [])
    assert book.asked == 1


def test_a_change_told_twice_changes_nothing() -> None:
    book = Book()
    book.whole(100)
    book.update(100, 105, [("2000.50", "0.5")])
    book.update(100, 105, [("2000.50", "9.5")])
    assert book.heard.books[-1].bids[0] == (200050, 5000)
    assert book.heard.gaps == []


def test_what_does_not_fit_the_ticks_loses_the_book() -> None:
    book = Book()
    book.whole(100)
    book.update(100, 105, [("2000.505", "0.5")])
    assert book.heard.gaps == [("ETH", "a price of 2000.505 is not a multiple of 0.01")]
    assert book.asked == 1
    assert not book.core.standing


def test_a_damaged_message_loses_a_book_that_stands() -> None:
    book = Book()
    book.core.on_damage("a change does not read", opening=False)
    assert book.heard.log == []
    book.whole(100)
    book.core.on_damage("a change does not read", opening=False)
    assert book.heard.gaps == [("ETH", "a change does not read")]
    assert book.asked == 1
    assert not book.core.standing


def test_a_book_that_comes_damaged_is_told_and_asked_for_again() -> None:
    book = Book()
    book.core.on_damage("the book does not read", opening=True)
    assert book.heard.gaps == [("ETH", "the book does not read")]
    assert book.asked == 1


def test_a_crossed_book_is_lost() -> None:
    book = Book()
    book.whole(100)
    book.update(100, 105, [("2001.00", "0.5")])
    assert "crossed" in book.heard.gaps[0][1]
    assert book.asked == 1
    assert not book.core.standing


def test_a_new_connection_knows_nothing() -> None:
    book = Book()
    book.whole(100)
    book.core.restart()
    assert book.heard.log[-1] == "empty ETH"
    book.update(100, 105, [])
    assert book.heard.log[-1] == "empty ETH"


# -- messages as the venue sends them ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ws_order_book_subscribed", "ws_order_book_subscribed_empty"])
def test_a_recorded_book_reads_as_it_is_written(name: str) -> None:
    raw = data_path(f"adapter_fixtures/lighter/{name}.json").read_bytes()
    plain = msgspec.json.decode(raw)
    book = Book()
    book.take(decode_message(raw))
    update = book.heard.books[-1]
    assert update.ts_event == plain["timestamp"] * 1_000_000
    for told, side, best_first in ((update.bids, "bids", True), (update.asks, "asks", False)):
        levels = [(round(float(x["price"]) * 100), round(float(x["size"]) * 10_000)) for x in plain["order_book"][side]]
        assert told == tuple(sorted(levels, reverse=best_first))


def test_a_recorded_change_is_applied_where_it_follows_and_is_a_gap_where_not() -> None:
    raw = data_path("adapter_fixtures/lighter/ws_order_book_update.json").read_bytes()
    follows, stale = Book(), Book()
    follows.whole(9182389998)
    follows.take(decode_message(raw))
    assert (206454, 3285) in follows.heard.books[-1].asks
    stale.whole(9182389990)
    stale.take(decode_message(raw))
    assert stale.heard.gaps == [("ETH", "after nonce 9182389990 came 9182389998 to 9182390020")]
