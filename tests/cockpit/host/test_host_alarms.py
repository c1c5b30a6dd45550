"""Alarms over the link: acknowledged by id or all at once, taken off, and read back from the journal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from desk_kit import FakeRig
from host_kit import Host

from cockpit.link import messages as m
from venues.model import NS_PER_S, Side


@pytest.fixture
def rig() -> Iterator[FakeRig]:
    with FakeRig() as rig:
        yield rig


@pytest.fixture
def host(rig: FakeRig) -> Host:
    return Host(rig)


def test_an_alarm_is_acknowledged_once(rig: FakeRig, host: Host) -> None:
    rig.at(rig.mk, "foreign", Side.BUY, "0.3", "100000")
    (alarm,) = host.tables().alarms
    assert "manual trade on mk" in alarm.text
    assert host.ok(m.AckAlarm(alarm.id)) == {"acknowledged": [alarm.id], "standing": []}
    assert host.tables().alarms == []
    assert host.ok(m.AckAlarm(alarm.id)) == {"acknowledged": [], "standing": []}


def test_what_lasts_is_acknowledged_and_stands(rig: FakeRig, host: Host) -> None:
    rig.call(rig.desk.alarms.sound, "down/mk", "warning", "mk is down")
    rig.at(rig.mk, "foreign", Side.BUY, "0.3", "100000")
    found = host.ok(m.AckAlarm("all"))
    assert found == {"acknowledged": ["down/mk", "foreign/mk/BTCUSDT"], "standing": ["down/mk"]}
    (row,) = host.tables().alarms
    assert (row.id, row.acked_by, row.acked_ts > 0) == ("down/mk", "cli:op@host", True)
    assert host.ok(m.AckAlarm("all")) == {"acknowledged": [], "standing": []}
    assert host.ok(m.AckAlarm("all", drop=True)) == {"acknowledged": ["down/mk"], "standing": []}
    assert host.tables().alarms == []


def test_the_history_of_alarms_has_each_time_it_stood(rig: FakeRig, host: Host) -> None:
    for text in ("first", "second"):
        rig.call(rig.desk.alarms.sound, "down/mk", "warning", text, seconds=1)
        rig.call(rig.desk.alarms.clear, "down/mk", seconds=1)
    rows = host.ok(m.Query("alarms"))
    assert [(row["id"], row["text"], row["active"]) for row in rows] == [
        ("down/mk", "first", False),
        ("down/mk", "second", False),
    ]
    assert rows[0]["ended_ts"] - rows[0]["first_ts"] >= NS_PER_S
    assert host.ok(m.Query("alarms", {"from": str(rows[1]["first_ts"])})) == rows[1:]
    assert host.ok(m.Query("alarms", {"to": str(rows[1]["first_ts"])})) == rows[:1]
    assert "from: 'x' is not a time" in host.no(m.Query("alarms", {"from": "x"}))
