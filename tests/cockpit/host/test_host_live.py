"""The operator's `live` command, what clients see of it, and emergencies beside accounts that are only watched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gated_kit import LiveRig
from host_kit import Host

from cockpit.link import messages as m
from cockpit.link.rows import AccountRow
from venues.model import Mode

MODES = {
    "mk": (Mode.LIVE, "lighter"),
    "tk": (Mode.LIVE, "okx"),
    "pp": (Mode.PAPER, "lighter"),
    "pq": (Mode.PAPER, "okx"),
    "rr": (Mode.REHEARSAL, "okx"),
}
PAIR = {"maker": "mk", "taker": "tk", "size": "0.005"}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[LiveRig]:
    with LiveRig(MODES, journal=tmp_path / "j.sqlite") as rig:
        yield rig


@pytest.fixture
def host(rig: LiveRig) -> Host:
    return Host(rig)


def on(name: str) -> m.GoLive:
    return m.GoLive(name, "on", name, skip_rehearsal=True)


def row(host: Host, name: str) -> AccountRow:
    (found,) = (row for row in host.tables().accounts if row.name == name)
    return found


def test_refusals_of_the_command_name_what_would_be_right(host: Host) -> None:
    assert "account: 'nobody' is not known; expected one of mk, tk, pp" in host.no(m.GoLive("nobody"))
    assert "what: 'up' is not valid; expected on, off or lift" in host.no(m.GoLive("mk", "up"))
    assert "typed: '' is not the account's name; expected mk" in host.no(m.GoLive("mk"))
    assert "rehearsal: lighter had 0 fills" in host.no(m.GoLive("mk", "on", "mk"))
    assert "rr is a rehearsal account" in host.no(on("rr"))
    assert "mk is read-only already" in host.no(m.GoLive("mk", "off"))


def test_the_first_answer_stands_and_is_journaled_with_who_and_when(host: Host) -> None:
    command = m.Command("same", "cli:op@host", on("mk"))
    first = host.rig.run(host.desk_host.execute(command))
    assert first.ok, first.error
    again = host.rig.run(host.desk_host.execute(command))
    assert again == first, "no second grant, no refusal either"
    journaled = host.rig.desk.journal.reader().command("same")
    assert journaled is not None
    assert journaled.origin == "cli:op@host"
    assert "go_live" in journaled.verb


def test_rows_tell_what_each_account_may_do(host: Host, rig: LiveRig) -> None:
    assert row(host, "mk").live == "read-only"
    assert row(host, "pp").live == ""
    assert row(host, "rr").mode is Mode.REHEARSAL
    answer = host.ok(on("mk"), seconds=0.5)
    assert answer["trades"] is True
    assert answer["text"].startswith("first session: order 500")
    assert row(host, "mk").live == answer["text"]
    assert host.ok(m.GoLive("mk", "lift"))["text"] == ""
    assert row(host, "mk").live == ""
    rig.quote()
    assert host.ok(m.GoLive("mk", "off"), seconds=0.5) == {"account": "mk", "trades": False, "text": "read-only"}
    assert row(host, "mk").live == "read-only"


def test_a_launch_says_what_kind_of_money_it_moves(host: Host, rig: LiveRig) -> None:
    host.ok(on("mk"), seconds=0.5)
    host.ok(on("tk"), seconds=0.5)
    rig.quote()
    asked = host.ok(m.Query("reach", {"strategy": "idle", **PAIR}))
    assert asked["modes"] == ["live"]
    assert "mk: first session: order 500" in asked["text"]
    assert host.ok(m.Launch("idle", PAIR)) == {"loop": "L1"} | asked
    mixed = {"maker": "pp", "taker": "rr"}
    assert "pp is PAPER, rr is REHEARSAL" in host.no(m.Launch("idle", mixed))
    assert host.ok(m.Launch("idle", mixed, mix=True))["modes"] == ["paper", "rehearsal"]
    assert {loop.id: loop.mode for loop in host.tables().loops} == {"L1": "live", "L2": "mixed"}


def test_an_emergency_leaves_alone_what_is_only_watched(host: Host, rig: LiveRig) -> None:
    assert "account: mk is read-only" in host.no(m.Flatten(accounts=("mk",)))
    assert "account: mk is read-only" in host.no(m.Reduce("0.5", accounts=("pp", "mk")))
    flat = host.ok(m.Flatten(), seconds=3)
    assert flat["accounts"] == ["pp", "pq", "rr"]
    assert rig.venue("mk").cancel_alls == 0
    assert rig.venue("pp").cancel_alls > 0


def test_where_all_are_watched_there_is_nothing_to_close() -> None:
    with LiveRig() as rig:
        assert "every account is read-only" in Host(rig).no(m.Flatten())


def test_a_grant_and_the_limits_that_were_lifted_outlive_a_kill(host: Host) -> None:
    host.ok(on("mk"), seconds=0.5)
    host.ok(m.GoLive("mk", "lift"))
    host.restarted()
    assert row(host, "mk").live == ""
    assert host.rig.desk.accounts["mk"].read_only == ""
    assert row(host, "tk").live == "read-only"
