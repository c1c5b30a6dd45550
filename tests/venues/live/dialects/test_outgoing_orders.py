"""What leaves for each venue when an order is placed through real ccxt: who is paid, what is asked, how it reads."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import pytest
from outgoing import BIG, IDS, Sent, Wire, exchange_of, marks_of_others, order, send
from venue_cases import CASES, PK

from venues.live.dialect import Dialect
from venues.live.dialects import DIALECTS
from venues.live.exchange import Exchange, Taps, choose_markets
from venues.live.pool import VenuePool
from venues.live.signers import missing
from venues.model import InstrumentError, TimeInForce
from venues.model.secret import Secret

TRADED = sorted(CASES)


@asynccontextmanager
async def placing(name: str, **credentials: str) -> AsyncIterator[tuple[Dialect, Any, Wire]]:
    """A prepared instance; skipped where the venue's native signer is not on this machine."""
    case = CASES[name]
    if case.needs and (lacking := missing(name)):
        pytest.skip(f"{lacking[0].text}; {lacking[0].mend}")

    def answer(sent: Sent) -> Any:
        return next((found for piece, found in case.answers.items() if piece in sent.url), {})

    async with exchange_of(name, case.market, {**case.credentials, **credentials}, answer) as (dialect, exchange, wire):
        exchange.options.update(case.options)
        await dialect.prepare(exchange)
        yield dialect, exchange, wire


def only_order(name: str, wire: Wire) -> Sent:
    return wire.of(CASES[name].order_path)


def test_every_dialect_that_trades_has_a_case() -> None:
    assert [name for name in DIALECTS if not DIALECTS[name].refused] == TRADED


def test_a_dialect_that_cannot_be_traded_says_why() -> None:
    assert "fills" in DIALECTS["dydx"].refused


@pytest.mark.parametrize("name", TRADED)
async def test_nothing_that_leaves_credits_somebody_else(name: str) -> None:
    async with placing(name) as (dialect, exchange, wire):
        await send(dialect, exchange, order("X", price=CASES[name].price), **CASES[name].params)
        assert wire.sent
        assert {sent.url: marks_of_others(sent) for sent in wire.sent if marks_of_others(sent)} == {}


@pytest.mark.parametrize("name", TRADED)
async def test_the_first_order_needs_no_other_private_call(name: str) -> None:
    async with placing(name) as (dialect, exchange, wire):
        before = len(wire.sent)
        await send(dialect, exchange, order("X", price=CASES[name].price), **CASES[name].params)
        assert [sent.path for sent in wire.sent[before:]] == [only_order(name, wire).path]


@pytest.mark.parametrize("name", TRADED)
@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("plain", {}),
        ("post_only", {"post_only": True}),
        ("ioc_reduce", {"tif": TimeInForce.IOC, "reduce_only": True}),
        ("fok", {"tif": TimeInForce.FOK}),
    ],
)
async def test_the_order_is_spelled_as_the_venue_spells_it(name: str, kind: str, asked: dict[str, Any]) -> None:
    case = CASES[name]
    expected = getattr(case, kind)
    async with placing(name) as (dialect, exchange, wire):
        request = order("X", price=case.price, **asked)
        if expected is None:
            assert not dialect.fok
            with pytest.raises(ValueError, match="no FOK"):
                await send(dialect, exchange, request, **case.params)
            assert all(not sent.path.endswith(case.order_path) for sent in wire.sent)
            return
        await send(dialect, exchange, request, **case.params)
        client_id, price, qty, *rest = case.spelled(only_order(name, wire))
        assert str(client_id) == case.client_id
        assert (type(price), type(qty)) == (str, str)
        assert (Decimal(price), Decimal(qty)) == (Decimal(case.price), Decimal("0.5"))
        assert tuple(rest) == expected


