"""The hedge loop on the real desk over the paper exchange, whose markets move as the test says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from desk_kit import D
from fake_venue import inverse, linear
from paper_rig import MID, PaperRig

from cockpit.desk.flatten_job import State
from cockpit.desk.loops import LoopState, StopMode
from strategies.hedge import HedgeLoop, quote_price
from strategies.hedge_params import HedgeParams, Requote
from strategies.params import ParamError, parse_params
from strategies.protocol import Role
from venues.model import BookUpdate, OrderStatus, Side


@pytest.fixture
def rig() -> PaperRig:
    with PaperRig() as rig:
        yield rig  # type: ignore[misc]  # a generator fixture


def orders(rig: PaperRig, role: Role | None = None) -> list[Any]:
    """Every order on the maker, oldest first."""
    tracker = rig.desk.tracker
    found = [*reversed(list(tracker.recent())), *tracker.live()]
    return [o for o in found if o.account == "mk" and (role is None or o.role is role)]


# -- what must not happen


def test_a_taker_that_goes_away_stops_a_close_from_resting() -> None:
    """The position is even; a close that fills now could be neither hedged nor unwound."""
    with PaperRig() as rig:
        loop = rig.hedge()
        rig.swing_until(lambda: rig.held("mk"))
        assert loop.phase == "closing" or rig.held("mk") == 0
        rig.call(rig.exchange.set_fault, "tk", "unreachable", seconds=1)
        rig.swing(5)
        assert rig.held("mk") == -rig.held("tk") == D("0.05")
        assert loop.state is LoopState.RUNNING
        assert loop.phase == "waiting"
        assert "tk is down" in loop.detail
        rig.call(rig.exchange.set_fault, "tk", "clear", seconds=1)
        rig.swing_until(lambda: loop.iterations_done)


def test_a_remainder_under_the_minimum_ends_the_step_and_nothing_is_built_on_top() -> None:
    with PaperRig(maker=linear(min_qty=D("0.01"), lot=D("0.001"))) as rig:
        loop = rig.hedge(iterations="1")
        (order,) = orders(rig, Role.OPEN)
        rig.call(rig.markets["mk"].set, {MID - 1: 46}, None, seconds=0)
        rig.call(rig.markets["mk"].trade, MID - 2, 46, Side.SELL)
        rig.swing_until(lambda: rig.held("mk") >= D("0.04"))
        most = rig.held("mk")
        for _ in range(20):
            rig.swing()
            most = max(most, rig.held("mk"))
        assert most <= D("0.05")
        assert loop.state is LoopState.DONE
        assert order.qty == D("0.05")


def test_a_partial_open_that_is_paused_goes_on_to_its_size_and_no_further(rig: PaperRig) -> None:
    loop = rig.hedge(iterations="1")
    _partial(rig, 20)
    assert rig.held("mk") == D("0.02")
    assert rig.held("tk") == D("-0.02"), "a partial fill is hedged at once"
    rig.call(rig.desk.loops.pause, loop, "a test", seconds=1)
    assert loop.state is LoopState.PAUSED
    assert all(order.done for order in orders(rig))
    rig.swing(2)
    assert rig.held("mk") == D("0.02"), "nothing is opened and nothing closed"
    rig.call(rig.desk.loops.resume, loop)
    rig.swing_until(lambda: rig.held("mk") != D("0.02"))
    assert rig.held("mk") == D("0.05")
    rig.swing_until(lambda: loop.state is LoopState.DONE)


def _partial(rig: PaperRig, lots: int) -> None:
    """Sellers take the queue at the bid and `lots` of ours behind it."""
    market = rig.markets["mk"]
    (order,) = [o for o in orders(rig) if not o.done]
    ticks = market.instrument.price_to_ticks(order.price)
    rig.call(market.trade, ticks, 10**6 + lots, Side.SELL)


@pytest.mark.parametrize("held", ["0.12", "0.13"])
def test_the_ceiling_is_never_exceeded(rig: PaperRig, held: str) -> None:
    loop = rig.hedge(max_position=held, iterations="1")
    steps: list[Decimal] = []
    for half in range(160):
        rig.at(rig.mid + (20 if half % 2 else -20))
        if not steps or rig.held("mk") != steps[-1]:
            steps.append(rig.held("mk"))
        if loop.state is LoopState.DONE:
            break
    assert loop.state is LoopState.DONE
    assert max(steps) == D(held)
    top = steps.index(max(steps))
    assert steps[: top + 1] == sorted(steps[: top + 1])
    assert steps[top:] == sorted(steps[top:], reverse=True)
    assert rig.held("mk") == rig.held("tk") == 0


def test_a_post_only_reject_is_followed_by_a_new_order(rig: PaperRig) -> None:
    loop = rig.hedge(offset="0")
    rig.call(rig.exchange.set_fault, "mk", "reject", seconds=0)
    rig.at(rig.mid + 5, seconds=3)
    assert any(order.status is OrderStatus.REJECTED for order in orders(rig))
    rig.call(rig.exchange.set_fault, "mk", "clear", seconds=0)
    rig.swing_until(lambda: loop.iterations_done)
    assert loop.state is LoopState.RUNNING


def test_a_denied_order_is_shown_and_tried_again(rig: PaperRig) -> None:
    rig.desk.risk.entries_denied = ""
    rig.desk.risk.limits = type(rig.desk.risk.limits)(max_position_notional_usd=D(10))
    loop = rig.hedge(seconds=3)
    assert loop.phase == "waiting"
    assert "max_position_notional_usd 10" in loop.detail
    assert rig.held("mk") == 0


def test_no_book_on_the_maker_is_waited_for_on_every_step(rig: PaperRig) -> None:
    loop = rig.hedge()
    rig.call(rig.markets["mk"].gap, seconds=3)
    assert (loop.phase, loop.detail) == ("waiting", "no sound book on mk")
    rig.swing_until(lambda: rig.held("mk"))
    rig.call(rig.markets["mk"].gap, seconds=3)
    assert (loop.phase, loop.detail) == ("waiting", "no sound book on mk")
    rig.at(rig.mid)
    rig.swing_until(lambda: loop.iterations_done)


# -- cycles


@pytest.mark.parametrize("direction", ["buy", "sell"])
@pytest.mark.parametrize("requote", list(Requote))
def test_full_cycles_end_even(rig: PaperRig, direction: str, requote: Requote) -> None:
    loop = rig.hedge(iterations="3", direction=direction, requote=requote.value, fill_timeout="1")
    first = orders(rig)[0]
    assert first.side is Side(direction)
    assert first.request.post_only
    rig.swing_until(lambda: loop.state is LoopState.DONE)
    assert loop.iterations_done == 3
    assert (rig.held("mk"), rig.held("tk")) == (0, 0)
    assert (rig.truth("mk"), rig.truth("tk")) == (0, 0)
    opens = sum((o.filled_qty for o in orders(rig, Role.OPEN)), D(0))
    closes = [o for o in orders(rig, Role.CLOSE) if o.filled_qty]
    assert opens == sum((o.filled_qty for o in closes), D(0)) == D("0.15")
    assert all(o.request.post_only and o.request.reduce_only for o in closes)
    cost, volume = rig.desk.loop_wear("L1", 0)
    assert volume == pytest.approx(30_000, rel=D("0.01"))
    assert cost > 0


def test_an_inverse_maker_trades_whole_contracts() -> None:
    with PaperRig(maker=inverse()) as rig:
        loop = rig.hedge(iterations="2", ticker="BTCUSD_PERP:BTCUSDT")
        rig.swing_until(lambda: loop.state is LoopState.DONE)
        assert {o.qty for o in orders(rig) if o.filled_qty} == {D(50)}
        assert rig.held("mk", "BTCUSD_PERP") == 0
        assert abs(loop.owed()) <= loop.tolerance()


def test_no_end_with_zero_iterations(rig: PaperRig) -> None:
    loop = rig.hedge(iterations="0")
    rig.swing_until(lambda: loop.iterations_done >= 5)
    assert loop.state is LoopState.RUNNING
    rig.call(rig.desk.loops.stop, loop, StopMode.CYCLE)
    rig.swing_until(lambda: loop.state is LoopState.STOPPED)
    assert (rig.held("mk"), rig.held("tk")) == (0, 0)


def test_stop_flatten_in_mid_cycle(rig: PaperRig) -> None:
    loop = rig.hedge()
    rig.swing_until(lambda: rig.held("mk"))
    rig.call(rig.desk.loops.stop, loop, StopMode.FLATTEN, seconds=10)
    assert [job.state for job in rig.desk.flattener.jobs.values()] == [State.FLAT]
    assert loop.state is LoopState.STOPPED
    assert (rig.truth("mk"), rig.truth("tk")) == (0, 0)


def test_it_holds_for_as_long_as_asked(rig: PaperRig) -> None:
    loop = rig.hedge(sleep="30")
    rig.swing_until(lambda: rig.held("mk"))
    assert (loop.phase, loop.detail) == ("holding", "30 s")
    before = len(orders(rig))
    rig.swing(20)
    assert len(orders(rig)) == before
    rig.swing_until(lambda: loop.iterations_done)


# -- where orders rest


@pytest.mark.parametrize(
    ("side", "offset", "ticks"),
    [
        (Side.BUY, 0, 100), (Side.BUY, 2, 102), (Side.BUY, 99, 109), (Side.BUY, -3, 97),
        (Side.SELL, 0, 110), (Side.SELL, 2, 108), (Side.SELL, 99, 101), (Side.SELL, -3, 113),
    ],
)  # fmt: skip
def test_a_quote_never_crosses(side: Side, offset: int, ticks: int) -> None:
    book = BookUpdate("X", 1, 1, ((100, 1),), ((110, 1),))
    assert quote_price(linear(), book, side, offset) == D("0.5") * ticks


def test_requote_when_off_the_touch_and_only_then(rig: PaperRig) -> None:
    rig.hedge(requote="touch", fill_timeout="1")
    rig.pass_time(5)
    assert len(orders(rig)) == 1
    rig.at(rig.mid + 10, seconds=1)
    assert [o.price for o in orders(rig)] == [D("99999.5"), D("100004.5")]


def test_requote_by_time_leaves_the_touch_alone_until_then(rig: PaperRig) -> None:
    rig.hedge(requote="time", fill_timeout="3")
    rig.at(rig.mid + 10, seconds=1)
    assert len(orders(rig)) == 1
    rig.pass_time(2.5)
    assert len(orders(rig)) == 2


def test_an_offset_behind_the_touch_follows_at_its_distance(rig: PaperRig) -> None:
    rig.hedge(offset="-4")
    assert orders(rig)[-1].price == D("99997.5")
    rig.pass_time(3)
    assert len(orders(rig)) == 1
    rig.at(rig.mid + 6, seconds=1)
    assert orders(rig)[-1].price == D("100000.5")


# -- guards


@pytest.mark.parametrize("closing", [False, True])
@pytest.mark.parametrize("guard", ["thin", "stale", "far", "gone"])
def test_no_maker_order_rests_while_the_taker_is_not_fit(rig: PaperRig, guard: str, closing: bool) -> None:
    loop = rig.hedge(guard_age="3", guard_spread="20", guard_depth="2")
    if closing:
        rig.swing_until(lambda: rig.held("mk"))
        rig.pass_time(1)
    if guard == "thin":
        rig.at(rig.mid, only="tk", lots=2, seconds=2)
    elif guard == "far":
        away = rig.mid * 30 // 10_000
        wanted = rig.mid
        rig.at(rig.mid + (away if closing else -away), only="tk", seconds=2)
        rig.mid = wanted
    elif guard == "gone":
        rig.call(rig.markets["tk"].gap, seconds=2)
    else:
        engine = rig.exchange._at["tk"]
        rig.call(engine.markets["BTCUSDT"].publisher.unsubscribe, engine.links["tk"], seconds=6)
    words = {
        "thin": "is thin: 10 lots",
        "stale": "s old, guard_age is 3",
        "far": "guard_spread is 20",
        "gone": "no sound",
    }
    assert loop.phase == "waiting"
    assert words[guard] in loop.detail
    assert not [o for o in orders(rig) if not o.done]
    rig.call(rig.venues[1].subscribe, ["BTCUSDT"])
    rig.at(rig.mid, seconds=2)
    assert loop.phase == ("closing" if closing else "opening")


def test_who_wants_out_does_not_wait_for_a_better_price(rig: PaperRig) -> None:
    loop = rig.hedge(guard_spread="20")
    rig.swing_until(lambda: rig.held("mk"))
    away = rig.mid * 30 // 10_000
    rig.at(rig.mid + away, only="tk", seconds=2)
    assert loop.phase == "waiting"
    rig.call(rig.desk.loops.stop, loop, StopMode.CYCLE, seconds=2)
    assert loop.phase == "closing"


# -- budgets and goals


def test_a_wear_budget_pauses_and_resume_forgives(rig: PaperRig) -> None:
    loop = rig.hedge(iterations="0", wear_budget="0.1", wear_window="2")
    rig.swing_until(lambda: loop.state is LoopState.PAUSED)
    assert loop.iterations_done == 2
    assert "wear of the last 2 cycles" in loop.paused
    assert "budget/L1" in rig.alarms
    assert rig.held("mk") == 0
    rig.call(rig.desk.loops.resume, loop)
    rig.swing_until(lambda: loop.iterations_done >= 3)
    rig.swing_until(lambda: loop.state is LoopState.PAUSED)
    assert loop.iterations_done == 4


def test_a_loss_budget_pauses_and_resume_forgives(rig: PaperRig) -> None:
    loop = rig.hedge(iterations="0", loss_budget="1")
    rig.swing_until(lambda: loop.state is LoopState.PAUSED)
    assert "the budget is 1" in loop.paused
    done = loop.iterations_done
    rig.call(rig.desk.loops.resume, loop)
    rig.swing_until(lambda: loop.iterations_done > done)


def test_a_volume_goal_ends_the_loop_and_tells_the_pace(rig: PaperRig) -> None:
    loop = rig.hedge(iterations="0", volume_goal="25000", deadline="2025-11-21T10:00")
    rig.swing_until(lambda: loop.iterations_done == 1)
    assert loop.pace.startswith(("9,9", "10,0"))
    assert "of 25,000 USD, 1," in loop.pace
    assert loop.pace.endswith(" USD/h needed")
    rig.swing_until(lambda: loop.state is LoopState.DONE)
    assert loop.iterations_done == 3


def test_a_deadline_that_is_past_says_overdue(rig: PaperRig) -> None:
    loop = rig.hedge(iterations="0", volume_goal="25000", deadline="2025-11-20T10:00")
    rig.swing_until(lambda: loop.iterations_done == 1)
    assert loop.pace.endswith("overdue")


def test_a_goal_without_a_deadline_tells_what_is_done(rig: PaperRig) -> None:
    loop = rig.hedge(iterations="0", volume_goal="25000")
    rig.swing_until(lambda: loop.iterations_done == 1)
    assert loop.pace.endswith("of 25,000 USD")


# -- parameters that contradict each other


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"taker": "a"}, "taker: 'a' is not valid; expected another account than the maker's"),
        ({"backup": "a"}, "backup: 'a' is not valid; expected another account than the maker's and the taker's"),
        ({"backup": "b"}, "backup: 'b' is not valid"),
        ({"max_position": "0.01"}, "max_position: Decimal('0.01') is not valid; expected 0, or at least the size 0.05"),
        ({"slippage": "60"}, "slippage_max: Decimal('50') is not valid; expected at least slippage 60"),
        ({"deadline": "tomorrow"}, "deadline: 'tomorrow' is not valid; expected a UTC time like 2026-12-01T00:00"),
    ],
)
def test_sets_that_contradict_themselves(changes: dict[str, str], words: str) -> None:
    params = parse_params(HedgeParams, {"maker": "a", "taker": "b", "ticker": "BTC", "size": "0.05"} | changes)
    with pytest.raises(ParamError) as told:
        HedgeLoop().legs(params)
    assert words in str(told.value)


def test_legs_and_policy_of_a_set() -> None:
    params = parse_params(
        HedgeParams, {"maker": "a", "taker": "b", "ticker": "X:Y", "size": "1", "backup": "c", "patience": "9"}
    )
    loop = HedgeLoop()
    assert [(leg.account, leg.symbol, leg.hedged_by) for leg in loop.legs(params)] == [
        ("a", "X", "taker"), ("b", "Y", ""), ("c", "Y", ""),
    ]  # fmt: skip
    policy = loop.hedge_policy(params)
    assert (policy.backup, policy.patience_s, policy.slippage_bps) == ("backup", 9, 5)
    assert (loop.volume_leg(params), loop.target_iterations(params), loop.size_base(params)) == ("maker", 20, 1)
    assert parse_params(HedgeParams, {"maker": "a", "taker": "b", "ticker": "X", "size": "1"}).deadline_ns() is None


def test_a_size_that_risk_would_always_deny_is_refused_at_launch_and_live(rig: PaperRig) -> None:
    limits = rig.desk.risk.limits
    rig.desk.risk.limits = type(limits)(max_order_notional_usd=D(10))
    with pytest.raises(ParamError, match=r"size: .* max_order_notional_usd is 10 USD"):
        rig.hedge()
    rig.desk.risk.limits = type(limits)(max_order_notional_usd=D(1_000_000))
    loop = rig.hedge()
    with pytest.raises(ParamError, match="max_order_notional_usd is 1000000 USD"):
        rig.desk.loops.set_params(loop.id, {"size": "1000"}, origin="test", command_id="c1")


def test_a_hold_cut_short_from_the_keyboard_ends_at_once(rig: PaperRig) -> None:
    loop = rig.hedge(sleep="600")
    rig.swing_until(lambda: loop.phase == "holding")
    rig.call(lambda: rig.desk.loops.set_params(loop.id, {"sleep": "1"}, origin="test", command_id="c1"), seconds=2)
    assert loop.phase == "closing"
