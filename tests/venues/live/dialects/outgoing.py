"""Real ccxt.pro instances whose HTTP goes nowhere: what would have left is kept, what comes back is scripted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from venues.live import lean_ccxt
from venues.live.dialect import Dialect
from venues.live.dialects import DIALECTS
from venues.model import OrderRequest, Side, TimeInForce

FORBIDDEN = ("builder", "integrator", "broker", "referr", "referer", "partner", "affiliate", "ccxt1", "setreferrer")
"""None of these words may stand in a key, a header or a value that leaves."""


class FakeIds:
    """Ids of the tests: `ck-N` for the number N."""

    def to_int(self, text: str) -> int:
        head, _, number = text.partition("-")
        if head != "ck" or not number.isdecimal() or int(number) >= 2**48:
            raise ValueError(text)
        return int(number)

    def from_int(self, number: int) -> str:
        if not 0 <= number < 2**48:
            raise ValueError(str(number))
        return f"ck-{number}"


IDS = FakeIds()
BIG = 2**48 - 3
"""Uses every bit that an id of ours may have."""


class Sent(msgspec.Struct, frozen=True):
    url: str
    method: str
    headers: Mapping[str, str]
    body: Any

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def fields(self) -> dict[str, Any]:
        """The body as JSON or as a form, and the query."""
        query = dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))
        if isinstance(self.body, dict):  # a multipart form
            return {**query, **self.body}
        if self.body.startswith(("{", "[")):
            found = json.loads(self.body)
            return {**query, **found} if isinstance(found, dict) else {**query, "list": found}
        return {**query, **dict(parse_qsl(self.body, keep_blank_values=True))}


class Wire:
    """What a ccxt instance would have sent."""

    def __init__(self, answers: Callable[[Sent], Any]) -> None:
        self.sent: list[Sent] = []
        self._answers = answers

    async def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        sent = Sent(url, method, dict(headers or {}), body or "")
        self.sent.append(sent)
        return self._answers(sent)

    def of(self, path: str) -> Sent:
        """The one request to a path that ends so."""
        found = [sent for sent in self.sent if sent.path.endswith(path)]
        assert len(found) == 1, [sent.path for sent in self.sent]
        return found[0]


@asynccontextmanager
async def exchange_of(
    name: str, market: Mapping[str, Any], credentials: Mapping[str, str], answers: Callable[[Sent], Any]
) -> AsyncIterator[tuple[Dialect, Any, Wire]]:
    """A dialect, its ccxt instance with one market (as the venue lists it), and the wire."""
    dialect = DIALECTS[name]()
    base = lean_ccxt.load(dialect.ccxt_id)
    wire = Wire(answers)
    exchange: Any = type(f"{name}_text", (base,), {"number": str})(
        {"options": dict(dialect.options), "enableRateLimit": False, **credentials}
    )
    exchange.fetch = wire.fetch
    dialect.configure(exchange, credentials)
    await _load(exchange, market)
    try:
        yield dialect, exchange, wire
    finally:
        await exchange.close()


async def _load(exchange: Any, market: Mapping[str, Any]) -> None:
    """Through ccxt's own parser, where it has one for a single market; else the wire answers the listing."""
    if name_of(exchange) in ("bybit", "lighter"):
        exchange.set_markets(await exchange.fetch_markets())
    else:
        exchange.set_markets([exchange.parse_market(market)])


def name_of(exchange: Any) -> str:
    return str(exchange.id)


def order(
    symbol: str,
    *,
    side: Side = Side.BUY,
    qty: str = "0.5",
    price: str = "100.5",
    tif: TimeInForce = TimeInForce.GTC,
    post_only: bool = False,
    reduce_only: bool = False,
    number: int = BIG,
) -> OrderRequest:
    return OrderRequest(f"ck-{number}", symbol, side, Decimal(qty), Decimal(price), tif, post_only, reduce_only)


async def send(dialect: Dialect, exchange: Any, request: OrderRequest, **params: Any) -> None:
    """Place `request` in the one market of the instance, as the adapter does."""
    (symbol,) = exchange.markets
    client_id = dialect.client_id(request.client_order_id, IDS)
    await dialect.create(exchange, symbol, request, {dialect.client_id_key: client_id, **params})


def marks_of_others(sent: Sent) -> list[str]:
    """Words in a request that would credit somebody else."""
    text = json.dumps({"headers": dict(sent.headers), "body": sent.body, "query": urlsplit(sent.url).query}).lower()
    return [word for word in FORBIDDEN if word in text]