@pytest.mark.parametrize("name", TRADED)
async def test_a_price_that_ccxt_would_round_never_leaves(name: str) -> None:
    case = CASES[name]
    async with placing(name) as (dialect, exchange, wire):
        with pytest.raises(InstrumentError, match=r"price .* is not on the venue's steps"):
            await send(dialect, exchange, order("X", price="95000.123456789"), **case.params)
        assert all(not sent.path.endswith(case.order_path) for sent in wire.sent)


@pytest.mark.parametrize("name", TRADED)
async def test_a_quantity_that_ccxt_would_cut_never_leaves(name: str) -> None:
    case = CASES[name]
    async with placing(name) as (dialect, exchange, wire):
        with pytest.raises(InstrumentError, match=r"quantity .* is not on the venue's steps"):
            await send(dialect, exchange, order("X", price=case.price, qty="0.123456789"), **case.params)
        assert all(not sent.path.endswith(case.order_path) for sent in wire.sent)


@pytest.mark.parametrize("name", TRADED)
async def test_the_instrument_has_the_steps_of_the_venues_listing(name: str) -> None:
    async with placing(name) as (dialect, exchange, _):
        (market,) = exchange.markets.values()
        found = dialect.instrument(market)
        assert found is not None
        assert (found.base, found.kind.value) == ("BTC", "linear")
        assert found.tick == Decimal("1" if name == "hyperliquid" else "0.1")
        assert found.contract_size == Decimal("0.01" if name == "okx" else "1")


@pytest.mark.parametrize("name", TRADED)
async def test_our_id_survives_the_venues_format(name: str) -> None:
    async with placing(name) as (dialect, _, _):
        value = str(dialect.client_id(f"ck-{BIG}", IDS))
        assert len(value) <= dialect.client_id_max_len
        assert dialect.our_id(value, IDS) == f"ck-{BIG}"
        for foreign in ("", "web-1234", "0", "0x" + "ab" * 16, "x-cvBPrNm9123", str(2**64 - 1)):
            assert dialect.our_id(foreign, IDS) == ""


async def test_backpack_refuses_an_id_whose_short_form_is_taken() -> None:
    dialect = DIALECTS["backpack"]()
    assert dialect.client_id("ck-5", IDS) == 5
    assert dialect.client_id("ck-5", IDS) == 5
    with pytest.raises(ValueError, match="already stands for ck-5"):
        dialect.client_id(f"ck-{5 + 2**32}", IDS)


async def test_lighter_signs_without_integrator() -> None:
    async with placing("lighter") as (dialect, exchange, wire):
        await send(dialect, exchange, order("X", price="95000.5"), nonce=77)
        signed = json.loads(only_order("lighter", wire).fields["tx_info"])
        # attributes 1 to 3 are the integrator and its two fees; 4 lets a nonce skip numbers
        assert set(signed.get("L2TxAttributes") or {}) <= {"4"}
        assert signed["Nonce"] == 77


async def test_grvt_and_extended_orders_outlive_a_session() -> None:
    async with placing("grvt") as (dialect, exchange, wire):
        await send(dialect, exchange, order("X", price="95000.5"))
        expiry_ms = int(only_order("grvt", wire).fields["order"]["signature"]["expiration"]) / 1e6
        assert 28 < (expiry_ms - exchange.milliseconds()) / 86_400_000 < 30
    async with placing("extended") as (dialect, exchange, wire):
        await send(dialect, exchange, order("X", price="95000.5"))
        expiry_ms = only_order("extended", wire).fields["expiryEpochMillis"]
        assert 27 < (expiry_ms - exchange.milliseconds()) / 86_400_000 < 29


