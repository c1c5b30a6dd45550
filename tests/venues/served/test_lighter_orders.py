"""Orders on the served Lighter: what the API refuses, what the engine makes of the rest, and the account afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.venues.served.lighter_kit import ASK, BID, BTC, DAY_MS, ETH, LOT, Bench, D
from venues.model import Side
from venues.served.lighter_tx import TxKind


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


# -- refused by the API: no order, the nonce is still there ------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"MarketIndex": 9}, 21602),
        ({"ClientOrderIndex": 1 << 48}, 21727),
        ({"BaseAmount": 0}, 21701),
        ({"BaseAmount": 10}, 21706),
        ({"Price": 0}, 21702),
        ({"Price": 1 << 32}, 21702),
        ({"Price": 700_000}, 21733),
        ({"IsAsk": 2}, 21703),
        ({"ReduceOnly": 2}, 21740),
        ({"Type": 2, "TriggerPrice": 5}, 21710),
        ({"Type": 9}, 21704),
        ({"Type": 1}, 21705),
        ({"TimeInForce": 3}, 21705),
        ({"TriggerPrice": 5}, 21710),
        ({"OrderExpiry": 0}, 21711),
        ({"OrderExpiry": 5}, 21711),
        ({"TimeInForce": 0}, 21711),
        ({"BaseAmount": 100 * LOT}, 21739),
    ],
)
def test_what_the_api_refuses(bench: Bench, changes: dict[str, Any], code: int) -> None:
    assert bench.order(1, "buy", "0.01", "59000.0", **changes) == code
    assert bench.wallet.nonce == 0
    assert (bench.active(), bench.ended()) == ([], {})


def test_a_client_index_serves_once(bench: Bench) -> None:
    assert bench.order(7, "buy", "0.01", "59000.0") == 200
    assert bench.order(7, "buy", "0.01", "58000.0") == 21728
    assert bench.cancel(7) == 200
    assert bench.order(7, "buy", "0.01", "59000.0") == 21728


def test_orders_without_a_client_index_are_many(bench: Bench) -> None:
    assert [bench.order(0, "buy", "0.01", "59000.0") for _ in range(2)] == [200, 200]
    first, second = bench.active()
    assert first["client_order_index"] == second["client_order_index"] == 0
    assert 1 << 48 < first["order_index"] < second["order_index"] < 1 << 60


def test_cancels_of_what_is_not_there(bench: Bench) -> None:
    assert bench.cancel(5) == 21708
    assert bench.order(5, "buy", "0.01", "59000.0") == 200
    assert bench.do(TxKind.CANCEL_ORDER, MarketIndex=ETH, Index=5) == 21708
    assert bench.do(TxKind.CANCEL_ORDER, MarketIndex=9, Index=5) == 21602
    assert bench.cancel(5) == 200
    assert bench.cancel(5) == 21709


# -- the engine's answers, which show in the status --------------------------------------------------------------------


def test_a_resting_order_shows_and_can_be_cancelled_by_either_index(bench: Bench) -> None:
    assert bench.order(1, "buy", "0.01", "59000.0") == 200
    assert bench.order(2, "sell", "0.02", "61000.5", "post") == 200
    first, second = bench.active()
    assert (first["order_id"], first["client_order_id"]) == (str(first["order_index"]), "1")
    shown = ("price", "initial_base_amount", "remaining_base_amount", "is_ask", "time_in_force", "status", "type")
    assert [first[name] for name in shown] == [
        "59000.0", "0.01000", "0.01000", False, "good-till-time", "open", "limit",
    ]  # fmt: skip
    assert [second[name] for name in shown] == ["61000.5", "0.02000", "0.02000", True, "post-only", "open", "limit"]
    assert bench.cancel(1) == 200
    assert bench.cancel(second["order_index"]) == 200
    assert bench.ended() == {1: "canceled", 2: "canceled"}


def test_an_ioc_order_fills_and_its_rest_is_cancelled(bench: Bench) -> None:
    assert bench.order(1, "buy", "2.5", "60001.0", "ioc") == 200
    row = bench.get("accountInactiveOrders", token=bench.wallet.token(), limit=10)["orders"][0]
    assert (row["status"], row["filled_base_amount"], row["filled_quote_amount"]) == (
        "canceled", "2.00000", "120002.000000",
    )  # fmt: skip
    (trade,) = bench.trades()
    assert (trade["size"], trade["price"], trade["usd_amount"]) == ("2.00000", "60001.0", "120002.000000")
    assert (trade["bid_id"], trade["bid_client_id"], trade["bid_account_id"]) == (
        row["order_index"], 1, bench.wallet.account,
    )  # fmt: skip
    assert trade["is_maker_ask"] is True
    position = bench.account()["positions"][0]
    assert (position["sign"], position["position"], position["avg_entry_price"]) == (1, "2.00000", "60001.0")


def test_the_speed_bump_of_a_taker(bench: Bench) -> None:
    """300 ms on the Standard account; a maker's order waits 200 ms."""
    order = {
        "MarketIndex": BTC, "ClientOrderIndex": 1, "BaseAmount": 1000, "Price": ASK, "IsAsk": 0, "Type": 0,
        "TimeInForce": 0, "ReduceOnly": 0, "TriggerPrice": 0, "OrderExpiry": 0,
    }  # fmt: skip
    assert bench.do(TxKind.CREATE_ORDER, **order) == 200
    bench.pass_time(0.29)
    assert bench.trades() == []
    bench.pass_time(0.02)
    assert len(bench.trades()) == 1


