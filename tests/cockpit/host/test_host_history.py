"""Days as they went: what a unit of the fund is worth whatever comes and goes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from desk_kit import D, FakeRig
from host_kit import Host
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.desk.desk import DeskOptions
from cockpit.host.history import unit_values
from cockpit.link import messages as m
from cockpit.link.answers import History
from venues.model import Transfer, TransferKind

DAYS = ("2025-11-21", "2025-11-22", "2025-11-23", "2025-11-24")
DAY_S = 86_400
SELDOM = DeskOptions(linger_s=0, reconcile_s=300, watch_s=20)
"""For whole days in virtual time."""


def values(
    equities: dict[str, dict[str, str]], flows: dict[tuple[str, str], str] | None = None, staying: str = "ab"
) -> list[float | None]:
    worth = unit_values(
        {day: {name: D(usd) for name, usd in by.items()} for day, by in equities.items()},
        {key: D(usd) for key, usd in (flows or {}).items()},
        frozenset(staying),
    )
    return [None if value is None else round(value, 6) for _equity, value in worth.values()]


def days(*equities: str) -> dict[str, dict[str, str]]:
    return {day: {"a": usd} for day, usd in zip(DAYS, equities, strict=False)}


def test_without_flows_a_unit_goes_as_the_equity_does() -> None:
    assert values(days("1000", "1100", "990")) == [1, 1.1, 0.99]


def test_a_deposit_buys_units_at_the_value_before_and_leaves_it_alone() -> None:
    assert values(days("1000", "1100", "2100"), {(DAYS[2], "a"): "1000"}) == [1, 1.1, 1.1]


def test_a_withdrawal_gives_units_back_at_the_value_after() -> None:
    assert values(days("1000", "1100", "600"), {(DAYS[2], "a"): "-500"}) == [1, 1.1, 1.1]


def test_what_is_earned_beside_a_flow_is_told_apart_from_it() -> None:
    assert values(days("1000", "2200"), {(DAYS[1], "a"): "1000"}) == [1, 1.1], "10 % on what was there to work"
    assert values(days("1000", "550"), {(DAYS[1], "a"): "-550"}) == [1, 1.1]


def test_a_deposit_of_the_first_day_is_what_the_fund_began_with() -> None:
    assert values(days("1000", "1000"), {(DAYS[0], "a"): "1000"}) == [1, 1]


def test_an_account_that_is_new_came_with_all_it_is_worth() -> None:
    equities = {DAYS[0]: {"a": "1000"}, DAYS[1]: {"a": "1100", "b": "500"}, DAYS[2]: {"a": "1100", "b": "500"}}
    flows = {(DAYS[1], "b"): "500"}
    # Bought at the value before, worth at the end as they came: what a earned is spread over both.
    assert values(equities, flows)[1] == pytest.approx((1100 + 500) / (1000 + 500), abs=1e-6)
    assert values(equities, flows)[2] == values(equities, flows)[1]


def test_an_account_that_was_removed_went_with_all_it_was_worth() -> None:
    equities = {DAYS[0]: {"a": "1000", "b": "500"}, DAYS[1]: {"a": "1000"}, DAYS[2]: {"a": "1100"}}
    assert values(equities, staying="a") == [1, 1, 1.1]


def test_an_account_that_did_not_answer_for_a_day_counts_with_what_it_was_worth() -> None:
    equities = {DAYS[0]: {"a": "1000", "b": "500"}, DAYS[1]: {"a": "1000"}, DAYS[2]: {"a": "1000", "b": "650"}}
    assert values(equities) == [1, 1, 1.1]


def test_flows_of_days_on_which_nobody_looked_are_not_lost() -> None:
    equities = {DAYS[0]: {"a": "1000"}, DAYS[3]: {"a": "1500"}}
    assert values(equities, {(DAYS[1], "a"): "200", (DAYS[2], "a"): "300"}) == [1, 1]


def test_a_fund_that_lost_everything_begins_anew() -> None:
    assert values(days("1000", "0", "0", "500"), {(DAYS[3], "a"): "500"})[:2] == [1, 0]
    assert values(days("1000", "0", "500"), {(DAYS[2], "a"): "500"})[2] == 1
    assert values(days("0", "0")) == [None, None]
    assert values(days("1000", "0"), {(DAYS[1], "a"): "-1000"}) == [1, None], "all of it was taken out"


@settings(max_examples=100, deadline=None)
@given(flows=st.lists(st.integers(-500, 5_000), min_size=1, max_size=4))
def test_flows_alone_never_move_a_unit(flows: list[int]) -> None:
    equity, equities, moved = Decimal(5_000), {"2025-11-20": {"a": "5000"}}, {}
    for day, flow in zip(DAYS, flows, strict=False):
        equity += flow
        equities[day] = {"a": str(equity)}
        moved[(day, "a")] = str(flow)
    assert set(values(equities, moved)) == {1}


# -- the query


def history(host: Host, **args: str) -> History:
    ack = host.send(m.Query("history", args))
    assert ack.ok, ack.error
    return msgspec.json.decode(ack.result, type=History)


@pytest.mark.parametrize("days", ["0", "-1", "many", "999999"])
def test_a_number_of_days_that_makes_no_sense_is_told(days: str) -> None:
    with FakeRig() as rig:
        assert f"days: '{days}' is not valid" in Host(rig).no(m.Query("history", {"days": days}))


def test_days_of_trading_deposits_and_rest() -> None:
    with FakeRig(options=SELDOM) as rig:
        host = Host(rig)
        host.ok(m.Launch("idle", {"size": "0.05"}))
        order = rig.place(qty="0.05")
        rig.tk.on_submit = rig.tk.fills_whole
        rig.at(rig.mk, "fill", order.id, "0.05", tell_order=True, seconds=1)
        (today,) = history(host).days
        assert (today.day, today.volume_usd, today.unit_value) == ("2025-11-21", D(5_000), 1.0)
        assert today.wear_usd == today.fees_usd + today.trade_usd + today.funding_usd
        assert today.equity_usd is not None
        venue: Any = rig.mk
        rig.pass_time(DAY_S)
        rig.quote()
        venue.cash["USDT"] += 1_000
        now = rig.clock.now_ns()
        venue.moved.append(Transfer("d1", TransferKind.DEPOSIT, "USDT", D(1_000), now, now))
        rig.pass_time(700)
        rig.quote()
        rig.pass_time(10)
        first, second = history(host).days
        assert first.day == "2025-11-21"
        assert second.equity_usd is not None
        assert first.equity_usd is not None
        assert second.equity_usd - first.equity_usd >= D(900), "the deposit is there"
        assert second.unit_value == pytest.approx(1.0, abs=1e-4), "and moved no unit"
        assert [line.day for line in history(host, days="1").days] == ["2025-11-22"]


def test_a_restarted_desk_still_knows_its_days_and_a_rebate_is_earned(tmp_path: Path) -> None:
    with FakeRig(journal=tmp_path / "desk.sqlite", options=SELDOM) as rig:
        host = Host(rig)
        rig.pass_time(400)
        (before,) = history(host).days
        assert before.unit_value == 1.0
        assert before.wear_bps is None, "nothing was traded"
        rig.pass_time(DAY_S)
        now = rig.clock.now_ns()
        rig.desk.journal.transfer("mk", Transfer("r1", TransferKind.REBATE, "USDT", D(2_000), now, now), D(1))
        rig.desk.journal.equity("2025-11-22", "mk", D(102_000), now)
        host.restarted()
        venue: Any = rig.mk
        venue.cash["USDT"] += 2_000
        rig.pass_time(400)
        rig.quote()
        first, second = history(host).days
        assert first == before
        assert second.unit_value == pytest.approx(202_000 / 200_000, abs=1e-6)
