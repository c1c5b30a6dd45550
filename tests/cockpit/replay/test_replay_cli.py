"""`cockpit replay` where it cannot show anything: one line that says why, and an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from replay_kit import Session, record

from cockpit.cli import main
from cockpit.commands import replay as command
from cockpit.desk.journal_file import connect_rw


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "on_terminal", lambda: True)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return record(tmp_path_factory.mktemp("journal") / "journal.sqlite")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    return err


def test_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay"]) == 2
    assert "needs a terminal" in said(capsys)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("speed", ["0", "-1", "5000"])
def test_a_speed_that_cannot_be(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--speed", speed]) == 2
    assert f"--speed {speed}" in said(capsys)


@pytest.mark.usefixtures("terminal")
def test_a_journal_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path / "nowhere.sqlite")]) == 1
    assert "there is no such file" in said(capsys)
    assert main(["replay"]) == 1
    assert "journal.sqlite: there is no such file" in said(capsys), "its own desk's, where none is named"


@pytest.mark.usefixtures("terminal")
def test_a_time_that_is_none(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(session.path), "--from", "yesterday"]) == 1
    assert "'yesterday' is no time" in said(capsys)


@pytest.mark.usefixtures("terminal")
def test_a_journal_of_an_older_schema_is_not_touched(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.sqlite"
    old.write_bytes(session.path.read_bytes())
    connection = connect_rw(str(old))
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert main(["replay", str(old)]) == 1
    assert "has schema 1" in said(capsys)