@pytest.mark.parametrize(
    ("side", "price", "tif", "changes", "status"),
    [
        ("buy", "60001.0", "post", {}, "canceled-post-only"),
        ("buy", "59000.0", "gtt", {"ReduceOnly": 1}, "canceled-reduce-only"),
        ("buy", "60000.5", "ioc", {"Type": 1}, "canceled-too-much-slippage"),
        ("buy", "60000.5", "ioc", {}, "canceled"),
        ("buy", "60001.0", "ioc", {"BaseAmount": 150 * LOT}, "canceled-margin-not-allowed"),
    ],
)
def test_what_the_engine_refuses_ends_with_a_reason(
    bench: Bench, side: str, price: str, tif: str, changes: dict[str, Any], status: str
) -> None:
    assert bench.order(3, side, "0.01", price, tif, **changes) == 200
    assert bench.ended() == {3: status}
    assert (bench.active(), bench.trades()) == ([], [])
    assert bench.get("nextNonce", account_index=bench.wallet.account, api_key_index=5)["nonce"] == 1


def test_a_market_order_is_bounded_by_the_venues_band(bench: Bench) -> None:
    assert bench.order(1, "sell", "0.01", "0.1", "ioc", Type=1) == 200
    (trade,) = bench.trades()
    assert (trade["price"], trade["ask_client_id"], trade["is_maker_ask"]) == ("60000.0", 1, False)


def test_reduce_only_with_no_amount_takes_the_whole_position(bench: Bench) -> None:
    bench.order(1, "buy", "0.5", "60001.0", "ioc")
    assert bench.order(2, "sell", "0", "59990.0", "ioc", ReduceOnly=1) == 200
    assert bench.account()["positions"] == []
    assert bench.ended()[2] == "filled"


