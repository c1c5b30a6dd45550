"""The real probe: a venue is asked with a key, through the same adapter that would trade. Nothing but questions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from cockpit.render import number
from cockpit.secrets.facts import KeyFacts, ProbeFailed
from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import Raw
from venues.live.dialect import Dialect
from venues.live.dialects import DIALECTS
from venues.live.dialects.sealed import SealedDialect
from venues.live.exchange import Exchange
from venues.live.pool import VenuePool
from venues.model import NS_PER_MS, VenueError, VenueRejected
from venues.model.secret import Secret

MARKET = "BTC"
"""Listed everywhere; facts that need a market are asked for this one."""
TIMEOUT_S = 60.0

_IDENTITY = ("uid", "accountIndex", "accountId", "walletAddress", "vaultAddress")
"""Fields that name the account and not the key."""


def probe(venue: str, credentials: Mapping[str, Secret], endpoint: str) -> KeyFacts:
    """Raises `ProbeFailed`. Not to be called where an event loop runs."""
    if venue not in DIALECTS:
        raise ProbeFailed("keys of it cannot be tested; the desk tries them when it connects", refused=False)
    dialect = DIALECTS[venue]()
    if dialect.refused:
        raise ProbeFailed(dialect.refused, refused=False)
    return asyncio.run(_asked(dialect, credentials, endpoint))


async def _asked(dialect: Dialect, credentials: Mapping[str, Secret], endpoint: str) -> KeyFacts:
    at_account = False
    try:
        async with asyncio.timeout(TIMEOUT_S):
            exchange = Exchange(
                dialect,
                credentials=credentials,
                symbols=frozenset({MARKET}),
                pool=VenuePool(),
                endpoint=endpoint,
                taps=_NoStreams(),
            )
            try:
                markets = await exchange.load_markets()
                await exchange.ask("log-in", dialect.prepare(exchange.ccxt))
                at_account = True
                await exchange.ask("balances", dialect.balance(exchange.ccxt))
                facts = AccountFacts()
                if isinstance(dialect, SealedDialect):
                    facts = await dialect.account_facts(exchange.ccxt, [str(market["symbol"]) for market in markets])
            finally:
                await exchange.close()
    except TimeoutError:
        raise ProbeFailed(f"no answer within {TIMEOUT_S:g} s", refused=False) from None
    except VenueError as error:
        # Before the account was asked for anything, a no is about this machine or the endpoint, not about the key.
        raise ProbeFailed(str(error), refused=at_account and isinstance(error, VenueRejected)) from None
    except ValueError as error:
        raise ProbeFailed(str(error), refused=False) from None
    return key_facts(facts, credentials)


def key_facts(facts: AccountFacts, credentials: Mapping[str, Secret]) -> KeyFacts:
    """What an operator wants to know of a key. It has read the balances, so it may read."""
    expires = None if facts.key_expires_ms is None else facts.key_expires_ms * NS_PER_MS
    identity = [f"{name}={credentials[name].reveal().lower()}" for name in _IDENTITY if name in credentials]
    return KeyFacts(
        account_id=" ".join(identity),
        may_read=True,
        may_trade=facts.can_trade,
        may_withdraw=facts.can_withdraw,
        expires_ns=expires,
        notes=tuple(_notes(facts)),
    )


def _notes(facts: AccountFacts) -> list[str]:
    notes = []
    if facts.key_never_expires:
        notes.append("The key never expires.")
    if facts.fee_tier:
        notes.append(f"Fee tier {facts.fee_tier}.")
    if facts.maker_fee is not None and facts.taker_fee is not None:
        notes.append(
            f"Fees: maker {number(facts.maker_fee * 10_000)} bps, taker {number(facts.taker_fee * 10_000)} bps."
        )
    if facts.one_way is False:
        notes.append("The account is in hedge mode: set it to one-way before it trades.")
    if facts.unanswered:
        asked = ", ".join(f"{what} ({why})" for what, why in facts.unanswered.items())
        notes.append(f"Asked in vain: {asked}.")
    return notes


class _NoStreams:
    """Nothing is listened to here."""

    def on_gap(self, market: str, text: str) -> None:
        return

    def on_bad_message(self, text: str) -> None:
        return

    def on_raw_order(self, raw: Raw) -> None:
        return

    def on_raw_trade(self, raw: Raw) -> None:
        return

    def on_open(self, stream: str) -> None:
        return

    def on_missed(self, stream: str) -> None:
        return
