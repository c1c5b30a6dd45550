"""The desk that screens are measured against: as large as asked for, alike in every run, and it moves."""

from __future__ import annotations

import pytest

from cockpit.bench.busy_desk import COINS, BusyDesk, Plan
from venues.model import NS_PER_S, ManualClock

START = 1_767_258_000 * NS_PER_S


def desk(plan: Plan | None = None) -> BusyDesk:
    return BusyDesk(plan or Plan(), ManualClock(START), 1)


def test_it_is_as_large_as_the_plan_says() -> None:
    tables = desk().tables()
    assert (len(tables.accounts), len(tables.positions), len(tables.loops)) == (20, 200, 5)
    assert len(tables.funding) == len(tables.markets) == 200
    assert len({row.key for row in tables.positions}) == 200
    assert 30 <= len(tables.spreads) <= 36


@pytest.mark.parametrize("plan", [Plan(accounts=2, positions=1, loops=1), Plan(accounts=4, positions=3, loops=5)])
def test_small_ones_are_whole_too(plan: Plan) -> None:
    small = desk(plan)
    for _ in range(2000):
        small.update()
    tables = small.tables()
    assert len(tables.positions) == plan.accounts * plan.positions
    assert len(tables.loops) <= plan.accounts // 2


def test_the_same_seed_moves_it_alike() -> None:
    one, other = desk(), desk()
    for _ in range(3000):
        one.update()
        other.update()
    assert one.tables() == other.tables()
    assert one.tables().positions != desk(Plan(seed=2)).tables().positions


def test_each_update_moves_one_price_and_leaves_the_other_rows_as_they_are() -> None:
    busy = desk()
    before = busy.tables().positions
    busy.update()
    after = busy.tables().positions
    moved = [(was, now) for was, now in zip(before, after, strict=True) if was is not now]
    ((was, now),) = moved
    assert was.mark != now.mark
    assert now.notional_usd == (now.mark * abs(now.base_qty)).quantize(now.notional_usd)


def test_prices_stay_near_where_they_began() -> None:
    busy = desk()
    for _ in range(50_000):
        busy.update()
    for row in busy.tables().positions:
        start = float(COINS[row.base][0])
        assert abs(float(row.mark) / start - 1) < 0.02, row.symbol


def test_loops_trade_and_the_log_says_so() -> None:
    busy = desk()
    for _ in range(5000):
        busy.update()
    tables = busy.tables()
    assert sum(row.hedges for row in tables.loops) == 10
    assert len(tables.log) == 11
    assert tables.wear[-1].volume_usd == sum(row.volume_usd for row in tables.loops)
