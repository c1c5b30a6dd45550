"""What the watchdog does about a dead desk, and what it never does."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from desk_kit import D
from watchdog_kit import Dog, held, pair_left_behind

from cockpit.desk.ids import DESK_SLOT, OrderId
from cockpit.watchdog.rules import Scope
from strategies.protocol import Role
from venues.model import (
    Capabilities,
    OrderRequest,
    OrderStatus,
    OrderStatusReport,
    RejectReason,
    Side,
    VenueBusy,
    VenueRejected,
)


def truth(dog: Dog) -> tuple[Decimal, Decimal]:
    return held(dog.rig.mk), held(dog.rig.tk)


def owner(order: OrderRequest) -> OrderId:
    order_id = OrderId.parse(order.client_order_id)
    assert order_id is not None
    return order_id


# -- what it must not do ---------------------------------------------------------------------------------------------


def test_without_flatten_it_cancels_and_sends_no_order(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path, flatten=False) as dog:
        resting = rest(dog, "ck1-1o9-0")
        dog.die(60)
        assert dog.rig.mk.orders[resting].status is OrderStatus.CANCELED
        assert not dog.rig.mk.submitted
        assert truth(dog) == (D("0.05"), D("-0.05"))
        assert dog.said("done") == ["no order is open at any venue"]


def test_while_the_heart_beats_nothing_is_cancelled(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.beats(30)
        assert (dog.rig.mk.cancel_alls, dog.rig.tk.cancel_alls) == (0, 0)
        assert truth(dog) == (D("0.05"), D("-0.05"))


@pytest.mark.parametrize("journal", ["missing", "rubbish"])
def test_without_books_it_only_cancels_and_says_why(tmp_path: Path, journal: str) -> None:
    with pair_left_behind(tmp_path) as dog:
        other = tmp_path / "other.sqlite"
        if journal == "rubbish":
            other.write_bytes(b"no database at all, " * 100)
        dog.books._path = other
        dog.die(30)
        assert dog.rig.mk.cancel_alls >= 2
        assert not dog.rig.mk.submitted
        assert "mk: cancels only: journal" in dog.left
        assert "mk BTCUSDT +0.05 still open" in dog.left
        assert not dog.said("done")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("-0.05", "reported -0.05, the books hold +0.05: not touched"),
        ("0", "mk BTCUSDT reads flat, the books hold +0.05"),
    ],
)
def test_where_report_and_books_contradict_each_other_nothing_is_closed(tmp_path: Path, told: str, says: str) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.told_position = {"BTCUSDT": D(told)}
        dog.die(30)
        assert not dog.rig.mk.submitted
        assert says in dog.left
        assert "tk BTCUSDT keeps 0.05 of 0.05 against its partner" in dog.left
        assert not dog.said("done"), "a report that the books contradict is not believed, flat or not"


def test_a_close_is_never_larger_than_report_or_books(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.told_position = {"BTCUSDT": D("0.09")}
        dog.rig.tk.told_position = {"BTCUSDT": D("-0.02")}
        dog.die(8)
        assert dog.rig.mk.submitted[0].qty == D("0.02"), "of 0.05 by the books, 0.03 hedge what tk may still hold"
        assert dog.rig.tk.submitted[0].qty == D("0.02")
        assert not dog.said("done")


def test_a_suspect_account_gets_cancels_only_and_its_partner_is_kept(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.desk.unbelieved = {"mk": "position moved with no fill behind it"}
        resting = rest(dog, "ck1-1o9-0")
        dog.die(30)
        assert dog.rig.mk.orders[resting].status is OrderStatus.CANCELED
        assert truth(dog) == (D("0.05"), D("-0.05"))
        assert "mk: cancels only, the desk did not believe it: position moved" in dog.left
        assert "tk BTCUSDT keeps 0.05 of 0.05 against its partner" in dog.left


def test_a_venue_without_reduce_only_gets_cancels_only(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.capabilities = Capabilities(reduce_only=False)
        dog.die(20)
        assert truth(dog) == (D("0.05"), D("-0.05"))
        assert "mk: cancels only, its venue has no reduce-only orders" in dog.left
        assert not dog.said("defect")


def test_an_account_that_the_desk_never_reconciled_gets_cancels_only(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.books.refresh()
        dog.books._opened.discard("mk")
        dog.books.refresh = lambda: None  # type: ignore[method-assign]  # the journal of a desk that never saw mk
        dog.die(20)
        assert truth(dog) == (D("0.05"), D("-0.05"))
        assert "mk: cancels only, it is not in the desk's books yet" in dog.left


def test_a_market_that_nobody_told_of_is_named_and_let_alone(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.held["DOGEUSDT"] = D(5)
        dog.die(20)
        assert "mk DOGEUSDT is no market that the venue told us of: not touched" in dog.left
        assert truth(dog) == (0, 0)
        assert not dog.said("done")


def test_nothing_is_kept_of_orders_that_have_ended(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.on_submit = dog.rig.mk.cancels_unfilled
        dog.die(600)
        account = dog.accounts["mk"]
        assert len(dog.rig.mk.submitted) > 100
        assert len(account.ended) + len(account._ours) <= 4
        assert len(dog.watchdog._reducer._at_work) <= 2


def test_the_partner_of_a_leg_out_of_reach_is_kept_until_it_is_back(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.at(dog.rig.tk, "lose", "no route")
        dog.die(20)
        assert truth(dog) == (D("0.05"), D("-0.05"))
        assert "tk: is down: no route" in dog.left
        assert "mk BTCUSDT keeps 0.05 of 0.05" in dog.left
        dog.rig.at(dog.rig.tk, "come_back")
        dog.die(5)
        assert truth(dog) == (0, 0)
        assert dog.said("done") == ["every venue reads flat"]


def test_scope_all_closes_what_it_can_reach(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path, scope=Scope.ALL) as dog:
        dog.rig.at(dog.rig.tk, "lose", "no route")
        dog.die(20)
        assert truth(dog) == (0, D("-0.05"))
        assert "tk: is down: no route" in dog.left
        assert not dog.said("done")


def test_the_partner_of_an_account_that_is_not_its_own_is_kept(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path, without=("tk",)) as dog:
        dog.die(20)
        assert truth(dog) == (D("0.05"), D("-0.05"))
        assert dog.rig.tk.cancel_alls == 0
        assert "mk BTCUSDT keeps 0.05 of 0.05" in dog.left


def test_a_question_without_an_answer_is_not_taken_for_flat(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.down = dog.rig.tk.down = "503"
        dog.die(20)
        assert "mk: did not answer: 503" in dog.left
        assert not dog.said("done")
        dog.rig.mk.down = dog.rig.tk.down = ""
        dog.die(5)
        assert truth(dog) == (0, 0)


def test_a_venue_over_its_limit_is_asked_again(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        plain = dog.rig.mk.positions
        busy = iter(range(3))

        async def positions() -> Any:
            if next(busy, None) is not None:
                raise VenueBusy("429")
            return await plain()

        dog.rig.mk.positions = positions  # type: ignore[method-assign]  # the test's own venue
        dog.die(8)
        assert truth(dog) == (D("0.05"), D("-0.05")), "its partner is kept meanwhile"
        dog.die(10)
        assert truth(dog) == (0, 0)


def test_an_order_without_an_answer_is_not_sent_again_until_the_venue_has_denied_it_for_long(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.on_submit = lambda request: dog.rig.mk.forgets.add(request.client_order_id)
        dog.die(15)
        assert len(dog.rig.mk.submitted) == 1
        assert "has no answer yet" in dog.left
        dog.rig.mk.on_submit = dog.rig.mk.fills_whole
        dog.die(20)
        assert len(dog.rig.mk.submitted) == 2
        assert len({order.client_order_id for order in dog.rig.mk.submitted}) == 2
        assert truth(dog) == (0, 0)


def test_the_end_of_an_order_that_nobody_told_of_is_asked_for(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.on_submit = lambda request: dog.rig.mk.later(
            lambda: dog.rig.mk.fill(request.client_order_id, request.qty, tell=False)
        )
        dog.die(15)
        assert len(dog.rig.mk.submitted) == 1
        assert truth(dog) == (0, 0)
        assert dog.said("done") == ["every venue reads flat"]


def test_it_stops_at_once_when_the_desk_is_back(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.on_submit = dog.rig.mk.cancels_unfilled
        dog.rig.tk.on_submit = dog.rig.tk.cancels_unfilled
        dog.die(9)
        assert dog.rig.mk.submitted
        dog.beats(1)
        sent = len(dog.rig.mk.submitted)
        dog.beats(20)
        assert len(dog.rig.mk.submitted) == sent
        assert truth(dog) == (D("0.05"), D("-0.05"))
        assert len(dog.said("beating")) == 2


# -- what it does ----------------------------------------------------------------------------------------------------


def rest(dog: Dog, cid: str, side: Side = Side.BUY, qty: str = "0.05") -> str:
    """An order of the dead desk lies in mk's book."""
    now = dog.rig.clock.now_ns()
    dog.rig.mk.orders[cid] = OrderStatusReport(
        cid, f"v-{cid}", "BTCUSDT", side, D(qty), D(99_000), D(0), OrderStatus.OPEN, now, now
    )
    return cid


