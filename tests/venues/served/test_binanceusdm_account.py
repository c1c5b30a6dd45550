"""What a binanceusdm client is told of its account and of the market: history, settings, the socket's commands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.venues.served.served_kit import D, Desktop
from venues.model import NS_PER_S, OrderRequest, Side

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "59000",
}
ORDER = "/fapi/v1/order"


# -- history -----------------------------------------------------------------------------------------------------


def test_trades_and_income_page_by_id_and_time() -> None:
    with Desktop() as desktop:
        stamps = []
        for _ in range(4):
            stamps.append(desktop.house.now_ms())
            desktop.ask("POST", ORDER, account="one", **{**LIMIT, "timeInForce": "IOC", "price": "60001"})
            desktop.pass_time(1)

        def trades(**params: object) -> list[int]:
            asked = {"symbol": "BTCUSDT", **params}
            return [row["id"] for row in desktop.ask("GET", "/fapi/v1/userTrades", account="one", **asked)[1]]

        everything = trades()
        assert len(everything) == len(set(everything)) == 4
        assert trades(limit=2) == everything[-2:]
        assert trades(fromId=everything[1], limit=2) == everything[1:3]
        assert trades(startTime=stamps[2]) == everything[2:]
        assert trades(startTime=stamps[1], endTime=stamps[2]) == everything[1:2] + trades(
            startTime=stamps[2], endTime=stamps[2]
        )
        assert trades(orderId=everything[0] - 1) == everything[:1]
        assert desktop.ask("GET", "/fapi/v1/userTrades", account="one", symbol="BTCUSDT", limit=0)[1]["code"] == -1130
        assert desktop.ask("GET", "/fapi/v1/userTrades", account="one")[1]["code"] == -1102
        fees = desktop.ask("GET", "/fapi/v1/income", account="one", incomeType="COMMISSION", startTime=stamps[0])[1]
        assert [D(row["income"]) for row in fees] == [-D("0.01") * 60_001 * D("0.0005")] * 4
        paged = {"incomeType": "COMMISSION", "startTime": stamps[0], "limit": 3, "page": 2}
        assert len(desktop.ask("GET", "/fapi/v1/income", account="one", **paged)[1]) == 1


def test_transfers_and_forced_closes_are_told() -> None:
    with Desktop() as desktop:
        socket = desktop.user()
        desktop.call(desktop.house.exchange.deposit, "one", "USDT", D(50))
        desktop.pass_time(0.1)
        (moved,) = socket.take()
        assert (moved["a"]["m"], moved["a"]["B"][0]["wb"], moved["a"]["P"]) == ("DEPOSIT", "100050", [])
        income = desktop.ask("GET", "/fapi/v1/income", account="one", incomeType="TRANSFER")[1]
        assert [D(row["income"]) for row in income] == [D(50)]
        desktop.ask("POST", ORDER, account="one", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.1")
        socket.take()
        desktop.call(desktop.house.exchange.force_close, "one", "BTCUSDT")
        desktop.pass_time(0.1)
        orders = [event["o"] for event in socket.take() if event["e"] == "ORDER_TRADE_UPDATE"]
        assert (orders[-1]["x"], orders[-1]["X"], orders[-1]["q"], orders[-1]["z"]) == (
            "CALCULATED",
            "FILLED",
            "0.1",
            "0.1",
        )
        assert orders[-1]["o"] == "LIQUIDATION"
        assert orders[-1]["c"].startswith("autoclose-")
        assert desktop.ask("GET", "/fapi/v3/positionRisk", account="one")[1] == []


def test_funding_is_settled_listed_and_told() -> None:
    with Desktop() as desktop:
        desktop.call(desktop.house.exchange.set_funding_rate, "binance", "BTCUSDT", D("0.0001"))
        desktop.ask("POST", ORDER, account="one", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="1")
        premium = desktop.ask("GET", "/fapi/v1/premiumIndex", symbol="BTCUSDT")[1]
        desktop.pass_time((premium["nextFundingTime"] - desktop.house.now_ms()) / 1000 - 60)
        socket = desktop.user()
        desktop.pass_time(61)
        (event,) = socket.take()
        got = D("60000.5") * D("0.0001")
        assert (event["a"]["m"], D(event["a"]["B"][0]["bc"])) == ("FUNDING_FEE", got)
        (row,) = desktop.ask("GET", "/fapi/v1/income", account="one", incomeType="FUNDING_FEE")[1]
        assert (D(row["income"]), row["time"]) == (got, premium["nextFundingTime"])
        (rate,) = desktop.ask("GET", "/fapi/v1/fundingRate", symbol="BTCUSDT")[1]
        assert (rate["fundingRate"], rate["fundingTime"]) == ("0.0001", premium["nextFundingTime"])
        assert desktop.ask("GET", "/fapi/v1/fundingRate", startTime=premium["nextFundingTime"] + 1)[1] == []


# -- public ------------------------------------------------------------------------------------------------------


def test_public_trades_and_tickers() -> None:
    with Desktop() as desktop:

        def ask(path: str, **params: object) -> Any:
            status, body = desktop.ask("GET", f"/fapi/v1/{path}", **params)
            assert status == 200
            return body

        assert ask("ticker/24hr", symbol="BTCUSDT")["lastPrice"] == "60000.5"  # the mark, before there is a trade
        for number in range(1, 4):
            desktop.call(desktop.market.trade, 600_000 + number, number, Side.BUY if number % 2 else Side.SELL)
        trades = ask("trades", symbol="BTCUSDT", limit=2)
        assert [(row["id"], row["price"], row["qty"], row["isBuyerMaker"]) for row in trades] == [
            (2, "60000.2", "0.002", True),
            (3, "60000.3", "0.003", False),
        ]
        assert trades[0]["quoteQty"] == "120.0004"
        assert [row["a"] for row in ask("aggTrades", symbol="BTCUSDT", fromId=2, limit=1)] == [2]
        assert [row["a"] for row in ask("aggTrades", symbol="BTCUSDT", limit=2)] == [2, 3]
        day = ask("ticker/24hr", symbol="BTCUSDT")
        assert (day["lastPrice"], day["highPrice"], day["lowPrice"], day["volume"], day["count"]) == (
            "60000.3",
            "60000.3",
            "60000.1",
            "0.006",
            3,
        )
        assert [row["price"] for row in ask("ticker/price")] == ["60000.3"]
        assert ask("ticker/bookTicker")[0]["bidPrice"] == "60000"
        assert ask("fundingInfo")[0]["fundingIntervalHours"] == 8
        assert ask("premiumIndex")[0]["markPrice"] == "60000.5"
        assert desktop.ask("GET", "/fapi/v1/trades", symbol="NOPE")[1]["code"] == -1121


# -- settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "params", "code"),
    [
        ("POST", "/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": 126}, -4028),
        ("POST", "/fapi/v1/leverage", {"symbol": "BTCUSDT"}, -1102),
        ("POST", "/fapi/v1/marginType", {"symbol": "BTCUSDT", "marginType": "BOTH"}, -1102),
        ("POST", "/fapi/v1/marginType", {"symbol": "BTCUSDT", "marginType": "ISOLATED"}, -4168),
        ("POST", "/fapi/v1/marginType", {"symbol": "BTCUSDT", "marginType": "CROSSED"}, -4046),
        ("POST", "/fapi/v1/positionSide/dual", {"dualSidePosition": "true"}, -4084),
        ("POST", "/fapi/v1/positionSide/dual", {"dualSidePosition": "false"}, -4059),
    ],
)
def test_settings_that_are_refused(method: str, path: str, params: dict[str, object], code: int) -> None:
    with Desktop() as desktop:
        assert desktop.ask(method, path, account="one", **params)[1]["code"] == code


def test_settings_are_shown_back() -> None:
    with Desktop() as desktop:
        socket = desktop.user()
        desktop.ask("POST", "/fapi/v1/leverage", account="one", symbol="BTCUSDT", leverage=5)
        assert socket.take()[0]["ac"] == {"s": "BTCUSDT", "l": 5}
        risk = desktop.ask("GET", "/fapi/v2/positionRisk", account="one", symbol="BTCUSDT")[1]
        assert (risk[0]["leverage"], risk[0]["marginType"]) == ("5", "cross")
        assert desktop.ask("GET", "/fapi/v2/positionRisk", account="two")[1][0]["leverage"] == "20"
        rights = desktop.ask("GET", "/sapi/v1/account/apiRestrictions", account="one")[1]
        assert (rights["enableFutures"], rights["enableWithdrawals"]) == (True, False)
        assert desktop.ask("GET", "/fapi/v1/accountConfig", account="one")[1]["dualSidePosition"] is False
        assert desktop.ask("GET", "/fapi/v1/multiAssetsMargin", account="one")[1] == {"multiAssetsMargin": False}
        both = desktop.ask("GET", "/fapi/v1/leverageBracket", account="one")[1]
        assert both[0]["brackets"][0]["maintMarginRatio"] == 0.004


# -- the socket --------------------------------------------------------------------------------------------------


def test_the_ack_comes_before_the_data() -> None:
    with Desktop() as desktop:
        socket = desktop.socket("/public/ws/0")
        socket.send({"method": "SUBSCRIBE", "params": ["btcusdt@depth@0ms", "nopeusdt@trade"], "id": 7})
        desktop.call(lambda: desktop.market.set(bids={600_000: 3}))
        first, second = socket.take()
        assert first == {"result": None, "id": 7}
        assert second["e"] == "depthUpdate"
        socket.send({"method": "LIST_SUBSCRIPTIONS", "id": 8})
        assert socket.take() == [{"result": ["btcusdt@depth@0ms", "nopeusdt@trade"], "id": 8}]
        socket.send({"method": "UNSUBSCRIBE", "params": ["btcusdt@depth@0ms"], "id": 9})
        desktop.call(lambda: desktop.market.set(bids={600_000: 4}))
        assert socket.take() == [{"result": None, "id": 9}]


def test_combined_streams_are_wrapped() -> None:
    with Desktop() as desktop:
        socket = desktop.socket("/stream", "streams=btcusdt@trade/btcusdt@aggTrade")
        desktop.call(desktop.market.trade, 600_010, 2, Side.SELL)
        assert [message["stream"] for message in socket.take()] == ["btcusdt@trade", "btcusdt@aggTrade"]
        socket.send({"method": "SET_PROPERTY", "params": ["combined", False], "id": 1})
        socket.send({"method": "GET_PROPERTY", "params": ["combined"], "id": 2})
        assert socket.take() == [{"result": None, "id": 1}, {"result": False, "id": 2}]
        desktop.call(desktop.market.trade, 600_010, 2, Side.SELL)
        assert [message["e"] for message in socket.take()] == ["trade", "aggTrade"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("not json", 3), ("[]", 3), ('{"id": 1}', 3), ('{"method": "DANCE", "id": 4}', 2), ('{"method": 5}', 3)],
)
def test_commands_that_do_not_read(text: str, code: int) -> None:
    with Desktop() as desktop:
        socket = desktop.socket("/ws")
        socket.send(text)
        assert socket.take()[0]["error"]["code"] == code
        assert socket.closed == []


def test_a_path_that_is_no_stream_is_closed() -> None:
    with Desktop() as desktop:
        assert desktop.socket("/elsewhere").closed == [1008]


def test_a_socket_has_a_limit_of_streams() -> None:
    with Desktop() as desktop:
        names = [f"btcusdt@made{number}" for number in range(200)]
        assert desktop.socket("/stream", "streams=" + "/".join([*names, "btcusdt@trade"])).closed == [1008]
        socket = desktop.socket("/ws")
        socket.send({"method": "SUBSCRIBE", "params": names, "id": 1})
        socket.send({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 2})
        assert [message.get("error", {}).get("code") for message in socket.take()] == [None, 2]


def test_a_listen_key_lives_an_hour_unless_it_is_kept() -> None:
    with Desktop() as desktop:
        socket = desktop.user()
        desktop.pass_time(3_000)
        assert desktop.ask("PUT", "/fapi/v1/listenKey", account="one")[0] == 200
        desktop.pass_time(3_000)
        assert socket.take() == []
        desktop.pass_time(700)
        assert [event["e"] for event in socket.take()] == ["listenKeyExpired"]
        assert desktop.ask("PUT", "/fapi/v1/listenKey", account="one")[1]["code"] == -1125
        assert desktop.ask("POST", "/fapi/v1/listenKey")[1]["code"] == -2014


def test_a_deleted_listen_key_is_dead_and_an_unknown_one_is_silent() -> None:
    with Desktop() as desktop:
        socket = desktop.user()
        assert desktop.ask("DELETE", "/fapi/v1/listenKey", account="one") == (200, {})
        assert [event["e"] for event in socket.take()] == ["listenKeyExpired"]
        stranger = desktop.socket("/private/ws", "listenKey=" + "0" * 64)
        desktop.ask("POST", ORDER, account="one", **LIMIT)
        assert (stranger.take(), stranger.closed) == ([], [])


def test_nobody_sees_anothers_orders() -> None:
    with Desktop() as desktop:
        one, two = desktop.user(), desktop.user("two")
        desktop.ask("POST", ORDER, account="one", **LIMIT)
        assert (len(one.take()), two.take()) == (1, [])
        assert desktop.ask("GET", "/fapi/v1/openOrders", account="two")[1] == []
        one.leave()
        desktop.ask("DELETE", "/fapi/v1/allOpenOrders", account="one", symbol="BTCUSDT")
        assert one.take() == []


def test_feeds_and_timers_end_with_their_last_listener() -> None:
    with Desktop() as desktop:
        socket = desktop.socket("/stream", "streams=btcusdt@depth/btcusdt@markPrice@1s")
        desktop.pass_time(1.1)
        assert [message["stream"] for message in socket.take()] == ["btcusdt@markPrice@1s"]
        socket.leave()
        assert desktop.house.markets["BTCUSDT"]._feeds == []
        desktop.pass_time(3)
        assert socket.take() == []


def test_the_house_waits_for_the_outcome_of_every_order() -> None:
    with Desktop() as desktop:
        account = desktop.house.accounts["one"]
        request = OrderRequest("twice", "BTCUSDT", Side.BUY, D("0.01"), D(59_000))
        order = desktop.run(account.submit(request))
        again = desktop.run(account.submit(request))
        assert (order.status.name, again.status.name) == ("OPEN", "REJECTED")
        assert desktop.run(account.cancel(order)) == ""
        assert desktop.run(account.cancel(order)) == "order is canceled"
        assert desktop.clock.monotonic_ns() < desktop.house.clock.now_ns() + NS_PER_S
