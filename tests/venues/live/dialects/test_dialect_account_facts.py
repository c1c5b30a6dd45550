"""What each venue tells of an account: modes, rights of the key, fees."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from asking import asking
from outgoing import Sent
from venue_cases import PK

from venues.live.dialects.sealed import SealedDialect

D = Decimal


async def facts(name: str, answer: Callable[[Sent], Any], **credentials: str) -> Any:
    async with asking(name, answer, **credentials) as (dialect, exchange, _):
        assert isinstance(dialect, SealedDialect)
        return await dialect.account_facts(exchange, list(exchange.markets))


async def test_binance_tells_the_rights_of_a_key() -> None:
    def answer(sent: Sent) -> Any:
        if "apiRestrictions" in sent.url:
            return {
                "enableFutures": True,
                "enableWithdrawals": True,
                "ipRestrict": False,
                "tradingAuthorityExpirationTime": 5,
            }
        if "positionSide/dual" in sent.url:
            return {"dualSidePosition": False}
        if "commissionRate" in sent.url:
            return {"symbol": "BTCUSDT", "makerCommissionRate": "0.0002", "takerCommissionRate": "0.0005"}
        return []

    found = await facts("binanceusdm", answer)
    assert (found.one_way, found.can_trade, found.can_withdraw, found.key_expires_ms) == (True, True, True, 5)
    assert (found.maker_fee, found.taker_fee) == (D("0.0002"), D("0.0005"))


async def test_a_question_that_fails_is_unanswered_and_nothing_is_concluded() -> None:
    def answer(sent: Sent) -> Any:
        from ccxt.base.errors import RequestTimeout

        raise RequestTimeout(f"binanceusdm POST {sent.url} {sent.headers}")

    found = await facts("binanceusdm", answer)
    assert found.can_trade is None
    assert found.one_way is None
    assert found.unanswered["rights of the key"] == "RequestTimeout"
    assert "http" not in str(found.unanswered)


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        ([], (False, False, None)),
        ([{"address": "SIGNER", "validUntil": 1_800_000_000_000}], (True, False, 1_800_000_000_000)),
    ],
)
async def test_hyperliquid_knows_an_agent_from_a_stranger(
    agents: list[dict[str, Any]], expected: tuple[Any, ...]
) -> None:
    signer = "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a"

    def answer(sent: Sent) -> Any:
        kind = sent.fields.get("type")
        if kind == "extraAgents":
            return [{**agent, "address": signer} for agent in agents]
        if kind == "activeAssetData":
            return {"leverage": {"type": "isolated", "value": 20}}
        return {"userAddRate": "0.00015", "userCrossRate": "0.00045"}

    found = await facts("hyperliquid", answer)
    assert (found.can_trade, found.can_withdraw, found.key_expires_ms) == expected
    assert list(found.margin_modes.values()) == ["isolated"]
    assert list(found.leverages.values()) == [D(20)]
    assert found.taker_fee == D("0.00045")
    own = await facts("hyperliquid", answer, walletAddress=signer, privateKey=PK)
    assert own.can_withdraw is True


async def test_okx_and_bybit_tell_mode_and_rights() -> None:
    def okx(sent: Sent) -> Any:
        if "account/config" in sent.url:
            return {"code": "0", "data": [{"posMode": "long_short_mode", "perm": "read_only,withdraw", "level": "Lv1"}]}
        return {"code": "0", "data": []}

    found = await facts("okx", okx)
    assert (found.one_way, found.can_trade, found.can_withdraw, found.fee_tier) == (False, False, True, "Lv1")

    def bybit(sent: Sent) -> Any:
        rights = {"ContractTrade": ["Order", "Position"], "Wallet": ["AccountTransfer"]}
        result = {"readOnly": 0, "permissions": rights, "expiredAt": "2027-01-01T00:00:00Z", "ips": ["*"]}
        return {"retCode": 0, "result": result if "query-api" in sent.url else {"list": []}}

    found = await facts("bybit", bybit)
    assert (found.can_trade, found.can_withdraw, found.key_expires_ms) == (True, False, 1798761600000)


async def test_lighter_and_backpack_tell_their_accounts() -> None:
    def lighter(sent: Sent) -> Any:
        if "/account?" in sent.url:
            row = {"market_id": 1, "initial_margin_fraction": "10.00", "margin_mode": 1}
            return {"accounts": [{"positions": [row]}]}
        return {"api_keys": [{"api_key_index": 5}]}

    found = await facts("lighter", lighter)
    assert (found.one_way, found.can_trade, found.can_withdraw) == (True, True, False)
    assert list(found.leverages.values()) == [D(10)]
    assert list(found.margin_modes.values()) == ["isolated"]
    account = {"futuresMakerFee": "2", "futuresTakerFee": "5", "leverageLimit": "10"}
    found = await facts("backpack", lambda _: account)
    assert (found.maker_fee, found.taker_fee) == (D("0.0002"), D("0.0005"))


@pytest.mark.parametrize(
    ("tier", "costs"),
    [("standard", (1, 1, 1.5)), ("", (1, 1, 1.5)), ("Premium", (0.015, 0.75, 1.5)), ("builder", (0.015, 0.75, 1.5))],
)
async def test_lighters_tier_says_what_a_request_takes_of_its_budget(tier: str, costs: tuple[float, ...]) -> None:
    """An order weighs 6 of 24,000 a minute, a question 300; of a standard account each is one of 60."""

    async def limits(params: dict[str, Any]) -> dict[str, Any]:
        return {"user_tier": tier, "asked": params}

    async with asking("lighter", lambda _: {}) as (dialect, exchange, _):
        # its question is signed by the native library, which is not what this is about
        exchange.privateGetAccountLimits = limits
        before = dialect.request_cost("sendTx", 1)
        found = await dialect.account_facts(exchange, list(exchange.markets))
        assert before == 1, "until it is known, the lowest is taken for granted"
        assert found.fee_tier == (tier or "standard").lower()
        assert tuple(dialect.request_cost(path, 1) for path in ("sendTx", "account", "trades")) == costs
