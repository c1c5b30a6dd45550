"""A gate of one's own: what a simulation may decide about each message, each answer, and the venue itself."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from scripted_market import Recorder, World

from venues.model import (
    NS_PER_MS,
    NS_PER_S,
    BalanceReport,
    BookUpdate,
    CancelReport,
    FillReport,
    FundingPayment,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    Side,
    TimeInForce,
    Transfer,
    VenueUnavailable,
)
from venues.paper.faults import LOST, SOUND, Gate, Message, Passage

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
SYMBOL = "BTCUSDT"


class Scripted(Gate):
    """Passages by message, everything else sound; remembers what it was asked. Claims soundness only if told."""

    def __init__(self, *, sound: bool = False, **passages: Passage) -> None:
        super().__init__()
        self.passages = {Message(name): passage for name, passage in passages.items()}
        self.asked: list[tuple[Message, object]] = []
        self.claims_sound = sound
        self.reachable = True

    def passage(self, message: Message, subject: object = None) -> Passage:
        self.asked.append((message, subject))
        return self.passages.get(message, SOUND)

    @property
    def sound(self) -> bool:
        return self.claims_sound

    @property
    def up(self) -> bool:
        return self.reachable

    def subjects(self, message: Message) -> list[object]:
        return [subject for asked, subject in self.asked if asked is message]


@pytest.fixture
def world():
    with World() as world:
        world.market.set({200: 50, 199: 80}, {201: 40, 202: 60})
        yield world


def gated(world, gate):
    world.exchange.set_gate("acc", gate)
    assert world.exchange.gate("acc") is gate
    return gate


def since(world, start):
    """What was heard, with ms since `start`."""
    return [(what, round((at - start) / NS_PER_MS)) for what, at in world.heard.times if at >= start]


# -- who is meant -------------------------------------------------------------------------------------------------


def test_unknown_accounts_are_named(world):
    for call in (
        lambda: world.exchange.gate("nobody"),
        lambda: world.exchange.set_gate("nobody", Gate()),
        lambda: world.exchange.connection("nobody", False, "x"),
        lambda: world.exchange.force_close("nobody", SYMBOL),
        lambda: world.exchange.cancel_by_venue("nobody"),
    ):
        with pytest.raises(ValueError, match="'nobody': expected one of acc"):
            call()


def test_the_gate_hears_what_each_message_is_about(world):
    gate = gated(world, Scripted())
    world.call(world.venue.subscribe, [SYMBOL])
    world.order("a", BUY, "0.01", "99")
    world.cancel("a")
    world.cancel("a")
    world.order("b", BUY, "0.01", "101", tif=TimeInForce.IOC)
    world.call(world.exchange.deposit, "acc", "USDT", D(1))
    world.exchange.set_funding_rate("sim", SYMBOL, D("0.001"))
    world.pass_time(8 * 3600)
    world.run(world.venue.balances())
    assert [getattr(request, "client_order_id", None) for request in gate.subjects(Message.SUBMIT)] == ["a", "b"]
    assert gate.subjects(Message.CANCEL) == ["a", "a"]
    assert gate.subjects(Message.QUERY) == [None]
    kinds = {
        Message.SUBMIT: {OrderRequest},
        Message.ORDER: {OrderStatusReport},
        Message.FILL: {FillReport},
        Message.CANCEL_FAILED: {CancelReport},
        Message.FUNDING: {FundingPayment},
        Message.TRANSFER: {Transfer},
        Message.DATA: {BookUpdate, type(None)},
    }
    assert {message: {type(subject) for subject in gate.subjects(message)} for message in kinds} == kinds


# -- late and twice -----------------------------------------------------------------------------------------------


def test_a_stale_partial_comes_again_after_the_fill(world):
    class Stale(Scripted):
        def passage(self, message, subject=None):
            partial = isinstance(subject, OrderStatusReport) and subject.status is OrderStatus.PARTIALLY_FILLED
            return Passage(echo_ns=NS_PER_S) if partial else SOUND

    gated(world, Stale())
    # 50 lots are ahead of us in the queue.
    world.order("b", BUY, "0.1", "100")
    world.call(world.market.trade, 200, 60, SELL)
    world.call(world.market.trade, 199, 500, SELL)
    world.pass_time(2)
    statuses = world.heard.statuses("b")
    assert statuses == [
        OrderStatus.OPEN,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.FILLED,
        OrderStatus.PARTIALLY_FILLED,
    ]
    partials = [report for report in world.heard.orders if report.status is OrderStatus.PARTIALLY_FILLED]
    assert partials[-1].filled_qty == partials[-2].filled_qty
    assert partials[-1].ts_event == partials[-2].ts_event
    # Timers of the loop are floats.
    assert abs(partials[-1].ts_init - partials[-2].ts_init - NS_PER_S) < 1000


def test_what_is_lost_may_still_come_late_as_an_echo(world):
    gated(world, Scripted(fill=Passage(copies=0, echo_ns=NS_PER_S), submit=Passage(copies=0, echo_ns=2 * NS_PER_S)))
    start = world.clock.now_ns()
    world.order("a", BUY, "0.01", "101", tif=TimeInForce.IOC, seconds=4)
    assert since(world, start) == [("order", 2002), ("fill", 3002)]


def test_an_echo_of_a_submit_is_a_duplicate_that_the_venue_refuses(world):
    gated(world, Scripted(submit=Passage(echo_ns=NS_PER_S)))
    start = world.clock.now_ns()
    world.order("a", BUY, "0.01", "99", seconds=2)
    assert since(world, start) == [("order", 2), ("order", 1002)]
    assert [report.reason for report in world.heard.orders] == [None, RejectReason.DUPLICATE_ID]
    assert len(world.books.open_orders) == 1


def test_an_echo_and_a_loss_of_market_data(world):
    gate = gated(world, Scripted(data=Passage(copies=0, echo_ns=100 * NS_PER_MS)))
    start = world.clock.now_ns()
    world.call(world.venue.subscribe, [SYMBOL], seconds=0.5)
    assert since(world, start) == [("book", 101)]
    gate.passages[Message.DATA] = Passage(echo_ns=100 * NS_PER_MS)
    start = world.clock.now_ns()
    world.call(world.market.set, {200: 3}, seconds=0.4)
    assert since(world, start) == [("book", 1), ("book", 101)]


def test_an_answer_that_comes_after_the_timeout(world):
    gated(world, Scripted(order=Passage(extra_ns=6 * NS_PER_S)))
    start = world.clock.now_ns()
    world.order("a", BUY, "0.01", "99", seconds=8)
    assert since(world, start) == [("order", 5000), ("order", 6002)]
    assert world.heard.statuses("a") == [OrderStatus.UNKNOWN, OrderStatus.OPEN]


def test_extra_delay_in_the_line_holds_up_what_comes_behind(world):
    gate = gated(world, Scripted(submit=Passage(extra_ns=NS_PER_S)))
    world.call(world.venue.submit, OrderRequest("a", SYMBOL, BUY, D("0.01"), D(99)), seconds=0)
    gate.passages.clear()
    start = world.clock.now_ns()
    world.order("b", BUY, "0.01", "99", seconds=2)
    assert since(world, start) == [("order", 1002), ("order", 1002)]
    assert [report.client_order_id for report in world.heard.orders] == ["a", "b"]


def test_extra_delay_holds_for_notices_of_one_moment_too(world):
    gated(world, Scripted(order=Passage(extra_ns=NS_PER_S)))
    start = world.clock.now_ns()
    world.order("a", BUY, "0.01", "101", tif=TimeInForce.IOC, seconds=2)
    assert since(world, start) == [("fill", 2), ("order", 1001)]


def test_an_answer_after_the_timeout_was_acted_on_all_the_same(world):
    gated(world, Scripted(query=Passage(extra_ns=6 * NS_PER_S)))
    world.order("a", BUY, "0.01", "99")
    start = world.clock.monotonic_ns()
    with pytest.raises(VenueUnavailable, match="no answer"):
        world.run(world.venue.cancel_all())
    assert abs(world.clock.monotonic_ns() - start - 5 * NS_PER_S) < 1000
    assert world.books.open_orders == ()


def test_an_answer_that_takes_extra_within_the_timeout_stands_as_it_was(world):
    gated(world, Scripted(query=Passage(extra_ns=2 * NS_PER_S)))
    world.loop.call_later(1, world.exchange.foreign_trade, "acc", SYMBOL, BUY, D("0.004"))
    assert world.run(world.venue.positions()) == ()
    assert len(world.run(world.venue.positions())) == 1


def test_an_echo_is_not_for_a_later_connection(world):
    gated(world, Scripted(order=Passage(echo_ns=NS_PER_S), fill=Passage(overtakes=True, extra_ns=NS_PER_S)))
    world.order("a", BUY, "0.01", "101", tif=TimeInForce.IOC)
    heard = Recorder(world.clock)
    world.run(world.venue.connect(heard))
    world.pass_time(3)
    assert (heard.orders, heard.fills) == ([], [])


# -- unanswered requests ------------------------------------------------------------------------------------------


def test_a_gate_that_loses_now_and_then_is_watched_from_the_moment_it_is_set(world):
    world.order("a", BUY, "0.01", "99", seconds=0.0015)
    gate = gated(world, Scripted())
    gate.arrives = lambda message: False
    world.pass_time(6)
    assert world.heard.statuses("a") == [OrderStatus.UNKNOWN]


def test_a_sound_gate_is_not_watched(world):
    gated(world, Scripted(sound=True, order=LOST))
    world.order("a", BUY, "0.01", "99", seconds=8)
    assert world.heard.orders == []


def test_a_second_cancel_has_a_deadline_of_its_own(world):
    gate = gated(world, Scripted(cancel=LOST))
    world.order("a", BUY, "0.01", "99")
    start = world.clock.now_ns()
    world.call(world.venue.cancel, "a", SYMBOL, seconds=4)
    world.call(world.venue.cancel, "a", SYMBOL, seconds=6)
    assert since(world, start) == [("cancel_failed", 9000)]
    assert gate.subjects(Message.CANCEL) == ["a", "a"]


def test_the_same_submit_again_has_a_deadline_of_its_own(world):
    gated(world, Scripted(submit=LOST))
    start = world.clock.now_ns()
    world.order("a", BUY, "0.01", "99", seconds=4)
    world.order("a", BUY, "0.01", "99", seconds=6)
    assert since(world, start) == [("order", 9000)]


# -- reachability -------------------------------------------------------------------------------------------------


def test_a_connection_that_goes_and_comes_back(world):
    gate = gated(world, Scripted(sound=True))
    world.call(world.venue.subscribe, [SYMBOL])
    world.order("a", BUY, "0.01", "99", seconds=0.0015)
    gate.reachable = False
    world.call(world.exchange.connection, "acc", False, "maintenance")
    assert world.heard.connection[-1] == (False, "maintenance")
    # The acknowledgement was under way; although the gate claims to be sound, the request is watched from here on.
    assert world.heard.orders == []
    world.market.set({200: 0})
    books = len(world.heard.books)
    with pytest.raises(VenueUnavailable):
        world.run(world.venue.positions())
    assert world.heard.statuses("a") == [OrderStatus.UNKNOWN]
    assert len(world.heard.books) == books
    gate.reachable = True
    world.call(world.exchange.connection, "acc", True, "back")
    assert world.heard.connection[-1] == (True, "back")
    assert world.heard.books[-1].bids[0] == (199, 80)


def test_a_connection_without_a_listener_is_nobodys_news(world):
    world.run(world.venue.close())
    heard = list(world.heard.connection)
    world.exchange.connection("acc", False, "x")
    world.exchange.connection("acc", True, "y")
    assert world.heard.connection == heard


# -- at the venue -------------------------------------------------------------------------------------------------


def test_a_refusal_for_a_reason_of_ones_own(world):
    class Nonce(Gate):
        def refusal(self, request):
            return (RejectReason.NONCE, "nonce too low") if request.client_order_id == "a" else None

    gated(world, Nonce())
    report = world.order("a", BUY, "0.01", "99")
    assert (report.status, report.reason, report.text) == (OrderStatus.REJECTED, RejectReason.NONCE, "nonce too low")
    assert world.order("b", BUY, "0.01", "99").status is OrderStatus.OPEN


def test_a_book_may_be_falsified_or_withheld(world):
    class Crossed(Gate):
        frozen = False

        def book(self, update):
            return None if self.frozen else msgspec.structs.replace(update, bids=((205, 1),))

    gate = gated(world, Crossed())
    world.call(world.venue.subscribe, [SYMBOL])
    assert (world.heard.books[-1].bids, world.heard.books[-1].asks[0]) == (((205, 1),), (201, 40))
    gate.frozen = True
    books, marks = len(world.heard.books), len(world.heard.marks)
    world.call(world.market.set, {200: 3}, seconds=3)
    assert len(world.heard.books) == books
    assert len(world.heard.marks) > marks
    # The exchange itself matches against the true book.
    world.order("a", SELL, "0.01", "102.5", tif=TimeInForce.IOC)
    assert world.heard.fills == []


class Racing(Gate):
    def __init__(self, share):
        super().__init__()
        self.share = share

    def races(self, client_order_id):
        return self.share


@pytest.mark.parametrize(("share", "filled"), [(0.0, "0"), (0.001, "0.001"), (0.35, "0.003"), (0.99, "0.009")])
def test_a_fill_races_the_cancel(world, share, filled):
    gated(world, Racing(share))
    world.order("a", BUY, "0.01", "99.5")
    world.cancel("a")
    assert world.heard.last.status is OrderStatus.CANCELED
    assert world.heard.last.filled_qty == D(filled)
    assert [(fill.qty, fill.price) for fill in world.heard.fills] == ([(D(filled), D("99.5"))] if share else [])
    assert world.heard.failed == []


def test_a_whole_fill_beats_the_cancel(world):
    gated(world, Racing(1.0))
    world.order("a", BUY, "0.01", "99.5")
    world.cancel("a")
    assert world.heard.last.status is OrderStatus.FILLED
    assert [(report.known, report.text) for report in world.heard.failed] == [(True, "order is filled")]
    assert world.lots() == 10
    world.cancel("a")
    assert len(world.heard.fills) == 1


def test_no_fill_races_a_cancel_of_what_is_not_there(world):
    gated(world, Racing(1.0))
    world.order("a", BUY, "0.01", "99.5")
    world.cancel("a", "ETHUSDT")
    world.cancel("nobody")
    assert [report.text for report in world.heard.failed] == ["unknown order", "unknown order"]
    assert world.heard.fills == []


def test_a_racing_fill_takes_a_reduce_only_order_no_further_than_the_position(world):
    world.exchange.foreign_trade("acc", SYMBOL, BUY, D("0.004"))
    world.order("a", SELL, "0.004", "101", reduce_only=True)
    world.exchange.foreign_trade("acc", SYMBOL, SELL, D("0.002"))
    gated(world, Racing(1.0))
    world.cancel("a")
    assert world.lots() == 0
    assert world.heard.last.status is OrderStatus.CANCELED
    assert [report.text for report in world.heard.failed] == ["order is canceled"]


# -- answers ------------------------------------------------------------------------------------------------------


class Liar(Gate):
    """Every answer but the fills is emptied, and remembered as it should have been."""

    def __init__(self):
        super().__init__()
        self.true: dict[str, object] = {}

    def order_answer(self, client_order_id, report):
        self.true["order"] = (client_order_id, report)

    def open_orders_answer(self, reports):
        self.true["open_orders"] = reports
        return ()

    def positions_answer(self, reports):
        self.true["positions"] = reports
        return ()

    def balances_answer(self, reports):
        self.true["balances"] = reports
        return ()

    def fills_answer(self, page):
        self.true["fills"] = page
        return msgspec.structs.replace(page, fills=())

    def funding_answer(self, payments):
        self.true["funding"] = payments
        return ()

    def transfers_answer(self, transfers):
        self.true["transfers"] = transfers
        return ()


def test_every_answer_passes_the_gate(world):
    gate = gated(world, Liar())
    venue = world.venue
    world.order("a", BUY, "0.01", "99")
    world.exchange.foreign_trade("acc", SYMBOL, BUY, D("0.004"))
    world.exchange.set_funding_rate("sim", SYMBOL, D("0.001"))
    world.call(world.exchange.deposit, "acc", "USDT", D(1), seconds=8 * 3600)
    assert world.run(venue.query_order(client_order_id="a")) is None
    (cid, report) = gate.true["order"]
    assert (cid, report.status) == ("a", OrderStatus.OPEN)
    # Asked for by the venue's id, the order's own client id is named; where there is none it is empty.
    world.run(venue.query_order(venue_order_id=report.venue_order_id))
    assert gate.true["order"][0] == "a"
    world.run(venue.query_order(venue_order_id="none"))
    assert gate.true["order"] == ("", None)
    assert world.run(venue.open_orders()) == ()
    assert [order.client_order_id for order in gate.true["open_orders"]] == ["a"]
    assert world.run(venue.positions()) == ()
    assert [position.qty for position in gate.true["positions"]] == [D("0.004")]
    assert world.run(venue.balances()) == ()
    assert all(isinstance(row, BalanceReport) for row in gate.true["balances"])
    page = world.run(venue.fills_since(""))
    assert (page.fills, page.cursor, len(gate.true["fills"].fills)) == ((), "1", 1)
    assert world.run(venue.funding_since(0)) == ()
    assert len(gate.true["funding"]) == 1
    assert world.run(venue.transfers_since(0)) == ()
    assert [transfer.amount for transfer in gate.true["transfers"]] == [D(1)]


# -- what the venue does by itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("qty", ["0", "-0.001"])
def test_a_forced_close_of_nothing_is_refused(world, qty):
    with pytest.raises(ValueError, match="must be above 0"):
        world.exchange.force_close("acc", SYMBOL, D(qty))


def test_a_forced_close_in_an_unknown_market_names_those_there_are(world):
    with pytest.raises(ValueError, match="symbol 'DOGE': sim has BTCUSDT"):
        world.exchange.force_close("acc", "DOGE")


def test_a_forced_close_without_a_position_does_nothing(world):
    assert world.call(world.exchange.force_close, "acc", SYMBOL) == 0
    assert (world.heard.fills, world.heard.orders) == ([], [])


@pytest.mark.parametrize(("side", "sign"), [(BUY, 1), (SELL, -1)])
def test_a_forced_close_takes_part_then_all(world, side, sign):
    world.call(world.exchange.foreign_trade, "acc", SYMBOL, side, D("0.010"))
    assert world.call(world.exchange.force_close, "acc", SYMBOL, D("0.004")) == D("0.004")
    assert world.lots() == 6 * sign
    assert world.call(world.exchange.force_close, "acc", SYMBOL, D("0.1")) == D("0.006")
    assert world.lots() == 0
    closes = world.heard.fills[1:]
    assert {(fill.client_order_id, fill.side, fill.liquidation) for fill in closes} == {("", side.opposite, True)}
    assert not world.heard.fills[0].liquidation


def test_a_forced_close_finds_no_more_than_the_book_has(world):
    world.exchange.foreign_trade("acc", SYMBOL, BUY, D("0.040"))
    world.market.replace({200: 15}, {201: 1})
    assert world.call(world.exchange.force_close, "acc", SYMBOL) == D("0.015")
    assert world.lots() == 25


def test_the_venue_cancels_open_orders_by_itself(world):
    world.order("a", BUY, "0.01", "99")
    world.order("b", BUY, "0.01", "99")
    world.call(world.exchange.cancel_by_venue, "acc", "ETHUSDT")
    assert len(world.books.open_orders) == 2
    world.call(world.exchange.cancel_by_venue, "acc")
    assert world.books.open_orders == ()
    for cid in ("a", "b"):
        assert world.heard.statuses(cid) == [OrderStatus.OPEN, OrderStatus.CANCELED]
    assert world.heard.last.reason is RejectReason.HALTED
