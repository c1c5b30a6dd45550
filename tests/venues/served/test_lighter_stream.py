"""Lighter's websocket: channels, the book's sequence, transactions over the socket, pings and limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.venues.served.lighter_kit import ASK, BID, BTC, DAY_MS, LOT, Bench, D, Socket
from venues.model import Side
from venues.served.faults import FaultKind
from venues.served.lighter_tx import TxKind


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench() as made:
        yield made


class Follower:
    """A book kept as the venue's documentation has it: the snapshot, then every update whose `begin_nonce` is the last
    `nonce`."""

    def __init__(self, socket: Socket) -> None:
        self.sides: dict[str, dict[str, str]] = {"bids": {}, "asks": {}}
        self.broken = 0
        nonce = 0
        for frame in socket.frames:
            book = frame.get("order_book")
            if book is None:
                continue
            if frame["type"] == "subscribed/order_book":
                self.sides = {"bids": {}, "asks": {}}
            elif book["begin_nonce"] != nonce:
                self.broken += 1
            nonce = book["nonce"]
            for side, levels in self.sides.items():
                for level in book[side]:
                    if D(level["size"]):
                        levels[level["price"]] = level["size"]
                    else:
                        levels.pop(level["price"])

    def agrees(self, bench: Bench) -> bool:
        market = bench.house.markets["BTC"]
        return all(
            {D(price): D(size) for price, size in self.sides[name].items()}
            == {
                market.instrument.ticks_to_price(ticks): market.instrument.lots_to_qty(lots)
                for ticks, lots in market.levels(side)
            }
            for name, side in (("bids", Side.BUY), ("asks", Side.SELL))
        )


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "channel",
    [
        "",
        "nonsense",
        "order_book",
        "order_book/9",
        "order_book/x",
        "trade/1/2",
        "account_all/x",
        "account_orders/9/7001",
    ],
)
def test_channels_that_there_are_not(bench: Bench, channel: str) -> None:
    socket = bench.socket()
    bench.subscribe(socket, channel)
    assert socket.errors == [30005]


def test_messages_that_say_nothing(bench: Bench) -> None:
    socket = bench.socket()
    for text in ("nonsense", "[1]", '{"type": "dance"}', "{}"):
        bench.say(socket, text)
    assert socket.errors == [30001] * 4
    bench.say(socket, {"type": "subscribe", "channel": 5})
    assert socket.errors[-1] == 30005


def test_another_path_is_closed(bench: Bench) -> None:
    assert bench.socket("/other").closed == [1001]


def test_twice_subscribed_and_never_subscribed(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "height")
    bench.subscribe(socket, "height")
    bench.say(socket, {"type": "unsubscribe", "channel": "order_book/1"})
    assert socket.errors == [30003, 30002]
    assert socket.frames[-1]["error"]["message"] == "Not Subscribed to : order_book:1"
    bench.say(socket, {"type": "unsubscribe", "channel": "height"})
    assert socket.frames[-1] == {"type": "unsubscribed", "channel": "height"}
    before = len(socket.frames)
    bench.pass_time(3)
    assert len(socket.frames) == before


def test_private_channels_want_the_owners_token(bench: Bench) -> None:
    socket = bench.socket()
    mine = bench.wallet.account
    for channel in (f"account_orders/1/{mine}", f"account_all_orders/{mine}", f"account_all_assets/{mine}"):
        bench.subscribe(socket, channel)
        bench.subscribe(socket, channel, bench.other.token())
        bench.subscribe(socket, channel, bench.wallet.token(0))
    assert socket.errors == [20013] * 9
    bench.subscribe(socket, "account_all/99")
    assert socket.errors[-1] == 21100


# -- public ------------------------------------------------------------------------------------------------------------


def test_the_first_frame_says_connected(bench: Bench) -> None:
    (frame,) = bench.socket().frames
    assert frame["type"] == "connected"
    assert len(frame["session_id"]) == 16


def test_a_follower_never_diverges_from_the_servers_book(bench: Bench) -> None:
    early, late = bench.socket(), bench.socket()
    bench.subscribe(early, "order_book/1")
    for step in range(20):
        bench.move(
            bench.markets.btc.set,
            {BID - step % 7: (step * 37) % 11 * 1_000, BID + step % 3: step * 500},
            {ASK + step % 5: (step * 13) % 4 * 900},
        )
        if step == 9:
            bench.subscribe(late, "order_book/1")
    for socket in (early, late):
        follower = Follower(socket)
        assert (follower.broken, follower.agrees(bench)) == (0, True)
    offsets = [frame["offset"] for frame in early.frames if "order_book" in frame]
    assert offsets == list(range(1, len(offsets) + 1))
    assert len(offsets) > 10


def test_a_gap_shows_in_the_sequence_and_a_new_subscription_mends_it(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "order_book/1")
    bench.fault(FaultKind.GAP, path="BTC")
    bench.move(bench.markets.btc.set, {BID - 3: 777})
    bench.move(bench.markets.btc.set, {BID - 4: 888})
    follower = Follower(socket)
    assert (follower.broken, follower.agrees(bench)) == (1, False)
    bench.say(socket, {"type": "unsubscribe", "channel": "order_book/1"})
    bench.subscribe(socket, "order_book/1")
    assert Follower(socket).agrees(bench)


def test_a_book_that_nobody_watches_any_more_begins_anew(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, "order_book/1")
    bench.move(bench.front.ws_closed, socket.session)
    bench.move(bench.markets.btc.set, {BID - 3: 777})
    again = bench.socket()
    bench.subscribe(again, "order_book/1")
    bench.move(bench.markets.btc.set, {BID - 4: 888})
    follower = Follower(again)
    assert (follower.broken, follower.agrees(bench)) == (0, True)


def test_trades_and_statistics(bench: Bench) -> None:
    socket = bench.socket()
    for channel in ("trade/1", "market_stats/1", "market_stats/all", "height"):
        bench.subscribe(socket, channel)
    bench.move(bench.markets.btc.trade, ASK, LOT, Side.BUY)
    (update,) = socket.of("update/trade")
    assert (update["channel"], update["trades"][0]["price"], update["trades"][0]["is_maker_ask"]) == (
        "trade:1", "60001.0", True,
    )  # fmt: skip
    bench.pass_time(1)
    stats = socket.of("update/market_stats")
    (one,) = [frame for frame in stats if frame["channel"] == "market_stats:1"]
    (every,) = [frame for frame in stats if frame["channel"] == "market_stats:all"]
    assert (one["market_stats"]["last_trade_price"], one["market_stats"]["mid_price"]) == ("60001.0", "60000.5")
    assert sorted(every["market_stats"]) == ["0", "1"]
    assert socket.of("update/height")[0]["height"] > 0


# -- accounts ----------------------------------------------------------------------------------------------------------


def test_an_orders_life_over_the_socket(bench: Bench) -> None:
    socket, mine, token = bench.socket(), bench.wallet.account, bench.wallet.token()
    for channel in ("account_all_orders", "account_all_trades", "account_all_positions", "user_stats", "account_all"):
        bench.subscribe(socket, f"{channel}/{mine}", token)
    bench.subscribe(socket, f"account_orders/1/{mine}", token)
    bench.subscribe(socket, f"account_all_assets/{mine}", token)
    assert socket.errors == []
    bench.order(1, "buy", "0.2", "60000.5", "post")
    bench.move(bench.markets.btc.trade, BID + 5, LOT // 10, Side.SELL)
    bench.cancel(1)
    rows = [frame["orders"]["1"][0] for frame in socket.of("update/account_all_orders")]
    told = [(row["status"], row["filled_base_amount"]) for row in rows]
    assert told == [("open", "0.00000"), ("open", "0.10000"), ("canceled", "0.10000")]
    assert [frame["channel"] for frame in socket.of("update/account_orders")] == ["account_orders:1"] * 3
    (trade,) = socket.of("update/account_all_trades")
    assert trade["trades"]["1"][0]["size"] == "0.10000"
    assert socket.of("update/account_all_positions")[-1]["positions"]["1"]["position"] == "0.10000"
    assert D(socket.of("update/user_stats")[-1]["stats"]["leverage"]) > 0
    assert socket.of("update/account_all_assets")[-1]["assets"]["3"]["symbol"] == "USDC"
    assert "trades" in socket.of("update/account_all")[0]


def test_a_subscription_begins_with_what_is_open(bench: Bench) -> None:
    bench.order(1, "buy", "0.2", "59000.0", "post")
    socket, mine, token = bench.socket(), bench.wallet.account, bench.wallet.token()
    bench.subscribe(socket, f"account_all_orders/{mine}", token)
    bench.subscribe(socket, f"account_orders/0/{mine}", token)
    assert socket.of("subscribed/account_all_orders")[0]["orders"]["1"][0]["client_order_index"] == 1
    assert socket.of("subscribed/account_orders")[0]["orders"] == {}


def test_another_account_hears_nothing_of_it(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, f"account_all_orders/{bench.other.account}", bench.other.token())
    bench.order(1, "buy", "0.2", "60001.0", "ioc")
    assert socket.of("update/account_all_orders") == []


def test_a_liquidation_shows_as_such(bench: Bench) -> None:
    socket = bench.socket()
    bench.subscribe(socket, f"account_all_trades/{bench.wallet.account}")
    bench.order(1, "buy", "0.5", "60001.0", "ioc")
    bench.move(bench.house.exchange.force_close, "one", "BTC")
    rows = [frame["trades"]["1"][0] for frame in socket.of("update/account_all_trades")]
    assert [row["type"] for row in rows] == ["trade", "liquidation"]
    assert bench.account()["positions"] == []
    assert bench.ended()[0] == "filled"


def test_funding_is_told_and_listed() -> None:
    with Bench(funding_interval_s=3600) as bench:
        bench.order(1, "buy", "0.5", "60001.0", "ioc")
        bench.house.exchange.set_funding_rate("lighter", "BTC", D("0.0001"))
        bench.pass_time(3_700)
        (row,) = bench.get("positionFunding", token=bench.wallet.token(), limit=10)["position_fundings"]
        assert (row["market_id"], row["position_side"], row["rate"]) == (BTC, "long", "0.0001")
        assert D(row["change"]) < 0
        assert D(bench.account()["collateral"]) == D(100_000) + D(row["change"])


def test_an_ended_token_ends_private_channels(bench: Bench) -> None:
    socket, mine = bench.socket(), bench.wallet.account
    bench.subscribe(socket, f"account_all_orders/{mine}", bench.wallet.token())
    bench.subscribe(socket, f"account_all_trades/{mine}")
    bench.fault(FaultKind.EXPIRED_TOKEN, account="one")
    assert socket.errors == [20013]
    bench.order(1, "buy", "0.2", "60001.0", "ioc")
    assert socket.of("update/account_all_orders") == []
    assert len(socket.of("update/account_all_trades")) == 1
    bench.subscribe(socket, f"account_all_orders/{mine}", bench.wallet.token(700))
    assert len(socket.of("subscribed/account_all_orders")) == 2


def test_a_rollback_is_told_over_the_socket(bench: Bench) -> None:
    bench.order(1, "buy", "0.5", "60001.0", "ioc")
    socket = bench.socket()
    bench.subscribe(socket, f"account_all_positions/{bench.wallet.account}")
    bench.fault(FaultKind.ROLLBACK, account="one", seconds=20)
    assert socket.of("update/account_all_positions")[-1]["positions"] == {}
    bench.pass_time(30)
    assert socket.of("update/account_all_positions")[-1]["positions"]["1"]["position"] == "0.50000"


# -- transactions over the socket --------------------------------------------------------------------------------------


def order(bench: Bench, client: int, nonce: int) -> dict[str, Any]:
    return bench.wallet.tx(
        TxKind.CREATE_ORDER, nonce=nonce, MarketIndex=BTC, ClientOrderIndex=client, BaseAmount=1000, Price=590_000,
        IsAsk=0, Type=0, TimeInForce=1, ReduceOnly=0, TriggerPrice=0, OrderExpiry=bench.house.now_ms() + DAY_MS,
    )  # fmt: skip


def test_transactions_over_the_socket(bench: Bench) -> None:
    socket = bench.socket()
    tx = order(bench, 1, 0)
    for _ in range(2):
        bench.say(socket, {"type": "jsonapi/sendtx", "data": {"id": "a7", "tx_type": 14, "tx_info": tx}})
    good, bad = socket.of("jsonapi/sendtx")
    assert (good["code"], good["id"], len(good["tx_hash"])) == (200, "a7", 80)
    assert (bad["error"]["code"], bad["id"]) == (21104, "a7")
    batch = {"id": "b", "tx_types": "[14, 14]", "tx_infos": [order(bench, 2, 1), order(bench, 3, 2)]}
    bench.say(socket, {"type": "jsonapi/sendtxbatch", "data": batch})
    assert len(socket.of("jsonapi/sendtxbatch")[0]["tx_hash"]) == 2
    bench.pass_time()
    assert [row["client_order_index"] for row in bench.active()] == [1, 2, 3]
    bench.say(socket, {"type": "jsonapi/sendtx", "data": 5})
    bench.say(socket, {"type": "jsonapi/sendtx"})
    assert socket.errors[-2:] == [20001, 20001]


@pytest.mark.parametrize(
    ("kind", "code"),
    [(FaultKind.RATE_LIMIT, 23000), (FaultKind.NONCE, 21104), (FaultKind.ERROR_BEFORE, 29500)],
)
def test_faults_over_the_socket(bench: Bench, kind: FaultKind, code: int) -> None:
    socket = bench.socket()
    bench.fault(kind, path="/stream", count=1, seconds=10)
    for client in (1, 2):
        bench.say(socket, {"type": "jsonapi/sendtx", "data": {"tx_type": 14, "tx_info": order(bench, client, 0)}})
    bench.pass_time()
    assert socket.errors == [code]
    assert [row["client_order_index"] for row in bench.active()] == [2]


def test_an_answer_that_is_dropped_hides_an_order_that_is_there(bench: Bench) -> None:
    socket = bench.socket()
    bench.fault(FaultKind.DROP, path="/stream", count=1, seconds=10)
    bench.say(socket, {"type": "jsonapi/sendtx", "data": {"tx_type": 14, "tx_info": order(bench, 1, 0)}})
    bench.pass_time()
    assert (len(socket.frames), len(bench.active())) == (1, 1)


# -- time and limits ---------------------------------------------------------------------------------------------------


def test_pings_go_out_and_who_never_speaks_is_cut_off(bench: Bench) -> None:
    quiet, alive = bench.socket(), bench.socket()
    for _ in range(5):
        bench.pass_time(29)
        bench.say(alive, {"type": "pong"})
    assert len(alive.of("ping")) >= 3
    assert (quiet.closed, alive.closed) == ([1001], [])
    bench.say(alive, {"type": "ping"})
    assert alive.frames[-1] == {"type": "pong"}


def test_two_hundred_messages_a_minute(bench: Bench) -> None:
    socket = bench.socket()

    def many() -> None:
        for _ in range(201):
            bench.front.ws_text(socket.session, '{"type": "ping"}')

    bench.move(many)
    assert (len(socket.of("pong")), socket.errors) == (200, [30009])
    bench.pass_time(61)
    bench.say(socket, {"type": "ping"})
    assert len(socket.of("pong")) == 201
