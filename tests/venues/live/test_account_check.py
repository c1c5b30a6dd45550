from __future__ import annotations

from decimal import Decimal

import pytest

from venues.live.account_check import check_account, judge
from venues.live.account_facts import AccountFacts
from venues.live.dialect import Dialect
from venues.live.finding import Level

NOW_NS = 1_795_000_000 * 10**9
DAY_MS = 86_400_000
NOW_MS = NOW_NS // 10**6
FIT = AccountFacts(
    one_way=True,
    margin_modes={"BTC/USDT:USDT": "cross"},
    leverages={"BTC/USDT:USDT": Decimal(5)},
    can_trade=True,
    can_withdraw=False,
    key_never_expires=True,
    maker_fee=Decimal("0.0002"),
    taker_fee=Decimal("0.0005"),
)
SYMBOLS = ("BTC/USDT:USDT",)


def texts(facts: AccountFacts, leverage: str | None = None, *, trades: bool = True) -> list[tuple[Level, str]]:
    wanted = None if leverage is None else Decimal(leverage)
    found = judge(facts, SYMBOLS, account="main", now_ns=NOW_NS, leverage=wanted, trades=trades)
    assert all(finding.mend for finding in found)
    return [(finding.level, finding.text) for finding in found]


def with_(**changes: object) -> AccountFacts:
    import msgspec

    return msgspec.structs.replace(FIT, **changes)


def test_hedge_mode_stops_a_launch() -> None:
    ((level, text),) = texts(with_(one_way=False))
    assert level is Level.STOP
    assert "hedge mode" in text


def test_isolated_margin_stops_a_launch() -> None:
    ((level, text),) = texts(with_(margin_modes={SYMBOLS[0]: "isolated"}))
    assert (level, "isolated margin" in text) == (Level.STOP, True)


@pytest.mark.parametrize(("wanted", "level"), [("10", Level.STOP), ("3", Level.NOTE)])
def test_leverage_that_does_not_fit_is_told(wanted: str, level: Level) -> None:
    ((found, text),) = texts(FIT, wanted)
    assert found is level
    assert f"is 5, the launch wants {wanted}" in text


def test_a_key_that_may_not_trade_stops_trading_and_not_watching() -> None:
    ((level, _),) = texts(with_(can_trade=False))
    assert level is Level.STOP
    assert texts(with_(can_trade=False), trades=False) == []


def test_a_key_that_may_withdraw_is_flagged() -> None:
    ((level, text),) = texts(with_(can_withdraw=True))
    assert level is Level.WARN
    assert "may withdraw" in text


@pytest.mark.parametrize(
    ("left_ms", "level", "said"),
    [(0, Level.STOP, "has expired"), (3 * DAY_MS + 5, Level.WARN, "expires in 3 days")],
)
def test_a_key_that_expires_is_told(left_ms: int, level: Level, said: str) -> None:
    ((found, text),) = texts(with_(key_never_expires=False, key_expires_ms=NOW_MS + left_ms))
    assert found is level
    assert said in text


def test_a_key_with_time_left_is_no_matter() -> None:
    assert texts(with_(key_never_expires=False, key_expires_ms=NOW_MS + 15 * DAY_MS)) == []


def test_a_fit_account_has_no_findings() -> None:
    assert texts(FIT, "5") == []


def test_what_is_unknown_is_said_and_stops_nothing() -> None:
    found = texts(AccountFacts(unanswered={"fees": "RequestTimeout"}), "5")
    assert [level for level, _ in found] == [Level.WARN, Level.NOTE]
    assert "asked in vain for: fees (RequestTimeout)" in found[0][1]
    for what in ("position mode", "right to trade", "right to withdraw", "expiry of the key", "fees"):
        assert what in found[1][1]


def test_the_worst_comes_first() -> None:
    found = texts(with_(can_withdraw=True, one_way=False, maker_fee=None))
    assert [level for level, _ in found] == [Level.STOP, Level.WARN, Level.NOTE]


async def test_a_dialect_that_cannot_ask_leaves_everything_unknown() -> None:
    class Bare(Dialect):
        name = "bare"
        ccxt_id = "bare"

    facts, found = await check_account(Bare(), None, SYMBOLS, account="main", now_ns=NOW_NS)  # type: ignore[arg-type]  # not asked
    assert facts == AccountFacts()
    assert [finding.level for finding in found] == [Level.NOTE]
