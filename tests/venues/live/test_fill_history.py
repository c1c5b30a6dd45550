"""Fills after a cursor: pages, windows, late ones, and questions that fail."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar, TypeVar

import pytest

from venues.live.dialect import Dialect
from venues.live.fill_history import MAX_PAGES, OVERLAP_MS, FillHistory
from venues.live.markets import Markets
from venues.live.order_track import OrderTrack
from venues.live.reading import Reading
from venues.model import ManualClock, VenueRejected, VenueUnavailable

from adapter_kit import Ids  # isort: skip

T = TypeVar("T")
DAY = 86_400_000
MARKET = {
    "id": "BTC", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT",
    "precision": {"price": "0.1", "amount": "0.001"}, "limits": {}, "maker": "0", "taker": "0",
}  # fmt: skip


class Venue(Dialect):
    """Three trades a page, a week from `since`."""

    name = "fake"
    ccxt_id = "fake"
    fills_page = 3
    fills_window_ms: ClassVar[int | None] = 7 * DAY

    def __init__(self) -> None:
        self.trades: list[dict[str, Any]] = []
        self.asked: list[int | None] = []
        self.looked_up: list[str] = []

    def add(self, trade: str, at: int, client_id: str = "t1", order: str = "7") -> None:
        self.trades.append(
            {
                "id": trade, "order": order, "clientOrderId": client_id, "symbol": "BTC/USDT:USDT", "side": "buy",
                "amount": "1", "price": "100", "timestamp": at,
            }
        )  # fmt: skip

    async def fills(self, exchange: Any, symbol: str, since_ms: int | None) -> Sequence[Any]:
        self.asked.append(since_ms)
        start = 0 if since_ms is None else since_ms
        found = [raw for raw in self.trades if start <= raw["timestamp"] < start + 7 * DAY or since_ms is None]
        return sorted(found, key=lambda raw: raw["timestamp"])[:3]

    async def find_order(self, exchange: Any, symbol: str, client_id: str | int, venue_order_id: str) -> Any:
        self.looked_up.append(venue_order_id)
        return None if venue_order_id == "gone" else {"id": venue_order_id, "clientOrderId": "t9"}


class Direct:
    """Stands for `Exchange` where nothing is sent."""

    ccxt: Any = None

    async def ask(self, what: str, call: Awaitable[T], *, of_account: bool = False) -> T:
        return await call

    def redact(self, text: str) -> str:
        return text


def history() -> tuple[Venue, FillHistory, ManualClock]:
    venue, clock, direct = Venue(), ManualClock(), Direct()
    markets = Markets(venue, [MARKET], frozenset())
    reading = Reading(venue, direct, markets, OrderTrack(), Ids(), clock)  # type: ignore[arg-type]
    return venue, FillHistory(venue, direct, markets, reading, clock), clock  # type: ignore[arg-type]


def now_ms(clock: ManualClock) -> int:
    return clock.now_ns() // 1_000_000


async def test_a_cursor_that_is_not_ours_is_refused() -> None:
    _, fills, _ = history()
    with pytest.raises(VenueRejected, match="fills cursor is 'x'"):
        await fills.page("x")


async def test_a_failed_question_moves_no_cursor_and_a_senseless_trade_spoils_the_page() -> None:
    venue, fills, clock = history()
    first = await fills.page("")
    venue.add("1", now_ms(clock) + 1)
    venue.trades[0]["amount"] = None
    with pytest.raises(VenueUnavailable, match="makes no sense"):
        await fills.page(first.cursor)
    venue.trades[0]["amount"] = "1"
    assert [fill.trade_id for fill in (await fills.page(first.cursor)).fills] == ["1"]


async def test_each_fill_comes_once_and_one_that_is_listed_late_comes_too() -> None:
    venue, fills, clock = history()
    start = await fills.page("")
    clock.advance(100)
    now = now_ms(clock)
    venue.add("2", now - 10)
    page = await fills.page(start.cursor)
    assert [fill.trade_id for fill in page.fills] == ["2"]
    venue.add("1", now - OVERLAP_MS + 1_000)
    late = await fills.page(page.cursor)
    assert [fill.trade_id for fill in late.fills] == ["1"]
    assert (await fills.page(late.cursor)).fills == ()


async def test_more_than_a_page_and_more_than_a_window_is_read_whole() -> None:
    venue, fills, clock = history()
    start = await fills.page("")
    clock.advance(30 * 86_400)
    now = now_ms(clock)
    for number in range(8):
        venue.add(str(number), now - 1_000 + number)
    page = await fills.page(start.cursor)
    assert [fill.trade_id for fill in page.fills] == [str(number) for number in range(8)]
    asked = len(venue.asked)
    clock.advance(1)
    await fills.page(page.cursor)
    assert len(venue.asked) - asked < MAX_PAGES


async def test_an_order_that_only_the_venue_knows_is_asked_for_once_and_not_at_first_sight() -> None:
    venue, fills, clock = history()
    venue.add("0", now_ms(clock), client_id="", order="8")
    first = await fills.page("")
    assert ([fill.client_order_id for fill in first.fills], venue.looked_up) == ([""], [])
    venue.add("1", now_ms(clock) + 1, client_id="", order="8")
    venue.add("2", now_ms(clock) + 2, client_id="", order="8")
    page = await fills.page(first.cursor)
    assert [fill.client_order_id for fill in page.fills] == ["t9", "t9"]
    assert venue.looked_up == ["8"]


async def test_an_order_that_the_venue_has_forgotten_leaves_the_fill_nobodys() -> None:
    venue, fills, clock = history()
    first = await fills.page("")
    venue.add("1", now_ms(clock) + 1, client_id="", order="gone")
    assert [fill.client_order_id for fill in (await fills.page(first.cursor)).fills] == [""]


async def test_the_fills_of_one_order() -> None:
    venue, fills, clock = history()
    venue.add("1", now_ms(clock), order="7")
    venue.add("2", now_ms(clock), order="8")
    found = await fills.of_order("BTC", 0 if venue.fills_window_ms is None else now_ms(clock) - 1, "8")
    assert [raw["id"] for raw in found] == ["2"]
