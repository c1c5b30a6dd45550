"""A rehearsal: the live venue's books, fills on paper, and no order that leaves."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from fake_venue import FakeVenue, linear

from cockpit.sim.loop import VirtualClock, VirtualLoop
from venues.model import (
    NS_PER_S,
    BookUpdate,
    CancelReport,
    Capabilities,
    FillReport,
    FundingPayment,
    FundingRate,
    LiquiditySide,
    Mode,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    Side,
    TimeInForce,
    Transfer,
    VenueRejected,
    VenueUnavailable,
)
from venues.paper.profiles import load_profiles
from venues.paper.state import PaperStateError
from venues.rehearsal.profile import rehearsal_profile
from venues.rehearsal.venue import RehearsalVenue

D = Decimal
T = TypeVar("T")
PROFILES = load_profiles()
START = 1_763_683_200 * NS_PER_S


class Heard:
    """What the desk would hear."""

    def __init__(self) -> None:
        self.books: list[BookUpdate] = []
        self.marks: list[Decimal] = []
        self.rates: list[FundingRate] = []
        self.orders: list[OrderStatusReport] = []
        self.fills: list[FillReport] = []
        self.failed: list[CancelReport] = []
        self.connection: list[tuple[bool, str]] = []
        self.on_book = self.books.append
        self.on_order = self.orders.append
        self.on_fill = self.fills.append
        self.on_cancel_failed = self.failed.append
        self.on_funding_rate = self.rates.append

    def on_funding(self, payment: FundingPayment) -> None: ...
    def on_transfer(self, transfer: Transfer) -> None: ...

    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None:
        self.marks.append(price)

    def on_connection(self, up: bool, reason: str) -> None:
        self.connection.append((up, reason))

    def states(self, cid: str) -> list[OrderStatus]:
        return [report.status for report in self.orders if report.client_order_id == cid]


class Stage:
    """A rehearsal over a fake live venue, in virtual time."""

    def __init__(self, state: Path | None = None, **able: Any) -> None:
        self.loop = VirtualLoop(START)
        self.clock = VirtualClock(self.loop)
        self.made: list[FakeVenue] = []
        self.able = Capabilities(maker_fee=D("0.0001"), taker_fee=D("0.0004"), **able)
        self.heard = Heard()
        self.refuses = 0
        self.nothing = False
        self.state = state
        self.venue = self.anew()

    def anew(self) -> RehearsalVenue:
        self.venue = RehearsalVenue(
            "reh", venue="binanceusdm", make=self._make, profiles=PROFILES, cash=D(10_000), clock=self.clock,
            rng=random.Random(1), state_path=self.state,
        )  # fmt: skip
        return self.venue

    def _make(self) -> FakeVenue:
        live = FakeVenue("reh", self.clock, (linear(),), able=self.able)
        live.refuses_connection = self.refuses
        if self.nothing:
            live.instruments = {}
        self.made.append(live)
        return live

    @property
    def live(self) -> FakeVenue:
        return self.made[-1]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def wait(self, seconds: float = 1.0) -> None:
        self.run(asyncio.sleep(seconds))

    def connect(self) -> None:
        self.run(self.venue.connect(self.heard))
        self.venue.subscribe(["BTCUSDT"])

    def call(self, function: Any, *args: Any, seconds: float = 1.0, **named: Any) -> Any:
        async def inside() -> Any:
            return function(*args, **named)

        result = self.run(inside())
        self.wait(seconds)
        return result

    def book(self, bid: str, ask: str, lots: int = 1000) -> None:
        self.call(self.live.book, bid, ask, lots)

    def order(self, cid: str, side: Side, price: str, qty: str = "0.01", **how: Any) -> None:
        self.call(self.venue.submit, OrderRequest(cid, "BTCUSDT", side, D(qty), D(price), **how))

    def position(self) -> Decimal:
        return sum((report.qty for report in self.run(self.venue.positions())), D(0))


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    stage.connect()
    yield stage
    assert stage.live.submitted == [], "an order left"
    assert not {"cancel_all", "cancel_all_after", "positions", "open_orders"} & set(stage.live.asked)
    stage.run(stage.venue.close())
    assert stage.live.closed
    stage.loop.close()


def test_before_it_is_connected_nothing_is_known_and_nothing_is_flat() -> None:
    stage = Stage()
    venue = stage.venue
    assert (venue.account, venue.venue, venue.mode) == ("reh", "binanceusdm", Mode.REHEARSAL)
    assert venue.instruments == {}
    for question in (venue.positions, venue.open_orders, venue.balances):
        with pytest.raises(VenueUnavailable, match="not connected yet"):
            stage.run(question())
    venue.subscribe(["BTCUSDT"])
    stage.run(venue.close())
    stage.loop.close()


def test_a_live_venue_that_does_not_answer_is_hung_up_and_tried_anew() -> None:
    stage = Stage()
    stage.refuses = 1
    with pytest.raises(VenueUnavailable):
        stage.connect()
    assert stage.live.closed
    stage.refuses, stage.nothing = 0, True
    with pytest.raises(VenueRejected, match="binanceusdm lists none of the markets asked for"):
        stage.connect()
    stage.nothing = False
    stage.connect()
    assert stage.heard.connection == [(True, "connected")]
    assert len(stage.made) == 3
    stage.run(stage.venue.close())
    stage.loop.close()


def test_books_marks_and_rates_are_the_venues_own(stage: Stage) -> None:
    stage.book("99999.5", "100000.5")
    assert [update.seq for update in stage.heard.books] == [1]
    stage.wait(300)
    assert len(stage.heard.books) == 1, "a book that the venue does not repeat goes stale as it would live"
    stage.call(stage.live.listener.on_mark, "BTCUSDT", D(100_001), 1)  # type: ignore[union-attr]
    rate = FundingRate("BTCUSDT", D("0.0001"), 8 * 3600, START + 3600 * NS_PER_S, START)
    stage.call(stage.live.listener.on_funding_rate, rate)  # type: ignore[union-attr]
    assert stage.heard.marks == [D(100_001)]
    assert stage.heard.rates == [rate]


def test_a_taker_fills_on_the_live_book_at_the_venues_own_fee(stage: Stage) -> None:
    stage.book("99999.5", "100000.5")
    stage.order("c1", Side.BUY, "100010", tif=TimeInForce.IOC)
    (fill,) = stage.heard.fills
    assert (fill.price, fill.qty, fill.liquidity) == (D("100000.5"), D("0.01"), LiquiditySide.TAKER)
    assert fill.fee == D("100000.5") * D("0.01") * D("0.0004")
    assert stage.position() == D("0.01")
    (balance,) = stage.run(stage.venue.balances())
    assert balance.asset == "USDT"
    assert balance.cash == D(10_000) - fill.fee


def test_a_maker_fills_when_the_market_comes_to_its_price_and_not_before(stage: Stage) -> None:
    stage.book("99999.5", "100000.5")
    stage.order("c1", Side.BUY, "99999.5", post_only=True)
    stage.book("99999.5", "100000")
    assert stage.heard.fills == []
    stage.book("99998.5", "99999.5")
    (fill,) = stage.heard.fills
    assert (fill.price, fill.liquidity, fill.client_order_id) == (D("99999.5"), LiquiditySide.MAKER, "c1")
    assert stage.heard.states("c1")[-1] is OrderStatus.FILLED


def test_a_post_only_order_that_would_take_is_refused_and_a_cancel_takes(stage: Stage) -> None:
    stage.book("99999.5", "100000.5")
    stage.order("c1", Side.BUY, "100001", post_only=True)
    assert stage.heard.states("c1") == [OrderStatus.REJECTED]
    stage.order("c2", Side.BUY, "99000")
    assert [order.client_order_id for order in stage.run(stage.venue.open_orders())] == ["c2"]
    stage.call(stage.venue.cancel, "c2", "BTCUSDT")
    assert stage.heard.states("c2")[-1] is OrderStatus.CANCELED
    stage.order("c3", Side.BUY, "99000")
    stage.run(stage.venue.cancel_all())
    found = stage.run(stage.venue.query_order(client_order_id="c3"))
    assert found is not None
    assert found.status is OrderStatus.CANCELED


@pytest.mark.parametrize("gone", ["empty", "crossed", "one side"])
def test_nothing_matches_without_a_sound_book(stage: Stage, gone: str) -> None:
    stage.book("99999.5", "100000.5")
    bids, asks = {
        "empty": ((), ()),
        "crossed": (((200_010, 5),), ((200_000, 5),)),
        "one side": ((), ((200_001, 5),)),
    }[gone]
    stage.call(stage.live._book, bids, asks, "BTCUSDT")
    assert (stage.heard.books[-1].bids, stage.heard.books[-1].asks) == (bids, asks), "the desk sees it as it is"
    stage.order("c1", Side.BUY, "100010", tif=TimeInForce.IOC)
    assert stage.heard.fills == []
    assert stage.heard.states("c1")[-1] in (OrderStatus.CANCELED, OrderStatus.REJECTED)


def test_while_the_venue_is_out_of_reach_so_is_the_rehearsal(stage: Stage) -> None:
    stage.book("99999.5", "100000.5")
    stage.order("c1", Side.BUY, "99999.5")
    stage.call(stage.live.lose, "no pong for 30 s")
    assert stage.heard.connection[-1][0] is False
    with pytest.raises(VenueUnavailable):
        stage.run(stage.venue.positions())
    stage.live.down = ""
    stage.call(stage.live.come_back)
    assert stage.heard.connection[-1][0] is True
    stage.book("99990", "99991")
    assert [fill.client_order_id for fill in stage.heard.fills] == ["c1"]


def test_what_the_live_side_says_of_an_account_is_not_ours(stage: Stage) -> None:
    now = stage.clock.now_ns()
    feed = stage.live.listener
    assert feed is not None
    fill = FillReport("t", "", "v", "BTCUSDT", Side.BUY, D(1), D(1), D(0), "USDT", LiquiditySide.TAKER, now, now)
    feed.on_fill(fill)
    feed.on_order(OrderStatusReport("c", "v", "BTCUSDT", Side.BUY, D(1), D(1), D(0), OrderStatus.OPEN, now, now))
    feed.on_cancel_failed(CancelReport("c", "BTCUSDT", True, "", now))
    assert stage.heard.fills == []
    assert stage.heard.orders == []
    assert stage.position() == 0


def test_faults_can_be_switched_on_as_on_paper(stage: Stage) -> None:
    stage.book("99999.5", "100000.5")
    stage.call(stage.venue.fault, "reject")
    stage.order("c1", Side.BUY, "99000")
    assert stage.heard.states("c1") == [OrderStatus.REJECTED]
    with pytest.raises(ValueError, match="expected one of"):
        stage.venue.fault("nonsense")


def test_money_and_orders_outlive_the_process(tmp_path: Path) -> None:
    file = tmp_path / "rehearsal-reh.state"
    stage = Stage()
    # the state is written on a thread, which virtual time forbids: saved at the end alone
    stage.connect()
    stage.book("99999.5", "100000.5")
    stage.order("c1", Side.BUY, "100010", tif=TimeInForce.IOC)
    exchange = stage.venue._exchange
    assert exchange is not None
    raw = msgspec.json.encode(exchange.export_state("reh"))
    file.write_bytes(msgspec.json.encode({"accounts": {"reh": msgspec.Raw(raw)}, "prices": {}, "version": 1}))
    stage.run(stage.venue.close())
    stage.loop.close()

    again = Stage(file)
    again.connect()
    assert again.position() == D("0.01")
    page = again.run(again.venue.fills_since(""))
    assert [fill.client_order_id for fill in page.fills] == ["c1"]
    again.run(again.venue.close())
    again.loop.close()


async def test_what_changed_is_on_disk_when_it_is_closed(tmp_path: Path) -> None:
    from venues.model import SystemClock

    file = tmp_path / "r.state"
    clock = SystemClock()
    live = FakeVenue("reh", clock, (linear(),))
    venue = RehearsalVenue(
        "reh", venue="okx", make=lambda: live, profiles=PROFILES, cash=D(10_000), clock=clock, rng=random.Random(1),
        state_path=file,
    )  # fmt: skip
    filled = asyncio.Event()
    heard = Heard()
    heard.on_fill = lambda _fill: filled.set()  # type: ignore[assignment]  # a test's own signal
    await venue.connect(heard)
    live.book("99999.5", "100000.5")
    venue.submit(OrderRequest("c1", "BTCUSDT", Side.BUY, D("0.01"), D(100_010), TimeInForce.IOC))
    await asyncio.wait_for(filled.wait(), 10)
    await venue.close()
    assert b'"c1"' in file.read_bytes()


@pytest.mark.parametrize("content", [b"not json", b'{"accounts": {"reh": {"name": 3}}, "prices": {}, "version": 1}'])
def test_a_state_that_does_not_read_is_never_taken_for_an_empty_one(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "r.state"
    file.write_bytes(content)
    if content == b"not json":
        with pytest.raises(PaperStateError, match=r"r\.state"):
            Stage(file)
        return
    stage = Stage(file)
    with pytest.raises(VenueRejected, match=r"r\.state: .*move the file away"):
        stage.connect()
    stage.run(stage.venue.close())
    stage.loop.close()


@pytest.mark.parametrize(("venue", "like"), [("okx", "okx"), ("binanceusdm", "binance"), ("polymarket", "binance")])
def test_a_profile_has_the_venues_fees_and_the_nearest_delays(venue: str, like: str) -> None:
    able = Capabilities(maker_fee=D("-0.0001"), taker_fee=D("0.00025"), lookup_by_client_id=False, fok=False)
    profile = rehearsal_profile(venue, PROFILES, able)
    assert (profile.name, profile.submit) == (venue, PROFILES[like].submit)
    assert (profile.maker_bps, profile.taker_bps) == (D(-1), D("2.5"))
    assert not profile.capabilities.lookup_by_client_id
    assert not profile.capabilities.fok
