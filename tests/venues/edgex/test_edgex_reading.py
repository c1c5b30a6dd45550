from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from venues.edgex.depth import DepthBook, DepthGap
from venues.edgex.reading import (
    BadMessage,
    balance_reports,
    fill_report,
    instruments_of,
    order_report,
    position_reports,
)
from venues.edgex.sdk import ask
from venues.model import (
    Instrument,
    InstrumentKind,
    LiquiditySide,
    OrderStatus,
    VenueBusy,
    VenueRejected,
    VenueUnavailable,
)

D = Decimal
BTC = Instrument("BTCUSD", "BTC", "USD", "USD", InstrumentKind.LINEAR, D("0.1"), D("0.001"), D("0.001"))
ORDER = {
    "id": "900",
    "clientOrderId": "ck-1",
    "contractId": "10000001",
    "side": "BUY",
    "price": "95000.1",
    "size": "0.5",
    "type": "LIMIT",
    "timeInForce": "POST_ONLY",
    "reduceOnly": False,
    "status": "OPEN",
    "cumFillSize": "0",
    "updatedTime": "1795275780756",
}
FILL = {
    "id": "7",
    "orderId": "900",
    "contractId": "10000001",
    "orderSide": "SELL",
    "fillSize": "0.2",
    "fillValue": "19000.02",
    "fillPrice": "95000.1",
    "fillFee": "3.42",
    "direction": "MAKER",
    "matchTime": "1795275780756",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"size": ""}, "size is missing"),
        ({"size": "NaN"}, "must be a number"),
        ({"size": 0.5}, "size is float, must be text"),
        ({"side": "LONG"}, "must be BUY or SELL"),
        ({"status": "LOST"}, "status is 'LOST'"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(BadMessage, match=said):
        order_report({**ORDER, **changed}, "BTCUSD", 5)


@pytest.mark.parametrize(
    ("status", "filled", "expected"),
    [
        ("PENDING", "0", OrderStatus.OPEN),
        ("OPEN", "0.1", OrderStatus.PARTIALLY_FILLED),
        ("CANCELING", "0", OrderStatus.OPEN),
        ("CANCELED", "0.1", OrderStatus.CANCELED),
        ("FILLED", "0.5", OrderStatus.FILLED),
    ],
)
def test_states_of_orders(status: str, filled: str, expected: OrderStatus) -> None:
    found = order_report({**ORDER, "status": status, "cumFillSize": filled}, "BTCUSD", 5)
    assert (found.status, found.filled_qty, found.post_only) == (expected, D(filled), True)
    assert found.ts_event == 1795275780756 * 10**6


def test_a_fill_is_read_with_its_fee_and_side() -> None:
    found = fill_report(FILL, "BTCUSD", "USD", "ck-1", 5)
    assert (found.trade_id, found.side.value, found.qty, found.price) == ("7", "sell", D("0.2"), D("95000.1"))
    assert (found.fee, found.fee_asset, found.liquidity) == (D("3.42"), "USD", LiquiditySide.MAKER)
    assert not found.liquidation
    assert fill_report({**FILL, "isLiquidate": True, "fillPrice": ""}, "BTCUSD", "USD", "", 5).liquidation


def test_a_fill_without_quantity_is_refused() -> None:
    with pytest.raises(BadMessage, match="above 0"):
        fill_report({**FILL, "fillSize": "0"}, "BTCUSD", "USD", "", 5)


def test_positions_and_balances() -> None:
    asset = {
        "positionList": [{"contractId": "10000001", "openSize": "-0.5"}, {"contractId": "9", "openSize": "1"}],
        "positionAssetList": [
            {
                "contractId": "10000001",
                "positionValue": "-47500",
                "avgEntryPrice": "94000",
                "unrealizePnl": "-500",
                "liquidatePrice": "150000",
                "maintenanceMarginRequirement": "237.5",
            }
        ],
        "collateralAssetModelList": [{"coinId": "1000", "totalEquity": "9500", "availableAmount": "9000"}],
    }
    (position,) = position_reports(asset, {"10000001": "BTCUSD"}, 5)
    assert (position.qty, position.mark_price, position.liq_price) == (D("-0.5"), D(95000), D(150000))
    (balance,) = balance_reports(asset, {"1000": "USD"}, 5)
    assert (balance.cash, balance.equity, balance.free, balance.maintenance) == (D(10000), D(9500), D(9000), D("237.5"))


def test_contracts_that_cannot_be_traded_are_left_out() -> None:
    contract = {
        "contractId": "1",
        "contractName": "BTCUSD",
        "baseCoinId": "1001",
        "quoteCoinId": "1000",
        "tickSize": "0.1",
        "stepSize": "0.001",
        "minOrderSize": "0.001",
    }
    coins = [{"coinId": "1000", "coinName": "USD"}, {"coinId": "1001", "coinName": "BTC"}]
    listed = [contract, {**contract, "contractName": "OLD", "enableTrade": False}]
    found, ids = instruments_of({"coinList": coins, "contractList": listed})
    assert found == {"BTCUSD": BTC}
    assert ids == {"BTCUSD": "1"}


def depth(kind: str, start: int, end: int, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> dict[str, Any]:
    sides = {"bids": [{"price": p, "size": s} for p, s in bids], "asks": [{"price": p, "size": s} for p, s in asks]}
    return {"depthType": kind, "startVersion": str(start), "endVersion": str(end), **sides}


def test_a_book_is_built_of_a_snapshot_and_changes() -> None:
    book = DepthBook(BTC)
    book.apply(depth("SNAPSHOT", 0, 10, [("100.0", "1"), ("99.9", "2")], [("100.1", "3")]))
    book.apply(depth("CHANGED", 10, 12, [("100.0", "0"), ("99.8", "5")], []))
    found = book.update(15, 77)
    assert found.bids == ((999, 2000), (998, 5000))
    assert found.asks == ((1001, 3000),)
    assert book.update(1, 78).seq == found.seq + 1


@pytest.mark.parametrize(
    "bad",
    [
        depth("CHANGED", 11, 12, [], []),
        depth("CHANGED", 10, 12, [("100.05", "1")], []),
        depth("CHANGED", 10, 12, [("100.0", "-1")], []),
        depth("CHANGED", 10, 12, [("x", "1")], []),
        {"depthType": "CHANGED"},
    ],
)
def test_a_change_that_does_not_fit_empties_the_book(bad: dict[str, Any]) -> None:
    book = DepthBook(BTC)
    book.apply(depth("SNAPSHOT", 0, 10, [("100.0", "1")], []))
    with pytest.raises(DepthGap):
        book.apply(bad)
    assert book.update(15, 1).bids == ()


async def answering(result: Any) -> Any:
    if isinstance(result, Exception):
        raise result
    return result


@pytest.mark.parametrize(
    ("result", "kind", "said"),
    [
        (ValueError("HTTP request failed: Cannot connect to host"), VenueUnavailable, "no answer"),
        (ValueError("request failed with status code: 502, response: x"), VenueUnavailable, "status 502"),
        (ValueError("request failed with status code: 429, response: {}"), VenueBusy, "too many"),
        (
            ValueError("request failed with status code: 400, response: {'code': 'BAD_SIZE', 'msg': 'size too small'}"),
            VenueRejected,
            "size too small",
        ),
        (ValueError("coin not found: 5"), VenueRejected, "before it was sent"),
        (TimeoutError(), VenueUnavailable, "TimeoutError"),
        ({"code": "ORDER_NOT_ALLOWED", "msg": "post only"}, VenueRejected, "post only"),
        ({"nothing": 1}, VenueUnavailable, "without a code"),
    ],
)
async def test_what_the_sdk_raises_becomes_a_no_or_not_knowing(result: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        await ask("order", answering(result))
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
