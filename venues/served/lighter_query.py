"""Parameters of Lighter's REST queries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, TypeVar

from venues.served.lighter_errors import invalid_param
from venues.served.lighter_markets import LighterMarket, LighterMarkets
from venues.served.lighter_shapes import Json

Query: TypeAlias = Mapping[str, str]
Handler: TypeAlias = Callable[[Query], Awaitable[Json]]
T = TypeVar("T")

MAX_PAGE = 100
EVERY_MARKET = "255"


def whole(query: Query, name: str, *, default: int | None = None, most: int = 1 << 62) -> int:
    """Raises `LighterError` where it is missing without a default, or no whole number; more than `most` is `most`."""
    text = query.get(name)
    if text is None and default is not None:
        return default
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 19:
        raise invalid_param(f"{name} is {text!r}: expected a whole number")
    return min(int(text), most)


def page_of(query: Query, rows: list[T]) -> tuple[list[T], Json]:
    """Part of `rows`, and the cursor of the next part where there is more: how many were given so far."""
    start = whole(query, "cursor", default=0) if query.get("cursor") else 0
    end = start + whole(query, "limit", default=MAX_PAGE, most=MAX_PAGE)
    return rows[start:end], {"next_cursor": str(end)} if end < len(rows) else {}


def market_of(query: Query, markets: LighterMarkets) -> LighterMarket:
    """The one market that is asked for. Raises `LighterError`."""
    return markets.by_number(whole(query, "market_id"))


def chosen_market(query: Query, markets: LighterMarkets) -> LighterMarket | None:
    """The market that is asked for; None for all of them. Raises `LighterError`."""
    if query.get("market_id", EVERY_MARKET) == EVERY_MARKET:
        return None
    return market_of(query, markets)
