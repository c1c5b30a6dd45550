"""Whether an account is fit for a launch: what the venue says of it, held against what the launch needs."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol, runtime_checkable

from venues.live.account_facts import AccountFacts
from venues.live.ccxt_types import CcxtExchange
from venues.live.dialect import Dialect
from venues.live.finding import Finding, Level
from venues.model.clock import NS_PER_MS

EXPIRY_WARN_DAYS = 14
DAY_MS = 86_400_000
MARGIN_MODE = "cross"
"""The desk reckons with one pool of margin an account."""


@runtime_checkable
class KnowsAccount(Protocol):
    """A dialect that can ask for the facts."""

    async def account_facts(self, exchange: CcxtExchange, symbols: Sequence[str]) -> AccountFacts: ...


async def check_account(
    dialect: Dialect,
    exchange: CcxtExchange,
    symbols: Sequence[str],
    *,
    account: str,
    now_ns: int,
    leverage: Decimal | None = None,
    trades: bool = True,
) -> tuple[AccountFacts, tuple[Finding, ...]]:
    """Ask the venue (read-only calls, ccxt `symbols`) and judge. `leverage` is what the launch wants, `trades` whether
    it will send orders: an account that is only watched needs no right to."""
    facts = await dialect.account_facts(exchange, symbols) if isinstance(dialect, KnowsAccount) else AccountFacts()
    return facts, judge(facts, symbols, account=account, now_ns=now_ns, leverage=leverage, trades=trades)


def judge(
    facts: AccountFacts,
    symbols: Sequence[str],
    *,
    account: str,
    now_ns: int,
    leverage: Decimal | None = None,
    trades: bool = True,
) -> tuple[Finding, ...]:
    """What of it stands against a launch, the worst first. What is unknown is said, and stops nothing."""
    found = [
        *_position_mode(facts, account),
        *_margin_modes(facts, symbols, account),
        *_leverages(facts, symbols, account, leverage),
        *_rights(facts, account, trades),
        *_expiry(facts, account, now_ns),
        *_unknown(facts, account),
    ]
    order = list(Level)
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def _position_mode(facts: AccountFacts, account: str) -> list[Finding]:
    if facts.one_way is not False:
        return []
    return [
        Finding(
            Level.STOP,
            f"{account} is in hedge mode: a reduce-only order would close one side and leave the other",
            "close its positions, then set one-way (net) position mode in the venue's settings",
        )
    ]


def _margin_modes(facts: AccountFacts, symbols: Sequence[str], account: str) -> list[Finding]:
    wrong = [symbol for symbol in symbols if facts.margin_modes.get(symbol, MARGIN_MODE) != MARGIN_MODE]
    return [
        Finding(
            Level.STOP,
            f"{account}: {symbol} is on {facts.margin_modes[symbol]} margin, apart from the account's other money",
            f"set {symbol} to cross margin in the venue's settings",
        )
        for symbol in wrong
    ]


def _leverages(facts: AccountFacts, symbols: Sequence[str], account: str, wanted: Decimal | None) -> list[Finding]:
    if wanted is None:
        return []
    return [
        Finding(
            Level.STOP if facts.leverages[symbol] < wanted else Level.NOTE,
            f"{account}: leverage of {symbol} is {facts.leverages[symbol]:f}, the launch wants {wanted:f}",
            f"set the leverage of {symbol} to {wanted:f}",
        )
        for symbol in symbols
        if symbol in facts.leverages and facts.leverages[symbol] != wanted
    ]


def _rights(facts: AccountFacts, account: str, trades: bool) -> list[Finding]:
    found: list[Finding] = []
    if trades and facts.can_trade is False:
        found.append(
            Finding(
                Level.STOP,
                f"{account}: its key may not trade futures",
                "make a key with the right to trade, then cockpit keys rotate",
            )
        )
    if facts.can_withdraw:
        found.append(
            Finding(
                Level.WARN,
                f"{account}: its key may withdraw; whoever reads it can take the money",
                "make a key without the right to withdraw, then cockpit keys rotate",
            )
        )
    return found


def _expiry(facts: AccountFacts, account: str, now_ns: int) -> list[Finding]:
    if facts.key_expires_ms is None:
        return []
    left = facts.key_expires_ms - now_ns // NS_PER_MS
    if left <= 0:
        return [Finding(Level.STOP, f"{account}: its key has expired", "make a new key, then cockpit keys rotate")]
    days = left // DAY_MS
    if days >= EXPIRY_WARN_DAYS:
        return []
    return [
        Finding(
            Level.WARN, f"{account}: its key expires in {days} days", "make a new key in time, then cockpit keys rotate"
        )
    ]


def _unknown(facts: AccountFacts, account: str) -> list[Finding]:
    said = {
        "position mode": facts.one_way is not None,
        "right to trade": facts.can_trade is not None,
        "right to withdraw": facts.can_withdraw is not None,
        "expiry of the key": facts.key_expires_ms is not None or facts.key_never_expires,
        "fees": facts.maker_fee is not None and facts.taker_fee is not None,
    }
    unknown = [what for what, known in said.items() if not known]
    found = []
    if unknown:
        found.append(
            Finding(
                Level.NOTE,
                f"{account}: the venue does not say: {', '.join(unknown)}",
                "look them up in the venue's settings",
            )
        )
    if facts.unanswered:
        failed = ", ".join(f"{what} ({kind})" for what, kind in facts.unanswered.items())
        found.append(Finding(Level.WARN, f"{account}: asked in vain for: {failed}", "check again"))
    return found
