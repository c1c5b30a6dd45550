"""What the binanceusdm dialect makes of requests: signatures, stamps, malformed and refused ones, weights."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.venues.served.served_kit import Desktop
from venues.served.dialect import HttpRequest

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "59000",
}
ORDER = "/fapi/v1/order"


def _send(desktop: Desktop, request: HttpRequest) -> tuple[int, Any]:
    answer = desktop.run(desktop.front.http(request))
    return answer.status, msgspec.json.decode(answer.body)


# -- who asks ----------------------------------------------------------------------------------------------------


def test_keys_signatures_and_stamps() -> None:
    with Desktop() as desktop:
        now = desktop.house.now_ms()
        good = desktop.request("GET", "/fapi/v3/balance", account="one")
        assert _send(desktop, good)[0] == 200

        def code(request: HttpRequest) -> tuple[int, int]:
            status, body = _send(desktop, request)
            return status, body["code"]

        replace = msgspec.structs.replace
        assert code(replace(good, headers={})) == (401, -2014)
        assert code(replace(good, headers={"x-mbx-apikey": "0" * 64})) == (401, -2015)
        assert code(replace(good, query=good.query[:-1] + ("0" if good.query[-1] != "0" else "1"))) == (400, -1022)
        assert code(replace(good, query="limit=5&" + good.query)) == (400, -1022)
        assert code(replace(good, query=good.query.split("&signature")[0])) == (400, -1102)
        assert code(replace(good, query=good.query.replace("timestamp", "stamp"))) == (400, -1102)
        two = desktop.request("GET", "/fapi/v3/balance", account="two")
        assert code(replace(good, query=two.query)) == (400, -1022)

        def stamped(**params: object) -> tuple[int, int]:
            return code(desktop.request("GET", "/fapi/v3/balance", account="one", **params))

        assert stamped(timestamp=now - 6_000) == (400, -1021)
        assert stamped(timestamp=now + 2_000) == (400, -1021)
        assert stamped(timestamp=now - 6_000, recvWindow=70_000) == (400, -1131)
        assert stamped(timestamp="soon") == (400, -1102)
        late = desktop.request("GET", "/fapi/v3/balance", account="one", timestamp=now - 6_000, recvWindow=10_000)
        assert _send(desktop, late)[0] == 200


def test_a_signed_body_counts_as_the_query_does() -> None:
    with Desktop() as desktop:
        request = desktop.request("POST", ORDER, account="one", **LIMIT)
        moved = msgspec.structs.replace(request, query="", body=request.query.encode())
        assert _send(desktop, moved)[1]["status"] == "NEW"
        changed = msgspec.structs.replace(moved, body=moved.body.replace(b"0.01", b"0.02"))
        assert _send(desktop, changed)[1]["code"] == -1022


def test_credentials_follow_the_seed() -> None:
    with Desktop() as one, Desktop() as same, Desktop(seed=2) as other:
        assert one.dialect.credentials("one") == same.dialect.credentials("one")
        assert one.dialect.credentials("one") != other.dialect.credentials("one")
        assert one.dialect.credentials("one") != one.dialect.credentials("two")


def test_paths_that_are_not_here() -> None:
    with Desktop() as desktop:
        for method, path in (("GET", "/fapi/v1/nothing"), ("PATCH", ORDER), ("GET", "/")):
            status, body = desktop.ask(method, path)
            assert (status, body["code"]) == (404, -5000)
            assert path in body["msg"]


def test_weights_are_counted_and_run_out() -> None:
    with Desktop() as desktop:
        answer = desktop.run(desktop.front.http(desktop.request("GET", "/fapi/v1/time")))
        assert answer.headers["x-mbx-used-weight-1m"] == "1"
        for _ in range(119):
            desktop.ask("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=1000)
        refused = desktop.run(
            desktop.front.http(desktop.request("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=1000))
        )
        assert (refused.status, refused.headers["retry-after"]) == (429, "60")
        assert msgspec.json.decode(refused.body)["code"] == -1003
        desktop.pass_time(60)
        assert desktop.ask("GET", "/fapi/v1/depth", symbol="BTCUSDT", limit=1000)[0] == 200


# -- orders ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPE"}, -1121),
        ({"symbol": ""}, -1102),
        ({"side": "UP"}, -1117),
        ({"type": "STOP_MARKET"}, -4120),
        ({"type": "ICEBERG"}, -1116),
        ({"timeInForce": "GTD"}, -1115),
        ({"timeInForce": ""}, -1102),
        ({"quantity": "0"}, -4003),
        ({"quantity": "-1"}, -4003),
        ({"quantity": "0.0015"}, -1111),
        ({"quantity": "many"}, -1102),
        ({"quantity": "NaN"}, -1102),
        ({"quantity": "Infinity"}, -1102),
        ({"price": "0"}, -4001),
        ({"price": "59000.05"}, -4014),
        ({"price": "70000"}, -4016),
        ({"side": "SELL", "price": "50000"}, -4024),
        ({"quantity": "0.001"}, -4164),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"newClientOrderId": "no spaces"}, -4015),
        ({"positionSide": "LONG"}, -4061),
        ({"reduceOnly": "perhaps"}, -1102),
        ({"reduceOnly": "true"}, -2022),
        ({"timeInForce": "GTX", "price": "60001"}, -5022),
        ({"timeInForce": "FOK", "quantity": "20", "price": "60001"}, -5021),
        ({"quantity": "400"}, -2019),
    ],
)
def test_orders_that_are_refused(changes: dict[str, str], code: int) -> None:
    with Desktop() as desktop:
        status, body = desktop.ask("POST", ORDER, account="one", **{**LIMIT, **changes})
        assert (status, body["code"]) == (400, code), body
        assert desktop.house.accounts["one"].orders == {}


def test_a_client_id_is_used_once_while_it_is_known_and_a_refused_one_is_free() -> None:
    with Desktop() as desktop:
        assert desktop.ask("POST", ORDER, account="one", **{**LIMIT, "quantity": "400"}, newClientOrderId="a")[0] == 400
        assert desktop.ask("POST", ORDER, account="one", **LIMIT, newClientOrderId="a")[0] == 200
        assert desktop.ask("POST", ORDER, account="one", **LIMIT, newClientOrderId="a")[1]["code"] == -4116
        assert desktop.ask("POST", ORDER, account="two", **LIMIT, newClientOrderId="a")[0] == 200


def test_the_limit_of_orders() -> None:
    with Desktop() as desktop:
        codes = [desktop.ask("POST", ORDER, account="one", **LIMIT)[1].get("code") for _ in range(301)]
        assert codes[:300] == [None] * 300
        assert codes[300] == -1015
        assert desktop.ask("DELETE", ORDER, account="one", symbol="BTCUSDT", orderId=1)[1]["code"] == -1015


def test_cancels_and_queries_of_what_is_not_there() -> None:
    with Desktop() as desktop:
        mine = desktop.ask("POST", ORDER, account="one", **LIMIT)[1]
        number = mine["orderId"]

        def code(method: str, path: str, account: str = "one", **params: object) -> int:
            return int(desktop.ask(method, path, account=account, **params)[1]["code"])

        assert code("DELETE", ORDER, symbol="BTCUSDT", orderId=999) == -2011
        assert code("DELETE", ORDER, symbol="BTCUSDT") == -1102
        assert code("DELETE", ORDER, account="two", symbol="BTCUSDT", orderId=number) == -2011
        assert code("GET", ORDER, symbol="BTCUSDT", origClientOrderId="nobody") == -2013
        assert code("GET", ORDER, symbol="BTCUSDT", orderId="many") == -1102
        assert desktop.ask("GET", "/fapi/v1/openOrder", account="one", symbol="BTCUSDT", orderId=number)[0] == 200
        assert desktop.ask("DELETE", ORDER, account="one", symbol="BTCUSDT", orderId=number)[0] == 200
        assert code("GET", "/fapi/v1/openOrder", symbol="BTCUSDT", orderId=number) == -2013
        assert code("DELETE", ORDER, symbol="BTCUSDT", orderId=number) == -2011
        assert desktop.ask("GET", ORDER, account="one", symbol="BTCUSDT", orderId=number)[1]["status"] == "CANCELED"


def test_what_is_left_of_an_ioc_expires() -> None:
    with Desktop() as desktop:
        order = {**LIMIT, "timeInForce": "IOC", "price": "60001", "quantity": "1.5"}
        answer = desktop.ask("POST", ORDER, account="one", **order)[1]
        assert (answer["status"], answer["executedQty"], answer["timeInForce"]) == ("EXPIRED", "1", "IOC")


def test_an_order_that_takes_and_then_rests() -> None:
    with Desktop() as desktop:
        answer = desktop.ask("POST", ORDER, account="one", **{**LIMIT, "price": "60001", "quantity": "1.5"})[1]
        assert (answer["status"], answer["executedQty"], answer["avgPrice"]) == ("PARTIALLY_FILLED", "1", "60001")


def test_a_test_order_is_only_checked() -> None:
    with Desktop() as desktop:
        assert desktop.ask("POST", "/fapi/v1/order/test", account="one", **LIMIT) == (200, {})
        assert desktop.ask("POST", "/fapi/v1/order/test", account="one", **{**LIMIT, "price": "1.23"})[0] == 400
        assert desktop.house.accounts["one"].orders == {}


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("POST", {"batchOrders": "no list"}, -1102),
        ("POST", {"batchOrders": "[]"}, -4082),
        ("POST", {}, -1102),
        ("DELETE", {"symbol": "BTCUSDT"}, -4083),
        ("DELETE", {"symbol": "BTCUSDT", "orderIdList": "no list"}, -1102),
    ],
)
def test_batches_that_do_not_read(method: str, params: dict[str, str], code: int) -> None:
    with Desktop() as desktop:
        assert desktop.ask(method, "/fapi/v1/batchOrders", account="one", **params)[1]["code"] == code


def test_a_batch_cancel_answers_for_each() -> None:
    with Desktop() as desktop:
        number = desktop.ask("POST", ORDER, account="one", **LIMIT, newClientOrderId="a")[1]["orderId"]
        asked = {"symbol": "BTCUSDT", "orderIdList": f"[{number},77]", "origClientOrderIdList": '["a"]'}
        rows = desktop.ask("DELETE", "/fapi/v1/batchOrders", account="one", **asked)[1]
        assert [row.get("status", row.get("code")) for row in rows] == ["CANCELED", -2011, -2011]


def test_the_countdown_cancels_one_symbol_unless_it_is_renewed() -> None:
    with Desktop() as desktop:
        desktop.ask("POST", ORDER, account="one", **LIMIT)

        def arm(left: int) -> int:
            params = {"symbol": "BTCUSDT", "countdownTime": left}
            return desktop.ask("POST", "/fapi/v1/countdownCancelAll", account="one", **params)[0]

        assert arm(1_000) == 200
        desktop.pass_time(0.8)
        assert arm(1_000) == 200
        desktop.pass_time(0.8)
        assert len(desktop.house.accounts["one"].orders) == 1
        assert arm(0) == 200
        desktop.pass_time(5)
        assert len(desktop.house.accounts["one"].orders) == 1
        assert arm(500) == 200
        desktop.pass_time(0.6)
        assert desktop.house.accounts["one"].orders == {}
        assert arm(-1) == 400
