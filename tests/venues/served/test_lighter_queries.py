"""Lighter's REST queries: markets, accounts, pages, and what is asked for in the wrong way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.venues.served.lighter_kit import BID, BTC, DAY_MS, ETH, LOT, Bench, D
from venues.model import Side
from venues.paper.spec import SpecError
from venues.served.dialect import HttpRequest
from venues.served.lighter_markets import LighterMarkets
from venues.served.lighter_tx import TxKind


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("account", {"by": "name", "value": "1"}, 20001),
        ("account", {"by": "index", "value": "x"}, 20001),
        ("account", {"by": "index", "value": "9"}, 21100),
        ("accountsByL1Address", {"l1_address": "0x0"}, 21100),
        ("nextNonce", {"account_index": "7001"}, 20001),
        ("nextNonce", {"account_index": "7001", "api_key_index": "9"}, 21109),
        ("apikeys", {"account_index": "7001", "api_key_index": "9"}, 21109),
        ("orderBookOrders", {}, 20001),
        ("orderBookOrders", {"market_id": "9"}, 21602),
        ("orderBookDetails", {"market_id": "-1"}, 20001),
        ("fundings", {"market_id": "9"}, 21602),
        ("accountLimits", {"account_index": "7001"}, 20013),
        ("transfer/history", {}, 20013),
    ],
)
def test_what_is_asked_for_in_the_wrong_way(bench: Bench, name: str, query: dict[str, str], code: int) -> None:
    status, body = bench.ask(name, **query)
    assert (status, body["code"]) == (400, code)


def test_paths_that_there_are_not(bench: Bench) -> None:
    assert bench.ask("nothing")[0] == 404
    assert bench.request(HttpRequest("DELETE", "/api/v1/account"))[0] == 404
    assert bench.post("account")[0] == 404


def test_two_markets_of_one_coin_are_refused(bench: Bench) -> None:
    house = bench.house.markets["BTC"]
    with pytest.raises(SpecError, match="two markets of BTC"):
        LighterMarkets([house, house])


def test_the_venue_itself(bench: Bench) -> None:
    assert bench.request(HttpRequest("GET", "/"))[1]["status"] == 200
    assert "contract_address" in bench.request(HttpRequest("GET", "/info"))[1]
    assert bench.get("currentHeight")["height"] > 0
    assert bench.get("fundings", market_id=BTC)["fundings"] == []


def test_markets(bench: Bench) -> None:
    rows = bench.get("orderBookDetails")["order_book_details"]
    assert [(row["symbol"], row["market_id"], row["status"]) for row in rows] == [
        ("ETH", ETH, "active"), ("BTC", BTC, "active"),
    ]  # fmt: skip
    (row,) = bench.get("orderBookDetails", market_id=BTC)["order_book_details"]
    assert (row["min_base_amount"], row["min_quote_amount"]) == ("0.00020", "10.000000")
    assert (row["default_initial_margin_fraction"], row["maintenance_margin_fraction"]) == (200, 120)
    assert len(bench.get("orderBooks", market_id=255)["order_books"]) == 2
    bench.move(bench.markets.btc.trade, BID, LOT, Side.SELL)
    (row,) = bench.get("orderBookDetails", market_id=BTC)["order_book_details"]
    assert (row["last_trade_price"], row["daily_trades_count"]) == (60_000.0, 1)


def test_the_book_and_its_limit(bench: Bench) -> None:
    book = bench.get("orderBookOrders", market_id=BTC, limit=1)
    assert (book["total_bids"], book["total_asks"]) == (1, 1)
    assert (book["bids"][0]["price"], book["bids"][0]["remaining_base_amount"]) == ("60000.0", "2.00000")
    assert bench.get("orderBookOrders", market_id=BTC)["total_bids"] == 2


def test_both_accounts_are_found_by_either_name(bench: Bench) -> None:
    for wallet, name in ((bench.wallet, "one"), (bench.other, "two")):
        given = bench.dialect.credentials(name)
        (found,) = bench.get("accountsByL1Address", l1_address=given["walletAddress"].upper().replace("X", "x"))[
            "sub_accounts"
        ]
        assert found["index"] == wallet.account
        (same,) = bench.get("account", by="l1_address", value=given["walletAddress"])["accounts"]
        assert (same["index"], same["collateral"]) == (wallet.account, "100000.000000")
    assert len(bench.get("apikeys", account_index=bench.wallet.account)["api_keys"]) == 2


def test_pages_of_trades(bench: Bench) -> None:
    for client in range(1, 6):
        bench.order(client, "buy", "0.01", "60001.0", "ioc")
    token, seen, cursor = bench.wallet.token(), [], ""
    while True:
        page = bench.get("trades", token=token, sort_by="timestamp", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["bid_client_id"] for row in page["trades"]]
        cursor = page.get("next_cursor", "")
        if not cursor:
            break
    assert seen == [5, 4, 3, 2, 1]
    oldest = bench.trades()[-1]["timestamp"]
    until = bench.get("trades", token=token, sort_by="timestamp", limit=10, **{"from": oldest})["trades"]
    assert [row["bid_client_id"] for row in until] == [1]
    assert bench.get("trades", token=token, sort_by="timestamp", limit=10, market_id=ETH)["trades"] == []
    assert bench.ask("trades", token=token, cursor="x")[1]["code"] == 20001


def test_private_data_of_one_market_only(bench: Bench) -> None:
    token = bench.wallet.token()
    bench.order(1, "buy", "0.01", "59000.0")
    bench.order(2, "buy", "0.1", "2900.0", MarketIndex=ETH, BaseAmount=1000, Price=290_000)
    rows = bench.get("accountActiveOrders", token=token, market_id=ETH)["orders"]
    assert [(row["client_order_index"], row["price"], row["market_symbol"]) for row in rows] == [(2, "2900.00", "ETH")]
    bench.cancel(1)
    assert bench.get("accountInactiveOrders", token=token, limit=5, market_id=ETH)["orders"] == []
    assert bench.get("deposit/history", token=token)["deposits"] == []


def test_free_margin_goes_down_with_a_position(bench: Bench) -> None:
    before = bench.account()
    bench.order(1, "buy", "0.5", "60001.0", "ioc")
    after = bench.account()
    assert D(after["available_balance"]) < D(before["available_balance"]) == D(100_000)
    assert D(after["cross_initial_margin_requirement"]) > D(after["cross_maintenance_margin_requirement"]) > 0
    assert D(after["total_asset_value"]) - D(after["collateral"]) == D(after["positions"][0]["unrealized_pnl"])


@pytest.mark.parametrize("kind", ["multipart", "form"])
def test_a_transaction_comes_in_either_form(bench: Bench, kind: str) -> None:
    info: dict[str, Any] = bench.wallet.tx(
        TxKind.CREATE_ORDER, MarketIndex=BTC, ClientOrderIndex=1, BaseAmount=1000, Price=590_000, IsAsk=0, Type=0,
        TimeInForce=1, ReduceOnly=0, TriggerPrice=0, OrderExpiry=bench.house.now_ms() + DAY_MS,
    )  # fmt: skip
    if kind == "form":
        status, body = bench.post("sendTx", tx_type=14, tx_info=json.dumps(info), price_protection="true")
    else:
        parts = [("tx_type", "14"), ("tx_info", json.dumps(info))]
        text = (
            "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in parts) + "--b--\r\n"
        )
        headers = {"content-type": "multipart/form-data; boundary=b"}
        status, body = bench.request(HttpRequest("POST", "/api/v1/sendTx", "", headers, text.encode()))
    assert (status, body["code"], len(body["tx_hash"])) == (200, 200, 80)
    assert body["predicted_execution_time_ms"] > bench.house.now_ms()
    bench.pass_time()
    assert len(bench.active()) == 1
