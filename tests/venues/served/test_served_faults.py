"""Faults of the served exchange, in virtual time: what each does to requests and to sockets, and when it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tests.venues.served.served_kit import BID, D, Desktop
from venues.model import ManualClock
from venues.served.dialect import ABNORMAL, HttpRequest
from venues.served.faults import Fault, FaultBoard, FaultError, FaultKind

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "59000",
}
TIME = "/fapi/v1/time"


# -- the board ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.DROP, seconds=-1), "seconds is -1"),
        (Fault(FaultKind.DROP, seconds=1e9), "seconds is"),
        (Fault(FaultKind.DROP, seconds=float("nan")), "seconds is nan"),
        (Fault(FaultKind.DROP, count=-2), "count is -2"),
        (Fault(FaultKind.REFUSE), "fault refuse: seconds is 0"),
        (Fault(FaultKind.DELAY), "fault delay: seconds is 0"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fault: Fault, expected: str) -> None:
    with pytest.raises(FaultError, match=expected):
        FaultBoard(ManualClock()).switch_on(fault)


def test_the_board_has_a_limit() -> None:
    board = FaultBoard(ManualClock())
    for _ in range(1_000):
        board.switch_on(Fault(FaultKind.DROP))
    with pytest.raises(FaultError, match="clear them first"):
        board.switch_on(Fault(FaultKind.DROP))
    board.switch_on(Fault(FaultKind.CLEAR))
    assert board.faults == ()


def test_a_fault_without_a_time_or_count_hits_once() -> None:
    board = FaultBoard(ManualClock())
    board.switch_on(Fault(FaultKind.RATE_LIMIT))
    assert board.on(FaultKind.RATE_LIMIT) is not None
    assert board.take(FaultKind.RATE_LIMIT) is not None
    assert board.take(FaultKind.RATE_LIMIT) is None


def test_counted_and_timed_faults_end_by_whichever_comes_first() -> None:
    clock = ManualClock()
    board = FaultBoard(clock)
    board.switch_on(Fault(FaultKind.NONCE, seconds=5, count=2))
    assert board.take(FaultKind.NONCE)
    assert board.take(FaultKind.NONCE)
    assert board.take(FaultKind.NONCE) is None
    board.switch_on(Fault(FaultKind.NONCE, seconds=5))
    clock.advance(4.9)
    assert board.take(FaultKind.NONCE)
    clock.advance(0.2)
    assert board.take(FaultKind.NONCE) is None
    assert board.faults == ()


def test_a_fault_meets_only_whom_it_names() -> None:
    board = FaultBoard(ManualClock())
    board.switch_on(Fault(FaultKind.DROP, account="one", path="order", method="POST"))
    assert board.on(FaultKind.DROP, account="two", path="/order", method="POST") is None
    assert board.on(FaultKind.DROP, account="one", path="/depth", method="POST") is None
    assert board.on(FaultKind.DROP, account="one", path="/order", method="GET") is None
    assert board.on(FaultKind.ERROR_AFTER, account="one", path="/order", method="POST") is None
    assert board.on(FaultKind.DROP, account="one", path="/order", method="POST") is not None


# -- requests ----------------------------------------------------------------------------------------------------


def _place(desktop: Desktop, client_id: str) -> HttpRequest:
    return desktop.request("POST", "/fapi/v1/order", account="one", **ORDER, newClientOrderId=client_id)


def _orders(desktop: Desktop, account: str = "one") -> list[str]:
    return [order.client_order_id for order in desktop.house.accounts[account].orders.values()]


def test_dropped_requests_take_effect() -> None:
    with Desktop() as desktop:
        desktop.fault("drop", path="/order")
        assert desktop.run(desktop.front.http(_place(desktop, "lost"))) is None
        assert not desktop.front.refused()
        assert _orders(desktop) == ["lost"]
        assert desktop.ask("GET", TIME)[0] == 200


def test_late_answers_are_late_and_the_effect_is_not() -> None:
    with Desktop() as desktop:
        desktop.fault("delay", seconds=3.0, path="/order")

        async def place() -> tuple[float, int, Any]:
            loop, begun = asyncio.get_running_loop(), desktop.loop.time()
            asked = loop.create_task(desktop.front.http(_place(desktop, "late")))
            done: asyncio.Future[None] = loop.create_future()
            loop.call_later(1.0, done.set_result, None)
            await done
            there = len(_orders(desktop))
            answer = await asked
            return desktop.loop.time() - begun, there, answer

        took, there, answer = desktop.run(place())
        assert (there, answer.status) == (1, 200)
        assert took == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "status", "code", "placed"),
    [
        ("429", 429, -1003, False),
        ("5xx", 503, -1001, False),
        ("5xx-after", 503, -1000, True),
        ("nonce", 400, -1021, False),
    ],
)
def test_refusals_and_what_they_leave_behind(kind: str, status: int, code: int, placed: bool) -> None:
    with Desktop() as desktop:
        desktop.fault(kind, account="one")
        assert desktop.ask("GET", TIME)[0] == 200  # public: nobody's
        two = desktop.ask("GET", "/fapi/v1/openOrders", account="two")
        assert two == (200, [])
        answer = desktop.run(desktop.front.http(_place(desktop, "x")))
        assert (answer.status, msgspec.json.decode(answer.body)["code"]) == (status, code)
        assert _orders(desktop) == (["x"] if placed else [])
        assert desktop.ask("GET", "/fapi/v1/openOrders", account="one")[0] == 200


def test_an_outage_cuts_everything_and_ends_by_itself() -> None:
    with Desktop() as desktop:
        socket = desktop.socket("/public/ws/btcusdt@depth@0ms")
        desktop.fault("refuse", seconds=20)
        assert socket.closed == [ABNORMAL]
        assert desktop.run(desktop.front.http(desktop.request("GET", TIME))) is None
        assert desktop.front.refused()
        assert desktop.socket("/public/ws").closed == [ABNORMAL]
        # whoever tests still gets through
        assert desktop.ask("GET", "/_paper/state")[0] == 200
        desktop.pass_time(20.1)
        assert desktop.ask("GET", TIME)[0] == 200
        assert desktop.socket("/public/ws").closed == []


def test_an_outage_swallows_the_answers_under_way() -> None:
    with Desktop() as desktop:

        async def place() -> Any:
            desktop.front.switch_on(Fault(FaultKind.DELAY, seconds=1, path="/order"))
            asked = asyncio.get_running_loop().create_task(desktop.front.http(_place(desktop, "x")))
            asyncio.get_running_loop().call_later(0.5, desktop.front.switch_on, Fault(FaultKind.REFUSE, seconds=5))
            return await asked

        assert desktop.run(place()) is None
        assert _orders(desktop) == ["x"]


def test_a_caller_who_gives_up_does_not_undo_the_order() -> None:
    with Desktop() as desktop:

        async def give_up() -> None:
            asked = asyncio.get_running_loop().create_task(desktop.front.http(_place(desktop, "x")))
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(turn.set_result, None)
            await turn
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked

        desktop.run(give_up())
        desktop.pass_time(0.1)
        assert _orders(desktop) == ["x"]


# -- sockets -----------------------------------------------------------------------------------------------------


def _user(desktop: Desktop, account: str = "one") -> tuple[Any, str]:
    request = desktop.request("POST", "/fapi/v1/listenKey", account=account)
    key = msgspec.json.decode(desktop.run(desktop.front.http(request)).body)["listenKey"]
    return desktop.socket("/private/ws", f"listenKey={key}"), key


def test_sockets_are_closed_now_and_new_ones_while_it_lasts() -> None:
    with Desktop() as desktop:
        public, (private, _key) = desktop.socket("/public/ws/btcusdt@trade"), _user(desktop)
        desktop.fault("close", account="one")
        assert (public.closed, private.closed) == ([], [ABNORMAL])
        desktop.fault("close", seconds=5, path="/public")
        assert public.closed == [ABNORMAL]
        desktop.pass_time(5.1)
        assert desktop.socket("/public/ws").closed == []


def test_a_private_socket_that_opens_during_the_fault_is_closed_too() -> None:
    with Desktop() as desktop:
        desktop.fault("close", seconds=5, account="one")
        socket, key = _user(desktop)
        assert socket.closed == [ABNORMAL]
        plain = desktop.socket("/ws")
        plain.send({"method": "SUBSCRIBE", "params": [key], "id": 1})
        assert plain.closed == [ABNORMAL]
        assert _user(desktop, "two")[0].closed == []


def test_a_silent_socket_stays_open_and_says_nothing() -> None:
    with Desktop() as desktop:
        first = desktop.socket("/public/ws/btcusdt@depth@0ms")
        desktop.fault("silent")
        desktop.call(lambda: desktop.market.set(bids={BID: 5}))
        first.send({"method": "LIST_SUBSCRIPTIONS", "id": 1})
        assert (first.texts, first.closed) == ([], [])
        second = desktop.socket("/public/ws/btcusdt@depth@0ms")
        desktop.call(lambda: desktop.market.set(bids={BID: 6}))
        assert len(second.take()) == 1
        desktop.fault("silent", seconds=5, account="one")
        assert _user(desktop)[0].session.silent
        assert not second.session.silent


def test_a_login_that_expires_is_told_and_ends() -> None:
    with Desktop() as desktop:
        socket, key = _user(desktop)
        other, _key = _user(desktop, "two")
        desktop.fault("expired-token", account="one")
        assert [(event["e"], event["listenKey"]) for event in socket.take()] == [("listenKeyExpired", key)]
        desktop.run(desktop.front.http(_place(desktop, "x")))
        desktop.pass_time(0.1)
        assert (socket.texts, other.texts) == ([], [])
        keep = desktop.ask("PUT", "/fapi/v1/listenKey", account="one")
        assert keep == (400, {"code": -1125, "msg": "This listenKey does not exist."})
        again, fresh = _user(desktop)
        assert fresh != key
        desktop.ask("DELETE", "/fapi/v1/allOpenOrders", account="one", symbol="BTCUSDT")
        assert [event["o"]["X"] for event in again.take()] == ["CANCELED"]


def test_an_expired_login_lasts_as_long_as_it_is_told_to() -> None:
    with Desktop() as desktop:
        desktop.fault("expired-token", seconds=5)
        assert desktop.ask("POST", "/fapi/v1/listenKey", account="one")[1]["code"] == -1125
        assert desktop.ask("GET", "/fapi/v1/openOrders", account="one")[0] == 200
        desktop.pass_time(5.1)
        assert desktop.ask("POST", "/fapi/v1/listenKey", account="one")[0] == 200


# -- the account -------------------------------------------------------------------------------------------------


def test_a_rollback_shows_old_positions_and_changes_nothing() -> None:
    with Desktop() as desktop:
        buy = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
        assert desktop.ask("POST", "/fapi/v1/order", account="one", **buy)[0] == 200
        desktop.pass_time(120)
        desktop.ask("POST", "/fapi/v1/order", account="one", **buy)
        desktop.fault("rollback", account="one", seconds=5)
        rows = desktop.ask("GET", "/fapi/v2/positionRisk", account="one")[1]
        assert D(rows[0]["positionAmt"]) < D("0.2")
        state = desktop.ask("GET", "/_paper/state")[1]
        assert state["accounts"]["one"]["positions"][0]["qty"] == "0.200"
        desktop.pass_time(5.1)
        rows = desktop.ask("GET", "/fapi/v2/positionRisk", account="one")[1]
        assert rows[0]["positionAmt"] == "0.2"
        desktop.fault("rollback")
        desktop.fault("clear")
        assert desktop.ask("GET", "/fapi/v2/positionRisk", account="one")[1][0]["positionAmt"] == "0.2"


# -- control -----------------------------------------------------------------------------------------------------


def _control(desktop: Desktop, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    answer = desktop.run(desktop.front.http(HttpRequest(method, path, body=body)))
    return answer.status, msgspec.json.decode(answer.body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "truncated"),
        (b"{]", "malformed"),
        (b'{"kind": "melt"}', "melt"),
        (b'{"kind": "drop", "seconds": "soon"}', "seconds"),
        (b'{"kind": "drop", "account": "nobody"}', "expected one of one, two"),
        (b'{"kind": "refuse"}', "expected above 0"),
        (b"\xff\xfe", "malformed"),
    ],
)
def test_a_fault_that_does_not_read_is_refused(body: bytes, expected: str) -> None:
    with Desktop() as desktop:
        status, answer = _control(desktop, "POST", "/_paper/fault", body)
        assert (status, answer["ok"]) == (400, False)
        assert expected in answer["error"]
        assert desktop.front.board.faults == ()


def test_unknown_control_requests_are_named() -> None:
    with Desktop() as desktop:
        status, answer = _control(desktop, "GET", "/_paper/fault")
        assert (status, answer["error"]) == (404, "GET /_paper/fault: expected POST /_paper/fault or GET /_paper/state")


def test_the_state_is_the_servers_own_books() -> None:
    with Desktop() as desktop:
        desktop.ask("POST", "/fapi/v1/order", account="one", **{**ORDER, "price": "60001", "quantity": "0.5"})
        desktop.ask("POST", "/fapi/v1/order", account="one", **ORDER, newClientOrderId="open")
        status, answer = _control(
            desktop, "POST", "/_paper/fault", b'{"kind": "drop", "seconds": 9, "path": "nowhere"}'
        )
        assert (status, len(answer["faults"])) == (200, 1)
        state = desktop.ask("GET", "/_paper/state")[1]
        one = state["accounts"]["one"]
        fee = D("0.5") * 60_001 * D("0.0005")
        assert D(one["cash"]["USDT"]) == D(100_000) - fee
        assert (D(one["fees"]["USDT"]), D(one["volume"])) == (fee, D("30000.5"))
        assert D(one["equity"]["USDT"]) == D(100_000) - fee - D("0.25")
        assert [(p["symbol"], p["qty"], p["entry_price"]) for p in one["positions"]] == [
            ("BTCUSDT", "0.500", "60001.0")
        ]
        assert [(o["client_order_id"], o["filled"]) for o in one["open_orders"]] == [("open", "0.000")]
        assert state["faults"][0]["kind"] == "drop"
        assert state["accounts"]["two"]["fills"] == []
