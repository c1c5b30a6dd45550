"""What dialects make of a venue's own answers: money, numbering of books, orders that are not there, rights."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from asking import asking
from outgoing import IDS, Sent, exchange_of
from venue_cases import CASES

from venues.live.dialect import BookStep, Stream
from venues.live.dialects import DIALECTS
from venues.model import RejectReason

D = Decimal


def test_lighters_books_are_numbered_by_their_nonces() -> None:
    dialect = DIALECTS["lighter"]()
    update = {"type": "update/order_book", "channel": "order_book:0", "order_book": {"nonce": 20, "begin_nonce": 10}}
    assert dialect.book_step(update) == BookStep("0", 20, 10)
    assert dialect.book_step({**update, "type": "subscribed/order_book"}) == BookStep("0", 20, None)
    assert dialect.book_step({"type": "update/trade", "channel": "trade:0"}) is None


def test_bybits_books_are_numbered_one_by_one() -> None:
    dialect = DIALECTS["bybit"]()
    delta = {"topic": "orderbook.50.BTCUSDT", "type": "delta", "data": {"s": "BTCUSDT", "u": 8}}
    assert dialect.book_step(delta) == BookStep("BTCUSDT", 8, 7)
    assert dialect.book_step({**delta, "type": "snapshot"}) == BookStep("BTCUSDT", 8, None)
    assert dialect.book_step({**delta, "data": {"s": "BTCUSDT", "u": 1}}) == BookStep("BTCUSDT", 1, None)
    assert dialect.book_step({"topic": "publicTrade.BTCUSDT"}) is None


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("binanceusdm", "-5022", RejectReason.POST_ONLY),
        ("binanceusdm", "-4116", RejectReason.DUPLICATE_ID),
        ("lighter", "21739", RejectReason.MARGIN),
        ("okx", "51008", RejectReason.MARGIN),
        ("bybit", "110017", RejectReason.REDUCE_ONLY),
        ("bybit", "", RejectReason.OTHER),
    ],
)
def test_codes_say_which_kind_of_no(name: str, code: str, reason: RejectReason) -> None:
    assert DIALECTS[name]().reject_reason("", code) is reason


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("extended", {"data": []}),
        ("hyperliquid", {"status": "unknownOid"}),
        ("bybit", {"retCode": 0, "result": {"list": []}}),
        ("polymarket", []),
        ("apex", {"data": {}}),
    ],
)
async def test_an_order_that_the_venue_does_not_know_is_none(name: str, answer: Any) -> None:
    async with asking(name, lambda _: answer) as (dialect, exchange, _):
        (symbol,) = exchange.markets
        assert await dialect.find_order(exchange, symbol, dialect.client_id("ck-7", IDS), "") is None


async def test_backpack_looks_for_an_ended_order_in_its_history() -> None:
    row = {
        "id": "55",
        "clientId": 7,
        "symbol": "BTC_USDC_PERP",
        "side": "Bid",
        "status": "Filled",
        "quantity": "1",
        "executedQuantity": "1",
        "orderType": "Limit",
        "price": "95000",
    }

    def answer(sent: Sent) -> Any:
        if sent.path.endswith("/api/v1/order"):
            from ccxt.base.errors import OrderNotFound

            raise OrderNotFound("backpack Order not found")
        return [row]

    async with asking("backpack", answer) as (dialect, exchange, wire):
        (symbol,) = exchange.markets
        found = await dialect.find_order(exchange, symbol, dialect.client_id("ck-7", IDS), "")
        assert (found["id"], found["filled"]) == ("55", "1")
        assert wire.sent[0].fields == {"clientId": "7", "symbol": "BTC_USDC_PERP"}
        assert await dialect.find_order(exchange, symbol, dialect.client_id("ck-8", IDS), "") is None


async def test_backpack_cancels_by_the_short_id_alone() -> None:
    async with asking("backpack", lambda _: {}) as (dialect, exchange, wire):
        (symbol,) = exchange.markets
        await dialect.cancel(exchange, symbol, dialect.client_id("ck-7", IDS), "", {})
        assert wire.sent[0].fields == {"clientId": 7, "symbol": "BTC_USDC_PERP"}
        await dialect.cancel(exchange, symbol, "", "55", {})
        assert wire.sent[1].fields == {"orderId": "55", "symbol": "BTC_USDC_PERP"}


async def test_lighters_rates_are_for_eight_hours_and_settle_every_hour() -> None:
    rates = {"funding_rates": [{"market_id": 1, "exchange": "lighter", "symbol": "BTC", "rate": "0.0008"}]}
    async with asking("lighter", lambda _: rates) as (dialect, exchange, _):
        (raw,) = await dialect.funding_rates(exchange, list(exchange.markets))
        assert (D(raw["fundingRate"]), raw["interval"]) == (D("0.0001"), "1h")
        assert 0 < raw["fundingTimestamp"] - exchange.milliseconds() <= 3_600_000


async def test_rates_that_ccxt_does_not_ask_for_are_asked() -> None:
    ticker = {"result": {"funding_rate": "0.01", "next_funding_time": "1795276800000000000", "mark_price": "95000"}}
    async with asking("grvt", lambda _: ticker) as (dialect, exchange, _):
        (raw,) = await dialect.funding_rates(exchange, list(exchange.markets))
        assert (D(raw["fundingRate"]), raw["fundingTimestamp"], raw["interval"]) == (D("0.0001"), 1795276800000, "8h")
    stats = {"data": {"fundingRate": "0.00001", "nextFundingRate": 1795276800000, "markPrice": "95000"}}
    async with asking("extended", lambda _: stats) as (dialect, exchange, _):
        (raw,) = await dialect.funding_rates(exchange, list(exchange.markets))
        assert (raw["fundingRate"], raw["fundingTimestamp"]) == ("0.00001", 1795276800000)
    quote = {"data": [{"predictedFundingRate": "0.00002", "nextFundingTime": "2026-11-21T16:00:00Z"}]}
    async with asking("apex", lambda _: quote) as (dialect, exchange, _):
        (raw,) = await dialect.funding_rates(exchange, list(exchange.markets))
        assert (raw["fundingRate"], raw["fundingTimestamp"]) == ("0.00002", 1795276800000)


async def test_an_order_of_apex_that_is_being_canceled_has_not_ended() -> None:
    async with asking("apex", lambda _: {}) as (_, exchange, _):
        seen = [exchange.parse_order_status(status) for status in ("CANCELING", "CANCELED", "FILLED", "OPEN")]
        assert seen == ["canceling", "canceled", "closed", "open"]


async def test_a_pending_order_of_grvt_is_open() -> None:
    async with asking("grvt", lambda _: {}) as (_, exchange, _):
        assert [exchange.parse_order_status(status) for status in ("PENDING", "CANCELLED")] == ["open", "canceled"]


async def test_hyperliquids_tick_stays_right_when_the_price_rises_by_half() -> None:
    for mark, size_decimals, tick in [
        ("95000", 5, "1"),
        ("3500", 4, "0.1"),
        ("80", 2, "0.01"),
        ("0.0123", 0, "0.000001"),
    ]:
        market = {**CASES["hyperliquid"].market, "markPx": mark, "szDecimals": size_decimals}
        async with exchange_of("hyperliquid", market, CASES["hyperliquid"].credentials, lambda _: {}) as found:
            dialect, exchange, _ = found
            (raw,) = exchange.markets.values()
            instrument = dialect.instrument(raw)
            assert instrument is not None
            assert instrument.tick == D(tick)
            high = instrument.round_price(D(mark) * D("1.49"), up=False)
            assert D(exchange.price_to_precision(raw["symbol"], f"{high:f}")) == high


@pytest.mark.parametrize("name", ["binanceusdm", "aster"])
async def test_the_dead_mans_switch_is_armed_for_each_market(name: str) -> None:
    async with asking(name, lambda _: {}) as (dialect, exchange, wire):
        await dialect.cancel_all_after(exchange, list(exchange.markets), 60, {})
        assert wire.sent[-1].fields["countdownTime"] == "60000"
        assert wire.sent[-1].fields["symbol"] == "BTCUSDT"


LIGHTER_TRADE = {
    "trade_id": 19209006902,
    "type": "trade",
    "market_id": 1,
    "size": "0.1336",
    "price": "2352.73",
    "usd_amount": "314.324728",
    "ask_id": 281476929510102,
    "bid_id": 562947905631053,
    "ask_client_id": 0,
    "bid_client_id": 7,
    "ask_account_id": 91249,
    "bid_account_id": 123456,
    "is_maker_ask": True,
    "timestamp": 1777941384181,
    "taker_fee": 196,
    "maker_fee": 28,
}


async def test_lighters_trades_carry_their_fee_and_our_id() -> None:
    """The recorded message: 196 millionths for the taker, which is 1.96 bps."""
    async with asking("lighter", lambda _: {}) as (dialect, exchange, _):
        (market,) = exchange.markets.values()
        for parse, key in ((exchange.parse_trade, "account_index"), (exchange.parse_ws_order_trade, "accountIndex")):
            raw = parse({**LIGHTER_TRADE, key: "123456"}, market)
            assert (raw["side"], raw["takerOrMaker"]) == ("buy", "taker")
            assert (raw["fee"]["cost"], raw["fee"]["currency"]) == ("0.061607646688", "USDC")
            assert dialect.raw_client_id(raw) == "7"
            assert not dialect.is_liquidation(raw)
            other = parse({**LIGHTER_TRADE, key: "91249", "type": "liquidation"}, market)
            assert (other["side"], other["takerOrMaker"]) == ("sell", "maker")
            assert D(other["fee"]["cost"]) == D("314.324728") * 28 / 1_000_000
            assert dialect.is_liquidation(other)


@pytest.mark.parametrize(
    ("name", "info"),
    [
        ("hyperliquid", {"liquidation": {"method": "market"}}),
        ("bybit", {"execType": "AdlTrade"}),
        ("backpack", {"systemOrderType": "LiquidatePositionOnBook"}),
        ("extended", {"tradeType": "LIQUIDATION"}),
        ("paradex", {"fill_type": "LIQUIDATION"}),
    ],
)
def test_what_the_venue_closed_itself_is_known(name: str, info: dict[str, Any]) -> None:
    dialect = DIALECTS[name]()
    assert dialect.is_liquidation({"info": info})
    assert not dialect.is_liquidation({"info": {}})


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("paradex", {"authToken": "token", "expires": 2_000_000_000}),
        ("grvt", {"AuthCookieValue": "gravity=x", "AuthAccountId": "7", "signInExpiration": 2_000_000_000_000}),
    ],
)
async def test_a_log_in_that_is_forgotten_is_made_anew_by_the_next_private_call(name: str, options: Any) -> None:
    """What is just being signed keeps the old one, and so is refused by the venue and not by us."""
    async with asking(name, lambda _: {"jwt_token": "fresh"}) as (dialect, exchange, wire):
        exchange.options.update(options)
        assert dialect.forget_login(exchange)
        assert not dialect.forget_login(exchange)
        assert exchange.options[next(iter(options))] == next(iter(options.values()))
        if name == "paradex":
            assert await exchange.authenticate_rest() == "fresh"
        else:
            await exchange.sign_in_with_private_key()
        assert any("auth" in sent.path for sent in wire.sent)


async def test_lighters_token_is_forgotten_once() -> None:
    async with asking("lighter", lambda _: {}) as (dialect, exchange, _):
        (keys,) = exchange.options["auths"].values()
        (kept,) = keys.values()
        kept.update(token="t", deadline=2_000_000_000)
        assert dialect.forget_login(exchange)
        assert (kept["token"], kept["deadline"], bool(kept["lighterPrivateKey"])) == (None, None, True)
        assert not dialect.forget_login(exchange)


async def test_asters_listen_key_is_asked_for_anew_and_its_sockets_are_of_swaps_anywhere() -> None:
    async with asking("aster", lambda _: {}) as (dialect, exchange, _):
        exchange.options["lastAuthenticatedTime"]["swap"] = 5
        dialect.before_redial(exchange, Stream.ORDERS)
        assert exchange.options["lastAuthenticatedTime"]["swap"] == 0
        assert dialect.ends_session({"e": "listenKeyExpired"})
        assert exchange.get_account_type_from_url("ws://127.0.0.1:1/ws/key") == "swap"


@pytest.mark.parametrize("host", ["https://fapi.binance.com", "http://127.0.0.1:8080", "https://other.example"])
@pytest.mark.parametrize(
    ("code", "kind"),
    [(-2022, "InvalidOrder"), (-5022, "OrderNotFillable"), (-2019, "InsufficientFunds"), (-2013, "OrderNotFound")],
)
async def test_binances_codes_are_the_same_errors_on_every_host(host: str, code: int, kind: str) -> None:
    body = {"code": code, "msg": "words"}
    async with asking("binanceusdm", lambda _: {}) as (_, exchange, _):
        url = f"{host}/fapi/v1/order"
        with pytest.raises(Exception, match=str(code)) as raised:
            exchange.handle_errors(400, "", url, "POST", {}, json.dumps(body), body, {}, "")
    assert type(raised.value).__name__ == kind
