"""A hedge loop whose venue refuses its orders, or shows it a book that is old: it waits, and says for what."""

from __future__ import annotations

from itertools import pairwise

import pytest
from desk_kit import D
from paper_rig import PaperRig

from cockpit.desk.loops import LoopState
from cockpit.desk.orders import Order
from strategies.hedge import MOST_REFUSED, REFUSED_MOST_S, REFUSED_S
from strategies.protocol import Role
from venues.model import NS_PER_S, OrderStatus


@pytest.fixture
def rig() -> PaperRig:
    with PaperRig() as rig:
        yield rig  # type: ignore[misc]  # a generator fixture


def refused(rig: PaperRig, role: Role = Role.OPEN) -> list[Order]:
    """Oldest first."""
    found = [o for o in rig.desk.tracker.recent() if o.status is OrderStatus.REJECTED and o.role is role]
    return found[::-1]


def fault(rig: PaperRig, kind: str, account: str = "mk") -> None:
    rig.call(rig.exchange.set_fault, account, kind, seconds=0)


def silence(rig: PaperRig, account: str) -> None:
    """No book comes from that venue any more, not even the same again."""
    engine = rig.exchange._at[account]
    rig.call(engine.markets["BTCUSDT"].publisher.unsubscribe, engine.links[account], seconds=0)


# -- refusals


def test_a_venue_that_refuses_everything_is_asked_ever_more_seldom_and_then_the_loop_pauses(rig: PaperRig) -> None:
    fault(rig, "reject")
    loop = rig.hedge(seconds=0)
    rig.until(lambda: loop.state is LoopState.PAUSED, seconds=120)
    assert len(refused(rig)) == MOST_REFUSED
    gaps = [(b.ts_sent - a.ts_sent) / NS_PER_S for a, b in pairwise(refused(rig))]
    assert gaps[0] == pytest.approx(REFUSED_S, abs=0.1)
    assert all(later >= earlier - 0.001 for earlier, later in pairwise(gaps))
    assert gaps[-1] == pytest.approx(REFUSED_MOST_S, abs=0.1)
    assert f"mk has refused {MOST_REFUSED} orders in a row" in loop.paused
    assert "look at the account, then resume" in rig.alarms["budget/L1"]
    rig.pass_time(60)
    assert len(refused(rig)) == MOST_REFUSED, "nothing is sent until somebody has looked"


def test_a_venue_that_takes_orders_and_cancels_them_at_once_has_refused_them(rig: PaperRig) -> None:
    loop = rig.hedge(seconds=0)
    for _ in range(MOST_REFUSED):
        rig.until(lambda: any(o.status is OrderStatus.OPEN for o in rig.desk.tracker.live()), seconds=20)
        rig.call(rig.exchange.cancel_by_venue, "mk", seconds=0.2)
    rig.until(lambda: loop.state is LoopState.PAUSED, seconds=10)
    assert f"mk has refused {MOST_REFUSED} orders in a row" in loop.paused


def test_resumed_it_counts_anew(rig: PaperRig) -> None:
    fault(rig, "reject")
    loop = rig.hedge(seconds=0)
    rig.until(lambda: loop.state is LoopState.PAUSED, seconds=120)
    rig.call(rig.desk.loops.resume, loop, seconds=3)
    assert loop.state is LoopState.RUNNING
    assert "budget/L1" not in rig.alarms
    fault(rig, "clear")
    rig.swing_until(lambda: loop.iterations_done)
    assert loop.state is LoopState.RUNNING


def test_an_order_that_is_taken_in_between_begins_the_count_anew(rig: PaperRig) -> None:
    loop = rig.hedge(seconds=0, requote="touch")
    for _ in range(3):
        fault(rig, "reject")
        before = len(refused(rig))
        rig.at(rig.mid + 4, seconds=0)
        rig.until(lambda before=before: len(refused(rig)) >= before + MOST_REFUSED // 2, seconds=60)  # type: ignore[misc]
        fault(rig, "clear")
        rig.until(lambda: any(o.status is OrderStatus.OPEN for o in rig.desk.tracker.live()), seconds=10)
    assert len(refused(rig)) > MOST_REFUSED
    assert loop.state is LoopState.RUNNING
    last = len(refused(rig))
    fault(rig, "reject")
    rig.at(rig.mid + 4, seconds=0)
    rig.until(lambda: len(refused(rig)) >= last + 2, seconds=10)
    a, b = refused(rig)[last : last + 2]
    assert (b.ts_sent - a.ts_sent) / NS_PER_S == pytest.approx(REFUSED_S, abs=0.1), "as after the first"


def test_a_close_that_is_refused_pauses_too_and_the_pair_is_kept(rig: PaperRig) -> None:
    loop = rig.hedge(sleep="5")
    rig.swing_until(lambda: loop.phase == "holding")
    fault(rig, "reject")
    rig.until(lambda: bool(loop.paused), seconds=120)
    assert len(refused(rig, Role.CLOSE)) == MOST_REFUSED
    assert rig.held("mk") == -rig.held("tk") == D("0.05")
    assert "budget/L1" in rig.alarms


# -- old books


@pytest.mark.parametrize("account", ["mk", "tk"])
@pytest.mark.parametrize("closing", [False, True])
def test_no_order_rests_on_either_book_that_is_too_old(rig: PaperRig, account: str, closing: bool) -> None:
    loop = rig.hedge(guard_age="3", fill_timeout="60")
    if closing:
        rig.swing_until(lambda: rig.held("mk"))
        rig.pass_time(1)
    assert [o for o in rig.desk.tracker.live() if o.account == "mk"]
    silence(rig, account)
    rig.pass_time(6)
    assert not list(rig.desk.tracker.live()), "pulled"
    assert loop.phase == "waiting"
    assert f"book of {account} is " in loop.detail
    assert loop.detail.endswith("s old, guard_age is 3 s")
    rig.call(rig.venues[0 if account == "mk" else 1].subscribe, ["BTCUSDT"])
    rig.at(rig.mid, seconds=2)
    assert loop.phase == ("closing" if closing else "opening")
