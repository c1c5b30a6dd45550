"""Orders, cancels and modifications: the venue's answers, and what `/info` says of them afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.venues.served.hyperliquid_kit import ASK, BID, LOT, Bench, D, cloid, wire
from venues.model import RejectReason, Side


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def oid(status: Any) -> int:
    (row,) = status.values()
    return int(row["oid"])


# -- refused by their form: one error for the whole batch, nothing placed ----------------------------------------------


@pytest.mark.parametrize(
    ("size", "price", "words"),
    [
        ("0.01", "59000.5", "Order has invalid price."),
        ("0.01", "0", "Order has invalid price."),
        ("0.01", "-1", "Order has invalid price."),
        ("0.01", "abc", "Order has invalid price."),
        ("0.01", "NaN", "Order has invalid price."),
        ("0.01", "5.9e4", "Order has invalid price."),
        ("0.01", "59_000", "Order has invalid price."),
        ("0.01", "123.456", "Order has invalid price."),
        ("0.000001", "59000", "Order has invalid size."),
        ("-0.01", "59000", "Order has invalid size."),
        ("many", "59000", "Order has invalid size."),
        ("0", "59000", "Order has zero size."),
    ],
)
def test_an_order_of_a_wrong_form_is_refused(bench: Bench, size: str, price: str, words: str) -> None:
    good = wire("buy", "0.01", "59000")
    assert bench.orders([good, wire("buy", size, price)]) == [{"error": words}]
    assert bench.of("openOrders") == []


def test_an_asset_a_tif_a_trigger_or_a_cloid_that_there_is_not_is_refused(bench: Bench) -> None:
    assert "invalid asset" in bench.orders([wire("buy", "1", "1", asset=9)])[0]["error"]
    assert "invalid tif" in bench.order("buy", "0.01", "59000", "Fok")["error"]
    assert "invalid cloid" in bench.order("buy", "0.01", "59000", c="0x12")["error"]
    trigger = {"trigger": {"isMarket": True, "triggerPx": "59000", "tpsl": "sl"}}
    assert bench.orders([wire("sell", "0.01", "59000") | {"t": trigger}]) == [{"error": "Invalid TP/SL price."}]


@pytest.mark.parametrize(
    "action",
    [
        {"type": "order", "orders": [{"a": 0}], "grouping": "na"},
        {"type": "order", "orders": "none", "grouping": "na"},
        {"type": "cancel", "cancels": [{"a": "BTC", "o": 1}]},
        {"type": "updateLeverage", "asset": 0, "isCross": 1, "leverage": 5},
        {"type": "scheduleCancel", "time": "soon"},
        {"type": "order", "orders": [wire("buy", "1", "1")], "grouping": "na", "builder": {"b": "me"}},
    ],
    ids=lambda action: str(action["type"]),
)
def test_what_cannot_be_read_is_answered_422(bench: Bench, action: dict[str, Any]) -> None:
    answer = bench.http("/exchange", bench.signed(action))
    assert answer.status == 422
    assert answer.body.startswith(b"Failed to deserialize the JSON body into the target type")


def test_an_empty_batch_is_refused(bench: Bench) -> None:
    answer = bench.act({"type": "order", "orders": [], "grouping": "na"})
    assert answer["status"] == "err"
    assert "expected 1 to" in answer["response"]


# -- refused by the book or the account --------------------------------------------------------------------------------


def test_a_post_only_order_that_would_take_names_the_best_prices(bench: Bench) -> None:
    status = bench.order("buy", "0.01", str(ASK), "Alo", c=cloid(1))
    assert status == {"error": f"Post only order would have immediately matched, bbo was {BID}@{ASK}. asset=0"}
    found = bench.of("orderStatus", oid=cloid(1))
    assert found["order"]["status"] == "badAloPxRejected"
    assert found["order"]["order"]["sz"] == "0.01"
    # the venue never had it: its cloid is free
    assert "resting" in bench.order("buy", "0.01", str(BID), "Alo", c=cloid(1))
    assert bench.of("orderStatus", oid=cloid(1))["order"]["status"] == "open"


def test_an_ioc_that_meets_nobody_is_an_error_and_its_status_says_so(bench: Bench) -> None:
    status = bench.order("buy", "0.01", str(BID), "Ioc", c=cloid(2))
    assert status == {"error": "Order could not immediately match against any resting orders. asset=0"}
    assert bench.of("orderStatus", oid=cloid(2))["order"]["status"] == "iocCancelRejected"


@pytest.mark.parametrize(
    ("order", "words", "word"),
    [
        (("buy", "0.0001", "59000"), "Order must have minimum value of $10. asset=0", "minTradeNtlRejected"),
        (("buy", "50", "59000"), "Insufficient margin to place order. asset=0", "perpMarginRejected"),
        (("buy", "0.01", "70000"), "Price too far from oracle asset=0", "oracleRejected"),
    ],
)
def test_money_and_band_are_checked(bench: Bench, order: tuple[str, str, str], words: str, word: str) -> None:
    assert bench.order(*order, c=cloid(3)) == {"error": words}
    assert bench.of("orderStatus", oid=cloid(3))["order"]["status"] == word
    assert [row["status"] for row in bench.of("historicalOrders")] == [word]


def test_a_price_far_beyond_the_mark_is_refused_on_both_sides(bench: Bench) -> None:
    words = {"error": "Order price cannot be more than 95% away from the reference price"}
    assert bench.order("buy", "1", "2000") == words
    assert bench.order("sell", "0.01", "200000") == words


def test_a_reduce_only_order_needs_something_to_reduce(bench: Bench) -> None:
    words = {"error": "Reduce only order would increase position. asset=0"}
    assert bench.order("sell", "0.01", str(BID), "Ioc", reduce=True) == words
    bench.order("buy", "0.01", str(ASK), "Ioc")
    assert bench.order("buy", "0.01", str(ASK), "Ioc", reduce=True) == words
    # only what is there is closed, below the least value of an order too
    assert bench.order("sell", "0.0001", str(BID), "Ioc", reduce=True)["filled"]["totalSz"] == "0.0001"
    assert bench.order("sell", "5", str(BID), "Ioc", reduce=True)["filled"]["totalSz"] == "0.0099"
    assert bench.of("clearinghouseState")["assetPositions"] == []


def test_a_cloid_serves_one_order(bench: Bench) -> None:
    first = oid(bench.order("buy", "0.01", "59000", c=cloid(4)))
    assert "cloid" in bench.order("buy", "0.01", "59000", c=cloid(4))["error"]
    bench.cancel(first)
    assert "cloid" in bench.order("buy", "0.01", "59000", c=cloid(4))["error"]
    assert bench.of("orderStatus", oid=cloid(4))["order"]["order"]["oid"] == first
    # each account has its own
    assert "resting" in bench.orders([wire("buy", "0.01", "59000", c=cloid(4))], account="two")[0]


def test_margin_follows_the_leverage_that_was_set(bench: Bench) -> None:
    # 100,000 USD of equity; 5 BTC are 300,000: 15,000 at the 20x of an account that set nothing
    assert "resting" in bench.order("buy", "5", "59990")
    answer = bench.act({"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 4})
    assert answer == {"status": "ok", "response": {"type": "default"}}
    assert bench.order("buy", "5", "59990") == {"error": "Insufficient margin to place order. asset=0"}
    assert "resting" in bench.orders([wire("buy", "1", "2990", asset=1)])[0]


# -- what is placed ----------------------------------------------------------------------------------------------------


def test_an_order_rests_is_listed_and_is_cancelled_once(bench: Bench) -> None:
    status = bench.order("buy", "0.01", "59000", "Alo", c=cloid(5))
    assert status == {"resting": {"oid": oid(status), "cloid": cloid(5)}}
    now = bench.house.now_ms()
    row = {
        "coin": "BTC", "side": "B", "limitPx": "59000.0", "sz": "0.01", "oid": oid(status), "timestamp": now,
        "origSz": "0.01", "cloid": cloid(5),
    }  # fmt: skip
    assert bench.of("openOrders") == [row]
    (full,) = bench.of("frontendOpenOrders")
    assert full == row | {
        "triggerCondition": "N/A", "isTrigger": False, "triggerPx": "0.0", "children": [], "isPositionTpsl": False,
        "reduceOnly": False, "orderType": "Limit", "tif": "Alo",
    }  # fmt: skip
    assert bench.of("orderStatus", oid=oid(status)) == {
        "status": "order",
        "order": {"order": full, "status": "open", "statusTimestamp": now},
    }
    bench.pass_time(1)
    assert bench.cancel(oid(status), asset=1) == {
        "error": "Order was never placed, already canceled, or filled. asset=1"
    }
    assert bench.cancel(oid(status)) == "success"
    again = {"error": "Order was never placed, already canceled, or filled. asset=0"}
    assert bench.cancel(oid(status)) == again
    assert bench.cancel(12345) == again
    assert bench.cancel(oid(status), account="two") == again
    found = bench.of("orderStatus", oid=cloid(5))["order"]
    assert (found["status"], found["statusTimestamp"] - now) == ("canceled", 1000)
    assert bench.of("openOrders") == []


def test_a_cancel_by_cloid(bench: Bench) -> None:
    bench.order("buy", "0.01", "59000", c=cloid(6))

    def cancel(number: int) -> Any:
        action = {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": cloid(number)}]}
        return bench.act(action)["response"]["data"]["statuses"]

    assert cancel(7) == [{"error": "Order was never placed, already canceled, or filled. asset=0"}]
    assert cancel(6) == ["success"]
    assert cancel(6) == [{"error": "Order was never placed, already canceled, or filled. asset=0"}]


def test_a_batch_has_one_status_for_each_order_in_their_order(bench: Bench) -> None:
    statuses = bench.orders(
        [
            wire("buy", "0.01", "59000"),
            wire("buy", "0.01", str(ASK), "Alo"),
            wire("buy", "0.01", str(ASK), "Ioc"),
        ]
    )
    assert [next(iter(status)) for status in statuses] == ["resting", "error", "filled"]


def test_an_ioc_fills_what_it_can_and_the_rest_is_cancelled(bench: Bench) -> None:
    bench.markets.btc.book.asks.clear()
    bench.move(bench.markets.btc.set, {}, {ASK: LOT // 100, ASK + 10: LOT // 100})
    status = bench.order("buy", "0.05", str(ASK + 10), "Ioc", c=cloid(8))
    assert status["filled"]["totalSz"] == "0.02"
    assert status["filled"]["avgPx"] == f"{ASK + 5}.0"
    found = bench.of("orderStatus", oid=cloid(8))["order"]
    assert (found["status"], found["order"]["sz"], found["order"]["origSz"]) == ("canceled", "0.03", "0.05")
    fills = bench.of("userFills")
    assert [(fill["px"], fill["sz"]) for fill in fills] == [(f"{ASK + 10}.0", "0.01"), (f"{ASK}.0", "0.01")]


def test_a_fill_says_what_it_did_to_the_position_and_what_it_cost(bench: Bench) -> None:
    bench.order("buy", "0.02", str(ASK), "Ioc", c=cloid(9))
    bench.order("sell", "0.03", str(BID), "Ioc")
    closing, opening = bench.of("userFills")
    assert opening == {
        "coin": "BTC", "px": "60010.0", "sz": "0.02", "side": "B", "time": opening["time"], "startPosition": "0.0",
        "dir": "Open Long", "closedPnl": "0.0", "hash": opening["hash"], "oid": opening["oid"], "crossed": True,
        "fee": "0.54009", "tid": opening["tid"], "feeToken": "USDC", "twapId": None, "cloid": cloid(9),
    }  # fmt: skip
    assert (closing["dir"], closing["startPosition"], closing["closedPnl"]) == ("Long > Short", "0.02", "-0.2")
    assert "cloid" not in closing
    assert opening["tid"] != closing["tid"]
    state = bench.of("clearinghouseState")
    position = state["assetPositions"][0]["position"]
    assert (position["szi"], position["entryPx"]) == ("-0.01", "60000.0")
    assert position["leverage"] == {"type": "cross", "value": 20}
    # 100,000 less 0.54009 and 0.81 of fees, 0.2 lost, and 0.05 to the mark of 60,005
    assert state["marginSummary"]["accountValue"] == "99998.39991"
    assert state["marginSummary"]["totalNtlPos"] == "600.05"
    assert bench.of("userFees")["userCrossRate"] == "0.00045"
    assert bench.of("userRateLimit")["cumVlm"] == "3000.2"


def test_a_maker_is_filled_by_trades_and_pays_the_makers_fee(bench: Bench) -> None:
    bench.order("buy", "0.01", str(BID + 5), "Alo", c=cloid(10))
    bench.move(bench.markets.btc.trade, BID + 5, LOT // 250, Side.SELL)
    found = bench.of("orderStatus", oid=cloid(10))["order"]
    assert (found["status"], found["order"]["sz"]) == ("open", "0.006")
    bench.move(bench.markets.btc.trade, BID + 5, LOT, Side.SELL)
    assert bench.of("orderStatus", oid=cloid(10))["order"]["status"] == "filled"
    fills = bench.of("userFillsByTime", startTime=0)
    assert [fill["sz"] for fill in fills] == ["0.004", "0.006"]
    assert all(fill["crossed"] is False and fill["cloid"] == cloid(10) for fill in fills)
    assert sum(D(fill["fee"]) for fill in fills) == D("600.05") * D("0.00015")


def test_fills_are_found_by_time(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc")
    first = bench.house.now_ms()
    bench.pass_time(1)
    bench.order("sell", "0.01", str(BID), "Ioc")
    assert len(bench.of("userFillsByTime", startTime=first + 1)) == 1
    assert len(bench.of("userFillsByTime", startTime=0, endTime=first)) == 1
    assert len(bench.of("userFillsByTime", startTime=first, endTime=first + 2000)) == 2
    assert bench.of("userFillsByTime", account="two", startTime=0) == []


# -- modified ----------------------------------------------------------------------------------------------------------


def test_a_modified_order_has_a_new_oid_and_may_keep_its_cloid(bench: Bench) -> None:
    first = oid(bench.order("buy", "0.01", "59000", c=cloid(11)))
    status = bench.modify(first, wire("buy", "0.02", "59100", c=cloid(11)))
    second = oid(status)
    assert status == {"resting": {"oid": second, "cloid": cloid(11)}}
    assert second != first
    (row,) = bench.of("openOrders")
    assert (row["oid"], row["cloid"], row["limitPx"], row["origSz"]) == (second, cloid(11), "59100.0", "0.02")
    assert bench.of("orderStatus", oid=first)["order"]["status"] == "canceled"
    # by its cloid too, and the newest is what the cloid finds
    third = oid(bench.modify(cloid(11), wire("buy", "0.02", "59200", c=cloid(11))))
    assert bench.of("orderStatus", oid=cloid(11))["order"]["order"]["oid"] == third
    action = {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": cloid(11)}]}
    assert bench.act(action)["response"]["data"]["statuses"] == ["success"]
    assert bench.of("openOrders") == []


def test_only_an_open_order_can_be_modified(bench: Bench) -> None:
    words = {"error": "Cannot modify canceled or filled order"}
    assert bench.modify(77, wire("buy", "0.01", "59000")) == words
    first = oid(bench.order("buy", "0.01", "59000"))
    bench.cancel(first)
    assert bench.modify(first, wire("buy", "0.01", "59000")) == words
    assert bench.of("openOrders") == []


def test_a_modification_of_a_wrong_form_leaves_the_order_as_it_is(bench: Bench) -> None:
    first = oid(bench.order("buy", "0.01", "59000"))
    assert bench.modify(first, wire("buy", "0", "59000")) == {"error": "Order has zero size."}
    assert [row["oid"] for row in bench.of("openOrders")] == [first]


def test_a_modification_that_is_refused_has_cancelled_the_order(bench: Bench) -> None:
    first = oid(bench.order("buy", "0.01", "59000", c=cloid(12)))
    assert "Post only" in bench.modify(first, wire("buy", "0.01", str(ASK), "Alo", c=cloid(12)))["error"]
    assert bench.of("openOrders") == []
    assert bench.of("orderStatus", oid=first)["order"]["status"] == "canceled"


def test_the_single_modify_answers_as_a_whole(bench: Bench) -> None:
    first = oid(bench.order("buy", "0.01", "59000"))
    action = {"type": "modify", "oid": first, "order": wire("buy", "0.01", "59050")}
    assert bench.act(action) == {"status": "ok", "response": {"type": "default"}}
    refused = bench.act(action)
    assert refused == {"status": "err", "response": "Cannot modify canceled or filled order"}


# -- the venue's own doing ---------------------------------------------------------------------------------------------


def test_orders_that_the_venue_cancels_say_why(bench: Bench) -> None:
    first = oid(bench.order("buy", "0.01", "59000"))
    bench.move(bench.house.exchange.cancel_by_venue, "one", "BTC", RejectReason.LIQUIDATION)
    assert bench.of("orderStatus", oid=first)["order"]["status"] == "liquidatedCanceled"


def test_a_liquidation_shows_in_the_fills(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc")
    bench.move(bench.house.exchange.force_close, "one", "BTC")
    closing = bench.of("userFills")[0]
    assert closing["dir"] == "Close Long"
    assert closing["liquidation"] == {"liquidatedUser": bench.address(), "markPx": "60005.0", "method": "market"}
    assert "cloid" not in closing
    assert bench.of("orderStatus", oid=closing["oid"])["order"]["status"] == "filled"


def test_accounts_share_no_ids(bench: Bench) -> None:
    mine = oid(bench.order("buy", "0.01", "59000"))
    other = oid(bench.orders([wire("buy", "0.01", "59000")], account="two")[0])
    assert mine != other
    assert bench.of("orderStatus", account="two", oid=mine) == {"status": "unknownOid"}
    assert bench.of("orderStatus", oid=0) == {"status": "unknownOid"}
    assert bench.of("orderStatus", oid="0x12") == {"status": "unknownOid"}
