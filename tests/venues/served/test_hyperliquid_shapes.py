"""What is served has the shape of what the venue has really sent; and whatever comes in, an answer goes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.market_data import data_path
from tests.venues.served.hyperliquid_kit import ASK, BID, Bench, D, cloid, wire
from venues.model import Side


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def recorded(name: str) -> Any:
    return json.loads(data_path(f"adapter_fixtures/hyperliquid/{name}.json").read_bytes())


def lacking(real: Any, ours: Any, where: str = "") -> list[str]:
    """What the real message has and ours has not, or has as another type; lists by their first item."""
    if isinstance(real, dict):
        if not isinstance(ours, dict):
            return [f"{where}: {type(ours).__name__} for an object"]
        missing = [f"{where}.{key}" for key in real if key not in ours]
        return missing + [
            text for key in real if key in ours for text in lacking(real[key], ours[key], f"{where}.{key}")
        ]
    if isinstance(real, list):
        if not isinstance(ours, list):
            return [f"{where}: {type(ours).__name__} for a list"]
        return lacking(real[0], ours[0], f"{where}[]") if real and ours else []
    if real is None or ours is None or type(real) is type(ours):
        return []
    return [f"{where}: {type(ours).__name__} for {type(real).__name__}"]


def test_the_comparison_finds_what_is_missing_and_what_is_of_another_type() -> None:
    real = {"a": [{"b": "1", "c": 2}], "d": None, "e": {}}
    assert lacking(real, {"a": [{"b": 1}], "d": 5, "e": []}) == [
        ".a[].c",
        ".a[].b: int for str",
        ".e: list for an object",
    ]
    assert lacking(real, {"a": {}, "d": None, "e": {}}) == [".a: dict for a list"]
    assert lacking(real, real) == []


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("http_l2_book_btc", {"type": "l2Book", "coin": "BTC"}),
        ("ws_book_data", {"type": "l2Book", "coin": "BTC"}),
        ("http_recent_trades_btc", {"type": "recentTrades", "coin": "BTC"}),
        ("http_funding_history", {"type": "fundingHistory", "coin": "BTC", "startTime": 0}),
        ("http_spot_clearinghouse_state", {"type": "spotClearinghouseState", "user": "me"}),
        ("http_spot_meta_non_usdc_collateral", {"type": "spotMeta"}),
        ("http_clearinghouse_state_negative_total_raw_usd", {"type": "clearinghouseState", "user": "me"}),
        ("http_user_fills_dust_conversion", {"type": "userFills", "user": "me"}),
    ],
)
def test_answers_have_every_field_of_the_recorded_ones(bench: Bench, name: str, question: dict[str, Any]) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc")
    bench.move(bench.markets.btc.trade, BID, 5, Side.SELL)
    bench.pass_time(3600)
    asked = {**question, **({"user": bench.address()} if "user" in question else {})}
    ours = bench.info(asked.pop("type"), **asked)
    assert lacking(recorded(name), ours) == []


def test_the_meta_and_the_contexts_have_every_field_of_the_recorded_ones(bench: Bench) -> None:
    meta, contexts = bench.info("metaAndAssetCtxs")
    optional = {".universe[].isDelisted", ".universe[].onlyIsolated"}
    assert set(lacking(recorded("http_meta_perp_sample"), meta)) <= optional
    assert lacking(recorded("http_all_perp_metas_non_usdc_collateral"), bench.info("allPerpMetas")) == []
    real = recorded("ws_all_dexs_asset_ctxs")["data"]["ctxs"][0][1]
    assert lacking(real, contexts) == []


def test_stream_messages_have_every_field_of_the_recorded_ones(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc", c=cloid(1))
    socket = bench.socket()
    bench.subscribe(socket, "allMids")
    bench.subscribe(socket, "userEvents", user=bench.address())
    bench.move(bench.house.exchange.force_close, "one", "BTC")
    mids = next(frame for frame in socket.frames if frame["channel"] == "allMids")
    assert set(mids["data"]) == set(recorded("ws_allmids")["data"])
    event = next(frame for frame in socket.frames if frame["channel"] == "user")
    # the venue's own fill has no client's id
    assert lacking(recorded("ws_user_fill_liquidation"), event) == [".data.fills[].cloid"]


# -- whatever comes in -------------------------------------------------------------------------------------------------

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["BTC", "0x" + "12" * 20, cloid(1), "59000", "0.01", "Gtc", "Alo", "na", "0", "-1", "1e9"]),
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))
NAMES = st.sampled_from(
    ["user", "coin", "oid", "startTime", "endTime", "dex", "nSigFigs", "mantissa", "builder", "type"]
)
KINDS = st.sampled_from(
    ["meta", "l2Book", "orderStatus", "userFillsByTime", "clearinghouseState", "fundingHistory", "activeAssetData", ""]
)
ACTIONS = st.sampled_from(
    [
        {"type": "order", "orders": [wire("buy", "0.01", "59000", c=cloid(2))], "grouping": "na"},
        {"type": "cancel", "cancels": [{"a": 0, "o": 1}]},
        {"type": "cancelByCloid", "cancels": [{"asset": 0, "cloid": cloid(2)}]},
        {"type": "batchModify", "modifies": [{"oid": 1, "order": wire("buy", "0.01", "59000")}]},
        {"type": "modify", "oid": 1, "order": wire("buy", "0.01", "59000")},
        {"type": "updateLeverage", "asset": 0, "isCross": True, "leverage": 5},
        {"type": "scheduleCancel", "time": 1},
    ]
)
FUZZ = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(body=st.one_of(st.binary(max_size=40), st.dictionaries(NAMES, JSON)), kind=KINDS)
def test_any_question_is_answered(bench: Bench, body: Any, kind: str) -> None:
    if isinstance(body, dict):
        body = json.dumps({"type": kind, **body}).encode()
    answer = bench.http("/info", body)
    assert answer.status in (200, 422)


@FUZZ
@given(action=ACTIONS, data=st.data())
def test_any_signed_action_is_answered(bench: Bench, action: dict[str, Any], data: st.DataObject) -> None:
    """Some part of a sound action is replaced, and then it is signed as it stands."""
    sent = json.loads(json.dumps(action))
    part: Any = sent
    while True:
        key = data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        if isinstance(part[key], (dict, list)) and part[key] and data.draw(st.booleans()):
            part = part[key]
            continue
        part[key] = data.draw(st.one_of(st.none(), st.booleans(), st.integers(-5, 1 << 40), st.text(max_size=8)))
        break
    if not isinstance(sent.get("type"), str):
        sent["type"] = "order"
    answer = bench.http("/exchange", bench.signed(sent))
    assert answer.status in (200, 422)
    bench.act({"type": "noop"})


@FUZZ
@given(text=st.one_of(st.text(max_size=40), st.dictionaries(st.sampled_from(["method", "subscription", "id"]), JSON)))
def test_any_message_on_the_websocket_is_answered(bench: Bench, text: Any) -> None:
    socket = bench.socket()
    bench.say(socket, text if isinstance(text, str) else json.dumps(text))
    bench.say(socket, {"method": "ping"})
    assert socket.frames[-1] == {"channel": "pong"}
    bench.move(bench.front.ws_closed, socket.session)


@settings(max_examples=40)
@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.integers(1, 30), st.sampled_from(["Gtc", "Alo", "Ioc"]), st.integers(-3, 3)),
        max_size=12,
    )
)
def test_fills_add_up_to_position_and_money(steps: list[tuple[bool, int, str, int]]) -> None:
    """Whatever is traded, the client who adds up his fills has the position and the money that the server has."""
    with Bench() as bench:
        for buy, size, tif, offset in steps:
            price = (ASK if buy else BID) + offset
            bench.order("buy" if buy else "sell", str(D(size) / 100), str(price), tif)
            bench.move(bench.markets.btc.trade, BID + offset, size * 500, Side.SELL)
        cash, position = D(100_000), D(0)
        for fill in bench.of("userFillsByTime", startTime=0):
            signed = D(fill["sz"]) * (1 if fill["side"] == "B" else -1)
            assert D(fill["startPosition"]) == position
            position += signed
            cash += D(fill["closedPnl"]) - D(fill["fee"])
        state = bench.of("clearinghouseState")
        held = state["assetPositions"]
        assert position == (D(held[0]["position"]["szi"]) if held else 0)
        profit = D(held[0]["position"]["unrealizedPnl"]) if held else D(0)
        assert abs(D(state["marginSummary"]["accountValue"]) - cash - profit) < D("1e-12")
