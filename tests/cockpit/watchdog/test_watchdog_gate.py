"""Live accounts of the watchdog: connected while the desk lets them trade, and left alone while they are read-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from desk_kit import D
from fake_venue import FakeVenue
from watchdog_kit import Dog, Shut, held, pair_left_behind

from cockpit.watchdog.account import WatchedAccount
from cockpit.watchdog.heart import Pulse
from cockpit.watchdog.reduce_only import ReduceOnlyVenue
from cockpit.watchdog.rules import Scope
from venues.model import Capabilities

SWITCH = Capabilities(dead_man_switch=True)


@contextmanager
def gated(tmp_path: Path, **options: Any) -> Iterator[tuple[Dog, Shut]]:
    """A watchdog to which mk is a live account, read-only so far."""
    with pair_left_behind(tmp_path, gated=("mk",), **options) as dog:
        account = dog.accounts["mk"]
        assert isinstance(account.gate, Shut)
        yield dog, account.gate


def make(venue: FakeVenue) -> WatchedAccount:
    return WatchedAccount(ReduceOnlyVenue(venue), Shut(venue))


def test_an_account_that_is_read_only_is_neither_connected_nor_touched(tmp_path: Path) -> None:
    with gated(tmp_path) as (dog, gate):
        dog.desk.lets["mk"] = False
        dog.beats(5)
        dog.die(60)
        assert gate.connects == []
        assert (dog.rig.mk.cancel_alls, dog.rig.mk.submitted) == (0, [])
        assert held(dog.rig.mk) == D("0.05")
        assert held(dog.rig.tk) == D("-0.05"), "its partner is kept"
        assert [text for text in dog.said("account") if text.startswith("mk")] == ["mk is read-only: left alone"]


def test_what_the_desk_does_not_speak_of_is_taken_for_read_only(tmp_path: Path) -> None:
    with gated(tmp_path, scope=Scope.ALL) as (dog, gate):
        dog.die(60)
        assert gate.connects == []
        assert held(dog.rig.mk) == D("0.05")
        assert held(dog.rig.tk) == 0, "with scope all"


def test_once_let_it_is_connected_to_trade_and_flattened_like_any(tmp_path: Path) -> None:
    with gated(tmp_path) as (dog, gate):
        dog.desk.lets["mk"] = True
        dog.beats(5)
        assert gate.connects == [False]
        dog.die(60)
        assert (held(dog.rig.mk), held(dog.rig.tk)) == (0, 0)
        assert dog.said("done") == ["every venue reads flat"]


def test_taken_back_its_switch_is_disarmed_and_it_is_hung_up(tmp_path: Path) -> None:
    with gated(tmp_path) as (dog, gate):
        dog.rig.mk.capabilities = SWITCH
        dog.desk.lets["mk"] = True
        dog.beats(10)
        assert dog.rig.mk.switch[-1] > 0
        dog.desk.lets["mk"] = False
        dog.beats(5)
        assert dog.rig.mk.switch[-1] == 0
        assert (gate.read_only, gate.closes) == (True, 1)
        dog.die(60)
        assert dog.rig.mk.cancel_alls == 0
        assert held(dog.rig.mk) == D("0.05")
        dog.desk.lets["mk"] = True
        dog.beats(5)
        assert gate.connects == [False, False]


def test_a_key_that_is_missing_is_told_and_the_connection_tried_again(tmp_path: Path) -> None:
    with gated(tmp_path) as (dog, gate):
        gate.refuse = "there is no key mk"
        dog.desk.lets["mk"] = True
        dog.beats(15)
        assert len(gate.connects) > 3
        assert "mk is down: there is no key mk" in dog.said("account")
        gate.refuse = ""
        dog.beats(15)
        assert dog.said("account")[-1].startswith("mk is up")


def test_a_desk_that_is_dead_changes_nothing_of_it(tmp_path: Path) -> None:
    with gated(tmp_path) as (dog, _gate):
        dog.desk.lets["mk"] = True
        dog.beats(5)
        dog.die(7.1)
        assert dog.watchdog.pulse is Pulse.DEAD
        dog.desk.lets["mk"] = False
        dog.die(60)
        assert held(dog.rig.mk) == 0
        assert dog.accounts["mk"].let


def test_trying_out_connects_to_watch_only(tmp_path: Path) -> None:
    with gated(tmp_path) as (dog, gate):
        account = make(dog.rig.mk)
        dog.rig.call(account.try_out, seconds=1.0)
        assert isinstance(account.gate, Shut)
        assert account.gate.connects == [True]
        assert account.up
        assert gate.read_only
        dog.rig.run(account.close())
