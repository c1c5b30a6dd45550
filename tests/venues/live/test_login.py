"""A venue that knew us and does not any more: no answer, and a fresh log-in; before that it is a wrong key."""

from __future__ import annotations

from typing import Any

import pytest
from test_live_exchange import Heard, VenuePool

from venues.live import lean_ccxt
from venues.live.dialects import DIALECTS
from venues.live.dialects.lighter import Lighter
from venues.live.errors import Redactor
from venues.live.exchange import Exchange
from venues.live.login import RENEW_S, Login
from venues.model import VenueRejected, VenueUnavailable

lean_ccxt.load("binanceusdm")

from ccxt.base.errors import (  # noqa: E402  # after the lean packages are in place
    AuthenticationError,
    ExchangeError,
    PermissionDenied,
)


class Kept(Lighter):
    """A token that is there until it is forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = True

    def forget_login(self, exchange: Any) -> bool:
        kept, self.kept = self.kept, False
        return kept


async def fails(error: Exception) -> None:
    raise error


async def works() -> str:
    return "answer"


def exchange() -> Exchange:
    return Exchange(
        DIALECTS["binanceusdm"](), credentials={}, symbols=frozenset(), pool=VenuePool(), endpoint="", taps=Heard()
    )


async def test_a_wrong_key_is_refused_and_a_lost_log_in_is_unavailable() -> None:
    found = exchange()
    assert await found.ask("markets", works()) == "answer"
    with pytest.raises(VenueRejected):
        await found.ask("positions", fails(AuthenticationError("x")), of_account=True)
    await found.ask("positions", works(), of_account=True)
    with pytest.raises(VenueUnavailable, match="the log-in has ended"):
        await found.ask("an order", fails(AuthenticationError("x")), of_account=True)


async def test_a_right_that_the_key_lacks_stays_a_no() -> None:
    found = exchange()
    await found.ask("positions", works(), of_account=True)
    with pytest.raises(VenueRejected):
        await found.ask("transfers", fails(PermissionDenied("x")))


async def test_codes_that_ccxt_has_no_word_for_are_known_by_the_dialect() -> None:
    error = ExchangeError('lighter {"code":20013,"message":"invalid auth"}')
    login = Login(Kept(), Redactor(), lambda: None)
    login.proven = True
    assert login.lost(error, exchange().ccxt)
    assert not login.lost(ExchangeError('lighter {"code":21104,"message":"invalid nonce"}'), exchange().ccxt)


async def test_streams_are_cut_where_there_was_a_token_and_not_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    loop, now = asyncio.get_running_loop(), [100.0]
    monkeypatch.setattr(loop, "time", lambda: now[0])
    cut: list[float] = []
    dialect = Kept()
    login = Login(dialect, Redactor(), lambda: cut.append(now[0]))
    login.proven = True
    ccxt = exchange().ccxt
    for at, kept in ((100.0, True), (101.0, True), (102.0, False), (100.0 + RENEW_S, True), (200.0, False)):
        now[0], dialect.kept = at, kept
        assert login.lost(AuthenticationError("x"), ccxt)
    assert cut == [100.0, 100.0 + RENEW_S]
