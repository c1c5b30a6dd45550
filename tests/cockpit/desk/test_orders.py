"""The order tracker: late, doubled and reordered news never undoes what is known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from cockpit.desk.orders import KEPT_TERMINAL, TRANSITIONS, Order, OrderTracker
from strategies.protocol import Role
from venues.model import (
    FillReport,
    LiquiditySide,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    Side,
)

D = Decimal
S = OrderStatus
TERMINAL = (S.FILLED, S.CANCELED, S.REJECTED, S.EXPIRED)


def new(cid: str = "c1", qty: str = "10") -> Order:
    request = OrderRequest(cid, "BTCUSDT", Side.BUY, D(qty), D(100))
    return Order(request, account="mk", loop="L1", leg="maker", role=Role.OPEN, cycle=0, ts=1)


def said(status: OrderStatus, filled: str = "0", *, cid: str = "c1", ts: int = 5, text: str = "") -> OrderStatusReport:
    return OrderStatusReport(cid, "v1", "BTCUSDT", Side.BUY, D(10), D(100), D(filled), status, ts, ts, text=text)


def trade(qty: str, *, cid: str = "c1", ts: int = 6, venue_id: str = "v1") -> FillReport:
    return FillReport(
        "t", cid, venue_id, "BTCUSDT", Side.BUY, D(qty), D(100), D(0), "USDT", LiquiditySide.MAKER, ts, ts
    )


class Bench:
    def __init__(self) -> None:
        self.changes: list[OrderStatus] = []
        self.tracker = OrderTracker(lambda order: self.changes.append(order.status))
        self.order = new()
        self.tracker.add(self.order)

    def sent(self) -> Bench:
        self.tracker.sent(self.order, 2)
        return self

    def hear(self, status: OrderStatus, filled: str = "0") -> None:
        assert self.tracker.on_report(said(status, filled), "mk") is self.order

    def fill(self, qty: str) -> None:
        self.tracker.on_fill(self.order, trade(qty))


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("start", "then"), [(start, then) for start in S for then in S if then not in TRANSITIONS[start]]
)
def test_an_illegal_transition_changes_nothing(bench: Bench, start: OrderStatus, then: OrderStatus) -> None:
    bench.order.status = start
    bench.hear(then)
    assert bench.order.status is start
    assert bench.changes == []


@pytest.mark.parametrize("end", TERMINAL)
def test_a_terminal_state_has_no_way_out(end: OrderStatus) -> None:
    assert TRANSITIONS[end] == frozenset()


def test_a_stale_partial_after_the_end_is_ignored(bench: Bench) -> None:
    bench.sent().fill("10")
    bench.hear(S.PARTIALLY_FILLED, "4")
    assert bench.order.status is S.FILLED
    assert bench.order.filled_qty == bench.order.reported_qty == 10
    assert bench.order.done


def test_filled_told_before_its_fills_is_not_done(bench: Bench) -> None:
    bench.sent().hear(S.FILLED, "10")
    assert bench.order.status is S.FILLED
    assert not bench.order.done
    assert bench.order.remaining == 10
    assert bench.order in bench.tracker.live()
    bench.fill("4")
    assert not bench.order.done
    bench.fill("6")
    assert bench.order.done
    assert bench.order not in bench.tracker.live()


def test_filled_without_a_quantity_still_claims_the_whole_order(bench: Bench) -> None:
    """ccxt gives `closed` with `filled` left out: read as 0 it would be hedged a second time."""
    bench.sent().hear(S.FILLED, "0")
    assert not bench.order.done
    assert bench.order.remaining == 10


def test_fills_before_the_acknowledgement(bench: Bench) -> None:
    bench.sent().fill("3")
    assert bench.order.status is S.PARTIALLY_FILLED
    bench.hear(S.OPEN)
    assert bench.order.status is S.PARTIALLY_FILLED
    bench.fill("7")
    assert bench.order.status is S.FILLED


def test_a_fill_after_the_cancel_is_still_true(bench: Bench) -> None:
    bench.sent().hear(S.CANCELED)
    assert bench.order.done
    bench.fill("4")
    assert (bench.order.status, bench.order.filled_qty, bench.order.done) == (S.CANCELED, 4, True)
    assert bench.changes[-1] is S.CANCELED


def test_a_report_that_claims_more_after_the_end_brings_the_order_back(bench: Bench) -> None:
    bench.sent().hear(S.CANCELED)
    assert list(bench.tracker.live()) == []
    bench.hear(S.CANCELED, "4")
    assert list(bench.tracker.live()) == [bench.order]
    bench.fill("4")
    assert list(bench.tracker.live()) == []


def test_a_claim_beyond_the_order_is_capped(bench: Bench) -> None:
    bench.sent().hear(S.PARTIALLY_FILLED, "25")
    assert bench.order.reported_qty == 10


@pytest.mark.parametrize("end", [S.OPEN, S.PARTIALLY_FILLED, *TERMINAL])
def test_unknown_is_settled_by_whatever_the_venue_says(bench: Bench, end: OrderStatus) -> None:
    bench.sent()
    bench.tracker.unknown(bench.order, "time-out", 3)
    assert (bench.order.status, bench.order.reason, bench.order.done) == (S.UNKNOWN, "time-out", False)
    bench.hear(end)
    assert bench.order.status is end


def test_unknown_never_reopens_what_ended(bench: Bench) -> None:
    bench.sent().hear(S.REJECTED)
    bench.tracker.unknown(bench.order, "late time-out", 9)
    assert bench.order.status is S.REJECTED


def test_a_report_of_an_order_we_do_not_have_says_so(bench: Bench) -> None:
    assert bench.tracker.on_report(replace(said(S.OPEN, cid="x"), venue_order_id="v9"), "mk") is None


def test_an_order_is_found_by_the_venues_id_in_its_own_account_only(bench: Bench) -> None:
    bench.sent().hear(S.OPEN)
    assert bench.tracker.by_venue_id("mk", "v1") is bench.order
    assert bench.tracker.by_venue_id("tk", "v1") is None
    bench.tracker.on_report(said(S.PARTIALLY_FILLED, "2", cid=""), "mk")
    assert bench.order.reported_qty == 2


def test_a_fill_may_name_the_order_first(bench: Bench) -> None:
    bench.sent().fill("1")
    assert bench.tracker.by_venue_id("mk", "v1") is bench.order


def test_an_id_is_used_once(bench: Bench) -> None:
    with pytest.raises(ValueError, match="c1 was used before"):
        bench.tracker.add(new())


def test_an_order_that_had_ended_when_it_came_in_is_not_live() -> None:
    """The journal's old orders are taken in for a late fill; they must not keep a stop waiting."""
    tracker = OrderTracker(lambda _order: None)
    old = new()
    old.status = S.CANCELED
    tracker.add(old)
    assert list(tracker.live()) == []
    assert tracker.get("c1") is old
    tracker.on_fill(old, trade("2"))
    assert list(tracker.recent()) == [old]


