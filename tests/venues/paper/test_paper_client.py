"""The client against a real server on a unix socket; the venue behind it is under the test's hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from paper_socket_kit import (
    BALANCE,
    DEPOSIT,
    PAYMENT,
    POSITION,
    RATE,
    SYMBOL,
    WAIT_S,
    D,
    FakeVenue,
    Recorder,
    arrival,
    book,
    fill,
    report,
    request,
)

from venues.model import (
    CancelReport,
    Capabilities,
    ManualClock,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    Side,
    TimeInForce,
    Venue,
    VenueRejected,
    VenueUnavailable,
)
from venues.paper.client import PaperClient
from venues.paper.protocol import ENCODER, Failure, Refused, Welcome
from venues.paper.server import PaperServer
from venues.wire import frame

NOW = 1_800_000_000_000_000_000


@dataclass
class Rig:
    path: Path
    venue: FakeVenue
    server: PaperServer
    recorder: Recorder
    client: PaperClient
    clock: ManualClock
    make: Callable[..., PaperClient]


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    path = tmp_path / "paper.sock"
    venue = FakeVenue()
    server = PaperServer({"maker": venue}, path)
    await server.start()
    clock = ManualClock(NOW)
    made: list[PaperClient] = []

    def make(account: str = "maker", **options: float) -> PaperClient:
        client = PaperClient(account, path, clock, **options)
        made.append(client)
        return client

    recorder = Recorder()
    client = make()
    await client.connect(recorder)
    yield Rig(path, venue, server, recorder, client, clock, make)
    for each in made:
        await each.close()
    await server.close()


async def restart(rig: Rig) -> FakeVenue:
    """The exchange dies and comes back at the same path."""
    await rig.server.close()
    venue = FakeVenue()
    rig.server = PaperServer({"maker": venue}, rig.path)
    await rig.server.start()
    rig.venue = venue
    return venue


# -- what goes wrong -------------------------------------------------------------------------------------------------


async def test_no_exchange_at_the_path_is_unavailable_and_may_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "paper.sock"
    client = PaperClient("maker", path, ManualClock())
    recorder = Recorder()
    with pytest.raises(VenueUnavailable, match="no paper exchange answers at"):
        await client.connect(recorder)
    server = PaperServer({"maker": FakeVenue()}, path)
    await server.start()
    await client.connect(recorder)
    assert recorder.connections == [(True, "connected")]
    await client.close()
    await server.close()


async def test_an_unknown_account_is_refused_by_name(rig: Rig) -> None:
    with pytest.raises(VenueRejected, match=r"account 'nobody' is not here \(known: maker\)"):
        await rig.make("nobody").connect(Recorder())


async def test_connecting_twice_is_a_mistake(rig: Rig) -> None:
    with pytest.raises(RuntimeError, match="connect was called twice"):
        await rig.client.connect(rig.recorder)


async def test_an_order_that_was_never_written_is_rejected_on_the_next_turn(rig: Rig) -> None:
    await rig.server.close()
    await rig.recorder.down()
    rig.client.submit(request())
    assert rig.recorder.events == [], "told within the call"
    (told,) = await rig.recorder.count(1)
    assert isinstance(told, OrderStatusReport)
    assert (told.status, told.reason, told.text) == (OrderStatus.REJECTED, RejectReason.OTHER, "not connected")
    assert (told.client_order_id, told.qty, told.ts_init) == ("c1", D("0.01"), NOW)


async def test_a_cancel_that_was_never_written_fails_as_not_known(rig: Rig) -> None:
    await rig.server.close()
    await rig.recorder.down()
    rig.client.cancel("c1", SYMBOL)
    assert await rig.recorder.count(1) == [CancelReport("c1", SYMBOL, False, "not connected", NOW)]


async def test_what_was_written_is_unknown_at_once_when_the_connection_is_lost(rig: Rig) -> None:
    answered = request("answered")
    for order in (request("lost"), answered):
        rig.client.submit(order)
        await arrival(rig.venue)
    rig.client.cancel("answered", SYMBOL)
    await arrival(rig.venue)
    rig.venue.tell.on_order(report(answered))
    await rig.recorder.count(1)
    await rig.server.close()
    await rig.recorder.down()
    _, order, cancel = await rig.recorder.count(3)
    assert isinstance(order, OrderStatusReport)
    assert isinstance(cancel, CancelReport)
    assert (order.client_order_id, order.status, order.reason) == ("lost", OrderStatus.UNKNOWN, None)
    assert (cancel.client_order_id, cancel.known) == ("answered", False)
    assert len(rig.recorder.events) == 3, "an answered order was put in doubt"


async def test_no_answer_in_time_is_unknown_once(rig: Rig) -> None:
    client, recorder = rig.make(submit_timeout=0.01), Recorder()
    await client.connect(recorder)
    client.submit(request("c1"))
    client.cancel("c0", SYMBOL)
    order, cancel = await recorder.count(2)
    assert isinstance(order, OrderStatusReport)
    assert (order.status, order.text) == (OrderStatus.UNKNOWN, "no answer within 0.01 s")
    assert cancel == CancelReport("c0", SYMBOL, False, "no answer within 0.01 s", NOW)
    # the exchange's own side gives up later: that is no news
    rig.venue.tell.on_order(report(request("c1"), OrderStatus.UNKNOWN))
    rig.venue.tell.on_order(report(request("c1"), OrderStatus.OPEN))
    events = await recorder.count(3)
    assert [event.status for event in events if isinstance(event, OrderStatusReport)] == ["unknown", "open"]


async def test_an_answer_in_time_ends_the_wait(rig: Rig) -> None:
    client, recorder = rig.make(submit_timeout=0.05), Recorder()
    await client.connect(recorder)
    acked, filled, silent = request("acked"), request("filled"), request("silent")
    for order in (acked, filled):
        client.submit(order)
        client.cancel(order.client_order_id, SYMBOL)
    rig.venue.tell.on_order(report(acked, OrderStatus.CANCELED))
    rig.venue.tell.on_fill(fill(filled))
    rig.venue.tell.on_cancel_failed(CancelReport("filled", SYMBOL, True, "order is filled", 1))
    await recorder.count(3)
    client.submit(silent)
    events = await recorder.count(4)
    await recorder.until(lambda: len(events) == 4)
    assert isinstance(events[3], OrderStatusReport)
    assert events[3].client_order_id == "silent", "an answered order timed out"


async def test_an_exchange_that_gives_up_first_is_heard(rig: Rig) -> None:
    rig.client.submit(request())
    await arrival(rig.venue)
    rig.venue.tell.on_order(report(request(), OrderStatus.UNKNOWN))
    (told,) = await rig.recorder.count(1)
    assert isinstance(told, OrderStatusReport)
    assert told.status is OrderStatus.UNKNOWN


async def test_a_query_without_an_answer_is_unavailable(rig: Rig) -> None:
    client = rig.make(query_timeout=0.01)
    await client.connect(Recorder())
    rig.venue.question = asyncio.get_running_loop().create_future()
    with pytest.raises(VenueUnavailable, match=r"maker: positions: no answer within 0\.01 s"):
        await client.positions()
    rig.venue.question.set_result(None)


async def test_a_query_in_flight_fails_with_the_connection(rig: Rig) -> None:
    rig.venue.question = asyncio.get_running_loop().create_future()
    asked = asyncio.ensure_future(rig.client.positions())
    await arrival(rig.venue)
    await rig.server.close()
    with pytest.raises(VenueUnavailable, match="maker: connection lost"):
        await asyncio.wait_for(asked, WAIT_S)
    with pytest.raises(VenueUnavailable, match="not connected"):
        await rig.client.positions()


async def test_a_venue_that_says_no_or_nothing_is_passed_on(rig: Rig) -> None:
    with pytest.raises(VenueRejected, match="no id given") as caught:
        await rig.client.query_order()
    assert caught.value.code == "-1102"
    with pytest.raises(VenueUnavailable, match="503"):
        await rig.client.balances()
    assert BALANCE.asset == "USDT"


async def test_unknown_symbols_are_refused_as_by_the_venue(rig: Rig) -> None:
    with pytest.raises(VenueRejected, match="unknown symbol 'DOGEUSDT'"):
        rig.client.subscribe(["DOGEUSDT"])


async def test_redial_logs_in_and_subscribes_again(rig: Rig) -> None:
    rig.client.subscribe([SYMBOL])
    await arrival(rig.venue)
    venue = await restart(rig)
    await rig.recorder.up(times=2)
    assert [up for up, _ in rig.recorder.connections] == [True, False, True]
    await arrival(venue)
    assert venue.subscribed == [SYMBOL]
    venue.tell.on_book(book(1))
    assert await rig.recorder.count(1) == [book(1)]


async def test_redial_goes_on_while_the_account_is_missing_and_says_so(rig: Rig) -> None:
    await rig.server.close()
    rig.server = PaperServer({}, rig.path)
    await rig.server.start()
    await rig.recorder.until(lambda: "not here" in rig.recorder.connections[-1][1])
    await rig.server.add("maker", FakeVenue())
    await rig.recorder.up(times=2)


async def test_a_second_login_takes_over_and_the_first_stays_down(rig: Rig) -> None:
    second, recorder = rig.make(), Recorder()
    rig.client.submit(request("first"))
    await arrival(rig.venue)
    await second.connect(recorder)
    assert "another session logged in to maker" in await rig.recorder.down()
    (told,) = rig.recorder.events
    assert isinstance(told, OrderStatusReport)
    assert told.status is OrderStatus.UNKNOWN
    rig.venue.tell.on_fill(fill(request("first")))
    (told,) = await recorder.count(1)
    assert told == msgspec.structs.replace(fill(request("first")), ts_init=NOW)
    rig.client.submit(request("late"))
    await rig.recorder.count(2)
    assert [order.client_order_id for order in rig.venue.submitted] == ["first"]


async def test_an_unreachable_venue_looks_like_one(rig: Rig) -> None:
    rig.client.submit(request())
    await arrival(rig.venue)
    await rig.client.fault("unreachable")
    assert await rig.recorder.down() == "unreachable"
    (told,) = rig.recorder.events
    assert isinstance(told, OrderStatusReport)
    assert told.status is OrderStatus.UNKNOWN
    # a desk that comes now gets the instruments and the bad news
    second, recorder = rig.make(), Recorder()
    await second.connect(recorder)
    assert recorder.connections == [(False, "unreachable")]
    assert SYMBOL in second.instruments
    await second.fault("clear")
    await recorder.up()
    with pytest.raises(VenueRejected, match="expected one of unreachable, clear"):
        await second.fault("earthquake")
    with pytest.raises(VenueRejected, match="account 'nobody' is not here"):
        await rig.make("nobody").fault("clear")


async def test_garbage_from_the_exchange_cuts_the_connection_and_redials(tmp_path: Path) -> None:
    path = tmp_path / "paper.sock"
    server = PaperServer({"maker": FakeVenue()}, path)
    await server.start()
    client, recorder = PaperClient("maker", path, ManualClock()), Recorder()
    await client.connect(recorder)
    line = server.accounts["maker"]
    assert line.session is not None
    line.session.send(b"\xc1 not msgpack")
    await recorder.until(lambda: any("no message" in reason for _, reason in recorder.connections))
    await recorder.up(times=2)
    await client.close()
    await server.close()


@pytest.mark.parametrize("hello", [b"", frame(b"\xc1"), b"\xff\xff\xff\xff"], ids=["nothing", "garbage", "too long"])
async def test_a_stranger_at_the_path_is_unavailable(tmp_path: Path, hello: bytes) -> None:
    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(hello)
        writer.close()

    path = tmp_path / "paper.sock"
    server = await asyncio.start_unix_server(stranger, path)
    client = PaperClient("maker", path, ManualClock())
    with pytest.raises(VenueUnavailable, match="no paper exchange answers"):
        await client.connect(Recorder())
    with pytest.raises(VenueUnavailable):
        await client.fault("clear")
    server.close()
    await server.wait_closed()


async def test_a_connection_that_is_lost_with_its_welcome_is_redialled_once(tmp_path: Path) -> None:
    welcome = frame(ENCODER.encode(Welcome("maker", "binance", Capabilities(), {}, True, "connected")))
    taken = Refused(Failure.TAKEN_OVER, "another session logged in to maker")
    replies = [welcome, welcome + frame(b"\xc1"), welcome, welcome + frame(ENCODER.encode(taken))]
    served = 0

    async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        await reader.read(1)
        writer.write(replies[served])
        served += 1
        writer.close()

    path = tmp_path / "paper.sock"
    server = await asyncio.start_unix_server(exchange, path)
    client, recorder = PaperClient("maker", path, ManualClock()), Recorder()
    await client.connect(recorder)
    await recorder.until(lambda: recorder.connections[-1] == (False, taken.text))
    redials = [task for task in asyncio.all_tasks() if "_redial_until_up" in repr(task.get_coro())]
    assert len(redials) <= 1, "redialled twice over"
    await asyncio.wait_for(asyncio.gather(*redials), WAIT_S)
    assert served == 4
    assert [up for up, _ in recorder.connections] == [True, False] * 4
    # it may be brought back by hand
    replies.append(welcome)
    await client.close()
    await client.connect(recorder)
    await client.close()
    server.close()
    await server.wait_closed()


async def test_close_while_connecting_ends_the_wait(tmp_path: Path) -> None:
    logged_in = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        logged_in.set()
        await reader.read(1000)
        writer.close()

    path = tmp_path / "paper.sock"
    server = await asyncio.start_unix_server(silent, path)
    client = PaperClient("maker", path, ManualClock())
    connecting = asyncio.ensure_future(client.connect(Recorder()))
    await asyncio.wait_for(logged_in.wait(), WAIT_S)
    await client.close()
    with pytest.raises(VenueUnavailable, match="closed"):
        await asyncio.wait_for(connecting, WAIT_S)
    server.close()
    await server.wait_closed()


async def test_after_close_the_listener_is_told_nothing(rig: Rig) -> None:
    rig.client.submit(request())
    await arrival(rig.venue)
    before = list(rig.recorder.connections)
    await rig.client.close()
    await rig.client.close()
    rig.client.submit(request("c2"))
    rig.client.cancel("c2", SYMBOL)
    second = rig.make()
    await second.connect(Recorder())
    assert (rig.recorder.events, rig.recorder.connections) == ([], before)


# -- what goes right -------------------------------------------------------------------------------------------------


async def test_the_welcome_makes_it_a_venue(rig: Rig) -> None:
    venue: Venue = rig.client
    assert (venue.account, venue.venue, venue.mode) == ("maker", "binance", "paper")
    assert venue.instruments == rig.venue.instruments
    assert venue.capabilities == rig.venue.capabilities
    assert rig.recorder.connections == [(True, "connected")]


async def test_events_come_in_order_and_stamped(rig: Rig) -> None:
    rig.client.subscribe([SYMBOL])
    await arrival(rig.venue)
    order, tell = request(), rig.venue.tell
    rig.clock.advance(1)
    now = rig.clock.now_ns()
    failed = CancelReport("c1", SYMBOL, True, "order is filled", 3)
    tell.on_order(report(order))
    tell.on_book(book(1))
    tell.on_fill(fill(order))
    tell.on_cancel_failed(failed)
    tell.on_funding_rate(RATE)
    tell.on_mark(SYMBOL, D("60000.5"), 4)
    tell.on_funding(PAYMENT)
    tell.on_transfer(DEPOSIT)
    stamped = msgspec.structs.replace
    assert await rig.recorder.count(8) == [
        stamped(report(order), ts_init=now),
        book(1),
        stamped(fill(order), ts_init=now),
        stamped(failed, ts_init=now),
        RATE,
        (SYMBOL, D("60000.5"), 4),
        stamped(PAYMENT, ts_init=now),
        stamped(DEPOSIT, ts_init=now),
    ]


async def test_market_data_comes_only_of_what_was_asked_for(rig: Rig) -> None:
    rig.client.subscribe(["ETHUSDT", "ETHUSDT"])
    rig.client.subscribe(["ETHUSDT"])
    await arrival(rig.venue)
    rig.venue.tell.on_book(book(1))
    rig.venue.tell.on_mark(SYMBOL, D(1), 1)
    rig.venue.tell.on_funding_rate(RATE)
    rig.venue.tell.on_book(book(2, symbol="ETHUSDT"))
    assert await rig.recorder.count(1) == [book(2, symbol="ETHUSDT")]


async def test_orders_and_cancels_arrive_in_order_and_whole(rig: Rig) -> None:
    order = msgspec.structs.replace(request("c1", Side.SELL, TimeInForce.IOC), post_only=True, reduce_only=True)
    rig.client.submit(order)
    rig.client.cancel("c1", SYMBOL)
    await rig.client.cancel_all(SYMBOL)
    await rig.client.cancel_all()
    assert rig.venue.submitted == [order]
    assert rig.venue.cancelled == [("c1", SYMBOL), ("*", SYMBOL), ("*", "*")]


async def test_every_query_is_answered(rig: Rig) -> None:
    order = request()
    rig.venue.orders["c1"] = report(order)
    rig.venue.fills += [fill(order, "t1"), fill(order, "t2")]
    stamped = msgspec.structs.replace
    client = rig.client
    assert await client.query_order(client_order_id="c1") == stamped(report(order), ts_init=NOW)
    assert await client.query_order(client_order_id="c2") is None
    assert await client.open_orders() == (stamped(report(order), ts_init=NOW),)
    page = await client.fills_since("1")
    assert page.fills == (stamped(fill(order, "t2"), ts_init=NOW),)
    assert (page.cursor, (await client.fills_since(page.cursor)).fills) == ("2", ())
    assert await client.positions() == (POSITION,)
    assert await client.funding_since(10) == (stamped(PAYMENT, ts_init=NOW),)
    assert await client.funding_since(11) == ()
    assert await client.transfers_since(0) == (stamped(DEPOSIT, ts_init=NOW),)
