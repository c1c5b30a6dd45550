"""A live account as the desk's venue: keys at the time of connecting, and two gates before an order leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from fake_venue import FakeVenue, linear

from cockpit.live.account import LiveAccount, Looked
from cockpit.secrets.errors import NoSuchKey
from cockpit.sim.loop import VirtualClock, VirtualLoop
from venues.model import (
    NS_PER_S,
    BookUpdate,
    CancelReport,
    Capabilities,
    FillReport,
    FundingPayment,
    FundingRate,
    Mode,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    Side,
    Transfer,
    VenueListener,
    VenueRejected,
    VenueUnavailable,
)
from venues.model.secret import Secret

D = Decimal
T = TypeVar("T")
ORDER = OrderRequest("ck1-1o1-0", "BTCUSDT", Side.BUY, D("0.01"), D(100_000), post_only=True)


class Heard:
    def __init__(self) -> None:
        self.orders: list[OrderStatusReport] = []
        self.failed: list[CancelReport] = []
        self.on_order = self.orders.append
        self.on_cancel_failed = self.failed.append

    def on_book(self, update: BookUpdate) -> None: ...
    def on_fill(self, fill: FillReport) -> None: ...
    def on_funding_rate(self, rate: FundingRate) -> None: ...
    def on_funding(self, payment: FundingPayment) -> None: ...
    def on_transfer(self, transfer: Transfer) -> None: ...
    def on_mark(self, symbol: str, price: Decimal, ts_event: int) -> None: ...
    def on_connection(self, up: bool, reason: str) -> None: ...


class Picky(FakeVenue):
    """Like the adapter: takes subscriptions only once it is connected."""

    def subscribe(self, symbols: Any) -> None:
        if self.listener is None:
            raise VenueUnavailable("not connected")
        super().subscribe(symbols)


class Stage:
    def __init__(self) -> None:
        self.loop = VirtualLoop(1_763_683_200 * NS_PER_S)
        self.clock = VirtualClock(self.loop)
        self.keys: Mapping[str, Secret] | None = {"apiKey": Secret("canary")}
        self.made: list[tuple[Picky, bool]] = []
        self.found: list[str] = []
        self.refuses = 0
        self.heard = Heard()
        self.account = LiveAccount(
            "real", venue="okx", endpoint="http://127.0.0.1:9", clock=self.clock, load=self._load, make=self._make,
            look=self._look,
        )  # fmt: skip

    async def _load(self) -> Mapping[str, Secret]:
        if self.keys is None:
            raise NoSuchKey("the keyring has no key real", "`cockpit keys add real --venue okx` adds one")
        return self.keys

    def _make(self, keys: Mapping[str, Secret], read_only: bool) -> Picky:
        assert keys is self.keys
        venue = Picky("real", self.clock, (linear(),), able=Capabilities(dead_man_switch=True))
        venue.refuses_connection = self.refuses
        self.made.append((venue, read_only))
        return venue

    async def _look(self, venue: object) -> Looked:
        assert venue is self.inner
        return Looked(tuple(self.found), ("its key may withdraw",))

    @property
    def inner(self) -> Picky:
        return self.made[-1][0]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def connect(self, *, trades: bool = False) -> None:
        self.account.read_only = not trades
        self.run(self.account.connect(self.heard))


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.run(stage.account.close())
    assert all(venue.closed for venue, _ in stage.made)
    stage.loop.close()


def test_before_it_is_connected_nothing_is_known(stage: Stage) -> None:
    account = stage.account
    assert (account.account, account.venue, account.mode) == ("real", "okx", Mode.LIVE)
    assert account.read_only
    assert account.endpoint == "http://127.0.0.1:9"
    assert dict(account.instruments) == {}
    account.subscribe(["BTCUSDT"])
    for question in (account.positions, account.open_orders, account.balances, account.cancel_all):
        with pytest.raises(VenueUnavailable, match="real is not connected"):
            stage.run(question())
    account.submit(ORDER)
    assert stage.heard.orders == [], "nobody listens yet"


def test_a_missing_key_is_a_definite_no_with_the_mend_and_may_come_later(stage: Stage) -> None:
    keys, stage.keys = stage.keys, None
    with pytest.raises(VenueRejected) as caught:
        stage.connect()
    assert str(caught.value) == "the keyring has no key real; `cockpit keys add real --venue okx` adds one"
    assert caught.value.__cause__ is None
    assert stage.made == []
    stage.keys = keys
    stage.connect()
    assert list(stage.account.instruments) == ["BTCUSDT"]


def test_a_connection_that_fails_is_hung_up(stage: Stage) -> None:
    stage.refuses = 1
    with pytest.raises(VenueUnavailable, match="no route"):
        stage.connect()
    assert stage.inner.closed
    assert dict(stage.account.instruments) == {}


@pytest.mark.parametrize("made_to_trade", [False, True])
def test_nothing_leaves_a_read_only_account(stage: Stage, made_to_trade: bool) -> None:
    stage.connect(trades=made_to_trade)
    stage.account.read_only = True
    stage.account.submit(ORDER)
    (told,) = stage.heard.orders
    assert (told.status, told.reason, told.filled_qty) == (OrderStatus.REJECTED, RejectReason.HALTED, 0)
    assert told.client_order_id == ORDER.client_order_id
    assert "nothing was sent" in told.text
    assert stage.inner.submitted == []


def test_no_cancel_leaves_a_connection_that_was_made_to_watch(stage: Stage) -> None:
    stage.connect()
    stage.account.cancel("ck1-1o1-0", "BTCUSDT")
    (failed,) = stage.heard.failed
    assert failed.known
    assert "no cancel was sent" in failed.text
    for question in (stage.account.cancel_all(), stage.account.cancel_all_after(5)):
        with pytest.raises(VenueRejected, match="real is read-only"):
            stage.run(question)
    assert stage.inner.cancelled == []
    assert stage.inner.asked == []
    stage.account.read_only = False
    stage.account.submit(ORDER)
    assert stage.inner.submitted == [], "let trade is not enough: it must be connected to trade"


def test_connected_to_trade_everything_goes_through(stage: Stage) -> None:
    stage.connect()
    first = stage.inner
    stage.connect(trades=True)
    assert first.closed, "the connection to watch is given up"
    assert [read_only for _, read_only in stage.made] == [True, False]
    account, inner = stage.account, stage.inner
    assert account.capabilities.dead_man_switch
    account.subscribe(["BTCUSDT"])

    async def trade() -> None:
        account.submit(ORDER)
        account.cancel(ORDER.client_order_id, "BTCUSDT")
        await account.cancel_all()
        await account.cancel_all_after(5)
        await account.query_order(client_order_id=ORDER.client_order_id)
        await account.open_orders()
        await account.fills_since("")
        await account.positions()
        await account.balances()
        await account.funding_since(0)
        await account.transfers_since(0)

    stage.run(trade())
    assert inner.submitted == [ORDER]
    assert inner.cancelled == [ORDER.client_order_id]
    assert inner.switch == [5]
    assert len(inner.asked) == 9
    assert stage.heard.orders == []


def test_what_the_venue_says_of_the_account_is_kept_for_a_launch(stage: Stage) -> None:
    stage.found = ["it is in hedge mode (set one-way)"]
    stage.connect()
    assert stage.account.unfit == ("it is in hedge mode (set one-way)",)
    assert stage.account.remarks == ("its key may withdraw",)
    stage.found = []
    stage.connect()
    assert stage.account.unfit == ()


def test_subscriptions_wait_until_the_connection_stands(stage: Stage) -> None:
    async def connect() -> None:
        connecting = asyncio.get_running_loop().create_task(stage.account.connect(stage.heard))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert stage.made, "it is being connected"
        stage.account.subscribe(["BTCUSDT"])
        await connecting
        stage.account.subscribe(["BTCUSDT"])

    stage.run(connect())


def test_the_listener_is_a_venues_listener() -> None:
    listener: VenueListener = Heard()
    assert listener is not None
