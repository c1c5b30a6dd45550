"""`flatten` and `reduce`: success only when the desk says that every venue reads flat."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cli_kit import one_line, results, serving
from link_kit import FakeDesk, flatten_row

from cockpit import locations
from cockpit.cli import main
from cockpit.commands import emergency
from cockpit.link.messages import Ack, Command, Flatten, Query, Reduce
from cockpit.link.rows import FlattenRow


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    return locations.find()


@pytest.fixture
def desk(places: locations.Locations) -> Iterator[FakeDesk]:
    fake = FakeDesk()
    with serving(fake, places.desk_socket):
        yield fake


class FlatteningDesk:
    """Answers a flatten's progress from a list, the last for ever."""

    def __init__(self, desk: FakeDesk, rows: list[FlattenRow]) -> None:
        self.rows = rows
        desk.answer = self.answer

    def answer(self, command: Command) -> Ack:
        if not isinstance(command.verb, Query):
            return Ack(command.id, ok=True, result=msgspec.Raw(b'{"id": "f1"}'))
        row = self.rows.pop(0) if len(self.rows) > 1 else self.rows[0]
        return Ack(command.id, ok=True, result=msgspec.Raw(msgspec.json.encode(row)))


def test_flatten_succeeds_only_when_every_venue_reads_flat(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    working = flatten_row(text="3 legs left", legs=("lighter BTC: closing",))
    FlatteningDesk(desk, [working, working, flatten_row(state="blocked"), flatten_row(state="flat", text="all flat")])
    assert main(["flatten", "--all", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "ok": True,
        "id": "f1",
        "kind": "flatten",
        "state": "flat",
        "accounts": ["lighter"],
        "text": "all flat",
        "legs": [],
        "ts": 1_763_715_600_000_000_000,
    }
    assert err == ""
    assert desk.commands[0].verb == Flatten()


def test_flatten_that_is_blocked_names_legs_and_exposure_and_fails(
    desk: FakeDesk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emergency, "BLOCKED_S", 0.0)
    blocked = flatten_row(
        state="blocked", legs=("lighter BTC-PERP 0.05: venue down",), text="would keep 0.05 BTC naked"
    )
    FlatteningDesk(desk, [blocked])
    argv = ["flatten", "--account", "lighter", "--account", "grvt", "--scope", "all", "--name", "grvt"]
    assert main(argv) == 1
    out, err = capsys.readouterr()
    assert "blocked: would keep 0.05 BTC naked" in out
    assert "not closed: lighter BTC-PERP 0.05: venue down" in out
    assert "the desk goes on trying until `cockpit flatten --cancel f1`" in err
    assert desk.commands[0].verb == Flatten(("lighter", "grvt"), "all", ("grvt",))
    assert main(["flatten", "--all", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["legs"] == ["lighter BTC-PERP 0.05: venue down"]


def test_flatten_out_of_patience(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    FlatteningDesk(desk, [flatten_row(text="2 legs left")])
    assert main(["flatten", "--all", "--timeout", "0.2"]) == 1
    assert "goes on trying" in capsys.readouterr().err


def test_flatten_cancelled_by_somebody_else_is_no_success(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    FlatteningDesk(desk, [flatten_row(state="cancelled", text="cancelled by tui:a@b")])
    assert main(["flatten", "--all"]) == 1
    assert "goes on trying" not in capsys.readouterr().err


def test_handing_over_without_waiting_is_not_success_either(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    FlatteningDesk(desk, [flatten_row()])
    assert main(["flatten", "--all", "--no-wait", "--json"]) == 4
    assert json.loads(capsys.readouterr().out)["ok"] is False


def test_reduce(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> None:
    done = msgspec.structs.replace(flatten_row(state="done"), kind="reduce")
    FlatteningDesk(desk, [done])
    assert main(["reduce", "--all", "--fraction", "0.5"]) == 0
    assert desk.commands[0].verb == Reduce("0.5")
    capsys.readouterr()


@pytest.mark.parametrize("answer", [None, {"state": "flat"}, []])
def test_an_answer_that_says_nothing_is_never_flat(
    answer: object, desk: FakeDesk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.answer = results({"Flatten": {"id": "f1"}, "flatten": answer})
    assert main(["flatten", "--all"]) == 1
    assert "does not say how f1 is" in one_line(capsys.readouterr().err)
    desk.answer = results({"Flatten": None})
    assert main(["flatten", "--all"]) == 1
    assert "named no id" in one_line(capsys.readouterr().err)
