"""Fills after a cursor, from venues that only know "since a time", market by market."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from venues.live.ccxt_types import Raw
from venues.live.dialect import Dialect
from venues.live.exchange import Exchange
from venues.live.markets import Markets
from venues.live.reading import Reading
from venues.model import NS_PER_MS, Clock, FillPage, FillReport, VenueRejected, VenueUnavailable

OVERLAP_MS = 60_000
"""This span before the last question is asked for again: a venue may list a trade late, and its clock is not ours."""
MAX_PAGES = 200


class _Cursor(msgspec.Struct):
    t: int
    """When the last question was asked, ms by our clock, or the stamp of the newest fill where that is later. Not the
    newest fill alone: some venues answer for a week after `since` and no longer."""
    seen: list[tuple[str, str, int]]
    """(symbol, trade id, stamp in ms) of the fills that the next question will bring again."""


class FillHistory:
    """Asks for fills page by page until there are no more."""

    def __init__(self, dialect: Dialect, exchange: Exchange, markets: Markets, reading: Reading, clock: Clock) -> None:
        self._dialect = dialect
        self._exchange = exchange
        self._markets = markets
        self._reading = reading
        self._clock = clock

    async def page(self, cursor: str) -> FillPage:
        """Fills after `cursor`, oldest first. With an empty cursor it is what one page of each market holds, and orders
        of before are not looked up. Raises `VenueError`."""
        last = _decode(cursor)
        asked = self._clock.now_ns() // NS_PER_MS
        since = None if last is None else max(0, last.t - OVERLAP_MS)
        old = {} if last is None else {(symbol, trade): stamp for symbol, trade, stamp in last.seen}
        fills: dict[tuple[str, str], FillReport] = {}
        for symbol, ccxt_symbol in self._markets.ccxt.items():
            for raw in await self._trades(ccxt_symbol, since):
                if (symbol, str(raw.get("id"))) in old:
                    continue
                known = self._reading.client_id(raw) if last is None else await self._reading.resolve(raw)
                for fill in self._reading.answers(
                    "fills", (raw,), partial(self._reading.fill, client_order_id=known or "")
                ):
                    fills[symbol, fill.trade_id] = fill
        stamps = {**old, **{key: fill.ts_event // NS_PER_MS for key, fill in fills.items()}}
        newest = max([asked, *stamps.values()])
        kept = [(*key, stamp) for key, stamp in stamps.items() if stamp >= newest - OVERLAP_MS]
        ordered = sorted(fills.values(), key=lambda fill: (fill.ts_event, fill.symbol))
        return FillPage(tuple(ordered), msgspec.json.encode(_Cursor(newest, kept)).decode())

    async def of_order(self, symbol: str, since_ms: int, venue_order_id: str) -> Sequence[Raw]:
        """The trades of one order. Raises `VenueError`."""
        trades = await self._trades(self._markets.ccxt_symbol(symbol), since_ms)
        return [raw for raw in trades if str(raw.get("order") or "") == venue_order_id]

    async def _trades(self, ccxt_symbol: str, since: int | None) -> Sequence[Raw]:
        """Every trade of the account in one market from `since` on, once."""
        found: dict[str, Raw] = {}
        window, start = self._dialect.fills_window_ms, since
        for _ in range(MAX_PAGES):
            asked = self._dialect.fills(self._exchange.ccxt, ccxt_symbol, start)
            page = await self._exchange.ask("fills", asked, of_account=True)
            if since is not None:
                page = [raw for raw in page if int(raw.get("timestamp") or since) >= since]
            new = [raw for raw in page if str(raw.get("id")) not in found]
            found.update((str(raw.get("id")), raw) for raw in new)
            if start is None:
                break
            if new and len(page) >= self._dialect.fills_page:
                start = max(int(raw.get("timestamp") or start) for raw in page)
            elif window is not None and start + window < self._clock.now_ns() // NS_PER_MS:
                start += window
            else:
                break
        else:
            raise VenueUnavailable(f"fills of {ccxt_symbol}: no end after {MAX_PAGES} pages")
        return list(found.values())


def _decode(cursor: str) -> _Cursor | None:
    if not cursor:
        return None
    try:
        return msgspec.json.decode(cursor, type=_Cursor)
    except (msgspec.DecodeError, RecursionError):
        raise VenueRejected(f"fills cursor is {cursor!r}, must be one that this adapter has given") from None
