"""The order tracker against a model: whatever a venue says, late, twice, out of order or under another id."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fake_venue import D
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from cockpit.desk import orders as orders_module
from cockpit.desk.orders import TRANSITIONS, Order, OrderTracker
from strategies.protocol import Role
from tests.property_kit import tries
from venues.model import FillReport, LiquiditySide, OrderRequest, OrderStatus, OrderStatusReport, Side

S = OrderStatus
ZERO = D(0)
KEPT = 2
"""Instead of 4,096, so that old orders are forgotten within a run."""

lots = st.integers(0, 12).map(lambda n: D(n) / 1000)
venue_statuses = st.sampled_from([s for s in S if s not in (S.PENDING, S.DENIED)])


class Truth:
    """What must hold of one order by the rules alone."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.filled = ZERO
        self.claimed = ZERO
        self.status = order.status
        self.trades: list[FillReport] = []


class OrderMachine(RuleBasedStateMachine):
    """`names` are the ids of orders that were added. A fill is handed on once by its trade id, as the intake does."""

    names: Bundle[str] = Bundle("names")
    reports: Bundle[OrderStatusReport] = Bundle("reports")

    @initialize()
    def begin(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(orders_module, "KEPT_TERMINAL", KEPT)
        self.changes: list[tuple[str, OrderStatus, Decimal]] = []
        self.tracker = OrderTracker(self.changed)
        self.truths: dict[str, Truth] = {}
        self.seen: set[str] = set()
        self.count = 0

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            self.patch.undo()

    def changed(self, order: Order) -> None:
        self.changes.append((order.id, order.status, order.filled_qty))
        held = self.tracker.get(order.id)
        assert held is order, "a listener finds the order as it is told of it"

    # -- what happens

    @precondition(lambda self: len(self.truths) < 4)
    @rule(
        target=names,
        qty=st.integers(1, 8).map(lambda n: D(n) / 1000),
        guessed=st.booleans(),
        side=st.sampled_from(Side),
        stage=st.sampled_from(["sent", "sent", "sent", "kept", "denied"]),
    )
    def add(self, qty: Decimal, guessed: bool, side: Side, stage: str) -> str:
        self.count += 1
        name = f"c{self.count}"
        request = OrderRequest(name, "BTCUSDT", side, qty, D(100))
        order = Order(request, account="mk", loop="L1", leg="maker", role=Role.OPEN, cycle=1, ts=self.count)
        order.guessed = guessed
        self.tracker.add(order)
        self.truths[name] = Truth(order)
        if stage != "kept":
            self.leave(name, stage == "denied")
        return name

    @rule(name=names)
    def add_again(self, name: str) -> None:
        if self.tracker.get(name) is not None:
            with pytest.raises(ValueError, match="was used before"):
                self.tracker.add(self.truths[name].order)

    @rule(name=names)
    def leave_late(self, name: str) -> None:
        if self.truths[name].order.status is S.PENDING:
            self.leave(name, False)

    def leave(self, name: str, deny: bool) -> None:
        order = self.truths[name].order
        if deny:
            self.tracker.deny(order, "no", self.count)
        else:
            self.tracker.sent(order, self.count)
        self.took(name)

    @rule(name=names)
    def silence(self, name: str) -> None:
        self.tracker.unknown(self.truths[name].order, "no answer", self.count)
        self.took(name)

    @rule(
        target=reports,
        name=names,
        said=st.lists(st.tuples(venue_statuses, lots), min_size=1, max_size=4),
        named=st.booleans(),
        anonymous=st.booleans(),
    )
    def say(
        self, name: str, said: list[tuple[OrderStatus, Decimal]], named: bool, anonymous: bool
    ) -> MultipleResults[OrderStatusReport]:
        """Reports, true or not, one after the other; `anonymous` ones name the venue's id only."""
        request = self.truths[name].order.request
        reports = [
            OrderStatusReport(
                "" if anonymous else name, f"v-{name}" if named or anonymous else "", request.symbol, request.side,
                request.qty, request.price, filled, status, self.count, self.count,
            )
            for status, filled in said
        ]  # fmt: skip
        for report in reports:
            self.hear(name, report)
        return multiple(*reports)

    @rule(report=reports)
    def say_again(self, report: OrderStatusReport) -> None:
        """Late and twice, whatever has happened since."""
        self.hear(report.client_order_id or report.venue_order_id.removeprefix("v-"), report)

    def hear(self, name: str, report: OrderStatusReport) -> None:
        truth = self.truths[name]
        known = self.tracker.get(name) is not None
        by_name = self.tracker.by_venue_id("mk", report.venue_order_id) is not None
        before = (truth.order.status, truth.order.filled_qty, truth.order.reported_qty)
        told = self.tracker.on_report(report, "mk")
        if not known or (not report.client_order_id and not by_name):
            assert told is None
            assert before == (truth.order.status, truth.order.filled_qty, truth.order.reported_qty)
            return
        assert told is truth.order
        assert truth.order.filled_qty == before[1], "a report books nothing"
        assert truth.order.reported_qty >= before[2]
        self.took(name)

    @rule(name=names, qty=st.integers(1, 5).map(lambda n: D(n) / 1000), venue_named=st.booleans())
    def fill(self, name: str, qty: Decimal, venue_named: bool) -> None:
        truth = self.truths[name]
        trade = FillReport(
            f"t{len(self.seen)}", name, f"v-{name}" if venue_named else "", "BTCUSDT", truth.order.side, qty, D(100),
            ZERO, "USDT", LiquiditySide.MAKER, self.count, self.count,
        )  # fmt: skip
        truth.trades.append(trade)
        self.book(name, trade)

    @rule(name=names, data=st.data())
    def fill_again(self, name: str, data: st.DataObject) -> None:
        trades = self.truths[name].trades
        if trades:
            self.book(name, data.draw(st.sampled_from(trades)))

    def book(self, name: str, trade: FillReport) -> None:
        """As the intake does: a trade id that was booked goes no further, nor does the fill of an order forgotten."""
        if trade.trade_id in self.seen or self.tracker.get(name) is None:
            return
        self.seen.add(trade.trade_id)
        truth = self.truths[name]
        truth.filled += trade.qty
        self.tracker.on_fill(truth.order, trade)
        self.took(name)

    @rule(name=names)
    def refuse_cancel(self, name: str) -> None:
        order = self.truths[name].order
        if self.tracker.get(name) is not None:
            order.cancel_at = 5
            self.tracker.cancel_refused(order)
            assert order.cancel_at == 0

    # -- what must hold

    def took(self, name: str) -> None:
        """The one step that an event may make is a step of the table; the sums of fills are the model's."""
        truth = self.truths[name]
        order = truth.order
        assert order.status is truth.status or order.status in TRANSITIONS[truth.status]
        if truth.status.terminal:
            assert order.status is truth.status, "a terminal state never reopens"
        truth.status = order.status
        assert order.filled_qty == truth.filled
        assert order.reported_qty >= truth.claimed
        truth.claimed = order.reported_qty

    @invariant()
    def each_order_is_live_or_ended_and_few_ended_are_kept(self) -> None:
        if not hasattr(self, "tracker"):
            return
        live = {order.id for order in self.tracker.live()}
        ended = [order.id for order in self.tracker.recent()]
        assert live.isdisjoint(ended)
        assert len(ended) == len(set(ended)) <= KEPT
        for name, truth in self.truths.items():
            order = truth.order
            if name in live:
                assert not order.done
            elif name in ended:
                assert order.done
            else:
                assert order.done, "only a finished order is forgotten"
                assert self.tracker.get(name) is None

    @invariant()
    def quantities_are_bounded(self) -> None:
        for truth in getattr(self, "truths", {}).values():
            order = truth.order
            assert order.filled_qty == truth.filled
            assert order.filled_qty <= order.reported_qty
            assert order.remaining >= ZERO
            assert order.remaining <= max(order.qty, order.reported_qty)
            if not order.status.terminal:
                assert order.filled_qty + order.remaining >= order.qty
            assert order.done == (order.status.terminal and order.remaining == 0)
            if order.status is S.FILLED:
                assert order.filled_qty + order.remaining >= order.qty, "FILLED means all of it"

    @invariant()
    def a_venue_id_names_one_order_and_none_that_was_forgotten(self) -> None:
        if not hasattr(self, "tracker"):
            return
        for name, truth in self.truths.items():
            found = self.tracker.by_venue_id("mk", f"v-{name}")
            assert found is None or found is truth.order
            assert self.tracker.by_venue_id("tk", f"v-{name}") is None
            if truth.order.venue_order_id and self.tracker.get(name) is truth.order:
                assert found is truth.order
        assert all(self.tracker.get(name) for name in self.tracker._by_venue_id.values()), "memory is bounded"


OrderMachine.TestCase.settings = tries(120, steps=40)
TestOrderTracker = OrderMachine.TestCase
