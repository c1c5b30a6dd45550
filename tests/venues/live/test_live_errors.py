"""What an error means for an order, and that nobody's secret is in its words."""

from __future__ import annotations

import pytest

from venues.live import lean_ccxt
from venues.live.errors import Redactor, Wire, order_was_refused, reject_reason_of_words
from venues.model import RejectReason, VenueBusy, VenueRejected, VenueUnavailable
from venues.model.secret import Secret

lean_ccxt.load("binanceusdm")

import ccxt.base.errors as ccxt_errors  # noqa: E402  # after the lean packages are in place


def wire(*, sent: bool = True, status: int = 0) -> Wire:
    record = Wire()
    record.sent, record.status = sent, status
    return record


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("RequestTimeout", 0),
        ("ExchangeNotAvailable", 0),
        ("ExchangeError", 0),
        ("InsufficientFunds", 503),
        ("InvalidOrder", 502),
        ("ExchangeNotAvailable", 500),
        ("RequestTimeout", 408),
        ("RequestTimeout", 200),
        ("OnMaintenance", 200),
        ("BadResponse", 200),
        ("NullResponse", 200),
        ("OperationFailed", 200),
        ("DuplicateOrderId", 400),
    ],
)
def test_what_does_not_prove_a_no_leaves_the_order_unknown(name: str, status: int) -> None:
    assert not order_was_refused(getattr(ccxt_errors, name)("words"), wire(status=status))


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("InsufficientFunds", 400),
        ("InvalidOrder", 200),
        ("ExchangeError", 400),
        ("AuthenticationError", 401),
        ("RateLimitExceeded", 429),
        ("DDoSProtection", 418),
        ("InvalidNonce", 400),
        ("ExchangeNotAvailable", 404),
    ],
)
def test_an_answer_that_says_no_is_a_no(name: str, status: int) -> None:
    assert order_was_refused(getattr(ccxt_errors, name)("words"), wire(status=status))


def test_what_never_left_is_refused_whatever_went_wrong() -> None:
    assert order_was_refused(TimeoutError(), wire(sent=False))
    assert order_was_refused(ValueError("a price between two ticks"), wire(sent=False))


def test_an_error_of_ours_after_the_answer_is_not_knowing() -> None:
    assert not order_was_refused(KeyError("orderId"), wire(status=200))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("RateLimitExceeded", VenueBusy),
        ("DDoSProtection", VenueBusy),
        ("RequestTimeout", VenueUnavailable),
        ("OnMaintenance", VenueUnavailable),
        ("InvalidNonce", VenueUnavailable),
        ("AuthenticationError", VenueRejected),
        ("BadSymbol", VenueRejected),
    ],
)
def test_each_ccxt_error_has_its_kind(name: str, kind: type) -> None:
    assert type(Redactor().translate(getattr(ccxt_errors, name)("words"), "orders")) is kind


def test_anything_else_is_unavailable_and_one_of_ours_stays() -> None:
    assert type(Redactor().translate(OSError("no route"), "orders")) is VenueUnavailable
    ours = VenueRejected("no")
    assert Redactor().translate(ours, "orders") is ours


def test_the_words_and_the_code_come_out_of_the_body() -> None:
    error = ccxt_errors.InsufficientFunds('binanceusdm {"code":-2019,"msg":"Margin is insufficient."}')
    assert Redactor().words(error) == ("Margin is insufficient.", "-2019")
    nested = ccxt_errors.InvalidOrder(
        'hyperliquid {"status":"ok","response":{"type":"order",'
        '"data":{"statuses":[{"error":"Order must have minimum"}]}}}'
    )
    assert Redactor().words(nested)[0] == "Order must have minimum"
    assert Redactor().words(ccxt_errors.ExchangeError("lighter {broken"))[0] == "lighter {broken"
    assert Redactor().words(ccxt_errors.ExchangeError(""))[0] == "ExchangeError"


def test_secrets_signatures_and_long_tokens_are_taken_out() -> None:
    redact = Redactor([Secret("hunter2-key"), Secret("abc")])
    text = redact(
        "binance GET https://fapi.binance.com/fapi/v1/order?symbol=X&signature=abcdef0123 hunter2-key "
        'apiKey="zzz999" ' + "f" * 64
    )
    for hidden in ("hunter2-key", "abcdef0123", "zzz999", "f" * 64, "symbol=X"):
        assert hidden not in text
    assert "fapi.binance.com/fapi/v1/order" in text


def test_a_text_without_end_is_cut() -> None:
    assert len(Redactor()("no " * 1000)) == 300


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Post only order would have immediately matched", RejectReason.POST_ONLY),
        ("ReduceOnly Order is rejected.", RejectReason.REDUCE_ONLY),
        ("Margin is insufficient.", RejectReason.MARGIN),
        ("invalid nonce", RejectReason.NONCE),
        ("Order's notional must be no smaller than 100", RejectReason.MIN_SIZE),
        ("something new", RejectReason.OTHER),
    ],
)
def test_reasons_are_read_from_words(words: str, reason: RejectReason) -> None:
    assert reject_reason_of_words(words) is reason
