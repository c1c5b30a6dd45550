"""How far a loop can stretch its accounts: reckoned before it is launched, and bounded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_kit import LIMITS, D, FakeRig
from fake_venue import inverse
from msgspec.structs import replace

from cockpit.desk.loops import StopMode
from cockpit.desk.reach import Reach, words_of
from cockpit.desk.refusals import LaunchError
from strategies.params import ParamError
from venues.model import Side

HEDGE = {"maker": "mk", "taker": "tk", "ticker": "BTC", "size": "0.05"}


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    """100,000 USDT on each account, the coin at 100,000, at most three times leveraged."""
    with FakeRig(limits=replace(LIMITS, max_leverage=D(3))) as rig:
        yield rig


def gross(rig: FakeRig, **params: str) -> dict[str, str]:
    found = rig.desk.loops.preview("hedge", HEDGE | params)
    return {reach.account: f"{reach.gross_usd:.0f}" for reach in found}


def test_it_is_the_largest_position_and_one_step_on_each_account(rig: FakeRig) -> None:
    assert gross(rig) == {"mk": "10000", "tk": "10000"}
    assert gross(rig, max_position="0.5") == {"mk": "55000", "tk": "55000"}


def test_leverage_and_distance_are_those_of_one_position_of_that_size(rig: FakeRig) -> None:
    (maker, _taker) = rig.desk.loops.preview("hedge", HEDGE | {"max_position": "1.95"})
    assert (maker.leverage, maker.equity_usd) == (D(2), D(100_000))
    assert maker.distance_pct == D("48.51"), "(1/2 - 1 %) ÷ 101 %"
    assert maker.words == "2.00x on mk (liquidation about 49 % away)"


def test_what_is_held_besides_and_other_loops_count(rig: FakeRig) -> None:
    rig.at(rig.mk, "foreign", Side.SELL, "0.3", "100000")
    assert gross(rig)["mk"] == "40000"
    loop = rig.launch(size="0.2")
    assert gross(rig)["mk"] == "80000"
    rig.call(rig.desk.loops.stop, loop, StopMode.NOW, seconds=1)
    assert gross(rig)["mk"] == "40000"


def test_what_a_loop_holds_beyond_its_own_bound_counts_as_held(rig: FakeRig) -> None:
    rig.launch(size="0.05")
    rig.tk.on_submit = rig.tk.fills_whole
    rig.at(rig.mk, "fill", rig.place(qty="0.4").id, "0.4", tell_order=True, seconds=1)
    assert gross(rig)["mk"] == "50000", "0.4 held, and 0.1 of the new one"


def test_contracts_of_an_inverse_venue_count_by_their_coin() -> None:
    with FakeRig(taker=inverse()) as rig:
        assert gross(rig) == {"mk": "10000", "tk": "10000"}


def test_a_launch_that_could_pass_the_limit_is_refused_and_names_the_account(rig: FakeRig) -> None:
    with pytest.raises(ParamError) as told:
        rig.launch("hedge", **HEDGE, max_position="3")
    text = str(told.value)
    assert text.startswith("max_position: '3' is not valid")
    assert "mk could come to 305,000 USD on 100,000 USD of equity" in text
    assert "max_leverage is 3" in text
    with pytest.raises(ParamError, match=r"size: '1\.6' is not valid; expected less"):
        rig.launch("hedge", **(HEDGE | {"size": "1.6"}))
    assert rig.desk.loops.all == {}
    rig.launch("hedge", **HEDGE, max_position="2.95")
    assert any("leverage at the most 3.00x on mk" in line for line in rig.log)


def test_a_live_change_is_bounded_too_and_one_that_lessens_never_refused(rig: FakeRig) -> None:
    loop = rig.launch("hedge", **HEDGE, max_position="2.5")
    with pytest.raises(ParamError, match="max_position: '3' is not valid"):
        rig.desk.loops.set_params("L1", {"max_position": "3"}, origin="t", command_id="1")
    with pytest.raises(ParamError, match="max_leverage is 3"):
        rig.desk.loops.set_params("L1", {"size": "0.8"}, origin="t", command_id="2")
    assert loop.pending == {}
    rig.mk.cash["USDT"] = D(10_000)
    rig.pass_time(6)
    rig.call(rig.desk.loops.set_params, "L1", {"max_position": "2"}, origin="t", command_id="3")


def test_an_account_with_nothing_on_it_bears_no_leverage(rig: FakeRig) -> None:
    rig.mk.cash["USDT"] = D(0)
    rig.pass_time(6)
    (maker, _taker) = rig.desk.loops.preview("hedge", HEDGE)
    assert maker.words == "10,000 USD on mk, which has no equity"
    with pytest.raises(ParamError, match="0 USD of equity"):
        rig.launch("hedge", **HEDGE)


def test_an_equity_that_is_not_known_is_said(rig: FakeRig) -> None:
    rig.desk.accounts["mk"].balances.clear()
    (maker, _taker) = rig.desk.loops.preview("hedge", HEDGE)
    assert maker.words == "10,000 USD on mk (its equity is not known)"


def test_the_venues_own_maintenance_is_taken_once_it_shows(rig: FakeRig) -> None:
    rig.at(rig.mk, "foreign", Side.BUY, "1", "100000", seconds=6)
    account = rig.desk.accounts["mk"]
    account.balances = {"USDT": replace(account.balances["USDT"], maintenance=D(5000))}
    (maker, _taker) = rig.desk.loops.preview("hedge", HEDGE | {"max_position": "0.95"})
    assert maker.leverage == 2
    assert maker.distance_pct == D("42.86"), "(1/2 - 5 %) ÷ 105 %"


def test_words_for_the_operator() -> None:
    reaches = [Reach("a", D(500), D(1000), D("0.5"), D("196.04")), Reach("b", D(500), D(100), D(5), D("18.81"))]
    assert words_of(reaches) == (
        "leverage at the most 0.50x on a (liquidation further than 100 % away), "
        "5.00x on b (liquidation about 19 % away)"
    )


def test_a_preview_of_nonsense_names_it(rig: FakeRig) -> None:
    with pytest.raises(LaunchError, match="strategy: 'grid' is not known"):
        rig.desk.loops.preview("grid", {})
    with pytest.raises(ParamError, match="size: 'x' is not valid"):
        rig.desk.loops.preview("hedge", HEDGE | {"size": "x"})
