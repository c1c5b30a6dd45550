"""`alarms` and `ack`: what stands, what stood, and the operator's word on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_kit import one_line, results, serving
from link_kit import TS, FakeDesk, alarm

from cockpit import locations
from cockpit.cli import main
from cockpit.link.messages import AckAlarm, Query
from cockpit.link.rows import AlarmRow

ACKED = AlarmRow("down/mk", "warning", "mk is down", TS, 3, acked_by="tui:op@host", acked_ts=TS + 1)
ESCALATED = AlarmRow("naked/L1", "critical", "L1 is naked", TS, escalated_ts=TS + 1, action="all entries stopped")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDesk]:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    places = locations.find()
    places.prepare()
    fake = FakeDesk()
    with serving(fake, places.desk_socket):
        yield fake


def answers(desk: FakeDesk, **by_name: object) -> None:
    desk.answer = results(by_name)


def test_what_waits_comes_first_and_what_is_acknowledged_says_so(
    desk: FakeDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.change(alarms=[ACKED, alarm(), ESCALATED])
    assert main(["alarms"]) == 0
    _head, first, second, third = capsys.readouterr().out.splitlines()
    assert all(word in first for word in ("naked/L1", "escalated", "all entries stopped", "L1 is naked"))
    assert all(word in second for word in ("a1", "critical", "naked 0.05 BTC"))
    assert all(word in third for word in ("down/mk", "warning", "tui:op@host"))
    assert main(["alarms", "--json"]) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == ["naked/L1", "a1", "down/mk"]
    assert main(["status"]) == 0
    page = capsys.readouterr().out
    assert "ALARM escalated: L1 is naked\n" in page
    assert "ALARM warning: mk is down (x3) (acknowledged by tui:op@host)\n" in page


def test_no_alarms_read_well(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.change(alarms=[])
    answers(desk, alarms=[])
    for argv in (["alarms"], ["alarms", "--all"]):
        assert main(argv) == 0
        assert capsys.readouterr().out == "no alarms\n"


def test_those_that_are_over_come_from_the_journal(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "id": "naked/L1",
        "first_ts": TS,
        "ended_ts": TS + 60_000_000_000,
        "level": "critical",
        "count": 7,
        "text": "L1 is naked",
        "acked_by": "",
        "escalated_ts": TS + 1,
        "action": "flatten F1-1 of all accounts begun",
    }
    answers(desk, alarms=[row])
    assert main(["alarms", "--from", "2025-11-21", "--to", "2025-11-22"]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert all(word in line for word in ("naked/L1", "escalated", "7", "flatten F1-1", "L1 is naked"))
    (asked,) = [command.verb for command in desk.commands]
    assert isinstance(asked, Query)
    assert set(asked.args) == {"from", "to"}
    assert main(["alarms", "--all", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [row]


@pytest.mark.parametrize(
    ("argv", "verb"),
    [
        (["down/mk"], AckAlarm("down/mk")),
        (["--all"], AckAlarm("all")),
        (["down/mk", "--drop"], AckAlarm("down/mk", drop=True)),
    ],
)
def test_ack_says_what_became_of_it(
    argv: list[str], verb: AckAlarm, desk: FakeDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(desk, AckAlarm={"acknowledged": ["down/mk", "defect/x"], "standing": ["down/mk"]})
    assert main(["ack", *argv]) == 0
    assert capsys.readouterr().out == "down/mk: stands until its cause is gone\ndefect/x: gone\n"
    assert [command.verb for command in desk.commands] == [verb]
    assert main(["ack", *argv, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["standing"] == ["down/mk"]


def test_ack_of_nothing(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    answers(desk, AckAlarm={"acknowledged": [], "standing": []})
    assert main(["ack", "naked/L9"]) == 1
    assert "'naked/L9' is no alarm that stands; see `cockpit alarms`" in one_line(capsys.readouterr().err)
    assert main(["ack", "--all"]) == 0
    assert capsys.readouterr().out == "no alarm waits for you\n"


@pytest.mark.parametrize("argv", [[], ["a1", "--all"]])
def test_ack_wants_one_or_all(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ack", *argv]) == 2
    assert "an alarm's ID, or --all" in one_line(capsys.readouterr().err)
