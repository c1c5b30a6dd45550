"""Who may stand in one loop, and that our accounts of one venue never trade with each other."""

from __future__ import annotations

import pytest
from fake_venue import D
from gated_kit import LiveRig

from cockpit.desk.going_live import LiveRules
from cockpit.desk.pairing import loop_mode
from cockpit.desk.refusals import LaunchError
from strategies.protocol import Role
from venues.model import Mode, OrderStatus, Side

OPEN = LiveRules(
    first_order_usd=D(10**9), first_position_usd=D(10**9), first_leverage=D(1000), open=frozenset({"mk", "tk", "t2"})
)
LIVE, PAPER, REHEARSAL = Mode.LIVE, Mode.PAPER, Mode.REHEARSAL


@pytest.mark.parametrize(("one", "two"), [(LIVE, PAPER), (LIVE, REHEARSAL), (PAPER, REHEARSAL)])
def test_kinds_are_not_mixed_unless_asked(one: Mode, two: Mode) -> None:
    with LiveRig({"mk": (one, "lighter"), "tk": (two, "okx")}, rules=OPEN) as rig:
        with pytest.raises(LaunchError) as caught:
            rig.launch()
        said = str(caught.value)
        assert f"mk is {one.upper()}, tk is {two.upper()}" in said
        assert "--mix" in said
        assert rig.desk.loops.all == {}
        loop = rig.call(rig.desk.loops.launch, "idle", {}, mix=True)
        assert loop_mode(rig.desk, loop.legs) == "mixed"


@pytest.mark.parametrize("mode", [LIVE, REHEARSAL])
def test_maker_and_taker_on_one_venue_are_refused_where_it_could_be_wash_trading(mode: Mode) -> None:
    with LiveRig({"mk": (mode, "lighter"), "tk": (mode, "lighter")}, rules=OPEN) as rig:
        with pytest.raises(LaunchError) as caught:
            rig.launch()
        assert "maker and taker are both on lighter: their orders could trade with each other" in str(caught.value)
    with LiveRig({"mk": (PAPER, "lighter"), "tk": (PAPER, "lighter")}) as rig:
        assert loop_mode(rig.desk, rig.launch().legs) == "paper", "the paper exchange keeps its accounts apart"


def test_mids_two_percent_apart_are_another_coin_or_unit() -> None:
    with LiveRig(rules=OPEN) as rig:
        rig.quote("102099.5", "102100.5", "tk")
        with pytest.raises(LaunchError) as caught:
            rig.launch()
        assert "mk and tk: BTCUSDT is at 100000.0 and BTCUSDT at 102100.0: 2.1 % apart per BTC" in str(caught.value)
        rig.quote("101899.5", "101900.5", "tk")
        rig.launch()


def test_an_account_that_is_set_up_wrong_at_its_venue_is_refused_with_the_mend() -> None:
    with LiveRig(rules=OPEN) as rig:
        rig.venue("tk").unfit = ("it is in hedge mode (set one-way mode at the venue)",)
        with pytest.raises(LaunchError, match=r"taker: account tk: it is in hedge mode \(set one-way"):
            rig.launch()
        rig.venue("tk").unfit = ()
        rig.launch()


def rig_of_three() -> LiveRig:
    """`tk` hedges for `mk`; `t2` is another account of ours on `tk`'s venue."""
    return LiveRig({"mk": (LIVE, "lighter"), "tk": (LIVE, "okx"), "t2": (LIVE, "okx")}, rules=OPEN)


def rest(rig: LiveRig, account: str, side: Side, price: str) -> str:
    """An order of ours that rests there."""
    order = rig.call(
        rig.desk.executor.send, rig.desk.loops.desk_owner.next_id(Role.OPEN), loop="", leg="", account=account,
        symbol="BTCUSDT", side=side, qty=D("0.05"), price=D(price),
    )  # fmt: skip
    assert order.status is not OrderStatus.DENIED, order.reason
    rig.call(rig.venue(account).ack, order.id)
    return str(order.id)


@pytest.mark.parametrize(
    ("side", "price", "held"), [("buy", "100100", True), ("buy", "100099.5", False), ("sell", "100100", False)]
)
def test_an_entry_that_would_meet_our_own_order_is_held_back(side: str, price: str, held: bool) -> None:
    with rig_of_three() as rig:
        resting = rest(rig, "t2", Side.SELL, "100100")
        rig.launch(maker="tk", taker="mk")
        order = rig.place(Side(side), price=price)
        assert (order.status is OrderStatus.DENIED) is held
        if held:
            assert order.reason == f"it would trade with our own order {resting} of t2 at 100100"
        assert rig.venue("t2").cancelled == [], "it is the entry that waits"


def test_a_hedge_takes_our_own_order_out_of_its_way_and_then_goes() -> None:
    with rig_of_three() as rig:
        resting = rest(rig, "t2", Side.BUY, "99990")
        rig.launch()
        tk = rig.venue("tk")
        tk.on_submit = tk.fills_whole
        order = rig.place(Side.BUY, price="100000")
        rig.call(rig.venue("mk").fill, order.id, "0.05", seconds=0.02)
        assert tk.submitted == []
        assert rig.venue("t2").cancelled == [resting]
        rig.call(rig.venue("t2").end, resting)
        rig.until(lambda: len(tk.submitted) == 1, seconds=5)
        assert rig.held("tk") == D("-0.05")


def test_paper_accounts_and_emergencies_are_not_held_back() -> None:
    with LiveRig({"mk": (PAPER, "lighter"), "tk": (PAPER, "okx"), "t2": (PAPER, "okx")}) as rig:
        rest(rig, "t2", Side.SELL, "100100")
        rig.launch(maker="tk", taker="mk")
        assert rig.place(price="100100").status is not OrderStatus.DENIED
    with rig_of_three() as rig:
        rest(rig, "t2", Side.SELL, "100100")
        order = rig.call(
            rig.desk.executor.send, rig.desk.loops.desk_owner.next_id(Role.FLATTEN), loop="", leg="", account="tk",
            symbol="BTCUSDT", side=Side.BUY, qty=D("0.05"), price=D("100100"), reduce_only=True,
        )  # fmt: skip
        assert order.status is not OrderStatus.DENIED