def test_both_legs_are_closed_reduce_only_in_the_loops_name(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.die()
        assert truth(dog) == (0, 0)
        assert dog.said("done") == ["every venue reads flat"]
        for venue, side in ((dog.rig.mk, Side.SELL), (dog.rig.tk, Side.BUY)):
            (order,) = venue.submitted
            assert (order.side, order.qty, order.reduce_only) == (side, D("0.05"), True)
            assert owner(order).role is Role.WATCHDOG
            assert owner(order).slot != DESK_SLOT
        assert len(dog.said("closed")) == 2


def test_what_filled_after_the_desk_died_is_closed_too(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        (loop_order,) = [cid for cid in dog.rig.mk.orders if "o" in cid]
        parsed = OrderId.parse(loop_order)
        assert parsed is not None
        late = OrderId(parsed.epoch, parsed.slot, Role.OPEN, 77).text
        rest(dog, late)
        dog.rig.at(dog.rig.mk, "fill", late, "0.05", tell=False)
        assert held(dog.rig.mk) == D("0.1")
        dog.die()
        assert truth(dog) == (0, 0)
        assert {owner(order).slot for order in dog.rig.mk.submitted} == {parsed.slot}
        assert sum(order.qty for order in dog.rig.mk.submitted) == D("0.1")


def test_a_loop_that_the_journal_has_not_heard_of_is_named_by_its_own_ids(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        late = OrderId(99, 7, Role.OPEN, 1).text
        rest(dog, late, qty="0.01")
        dog.rig.at(dog.rig.mk, "fill", late, "0.01", tell=False)
        dog.die()
        assert truth(dog) == (0, 0)
        assert (99, 7) in {(owner(order).epoch, owner(order).slot) for order in dog.rig.mk.submitted}


def test_what_nobody_of_us_opened_is_closed_in_the_desks_own_name(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.at(dog.rig.mk, "foreign", Side.BUY, "0.02", "100000", tell=False)
        dog.die()
        assert truth(dog) == (0, 0)
        assert {owner(order).slot: order.qty for order in dog.rig.mk.submitted}[DESK_SLOT] == D("0.02")


def test_a_price_that_does_not_fill_is_worsened_up_to_a_bound(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.on_submit = dog.rig.mk.cancels_unfilled
        dog.die(20)
        prices = [order.price for order in dog.rig.mk.submitted]
        assert prices[:4] == [D(99_900), D(99_750), D(99_500), D(99_000)]
        assert set(prices[4:]) == {D(99_000)}
        dog.rig.mk.on_submit = dog.rig.mk.fills_whole
        dog.die(10)
        assert truth(dog) == (0, 0)


def test_a_venue_that_refuses_cancel_all_gets_each_order_cancelled(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:

        async def cancel_all(symbol: str | None = None) -> None:
            raise VenueRejected("not here")

        dog.rig.mk.cancel_all = cancel_all  # type: ignore[method-assign]  # the test's own venue
        resting = rest(dog, "ck1-1o9-0", side=Side.SELL, qty="0.01")
        dog.die(8)
        assert resting in dog.rig.mk.cancelled
        assert "cancel-all failed (not here), each order by itself" in dog.left
        assert "still open" in dog.left
        assert dog.rig.mk.submitted[0].qty == D("0.04"), "what still rests may close the rest"


def test_dust_is_named_and_is_not_flat(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path, qty="0.05") as dog:
        dog.rig.mk.told_position = {"BTCUSDT": D("0.0004")}
        dog.die(20)
        assert "mk BTCUSDT: quantity 0.000 is under the minimum" in dog.left
        assert not dog.rig.mk.submitted


def test_a_rejected_close_is_tried_again_under_another_id(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path) as dog:

        def once(request: OrderRequest) -> None:
            dog.rig.mk.on_submit = dog.rig.mk.fills_whole
            dog.rig.mk.later(
                lambda: dog.rig.mk.report(
                    request.client_order_id, OrderStatus.REJECTED, reason=RejectReason.DUPLICATE_ID
                )
            )

        dog.rig.mk.on_submit = once
        dog.die()
        assert truth(dog) == (0, 0)
        assert len({order.client_order_id for order in dog.rig.mk.submitted}) == 2


def test_once_done_it_goes_on_looking_now_and_then(tmp_path: Path) -> None:
    with pair_left_behind(tmp_path, flatten=False) as dog:
        dog.die(30)
        late = rest(dog, "ck1-1o9-0")
        dog.die(15)
        assert dog.rig.mk.orders[late].status is OrderStatus.CANCELED
        assert dog.said("done") == ["no order is open at any venue"] * 2


def test_a_venue_that_cannot_look_up_our_id_is_asked_what_is_open(tmp_path: Path) -> None:
    able = Capabilities(lookup_by_client_id=False)
    with pair_left_behind(tmp_path) as dog:
        dog.rig.mk.capabilities = able
        dog.rig.mk.on_submit = lambda request: None
        dog.die(25)
        assert "query_order" not in dog.rig.mk.asked
        assert len(dog.rig.mk.submitted) == 2, "and after GONE_NS it is tried again"
