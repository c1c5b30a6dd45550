"""Batches, rate limits and faults of the served Lighter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.venues.served.lighter_kit import BTC, DAY_MS, Bench
from venues.paper.limits import Limit
from venues.served.faults import FaultKind
from venues.served.lighter_tx import TxKind


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def batch(bench: Bench, *nonces: int, first: int = 1) -> tuple[int, Any]:
    infos = [
        bench.wallet.tx(
            TxKind.CREATE_ORDER, nonce=nonce, MarketIndex=BTC, ClientOrderIndex=first + place, BaseAmount=1000,
            Price=590_000, IsAsk=0, Type=0, TimeInForce=1, ReduceOnly=0, TriggerPrice=0,
            OrderExpiry=bench.house.now_ms() + DAY_MS,
        )
        for place, nonce in enumerate(nonces)
    ]  # fmt: skip
    texts = json.dumps([json.dumps(info) for info in infos])
    answer = bench.post("sendTxBatch", tx_types=json.dumps([14] * len(nonces)), tx_infos=texts)
    bench.pass_time(0.5)
    return answer


def test_batches(bench: Bench) -> None:
    assert batch(bench, 0, 2)[1]["code"] == 21105
    status, body = batch(bench, 0, 1, 2)
    assert (status, len(body["tx_hash"])) == (200, 3)
    assert len(bench.active()) == 3
    assert batch(bench, *range(3, 54), first=10)[1]["code"] == 20001
    assert bench.post("sendTxBatch", tx_types="[14]", tx_infos="[]")[1]["code"] == 21501
    assert bench.post("sendTxBatch", tx_types="nonsense", tx_infos="[]")[1]["code"] == 20001
    assert bench.post("sendTx", tx_type="x", tx_info="{}")[1]["code"] == 20001
    assert bench.post("sendTx", tx_type="14")[1]["code"] == 20001


def test_a_batch_whose_second_transaction_is_refused_keeps_the_first(bench: Bench) -> None:
    bench.order(2, "buy", "0.01", "59000.0")
    assert batch(bench, 1, 2)[1]["code"] == 21728
    assert [row["client_order_index"] for row in bench.active()] == [2, 1]


def test_sixty_requests_a_rolling_minute() -> None:
    with Bench(rest_limit=Limit(60, 60.0)) as bench:
        codes = [bench.ask("orderBooks")[0] for _ in range(61)]
        assert codes == [200] * 60 + [429]
        assert bench.ask("orderBooks")[1]["code"] == 23000
        token = bench.wallet.token()
        assert bench.ask("accountActiveOrders", token=token)[0] == 200, "an account's limit is its own"
        bench.pass_time(60)
        assert bench.ask("orderBooks")[0] == 200
        assert [bench.ask("trades", token=token)[0] for _ in range(41)] == [200] * 40 + [429]


def test_the_order_limit_of_the_profile() -> None:
    with Bench(order_limit=Limit(2, 1.0)) as bench:
        kind, fields = TxKind.CANCEL_ALL, {"TimeInForce": 2, "Time": 0}
        assert [bench.do(kind, **fields) for _ in range(3)] == [200, 200, 23000]


def test_a_rollback_reports_positions_of_an_earlier_moment(bench: Bench) -> None:
    bench.order(1, "buy", "0.5", "60001.0", "ioc")
    bench.pass_time(3_700)
    bench.order(2, "buy", "0.5", "60001.0", "ioc")
    assert bench.account()["positions"][0]["position"] == "1.00000"
    bench.fault(FaultKind.ROLLBACK, account="one", seconds=30)
    assert bench.account()["positions"][0]["position"] == "0.50000"
    assert len(bench.trades()) == 2
    bench.pass_time(31)
    assert bench.account()["positions"][0]["position"] == "1.00000"


@pytest.mark.parametrize(
    ("kind", "status", "code", "took"),
    [
        (FaultKind.RATE_LIMIT, 429, 23000, 0),
        (FaultKind.NONCE, 400, 21104, 0),
        (FaultKind.EXPIRED_TOKEN, 400, 20013, 0),
        (FaultKind.ERROR_BEFORE, 500, 29500, 0),
        (FaultKind.ERROR_AFTER, 500, 29500, 1),
    ],
)
def test_faults_speak_the_venues_words(bench: Bench, kind: FaultKind, status: int, code: int, took: int) -> None:
    bench.fault(kind, count=1, seconds=10, path="sendTx")
    order = bench.wallet.tx(
        TxKind.CREATE_ORDER, MarketIndex=BTC, ClientOrderIndex=1, BaseAmount=1000, Price=590_000, IsAsk=0, Type=0,
        TimeInForce=1, ReduceOnly=0, TriggerPrice=0, OrderExpiry=bench.house.now_ms() + DAY_MS,
    )  # fmt: skip
    answered, body = bench.post("sendTx", tx_type=14, tx_info=json.dumps(order))
    assert (answered, body["code"]) == (status, code)
    bench.pass_time()
    assert len(bench.active()) == took


def test_an_ended_token_is_ended_and_a_new_one_serves(bench: Bench) -> None:
    token = bench.wallet.token()
    bench.get("accountActiveOrders", token=token)
    bench.fault(FaultKind.EXPIRED_TOKEN, account="one")
    assert bench.ask("accountActiveOrders", token=token)[1]["code"] == 20013
    bench.get("accountActiveOrders", token=bench.wallet.token(700))
