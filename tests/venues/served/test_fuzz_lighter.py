"""Whatever is sent to the served Lighter, it answers in its own words: no exception, no silence, no order."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.venues.served.lighter_kit import BTC, DAY_MS, Bench
from venues.served.dialect import HttpRequest
from venues.served.lighter_tx import TxKind

PATHS = (
    "", "/", "/info", "/stream", "/api/v1/", "/api/v1/account", "/api/v1/accountActiveOrders", "/api/v1/trades",
    "/api/v1/nextNonce", "/api/v1/orderBookOrders", "/api/v1/recentTrades", "/api/v1/apikeys", "/api/v1/nothing",
    "/api/v1/accountInactiveOrders", "/api/v1/positionFunding", "/api/v1/fundings", "/api/v1/currentHeight",
    "/api/v1/transfer/history", "/api/v1/accountsByL1Address", "/api/v1/sendTx", "/api/v1/sendTxBatch", "/\x00",
)  # fmt: skip
WORDS: tuple[Any, ...] = (
    None, True, -1, 0, 1, 7001, 255, 1 << 70, 1.5, "", "1", "-1", "٣", "x" * 400, "%00", [], [[]], {}, {"a": None},
)  # fmt: skip
NAMES = (
    "by", "value", "market_id", "limit", "cursor", "account_index", "api_key_index", "auth", "from", "l1_address",
    "tx_type", "tx_info", "tx_types", "tx_infos",
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"content-type": "multipart/form-data"},
    {"content-type": "multipart/form-data; boundary=x"},
    {"content-type": 'multipart/mixed; boundary=""'},
    {"content-type": "é", "authorization": "ü:1:2:3"},
    {"authorization": "1:7001:5:00"},
)
BODIES = (
    b"",
    b"\xff\xfe",
    b"tx_type=14&tx_info={}",
    b"tx_type=14&tx_info=" + b'{"a":' * 5_000,
    b"tx_types=" + b"[" * 5_000,
    b"tx_types=[14]&tx_infos=[[1]]",
    b"--x\r\n\r\n--x--",
    b'--x\r\nContent-Disposition: form-data; name="tx_type"\r\n\r\n14\r\n--x--\r\n',
)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


@pytest.mark.parametrize("seed", range(4))
def test_requests_of_any_form_are_answered(bench: Bench, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(300):
        query = "&".join(f"{rng.choice(NAMES)}={rng.choice(WORDS)}" for _ in range(rng.randrange(4)))
        request = HttpRequest(
            rng.choice(("GET", "POST", "PUT")), rng.choice(PATHS), query, rng.choice(HEADERS), rng.choice(BODIES)
        )
        answer = bench.run(bench.front.http(request))
        assert answer.status in (200, 400, 404), request
        body = json.loads(answer.body)
        assert answer.status == 200 or (body["code"] > 20_000 and body["message"]), request
    assert bench.active() == []


@pytest.mark.parametrize("seed", range(4))
def test_transactions_of_any_content_are_answered_and_none_is_believed_unsigned(bench: Bench, seed: int) -> None:
    rng = random.Random(seed)
    good = bench.wallet.tx(
        TxKind.CREATE_ORDER, MarketIndex=BTC, ClientOrderIndex=1, BaseAmount=1000, Price=590_000, IsAsk=0, Type=0,
        TimeInForce=1, ReduceOnly=0, TriggerPrice=0, OrderExpiry=bench.house.now_ms() + DAY_MS,
    )  # fmt: skip
    for _ in range(60):
        bent = dict(good)
        for name in rng.sample(sorted(good), rng.randrange(1, 4)):
            bent[name] = rng.choice(WORDS)
        if {name: bent[name] for name in good} == good or not any(_differs(bent[name], good[name]) for name in good):
            continue
        status, body = bench.post("sendTx", tx_type=rng.choice((14, 15, 99, -1)), tx_info=json.dumps(bent))
        assert (status, body["code"] > 20_000) == (400, True), bent
    assert bench.send(TxKind.CREATE_ORDER, good) == 200


def _differs(one: object, other: object) -> bool:
    """Of another value or of another type, and not merely another spelling of "no attributes"."""
    return (type(one), one) != (type(other), other) and not (one in (None, {}) and other in (None, {}))


@pytest.mark.parametrize("seed", range(4))
def test_socket_messages_of_any_form_are_answered(bench: Bench, seed: int) -> None:
    rng = random.Random(seed)
    socket = bench.socket()
    kinds = ("subscribe", "unsubscribe", "jsonapi/sendtx", "jsonapi/sendtxbatch", "pong", 5, None)
    channels = (*WORDS, "order_book/1", "account_all/7001", "account_orders/1/7001", "height", "trade/", "user_stats/1")
    for _ in range(150):
        message = {
            "type": rng.choice(kinds),
            "channel": rng.choice(channels),
            "auth": rng.choice(WORDS),
            "data": rng.choice((*WORDS, {"id": rng.choice(WORDS), "tx_type": rng.choice(WORDS), "tx_info": {}})),
        }
        text = json.dumps(message)
        bench.say(socket, text[: rng.randrange(len(text))] if rng.random() < 0.1 else text)
    bench.say(socket, '{"type":' * 3_000)
    assert socket.closed == []
    assert all("type" in frame or "error" in frame for frame in socket.frames)
    assert bench.active() == []