@pytest.mark.parametrize("name", ["extended", "grvt", "aster"])
async def test_two_equal_orders_at_once_are_signed_apart(name: str) -> None:
    async with placing(name) as (dialect, exchange, wire):
        request = order("X", price="95000.5")
        await send(dialect, exchange, request, **CASES[name].params)
        await send(dialect, exchange, request, **CASES[name].params)
        first, second = wire.sent[-2:]
        if name == "aster":
            assert int(second.fields["nonce"]) > int(first.fields["nonce"])
            assert first.fields["signature"] != second.fields["signature"]
        elif name == "extended":
            assert first.fields["settlement"]["signature"] != second.fields["settlement"]["signature"]
        else:
            nonces = [sent.fields["order"]["signature"]["nonce"] for sent in (first, second)]
            assert nonces[0] < nonces[1] < 2**32


async def test_hyperliquid_approves_no_builder_and_sets_no_referrer_before_a_cancel_either() -> None:
    async with placing("hyperliquid") as (dialect, exchange, wire):
        (symbol,) = exchange.markets
        await dialect.cancel(exchange, symbol, dialect.client_id("ck-7", IDS), "", {})
        (sent,) = wire.sent
        assert sent.fields["action"]["type"] == "cancelByCloid"
        assert marks_of_others(sent) == []


@pytest.mark.parametrize("name", ["binanceusdm", "okx"])
async def test_the_operators_own_broker_tag_goes_out(name: str) -> None:
    async with placing(name, brokerTag="MINE1") as (dialect, exchange, wire):
        await send(dialect, exchange, order("X", price="95000.5"))
        text = only_order(name, wire).body
        assert ("newClientOrderId=x-MINE1-ck-" if name == "binanceusdm" else '"tag":"MINE1"') in text
        assert dialect.our_id(str(dialect.client_id("ck-9", IDS)), IDS) == "ck-9"


@pytest.mark.parametrize("name", ["binanceusdm", "okx"])
async def test_a_broker_tag_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="brokerTag is 'a b'"):
        async with placing(name, brokerTag="a b"):
            pass


async def test_aster_signs_with_an_agents_key_for_the_wallet() -> None:
    wallet = "0x" + "ab" * 20
    async with placing("aster", walletAddress=wallet) as (dialect, exchange, wire):
        await send(dialect, exchange, order("X", price="95000.5"))
        fields = only_order("aster", wire).fields
        assert fields["user"] == wallet
        assert fields["signer"] == exchange.eth_get_address_from_private_key(PK)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"privateKey": "11" * 32}, "80 hex digits"),
        ({"apiKeyIndex": "1"}, "apiKeyIndex is '1'"),
        ({"accountIndex": "x"}, "accountIndex is 'x'"),
        ({"accountIndex": ""}, "accountIndex is ''"),
    ],
)
async def test_lighter_refuses_credentials_that_cannot_be(changed: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        async with placing("lighter", **changed):
            pass


async def test_lighter_never_gives_ccxt_a_key_that_it_could_register() -> None:
    async with placing("lighter") as (_, exchange, _):
        assert exchange.privateKey == ""


@pytest.mark.parametrize("name", TRADED)
async def test_the_adapter_makes_an_exchange_of_every_dialect(name: str) -> None:
    made = Exchange(
        DIALECTS[name](),
        credentials={key: Secret(text) for key, text in CASES[name].credentials.items()},
        symbols=frozenset({"BTC"}),
        pool=VenuePool(),
        endpoint="http://127.0.0.1:9",
        taps=Mock(spec=Taps),
    )
    try:
        options = made.ccxt.options
        assert not options.get("builderFee")
        assert not options.get("approvedBuilderFee")
        (wanted,) = choose_markets(DIALECTS[name](), [await market_of(name)], frozenset({"BTC"}))
        assert wanted["base"] == "BTC"
    finally:
        await made.close()


async def market_of(name: str) -> Any:
    """The market of the case as ccxt parses it."""
    case = CASES[name]

    def answer(sent: Sent) -> Any:
        return next((found for piece, found in case.answers.items() if piece in sent.url), {})

    async with exchange_of(name, case.market, case.credentials, answer) as (_, exchange, _):
        (market,) = exchange.markets.values()
        return market