def test_a_maker_fill_and_what_it_earns(bench: Bench) -> None:
    bench.order(1, "buy", "0.1", "60000.5", "post")
    bench.move(bench.markets.btc.trade, BID + 5, LOT // 10, Side.SELL)
    (trade,) = bench.trades()
    assert (trade["price"], trade["is_maker_ask"], trade["maker_fee"], trade["taker_fee"]) == ("60000.5", False, 0, 0)
    bench.order(2, "sell", "0.1", "60000.0", "ioc")
    assert D(bench.account()["collateral"]) == D(100_000) - D("0.05")
    assert bench.trades()[0]["ask_account_pnl"] == "-0.050000"


def test_fees_of_a_premium_account() -> None:
    with Bench(taker_bps=D("2.8"), maker_bps=D("0.4")) as bench:
        limits = bench.get("accountLimits", token=bench.wallet.token(), account_index=bench.wallet.account)
        assert (limits["user_tier"], limits["current_taker_fee_tick"], limits["current_maker_fee_tick"]) == (
            "premium", 280, 40,
        )  # fmt: skip
        bench.order(1, "buy", "0.1", "60001.0", "ioc")
        assert bench.trades()[0]["taker_fee"] == 280
        assert D(bench.account()["collateral"]) == D(100_000) - D("6000.1") * D("0.00028")


# -- modify, expiry, cancel-all, leverage ------------------------------------------------------------------------------


def modify(bench: Bench, index: int, size: str, price: str) -> int:
    code = bench.do(
        TxKind.MODIFY_ORDER,
        MarketIndex=BTC,
        Index=index,
        BaseAmount=int(D(size) * LOT),
        Price=int(D(price) * 10),
        TriggerPrice=0,
    )
    bench.pass_time(1)
    return code


def test_a_modified_order_stays_the_same_order(bench: Bench) -> None:
    bench.order(1, "buy", "0.2", "60000.5", "post")
    index = bench.active()[0]["order_index"]
    bench.move(bench.markets.btc.trade, BID + 5, LOT // 10, Side.SELL)
    assert modify(bench, 1, "0.3", "59000.0") == 200
    (row,) = bench.active()
    assert (row["order_index"], row["client_order_index"], row["price"]) == (index, 1, "59000.0")
    assert (row["initial_base_amount"], row["filled_base_amount"], row["remaining_base_amount"]) == (
        "0.30000", "0.10000", "0.20000",
    )  # fmt: skip
    assert bench.cancel(1) == 200
    assert bench.ended() == {1: "canceled"}


def test_modifying_to_less_than_was_filled_ends_the_order(bench: Bench) -> None:
    bench.order(1, "buy", "0.2", "60000.5", "post")
    bench.move(bench.markets.btc.trade, BID + 5, LOT // 10, Side.SELL)
    assert modify(bench, 1, "0.05", "60000.0") == 200
    assert (bench.active(), bench.ended()) == ([], {1: "canceled"})


def test_modifying_what_cannot_be(bench: Bench) -> None:
    assert modify(bench, 1, "0.1", "59000.0") == 21708
    bench.order(1, "buy", "0.1", "59000.0", "post")
    assert modify(bench, 1, "0.00001", "59000.0") == 21706
    assert modify(bench, 1, "0.1", "0") == 21702
    assert modify(bench, 1, "0.1", "60010.0") == 200
    assert bench.ended() == {1: "canceled-post-only"}
    assert modify(bench, 1, "0.1", "59000.0") == 21709


def test_a_fill_that_overtakes_a_modify(bench: Bench) -> None:
    bench.order(1, "buy", "0.1", "60000.5", "post")
    assert (
        bench.do(TxKind.MODIFY_ORDER, MarketIndex=BTC, Index=1, BaseAmount=2 * LOT, Price=590_000, TriggerPrice=0)
        == 200
    )
    bench.move(bench.markets.btc.trade, BID + 5, LOT // 10, Side.SELL)
    bench.pass_time(1)
    assert (bench.active(), bench.ended()) == ([], {1: "filled"})


def test_a_cancel_that_comes_before_its_order_waits_for_it(bench: Bench) -> None:
    order = {
        "MarketIndex": BTC, "ClientOrderIndex": 1, "BaseAmount": 1000, "Price": 590_000, "IsAsk": 0, "Type": 0,
        "TimeInForce": 1, "ReduceOnly": 0, "TriggerPrice": 0, "OrderExpiry": bench.house.now_ms() + DAY_MS,
    }  # fmt: skip
    assert bench.do(TxKind.CREATE_ORDER, **order) == 200
    assert bench.cancel(1) == 200
    bench.pass_time(1)
    assert (bench.active(), bench.ended()) == ([], {1: "canceled"})


def test_an_order_expires(bench: Bench) -> None:
    bench.order(1, "buy", "0.01", "59000.0", OrderExpiry=bench.house.now_ms() + 600_000)
    bench.pass_time(590)
    assert len(bench.active()) == 1
    bench.pass_time(20)
    assert (bench.active(), bench.ended()) == ([], {1: "canceled-expired"})


def cancel_all(bench: Bench, tif: int, time: int = 0, **more: Any) -> int:
    code = bench.do(TxKind.CANCEL_ALL, TimeInForce=tif, Time=time, **more)
    bench.pass_time(0.5)
    return code


def test_cancel_all_now_everywhere_or_in_one_market(bench: Bench) -> None:
    bench.order(1, "buy", "0.01", "59000.0")
    bench.order(2, "buy", "0.1", "2900.0", MarketIndex=ETH, BaseAmount=1000, Price=290_000)
    assert cancel_all(bench, 0, attributes={5: ETH}) == 200
    assert [row["client_order_index"] for row in bench.active()] == [1]
    assert cancel_all(bench, 0) == 200
    assert bench.active() == []


def test_cancel_all_meets_orders_that_are_still_on_their_way(bench: Bench) -> None:
    """An order waits longer than a cancel does: what came first must not rest after it."""
    bench.order(1, "buy", "0.1", "59000.0")
    move = {"MarketIndex": BTC, "Index": 1, "BaseAmount": LOT, "Price": 580_000, "TriggerPrice": 0}
    assert bench.do(TxKind.MODIFY_ORDER, **move) == 200
    assert bench.do(TxKind.MODIFY_ORDER, **move) == 21709, "one change at a time"
    new = {
        "MarketIndex": BTC, "ClientOrderIndex": 2, "BaseAmount": 1000, "Price": 590_000, "IsAsk": 0, "Type": 0,
        "TimeInForce": 1, "ReduceOnly": 0, "TriggerPrice": 0, "OrderExpiry": bench.house.now_ms() + DAY_MS,
    }  # fmt: skip
    assert bench.do(TxKind.CREATE_ORDER, **new) == 200
    assert bench.account()["pending_order_count"] == 2
    assert cancel_all(bench, 0) == 200
    bench.pass_time(2)
    assert (bench.active(), bench.ended()) == ([], {1: "canceled", 2: "canceled"})


def test_a_cancel_during_a_modify_is_not_lost(bench: Bench) -> None:
    bench.order(1, "buy", "0.1", "59000.0")
    move = {"MarketIndex": BTC, "Index": 1, "BaseAmount": LOT, "Price": 580_000, "TriggerPrice": 0}
    assert bench.do(TxKind.MODIFY_ORDER, **move) == 200
    assert bench.cancel(1) == 200
    bench.pass_time(2)
    assert (bench.active(), bench.ended()) == ([], {1: "canceled"})


def test_scheduled_cancel_all_is_a_dead_mans_switch(bench: Bench) -> None:
    bench.order(1, "buy", "0.01", "59000.0")
    now = bench.house.now_ms()
    assert cancel_all(bench, 1, now + 1_000) == 21714
    assert cancel_all(bench, 1, now + 16 * DAY_MS) == 21714
    assert cancel_all(bench, 1, now + 400_000, attributes={5: BTC}) == 21713
    assert cancel_all(bench, 2, 5) == 21714
    assert cancel_all(bench, 3) == 21713
    assert cancel_all(bench, 1, now + 400_000) == 200
    assert bench.account()["cancel_all_time"] == now + 400_000
    assert cancel_all(bench, 1, now + 800_000) == 200
    bench.pass_time(500)
    assert len(bench.active()) == 1
    bench.pass_time(310)
    assert (bench.active(), bench.account()["cancel_all_time"]) == ([], 0)


def test_a_scheduled_cancel_all_can_be_called_off(bench: Bench) -> None:
    bench.order(1, "buy", "0.01", "59000.0")
    assert cancel_all(bench, 1, bench.house.now_ms() + 400_000) == 200
    assert cancel_all(bench, 2) == 200
    bench.pass_time(500)
    assert len(bench.active()) == 1


def test_leverage_is_kept_and_bounded(bench: Bench) -> None:
    def leverage(fraction: int, mode: int = 0) -> int:
        return bench.do(TxKind.UPDATE_LEVERAGE, MarketIndex=BTC, InitialMarginFraction=fraction, MarginMode=mode)

    assert leverage(100) == 21604
    assert leverage(10_001) == 21604
    assert leverage(1_000, 1) == 21613
    assert leverage(1_000) == 200
    bench.order(1, "buy", "0.01", "60001.0", "ioc")
    assert bench.account()["positions"][0]["initial_margin_fraction"] == "10.00"


def test_an_integrators_approval_is_taken(bench: Bench) -> None:
    names = ("IntegratorAccountIndex", "MaxPerpsTakerFee", "MaxPerpsMakerFee", "MaxSpotTakerFee", "MaxSpotMakerFee")
    assert bench.do(TxKind.APPROVE_INTEGRATOR, ApprovalExpiry=5, **dict.fromkeys(names, 1)) == 200
