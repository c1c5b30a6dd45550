"""Markets of Lighter from its public REST, for whoever has no account there."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from venues.fast.endpoint import Endpoint
from venues.fast.lighter import HTTP, WS
from venues.fast.rest import UNREADABLE, Fetch, FetchError, fetch
from venues.lighter_market import LighterDetails
from venues.model import InstrumentError

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_details = msgspec.json.Decoder(LighterDetails).decode


class Listed(msgspec.Struct, frozen=True):
    """One market."""

    details: LighterDetails
    raw: bytes
    """The listing of this market alone, in the venue's own words."""


async def lighter_markets(symbols: Iterable[str], endpoint: str = "", fetch: Fetch = fetch) -> dict[str, Listed]:
    """By symbol, in the order asked for. Raises `FetchError` where the venue does not say, and `InstrumentError` for a
    symbol that it does not list."""
    base = Endpoint.of(endpoint, http=HTTP, ws=WS)
    try:
        answer = _decode(await fetch(f"{base.http}/api/v1/orderBookDetails"))
        listed = {}
        for raw in _decode_list(answer.get("order_book_details", b"[]")):
            details = _decode_details(raw)
            listed[details.symbol] = Listed(details, b'{"order_book_details":[%b]}' % bytes(raw))
    except UNREADABLE as error:
        raise FetchError(f"orderBookDetails does not read: {error}") from None
    found = {}
    for symbol in symbols:
        if symbol not in listed:
            raise InstrumentError(f"symbol is {symbol!r}, which lighter does not list; expected one like BTC")
        found[symbol] = listed[symbol]
    return found
