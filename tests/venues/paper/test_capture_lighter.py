"""Replaying a capture of Lighter's streams: the book by its nonces, prints in their order, and what is no capture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from capture_kit import Recorder

from tests.market_data import USDM, capture_path, data_path
from venues.model import InstrumentKind, Level, Side
from venues.paper.capture import CaptureMarket
from venues.paper.capture_file import CaptureError
from venues.paper.capture_lighter import LighterCapture
from venues.paper.captures import open_capture, venue_of

D = Decimal
START = 1_767_258_000_000_000_000
MARKET = {
    "symbol": "ETH",
    "market_id": 0,
    "supported_size_decimals": 4,
    "supported_price_decimals": 2,
    "min_base_amount": "0.0050",
    "min_quote_amount": "10.000000",
}
LISTING = {"order_book_details": [MARKET]}


def book(kind: str, begin: int, nonce: int, bids: Any = (), asks: Any = (), market: int = 0) -> dict[str, Any]:
    sides = {
        name: [{"price": price, "size": size} for price, size in side]
        for name, side in (("bids", bids), ("asks", asks))
    }
    told = {"code": 0, "nonce": nonce, "begin_nonce": begin, **sides}
    return {"channel": f"order_book:{market}", "order_book": told, "timestamp": 1, "type": f"{kind}/order_book"}


def trade(number: int, price: str, size: str, *, maker_ask: bool, kind: str = "trade") -> dict[str, Any]:
    return {"trade_id": number, "price": price, "size": size, "is_maker_ask": maker_ask, "type": kind}


def trades(*told: dict[str, Any], kind: str = "update") -> dict[str, Any]:
    return {"channel": "trade:0", "trades": list(told), "type": f"{kind}/trade"}


OPENING = book("subscribed", 0, 10, [("2000.00", "1"), ("1999.50", "2")], [("2000.10", "3")])


def written(folder: Path, *messages: Any, listing: Any = LISTING) -> Path:
    path = folder / "lighter.txt"
    lines = [
        message if isinstance(message, str) else f"{START + i * 1_000_000} {json.dumps(message)}"
        for i, message in enumerate((listing, *messages))
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def replay(path: Path) -> tuple[LighterCapture, Recorder]:
    market, told = LighterCapture(path), Recorder()
    market.sink = told
    while market.next_ts() is not None:
        market.step()
    return market, told


def levels(market: LighterCapture, side: Side) -> list[Level]:
    found: Iterator[Level] = market.book.levels(side)
    return list(found)


def test_the_instrument_is_what_the_venue_lists(tmp_path: Path) -> None:
    found = LighterCapture(written(tmp_path, OPENING)).instrument
    assert (found.symbol, found.base, found.quote, found.settle, found.kind) == (
        "ETH", "ETH", "USDC", "USDC", InstrumentKind.LINEAR,
    )  # fmt: skip
    assert (found.tick, found.lot, found.min_qty, found.min_notional) == (D("0.01"), D("0.0001"), D("0.005"), D(10))


def test_the_recorded_listing_of_the_venue_reads(tmp_path: Path) -> None:
    real = json.loads(data_path("adapter_fixtures/lighter/http_order_book_details.json").read_text())
    real["order_book_details"] = real["order_book_details"][:1]
    assert LighterCapture(written(tmp_path, OPENING, listing=real)).instrument.symbol == "ETH"


def test_a_book_and_its_changes(tmp_path: Path) -> None:
    market, told = replay(
        written(
            tmp_path,
            OPENING,
            book("update", 10, 12, [("2000.00", "0"), ("1999.80", "4.5")], [("2000.05", "0.0001")]),
            book("update", 5, 11, [("1.00", "9")]),  # told before
        )
    )
    assert levels(market, Side.BUY) == [(199980, 45_000), (199950, 20_000)]
    assert levels(market, Side.SELL) == [(200005, 1), (200010, 30_000)]
    assert (len(told.named("depth")), told.named("gap"), market.stats.depth, market.stats.snapshots) == (2, [], 2, 1)


def test_a_hole_in_the_nonces_drops_the_book_until_it_comes_whole(tmp_path: Path) -> None:
    lost = (OPENING, book("update", 11, 12, [("1998.00", "1")]), book("update", 12, 13, [("1997.00", "1")]))
    market, told = replay(written(tmp_path, *lost))
    assert levels(market, Side.BUY) == []
    assert [gap[-1] for gap in told.named("gap")] == ["ETH: after nonce 10 came 11 to 12; the book was dropped"]
    assert len(told.named("depth")) == 1
    market, told = replay(written(tmp_path, *lost, book("subscribed", 0, 20, [("1990.00", "1")], [("1991.00", "1")])))
    assert levels(market, Side.BUY) == [(199000, 10_000)]
    assert len(told.named("depth")) == 2


@pytest.mark.parametrize(
    "crossed",
    [
        (book("subscribed", 0, 10, [("2001.00", "1")], [("2000.00", "1")]),),
        (OPENING, book("update", 10, 11, [("2001.00", "1")])),
    ],
)
def test_a_crossed_book_is_dropped(tmp_path: Path, crossed: tuple[Any, ...]) -> None:
    market, told = replay(written(tmp_path, *crossed))
    assert levels(market, Side.SELL) == []
    assert market.stats.crossed == market.stats.gaps == len(told.named("gap")) == 1


def test_prints_come_in_the_order_of_their_numbers_with_the_side_that_took(tmp_path: Path) -> None:
    market, told = replay(
        written(
            tmp_path,
            OPENING,
            trades(trade(1, "1.00", "1", maker_ask=True), kind="subscribed"),
            trades(
                trade(8, "2000.10", "0.5", maker_ask=True),
                trade(7, "2000.00", "0.25", maker_ask=False),
                trade(9, "2000.00", "1", maker_ask=False, kind="deleverage"),
                trade(10, "1990.00", "2", maker_ask=False, kind="liquidation"),
            ),
        )
    )
    assert [print_[2:] for print_ in told.named("trade")] == [
        (200000, 2500, Side.SELL),
        (200010, 5000, Side.BUY),
        (199000, 20_000, Side.SELL),
    ]
    assert market.stats.trades == 3


def test_what_is_beside_the_market_and_what_is_damaged_is_counted_and_passed_over(tmp_path: Path) -> None:
    market, _ = replay(
        written(
            tmp_path,
            OPENING,
            book("update", 10, 11, [("1.00", "1")], market=7),
            {"type": "update/market_stats", "channel": "market_stats:0"},
            f"{START + 5_000_000} {{not json",
            f"{START + 6_000_000} " + json.dumps(book("update", 10, 11, [("many", "1")])),
            f"{START + 7_000_000} " + json.dumps({"type": "update/order_book", "channel": "order_book:0"}),
            "no stamp",
        )
    )
    stats = market.stats
    assert stats.malformed == 4
    assert stats.other == 3, "the listing itself is one"
    assert levels(market, Side.BUY)


@pytest.mark.parametrize(
    ("listing", "text"),
    [
        ({"order_book_details": []}, "does not read"),
        (
            {"order_book_details": [{**LISTING["order_book_details"][0], "min_base_amount": "few"}]},
            "min_base_amount 'few'",
        ),
        ({"order_book_details": [{"symbol": "ETH"}]}, "does not read"),
        ({"stream": "x"}, "expected a stamp and orderBookDetails of one market"),
    ],
)
def test_a_file_that_does_not_begin_with_a_listing_is_refused(tmp_path: Path, listing: Any, text: str) -> None:
    with pytest.raises(CaptureError, match=text):
        LighterCapture(written(tmp_path, OPENING, listing=listing))


def test_a_capture_is_told_by_its_first_line(tmp_path: Path) -> None:
    lighter = open_capture(written(tmp_path, OPENING))
    assert isinstance(lighter, LighterCapture)
    assert venue_of(lighter) == "lighter"
    binance = open_capture(capture_path(USDM))
    assert isinstance(binance, CaptureMarket)
    assert venue_of(binance) == "binance"
    binance.close()
    with pytest.raises(CaptureError, match="no such file"):
        open_capture(tmp_path / "none")
