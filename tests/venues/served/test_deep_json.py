"""JSON that is nested deeper than a decoder goes: the venue's own refusal, never an exception."""

from __future__ import annotations

import pytest
from served_kit import served

from venues.served.dialect import HttpRequest, WsSession
from venues.served.front import CONTROL

DEEP = "[" * 100_000 + "]" * 100_000
VENUES = {"binanceusdm": "binance", "hyperliquid": "hyperliquid", "lighter": "lighter"}


@pytest.mark.parametrize("dialect", VENUES)
async def test_messages_of_a_socket(dialect: str) -> None:
    async with served(dialect, venue=VENUES[dialect], bases=("BTC",)) as serving:
        said: list[str] = []
        session = WsSession(serving.dialect.ws_path, "", {}, said.append, lambda code: None)
        serving.front.ws_open(session)
        before = len(said)
        for text in (DEEP, f'{{"method": {DEEP}}}', f'{{"type": "subscribe", "x": {DEEP}}}'):
            serving.front.ws_text(session, text)
        assert len(said) - before == 3
        assert all("rror" in text for text in said[before:])
        serving.front.ws_closed(session)


@pytest.mark.parametrize("path", ["/info", "/exchange"])
async def test_bodies_of_hyperliquid(path: str) -> None:
    async with served("hyperliquid", venue="hyperliquid", bases=("BTC",)) as serving:
        for body in (DEEP, f'{{"type": "meta", "x": {DEEP}}}'):
            answer = await serving.front.http(HttpRequest("POST", path, "", {}, body.encode()))
            assert answer is not None
            assert (answer.status, b"deserialize" in answer.body) == (422, True)


async def test_control_requests() -> None:
    async with served() as serving:
        request = HttpRequest("POST", f"{CONTROL}fault", "", {}, f'{{"kind": "gap", "x": {DEEP}}}'.encode())
        answer = await serving.front.http(request)
        assert answer is not None
        assert answer.status == 400
