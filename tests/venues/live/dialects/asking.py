"""A dialect with its ccxt instance, whose questions are answered by the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from outgoing import Sent, Wire, exchange_of
from venue_cases import CASES


@asynccontextmanager
async def asking(name: str, answer: Callable[[Sent], Any], **credentials: str) -> AsyncIterator[tuple[Any, Any, Wire]]:
    case = CASES[name]

    def scripted(sent: Sent) -> Any:
        listing = next((found for piece, found in case.answers.items() if piece in sent.url), None)
        return answer(sent) if listing is None else listing

    async with exchange_of(name, case.market, {**case.credentials, **credentials}, scripted) as (
        dialect,
        exchange,
        wire,
    ):
        exchange.options.update(case.options)
        yield dialect, exchange, wire
