"""The websocket: subscriptions, what comes when, and requests by `post`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.venues.served.hyperliquid_kit import ASK, BID, LOT, Bench, D, Socket, cloid, wire
from venues.model import Side
from venues.served.dialect import WsSession
from venues.served.faults import Fault, FaultKind


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


def states(socket: Socket) -> list[tuple[str | None, str]]:
    """(cloid, status) of each order update."""
    rows = [row for batch in socket.channel("orderUpdates") for row in batch]
    return [(row["order"].get("cloid"), row["status"]) for row in rows]


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        '{"method":"shout"}',
        '{"method":"subscribe"}',
        '{"method":"post","id":1}',
        '{"method":"subscribe","subscription":{"type":7}}',
    ],
)
def test_what_cannot_be_read_is_an_error(bench: Bench, text: str) -> None:
    socket = bench.socket()
    bench.say(socket, text)
    (error,) = socket.channel("error")
    assert error.startswith("Error parsing JSON into valid websocket request: ")


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "l2Book"},
        {"type": "l2Book", "coin": "DOGE"},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 9},
        {"type": "l2Book", "coin": "BTC", "dex": "xyz"},
        {"type": "orderUpdates"},
        {"type": "orderUpdates", "user": "me"},
        {"type": "activeAssetData", "coin": "BTC"},
        {"type": "candle", "coin": "BTC", "interval": "1m"},
    ],
)
def test_a_subscription_that_there_is_not(bench: Bench, fields: dict[str, Any]) -> None:
    socket = bench.socket()
    bench.say(socket, {"method": "subscribe", "subscription": fields})
    (error,) = socket.channel("error")
    assert error.startswith("Invalid subscription")


def test_the_same_subscription_twice_and_one_that_was_never_made(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "orderUpdates", user=bench.address().upper().replace("0X", "0x"))
    bench.subscribe(socket, "orderUpdates", user=bench.address())
    bench.say(socket, {"method": "unsubscribe", "subscription": {"type": "trades", "coin": "BTC"}})
    twice, never = socket.channel("error")
    assert twice.startswith("Already subscribed: ")
    assert never.startswith("Already unsubscribed: ")
    # by another socket it is another subscription
    other = bench.socket()
    bench.subscribe(other, "orderUpdates", user=bench.address())
    assert other.channel("error") == []


def test_a_socket_follows_ten_users_at_the_most(bench: Bench) -> None:
    socket = bench.socket()
    for number in range(11):
        bench.subscribe(socket, "userFills", user=f"0x{number:040x}")
    assert socket.channel("error") == ["Cannot track more than 10 total users"]


def test_another_path_is_closed(bench: Bench) -> None:
    closed: list[int] = []
    session = WsSession("/other", "", {}, lambda text: None, closed.append)
    bench.move(bench.front.ws_open, session)
    assert closed == [1001]


# -- markets -----------------------------------------------------------------------------------------------------------


def test_ping(bench: Bench) -> None:
    socket = bench.socket()
    bench.say(socket, {"method": "ping"})
    assert socket.frames == [{"channel": "pong"}]


def test_books_come_whole_at_once_and_every_half_second(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "l2Book", coin="BTC")
    assert socket.frames[0] == {
        "channel": "subscriptionResponse",
        "data": {
            "method": "subscribe",
            "subscription": {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None},
        },
    }
    (first,) = socket.channel("l2Book")
    assert first["levels"][0][0] == {"px": "60000.0", "sz": "2.0", "n": 1}
    bench.move(bench.markets.btc.set, {BID + 1: LOT}, hold=True)
    bench.pass_time(2)
    books = socket.channel("l2Book")
    assert 4 <= len(books) <= 6
    assert books[-1]["levels"][0][0] == {"px": "60001.0", "sz": "1.0", "n": 1}
    assert books == sorted(books, key=lambda book: book["time"])


def test_nothing_comes_after_unsubscribing(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "l2Book", coin="BTC")
    bench.subscribe(socket, "trades", coin="BTC")
    for kind in ("l2Book", "trades"):
        bench.say(socket, {"method": "unsubscribe", "subscription": {"type": kind, "coin": "BTC"}})
    assert [data["method"] for data in socket.channel("subscriptionResponse")[2:]] == ["unsubscribe"] * 2
    before = len(socket.frames)
    bench.move(bench.markets.btc.trade, BID, 5, Side.SELL)
    bench.pass_time(5)
    assert len(socket.frames) == before


def test_best_prices_come_when_they_change(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "bbo", coin="BTC")
    bench.move(bench.markets.btc.set, {BID - 10: 7})
    bench.move(bench.markets.btc.set, {BID: 7})
    bench.move(bench.markets.btc.set, {BID: 0, BID - 10: 0})
    shown = [[level and (level["px"], level["sz"]) for level in data["bbo"]] for data in socket.channel("bbo")]
    ask = ("60010.0", "2.0")
    assert shown == [[("60000.0", "2.0"), ask], [("60000.0", "0.00007"), ask], [None, ask]]


def test_trades_mids_and_contexts(bench: Bench) -> None:
    socket = bench.socket()
    for fields in ({"type": "trades", "coin": "BTC"}, {"type": "allMids"}, {"type": "activeAssetCtx", "coin": "ETH"}):
        bench.say(socket, {"method": "subscribe", "subscription": fields})
    bench.move(bench.markets.btc.trade, ASK, 500, Side.BUY)
    ((trade,),) = socket.channel("trades")
    assert (trade["coin"], trade["side"], trade["px"], trade["sz"]) == ("BTC", "B", "60010.0", "0.005")
    assert socket.channel("allMids")[0] == {"mids": {"BTC": "60005.0", "ETH": "3000.25"}}
    assert socket.channel("activeAssetCtx")[0]["ctx"]["midPx"] == "3000.25"
    bench.pass_time(3)
    assert len(socket.channel("allMids")) == len(socket.channel("activeAssetCtx")) == 4


def test_a_gap_leaves_one_book_out(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "l2Book", coin="BTC")
    bench.subscribe(socket, "l2Book", coin="ETH")
    bench.move(bench.front.switch_on, Fault(FaultKind.GAP, path="BTC"))
    bench.pass_time(2)
    coins = [book["coin"] for book in socket.channel("l2Book")]
    assert coins.count("BTC") == coins.count("ETH") - 1


# -- accounts ----------------------------------------------------------------------------------------------------------


def test_an_order_is_told_when_its_status_changes(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "orderUpdates", user=bench.address())
    resting = bench.order("buy", "0.01", str(BID + 5), "Alo", c=cloid(1))
    bench.cancel(resting["resting"]["oid"])
    bench.order("buy", "0.01", str(ASK), "Ioc", c=cloid(2))
    bench.order("buy", "0.01", str(BID), "Ioc", c=cloid(3))
    bench.order("buy", "0.01", str(ASK), "Alo", c=cloid(4))
    bench.orders([wire("buy", "0.01", "59000", c=cloid(5))], account="two")
    assert states(socket) == [
        (cloid(1), "open"),
        (cloid(1), "canceled"),
        (cloid(2), "filled"),
        (cloid(3), "iocCancelRejected"),
        (cloid(4), "badAloPxRejected"),
    ]
    (first,) = socket.channel("orderUpdates")[0]
    stamp = first["statusTimestamp"]
    assert first["order"] == {
        "coin": "BTC", "side": "B", "limitPx": "60005.0", "sz": "0.01", "oid": resting["resting"]["oid"],
        "timestamp": stamp, "origSz": "0.01", "cloid": cloid(1),
    }  # fmt: skip


def test_fills_begin_with_a_snapshot_and_come_part_by_part(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc", c=cloid(1))
    socket = bench.socket()
    for kind in ("userFills", "userEvents", "orderUpdates"):
        bench.subscribe(socket, kind, user=bench.address())
    bench.order("buy", "0.01", str(BID + 5), "Alo", c=cloid(2))
    bench.move(bench.markets.btc.trade, BID + 5, LOT // 250, Side.SELL)
    bench.move(bench.markets.btc.trade, BID + 5, LOT, Side.SELL)
    snapshot, *parts = socket.channel("userFills")
    assert snapshot["isSnapshot"] is True
    assert [fill["cloid"] for fill in snapshot["fills"]] == [cloid(1)]
    assert [(part["user"], part["fills"][0]["sz"]) for part in parts] == [
        (bench.address(), "0.004"),
        (bench.address(), "0.006"),
    ]
    assert [event["fills"][0]["sz"] for event in socket.channel("user")] == ["0.004", "0.006"]
    assert states(socket) == [(cloid(2), "open"), (cloid(2), "filled")]
    listed = bench.of("userFills")
    assert [fill["tid"] for fill in listed[:2]] == [part["fills"][0]["tid"] for part in reversed(parts)]


def test_what_the_venue_cancels_is_an_event(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "userEvents", user=bench.address())
    status = bench.order("buy", "0.01", "59000")
    bench.move(bench.house.exchange.cancel_by_venue, "one")
    assert socket.channel("user") == [{"nonUserCancel": [{"coin": "BTC", "oid": status["resting"]["oid"]}]}]


def test_a_liquidation_is_told_with_its_fill(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc")
    socket = bench.socket()
    for kind in ("orderUpdates", "userFills"):
        bench.subscribe(socket, kind, user=bench.address())
    bench.move(bench.house.exchange.force_close, "one", "BTC")
    fill = socket.channel("userFills")[1]["fills"][0]
    assert fill["liquidation"]["liquidatedUser"] == bench.address()
    assert states(socket) == [(None, "filled")]


def test_an_accounts_worth_comes_at_once_on_change_and_every_five_seconds(bench: Bench) -> None:
    socket = bench.socket()
    kinds = ("clearinghouseState", "webData2", "spotState", "openOrders")
    for kind in kinds:
        bench.subscribe(socket, kind, user=bench.address())
    bench.subscribe(socket, "activeAssetData", user=bench.address(), coin="BTC")
    (state,) = socket.channel("clearinghouseState")
    assert state["clearinghouseState"]["marginSummary"]["accountValue"] == "100000.0"
    assert socket.channel("spotState") == [{"user": bench.address(), "spotState": {"balances": []}}]
    assert socket.channel("activeAssetData")[0]["availableToTrade"] == ["100000.0", "100000.0"]
    bench.order("buy", "0.01", str(ASK), "Ioc")
    bench.order("buy", "0.01", "59000")
    bench.pass_time(0.01)
    last = socket.channel("clearinghouseState")[-1]["clearinghouseState"]
    assert last["assetPositions"][0]["position"]["szi"] == "0.01"
    assert len(socket.channel("openOrders")[-1]["orders"]) == 1
    data = socket.channel("webData2")[-1]
    assert (data["user"], len(data["openOrders"])) == (bench.address(), 1)
    before = len(socket.channel("clearinghouseState"))
    bench.pass_time(10.5)
    assert len(socket.channel("clearinghouseState")) == before + 2


def test_an_account_that_changes_while_it_is_put_together_is_told_again(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "clearinghouseState", user=bench.address())
    bench.orders([wire("buy", "0.01", str(ASK), "Ioc") for _ in range(20)])
    bench.pass_time(0.01)
    last = socket.channel("clearinghouseState")[-1]["clearinghouseState"]
    assert last["assetPositions"][0]["position"]["szi"] == "0.2"


def test_funding_is_told(bench: Bench) -> None:
    bench.order("buy", "0.01", str(ASK), "Ioc")
    socket = bench.socket()
    for kind in ("userFundings", "userEvents", "userNonFundingLedgerUpdates"):
        bench.subscribe(socket, kind, user=bench.address())
    bench.move(bench.house.exchange.set_funding_rate, "hyperliquid", "BTC", D("0.0001"))
    bench.pass_time(3600)
    snapshot, told = socket.channel("userFundings")
    assert (snapshot["isSnapshot"], snapshot["fundings"]) == (True, [])
    assert told["fundings"][0]["usdc"] == "-0.060005"
    assert socket.channel("user")[0]["funding"] == told["fundings"][0]
    assert socket.channel("userNonFundingLedgerUpdates")[0]["isSnapshot"] is True


def test_a_user_whom_nobody_knows_is_followed_in_vain(bench: Bench) -> None:
    socket = bench.socket()
    stranger = "0x" + "12" * 20
    for kind in ("userFills", "userFundings", "clearinghouseState"):
        bench.subscribe(socket, kind, user=stranger)
    assert socket.channel("userFills") == [{"isSnapshot": True, "user": stranger, "fills": []}]
    assert socket.channel("clearinghouseState")[0]["clearinghouseState"]["assetPositions"] == []
    assert socket.session.account == ""


def test_faults_of_an_account_find_its_sockets(bench: Bench) -> None:
    mine, other = bench.socket(), bench.socket()
    bench.subscribe(mine, "orderUpdates", user=bench.address())
    bench.subscribe(other, "orderUpdates", user=bench.address("two"))
    assert (mine.session.account, other.session.account) == ("one", "two")
    bench.move(bench.front.switch_on, Fault(FaultKind.CLOSE, account="one"))
    assert (len(mine.closed), other.closed) == (1, [])
    bench.move(bench.front.ws_closed, mine.session)
    bench.move(bench.front.switch_on, Fault(FaultKind.SILENT, account="two"))
    bench.orders([wire("buy", "0.01", "59000")], account="two")
    assert other.channel("orderUpdates") == []


# -- post --------------------------------------------------------------------------------------------------------------


def post(bench: Bench, socket: Socket, kind: str, payload: object) -> Any:
    bench.say(socket, {"method": "post", "id": 7, "request": {"type": kind, "payload": payload}})
    answer = socket.channel("post")[-1]
    assert answer["id"] == 7
    return answer["response"]


def test_questions_and_actions_by_post(bench: Bench) -> None:
    socket = bench.socket()
    shown = post(bench, socket, "info", {"type": "l2Book", "coin": "BTC"})
    assert (shown["type"], shown["payload"]["type"]) == ("info", "l2Book")
    assert shown["payload"]["data"]["coin"] == "BTC"
    order = bench.signed({"type": "order", "orders": [wire("buy", "0.01", "59000")], "grouping": "na"})
    placed = post(bench, socket, "action", order)
    assert placed["type"] == "action"
    assert "resting" in placed["payload"]["response"]["data"]["statuses"][0]
    replayed = post(bench, socket, "action", order)
    assert replayed["payload"]["status"] == "err"
    assert len(bench.of("openOrders")) == 1


def test_a_post_that_cannot_be_answered_is_an_error(bench: Bench) -> None:
    socket = bench.socket()
    for kind, payload in (("info", {"type": "nothing"}), ("info", [1]), ("action", {}), ("explorer", {})):
        assert post(bench, socket, kind, payload)["type"] == "error"
