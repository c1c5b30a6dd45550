"""Going live: read-only until the name is typed, small at first, and never by mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk_kit import LIMITS
from fake_venue import D
from gated_kit import LiveRig
from msgspec.structs import replace

from cockpit.desk.desk import DeskOptions
from cockpit.desk.going_live import LiveRules
from cockpit.desk.loops import StopMode
from cockpit.desk.refusals import LaunchError
from strategies.params import ParamError
from strategies.protocol import Role
from venues.model import Mode, OrderStatus, Side, VenueListener, VenueRejected

PAIR = {"maker": "mk", "taker": "tk"}
LIFTED = LiveRules(first_order_usd=D(10**9), first_position_usd=D(10**9), first_leverage=D(1000))


def refusal(rig: LiveRig, name: str = "mk", **how: Any) -> str:
    account = rig.desk.accounts[name]
    with pytest.raises(LaunchError) as caught:
        rig.call(rig.desk.going_live.grant, account, **({"typed": name, "by": "op", "skip_rehearsal": True} | how))
    return str(caught.value)


def test_a_new_live_account_is_watched_only_and_no_order_of_any_role_leaves() -> None:
    with LiveRig() as rig:
        assert rig.venue("mk").connected_read_only == [True]
        account = rig.desk.accounts["mk"]
        assert account.up
        assert account.reconciled_ts, "it is reconciled all the same"
        for role in Role:
            assert "read-only: it is watched only; `cockpit live mk`" in account.refusal(role, True, named=True)
        with pytest.raises(LaunchError, match="maker: account mk is read-only"):
            rig.launch(**PAIR)
        owner = rig.desk.loops.desk_owner
        order = rig.call(
            rig.desk.executor.send, owner.next_id(Role.REDUCE), loop="", leg="", account="mk", symbol="BTCUSDT",
            side=Side.BUY, qty=D("0.001"), price=D(100_000), reduce_only=True,
        )  # fmt: skip
        assert order.status is OrderStatus.DENIED
        assert rig.venue("mk").submitted == []


def test_a_grant_wants_the_name_typed_the_account_up_and_a_rehearsal() -> None:
    with LiveRig({"mk": (Mode.LIVE, "lighter"), "pp": (Mode.PAPER, "okx")}) as rig:
        assert "typed: 'MK' is not the account's name; expected mk" in refusal(rig, typed="MK")
        assert "pp is a paper account" in refusal(rig, "pp")
        words = refusal(rig, skip_rehearsal=False)
        assert "lighter had 0 fills in rehearsal, expected 1" in words
        assert "--skip-rehearsal" in words
        rig.call(rig.venue("mk").lose, "no route")
        assert "mk is down: no route" in refusal(rig)
        rig.call(rig.venue("mk").come_back, seconds=1)
        rig.desk.accounts["mk"].suspect = "its reports differ"
        assert "mk is suspect: its reports differ" in refusal(rig)
        rig.desk.accounts["mk"].suspect = ""
        assert rig.venue("mk").connected_read_only == [True], "nothing was reconnected for any of these"
        rig.grant("mk")
        assert "mk trades already" in refusal(rig)


def test_a_grant_connects_anew_to_trade_and_is_journaled_over_a_restart(tmp_path: Path) -> None:
    with LiveRig(journal=tmp_path / "j.sqlite") as rig:
        rig.grant("mk", "tk")
        assert rig.venue("mk").connected_read_only == [True, False]
        assert any("trades real money from now on, by op, without a rehearsal" in line for line in rig.log)
        assert rig.launch(size="0.005", **PAIR).id == "L1"
        rig.crash()
        rig.start()
        assert rig.desk.accounts["mk"].read_only == ""
        assert rig.venue("mk").connected_read_only[-1] is False


def test_a_grant_does_not_move_to_another_address_under_the_same_name(tmp_path: Path) -> None:
    with LiveRig(journal=tmp_path / "j.sqlite") as rig:
        rig.venue("mk").endpoint = "http://127.0.0.1:1"
        rig.grant("mk")
        rig.crash()
        rig.venue("mk").endpoint = ""
        rig.start()
        assert "watched only" in rig.desk.accounts["mk"].read_only
        assert rig.venue("mk").connected_read_only[-1] is True
        assert any("was let trade on lighter" in line for line in rig.log)


def test_read_only_again_only_when_nothing_of_ours_is_there() -> None:
    with LiveRig(rules=LIFTED) as rig:
        going = rig.desk.going_live
        account = rig.desk.accounts["mk"]
        with pytest.raises(LaunchError, match="mk is read-only already"):
            rig.call(going.revoke, account, by="op")
        rig.grant("mk", "tk")
        loop = rig.launch(**PAIR)
        with pytest.raises(LaunchError, match="mk is traded by L1; stop it first"):
            rig.call(going.revoke, account, by="op")
        rig.call(rig.desk.loops.stop, loop, StopMode.NOW, seconds=1)
        order = rig.call(
            rig.desk.executor.send, rig.desk.loops.desk_owner.next_id(Role.OPEN), loop="", leg="", account="mk",
            symbol="BTCUSDT", side=Side.BUY, qty=D("0.001"), price=D(99_000),
        )  # fmt: skip
        rig.call(rig.venue("mk").ack, order.id)
        with pytest.raises(LaunchError, match="mk has orders at work"):
            rig.call(going.revoke, account, by="op")
        rig.call(rig.venue("mk").end, order.id)
        rig.call(going.revoke, account, by="op", seconds=0.5)
        assert "watched only" in account.read_only
        assert rig.venue("mk").connected_read_only == [True, False, True]


def test_the_first_session_is_small_and_its_limits_name_themselves() -> None:
    with LiveRig(limits=replace(LIMITS, max_leverage=D(5))) as rig:
        rig.grant("mk", "tk")
        words = rig.desk.going_live.words(rig.desk.accounts["mk"])
        assert words == "first session: order 500, position 2000 USD, 2x, 0/20 fills"
        with pytest.raises(ParamError) as caught:
            rig.launch(size="0.006", **PAIR)
        assert "at most 0.005000: max_order_notional_usd of mk is 500 USD" in str(caught.value)
        assert "`cockpit live --lift mk` lifts it" in str(caught.value)
        rig.launch(size="0.005", **PAIR)
        denied = rig.place(qty="0.006")
        assert denied.status is OrderStatus.DENIED
        assert "order value 600.00 USD is over max_order_notional_usd of mk 500" in denied.reason
        assert rig.venue("mk").submitted == []


def test_hedges_are_never_held_back_by_a_first_session() -> None:
    with LiveRig() as rig:
        rig.grant("mk", "tk")
        rig.launch(size="0.005", **PAIR)
        tk = rig.venue("tk")
        tk.on_submit = tk.fills_whole
        order = rig.place(qty="0.005", price="100000")
        rig.call(rig.venue("mk").fill, order.id, "0.005")
        assert [request.qty for request in tk.submitted] == [D("0.005")]


def test_fills_end_the_first_session_and_foreign_ones_do_not(tmp_path: Path) -> None:
    with LiveRig(rules=LiveRules(first_fills=2), journal=tmp_path / "j.sqlite") as rig:
        rig.grant("mk", "tk")
        rig.launch(size="0.005", **PAIR)
        going, account = rig.desk.going_live, rig.desk.accounts["mk"]
        rig.call(rig.venue("mk").foreign, Side.BUY, "0.001", "100000")
        assert "0/2 fills" in going.words(account)
        order = rig.place(qty="0.004", price="100000")
        rig.call(rig.venue("mk").fill, order.id, "0.002")
        assert "1/2 fills" in going.words(account)
        assert account.ceiling is not None
        rig.call(rig.venue("mk").fill, order.id, "0.002")
        assert going.words(account) == ""
        assert account.ceiling is None
        assert any("its first session is over" in line for line in rig.log)
        rig.crash()
        rig.start()
        assert going is not rig.desk.going_live
        assert rig.desk.going_live.words(rig.desk.accounts["mk"]) == "", "counted from the journal again"


def test_a_day_after_its_first_fill_the_first_session_is_over() -> None:
    with LiveRig(options=DeskOptions(linger_s=0, watch_s=1800, reconcile_s=1800)) as rig:
        rig.grant("mk", "tk")
        rig.pass_time(90_000)
        account = rig.desk.accounts["mk"]
        assert account.ceiling is not None, "a day without a fill teaches nothing"
        rig.quote()
        rig.launch(size="0.005", **PAIR)
        order = rig.place(qty="0.005", price="100000")
        rig.call(rig.venue("mk").fill, order.id, "0.001")
        rig.pass_time(80_000)
        assert account.ceiling is not None
        rig.pass_time(10_000)
        assert account.ceiling is None


def test_limits_are_lifted_by_hand_once_and_for_good(tmp_path: Path) -> None:
    with LiveRig(rules=LiveRules(max_leverage={"mk": D(3)}), journal=tmp_path / "j.sqlite") as rig:
        going, account = rig.desk.going_live, rig.desk.accounts["mk"]
        with pytest.raises(LaunchError, match="mk is read-only; `cockpit live mk` comes first"):
            rig.call(going.lift, account, by="op")
        rig.grant("mk")
        assert account.ceiling is not None
        assert account.ceiling.leverage == 2, "the smaller of both"
        rig.call(going.lift, account, by="op")
        assert account.ceiling.order_usd is None
        assert account.ceiling.leverage == 3, "what the configuration says stays"
        with pytest.raises(LaunchError, match="no first-session limits any more"):
            rig.call(going.lift, account, by="op")
        rig.crash()
        rig.start()
        assert rig.desk.going_live.words(rig.desk.accounts["mk"]) == ""


def test_fills_of_loops_in_rehearsal_count_for_their_venue() -> None:
    modes = {"mk": (Mode.REHEARSAL, "lighter"), "tk": (Mode.REHEARSAL, "okx"), "real": (Mode.LIVE, "lighter")}
    with LiveRig(modes) as rig:
        rig.launch(size="0.005", **PAIR)
        rig.call(rig.venue("mk").foreign, Side.BUY, "0.001", "100000")
        rig.desk.journal.flush()
        assert rig.desk.going_live.rehearsed("lighter") == 0, "a trade by hand is no rehearsal"
        order = rig.place(qty="0.005", price="100000")
        rig.call(rig.venue("mk").fill, order.id, "0.005")
        rig.desk.journal.flush()
        assert rig.desk.going_live.rehearsed("lighter") == 1
        account = rig.desk.accounts["real"]
        rig.call(rig.desk.going_live.grant, account, typed="real", by="op", seconds=0.5)
        assert account.read_only == ""
        assert not any("without a rehearsal" in line for line in rig.log)


def test_an_account_of_ones_own_server_needs_no_grant() -> None:
    with LiveRig(rules=LiveRules(open=frozenset({"mk"}))) as rig:
        assert rig.desk.accounts["mk"].read_only == ""
        assert rig.venue("mk").connected_read_only == [False]
        assert rig.desk.accounts["tk"].read_only
        assert rig.desk.accounts["mk"].ceiling is not None, "small at first all the same"


def test_what_a_venue_refuses_for_good_is_alarmed_once_and_tried_again() -> None:
    rig = LiveRig()
    mk = rig.venue("mk")
    added: list[str] = []
    real = mk.connect

    async def refuses(listener: VenueListener) -> None:
        if not added:
            raise VenueRejected("no key named mk; `cockpit keys add mk` adds one")
        await real(listener)

    mk.connect = refuses  # type: ignore[method-assign]  # a key that is added while the desk runs
    with rig:
        alarm = rig.desk.alarms.active.get("connect/mk")
        assert alarm is not None
        assert alarm.critical
        assert "`cockpit keys add mk`" in alarm.text
        assert alarm.count == 1, "the same again is no news"
        assert rig.desk.accounts["tk"].up, "the others are up"
        added.append("the key")
        rig.until(lambda: rig.desk.accounts["mk"].up)
        assert "connect/mk" not in rig.alarms


def test_a_defect_of_an_adapter_is_told_by_name_and_does_not_take_the_account_for_good() -> None:
    rig = LiveRig()
    mk = rig.venue("mk")
    mended: list[str] = []
    real = mk.connect

    async def breaks(listener: VenueListener) -> None:
        if not mended:
            raise TypeError("a float came where text was due")
        await real(listener)

    mk.connect = breaks  # type: ignore[method-assign]  # an adapter that breaks on what its venue says
    rig.start()
    assert "TypeError: a float came where text was due" in rig.alarms["defect/connecting mk"]
    assert rig.desk.accounts["tk"].up
    mended.append("")
    rig.until(lambda: rig.desk.accounts["mk"].reconciled_ts)
    rig.desk.alarms.clear("defect/connecting mk")
    rig.__exit__(None)
