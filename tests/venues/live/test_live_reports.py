"""ccxt's structures as reports: what is missing or makes no sense is refused by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from venues.live import reports
from venues.live.dialect import Margin, decimal
from venues.live.order_end import CANCELED, EXPIRED, OrderEnd, rejected
from venues.live.reports import BadReport
from venues.model import (
    Instrument,
    InstrumentKind,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    RejectReason,
    Side,
    TimeInForce,
    TransferKind,
)

D = Decimal
NOW = 1_800_000_000_000_000_000
MS = 1_700_000_000_000
BTC = Instrument("BTC", "BTC", "USDT", "USDT", InstrumentKind.LINEAR, D("0.1"), D("0.001"), D("0.001"))


def order(**changes: Any) -> dict[str, Any]:
    return {
        "id": "7", "clientOrderId": "t1", "side": "buy", "amount": "10", "price": "100.5", "filled": "0",
        "status": "open", "timestamp": MS, **changes,
    }  # fmt: skip


def read(raw: dict[str, Any], **options: Any) -> Any:
    return reports.order_report(raw, client_order_id="t1", symbol="BTC", now=NOW, **options)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"side": None}, "order t1 has side None, must be buy or sell"),
        ({"amount": None}, "order t1 has amount None, must be a number"),
        ({"status": "strange"}, "order t1 has status 'strange'"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadReport, match=words):
        read(order(**changes))


@pytest.mark.parametrize(
    ("end", "word", "status", "reason"),
    [
        (rejected(RejectReason.MARGIN), "margin", OrderStatus.REJECTED, RejectReason.MARGIN),
        (CANCELED, "scheduledCancel", OrderStatus.CANCELED, None),
        (EXPIRED, "canceled-expired", OrderStatus.EXPIRED, None),
    ],
)
def test_the_venues_own_word_for_an_end_counts(
    end: OrderEnd, word: str, status: OrderStatus, reason: RejectReason | None
) -> None:
    found = read(order(status="strange", postOnly=True), end=end, word=word)
    assert (found.status, found.reason, found.text) == (status, reason, word if reason else "")


def test_a_float_is_no_money() -> None:
    with pytest.raises(TypeError, match=r"a float came where text was due: 0\.1"):
        read(order(filled=0.1))
    assert decimal("NaN") is None
    assert decimal("") is None
    assert decimal("1e-7") == D("0.0000001")


@pytest.mark.parametrize(
    ("changes", "status", "filled"),
    [
        ({}, OrderStatus.OPEN, "0"),
        ({"filled": "3"}, OrderStatus.PARTIALLY_FILLED, "3"),
        ({"filled": None, "remaining": "4"}, OrderStatus.PARTIALLY_FILLED, "6"),
        ({"filled": "10"}, OrderStatus.FILLED, "10"),
        ({"status": "closed", "filled": "10"}, OrderStatus.FILLED, "10"),
        ({"status": "closed", "filled": "3"}, OrderStatus.CANCELED, "3"),
        ({"status": "canceled", "filled": "3"}, OrderStatus.CANCELED, "3"),
        ({"status": "canceling"}, OrderStatus.OPEN, "0"),
        ({"status": "expired"}, OrderStatus.EXPIRED, "0"),
        ({"status": "rejected"}, OrderStatus.REJECTED, "0"),
        ({"status": None}, OrderStatus.UNKNOWN, "0"),
    ],
)
def test_states(changes: dict[str, Any], status: OrderStatus, filled: str) -> None:
    report = read(order(**changes))
    assert (report.status, report.filled_qty) == (status, D(filled))


def test_what_an_answer_leaves_out_comes_from_the_request() -> None:
    request = OrderRequest("t1", "BTC", Side.SELL, D(2), D(99), TimeInForce.IOC, reduce_only=True)
    report = read({"id": "7"}, request=request, unsaid=OrderStatus.OPEN)
    assert (report.side, report.qty, report.price, report.status) == (Side.SELL, D(2), D(99), OrderStatus.OPEN)
    assert (report.tif, report.reduce_only, report.ts_event) == (TimeInForce.IOC, True, NOW)


def test_a_post_only_order_that_expired_at_once_says_why() -> None:
    assert read(order(status="expired", postOnly=True)).reason is RejectReason.POST_ONLY
    assert read(order(status="expired", postOnly=True, filled="1")).reason is None
    assert read(order(timeInForce="FOK")).tif is TimeInForce.FOK


def trade(**changes: Any) -> dict[str, Any]:
    return {
        "id": "5", "order": "7", "side": "sell", "amount": "2", "price": "100", "timestamp": MS,
        "fee": {"cost": "-0.01", "currency": "BNB"}, "takerOrMaker": "maker", **changes,
    }  # fmt: skip


def test_fills() -> None:
    fill = reports.fill_report(trade(), client_order_id="t1", symbol="BTC", settle="USDT", now=NOW)
    assert (fill.fee, fill.fee_asset, fill.liquidity, fill.ts_event) == (
        D("-0.01"),
        "BNB",
        LiquiditySide.MAKER,
        MS * 1_000_000,
    )
    bare = reports.fill_report(
        trade(fee=None, takerOrMaker=None), client_order_id="", symbol="BTC", settle="USDT", now=NOW
    )
    assert (bare.fee, bare.fee_asset, bare.liquidity) == (D(0), "USDT", LiquiditySide.TAKER)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": None}, "has no id"),
        ({"amount": "0"}, "amount 0, must be above 0"),
        ({"price": None}, "price None, must be a number"),
        ({"side": "x"}, "side 'x'"),
    ],
)
def test_a_fill_that_makes_no_sense_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadReport, match=words):
        reports.fill_report(trade(**changes), client_order_id="", symbol="BTC", settle="USDT", now=NOW)


def test_positions_are_signed_by_their_side() -> None:
    raw = {"contracts": "3", "side": "short", "entryPrice": "100", "markPrice": "101", "liquidationPrice": "0"}
    report = reports.position_report(raw, symbol="BTC", now=NOW)
    assert (report.qty, report.entry_price, report.liq_price) == (D(-3), D(100), None)
    assert reports.position_report({"contracts": "0"}, symbol="BTC", now=NOW).qty == 0
    with pytest.raises(BadReport, match="side None, must be long or short"):
        reports.position_report({"contracts": "3"}, symbol="BTC", now=NOW)
    with pytest.raises(BadReport, match="contracts None"):
        reports.position_report({}, symbol="BTC", now=NOW)


def test_funding_rates_and_payments() -> None:
    rate = reports.funding_rate(
        {"fundingRate": "0.0001", "interval": "4h", "fundingTimestamp": 1}, symbol="BTC", now=NOW, interval_s=3600
    )
    assert rate.interval_s == 4 * 3600
    assert rate.next_ts > NOW
    assert rate.next_ts % (4 * 3600 * 1_000_000_000) == 0
    assert reports.funding_rate({"fundingRate": "0"}, symbol="BTC", now=NOW, interval_s=3600).interval_s == 3600
    payment = reports.funding_payment({"amount": "1.5", "timestamp": MS}, instrument=BTC, now=NOW)
    assert (payment.cost, payment.asset, payment.payment_id) == (D("-1.5"), "USDT", f"BTC-{MS}")
    with pytest.raises(BadReport, match="has no timestamp"):
        reports.funding_payment({"amount": "1"}, instrument=BTC, now=NOW)
    with pytest.raises(BadReport, match="fundingRate None"):
        reports.funding_rate({}, symbol="BTC", now=NOW, interval_s=3600)


def test_transfers() -> None:
    raw = {"id": "1", "type": "deposit", "currency": "USDT", "amount": "5", "timestamp": MS, "status": "ok"}
    done = reports.transfer(raw, now=NOW)
    assert done is not None
    assert (done.kind, done.signed) == (TransferKind.DEPOSIT, D(5))
    assert reports.transfer({**raw, "status": "pending"}, now=NOW) is None
    for changes, words in (
        ({"type": "gift"}, "type 'gift', must be one of"),
        ({"amount": "0"}, "must be above 0"),
        ({"id": ""}, "needs both"),
    ):
        with pytest.raises(BadReport, match=words):
            reports.transfer({**raw, **changes}, now=NOW)


def test_balances() -> None:
    (balance,) = reports.balance_reports({"USDT": Margin(D(1), D(2), D(3), D(4))}, NOW)
    assert (balance.asset, balance.cash, balance.equity, balance.free, balance.maintenance) == ("USDT", 1, 2, 3, 4)