def test_ended_orders_are_kept_up_to_a_bound() -> None:
    tracker = OrderTracker(lambda _order: None)
    for number in range(KEPT_TERMINAL + 5):
        order = new(f"c{number}")
        tracker.add(order)
        tracker.sent(order, 1)
        tracker.on_report(replace(said(S.CANCELED, cid=order.id), venue_order_id=f"v{number}"), "mk")
    assert len(list(tracker.recent())) == KEPT_TERMINAL
    assert tracker.get("c0") is None
    assert tracker.by_venue_id("mk", "v0") is None
    assert next(tracker.recent()).id == f"c{KEPT_TERMINAL + 4}"


def test_denied_is_ours_and_final(bench: Bench) -> None:
    bench.tracker.deny(bench.order, "too large", 3)
    assert (bench.order.status, bench.order.reason, bench.order.done) == (S.DENIED, "too large", True)
    bench.hear(S.OPEN)
    assert bench.order.status is S.DENIED


@pytest.mark.parametrize(
    ("reason", "text", "words"),
    [
        (None, "odd", "odd"),
        (RejectReason.OTHER, "odd", "odd"),
        (RejectReason.OTHER, "", "other"),
        (RejectReason.MARGIN, "", "margin"),
        (RejectReason.MARGIN, "need 5", "margin: need 5"),
    ],
)
def test_why_it_was_rejected_in_words(bench: Bench, reason: RejectReason | None, text: str, words: str) -> None:
    bench.sent()
    bench.tracker.on_report(replace(said(S.REJECTED, text=text), reason=reason), "mk")
    assert bench.order.reason == words


def test_a_refused_cancel_may_be_asked_for_again_and_is_told(bench: Bench) -> None:
    bench.sent()
    bench.order.cancel_at = 7
    bench.tracker.cancel_refused(bench.order)
    assert bench.order.cancel_at == 0
    assert bench.changes == [S.IN_FLIGHT, S.IN_FLIGHT]


class AnyNews(RuleBasedStateMachine):
    """Whatever a venue sends, in whatever order: filled only grows, an end is an end, live means not done."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = OrderTracker(lambda _order: None)
        self.order = new()
        self.tracker.add(self.order)
        self.tracker.sent(self.order, 1)
        self.filled = D(0)
        self.most = D(0)
        self.end: OrderStatus | None = None

    @rule(status=st.sampled_from(list(S)), filled=st.integers(0, 12))
    def report(self, status: OrderStatus, filled: int) -> None:
        self.tracker.on_report(said(status, str(filled)), "mk")

    @precondition(lambda self: self.filled < 10)
    @rule(data=st.data())
    def fill(self, data: st.DataObject) -> None:
        qty = data.draw(st.integers(1, int(10 - self.filled)))
        self.filled += qty
        self.tracker.on_fill(self.order, trade(str(qty)))

    @rule()
    def silence(self) -> None:
        self.tracker.unknown(self.order, "silence", 3)

    @invariant()
    def holds(self) -> None:
        order = self.order
        assert order.filled_qty == self.filled
        assert order.reported_qty >= max(self.most, order.filled_qty)
        assert order.reported_qty <= order.qty
        self.most = order.reported_qty
        if self.end is not None:
            assert order.status is self.end
        self.end = order.status if order.status.terminal else None
        assert (order in list(self.tracker.live())) == (not order.done)
        assert 0 <= order.remaining <= order.qty
        assert self.tracker.get("c1") is order


AnyNews.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestAnyNews = AnyNews.TestCase
