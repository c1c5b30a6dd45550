"""`cockpit watchdog` where it cannot even start."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli_kit import one_line

from cockpit import locations
from cockpit.cli import main


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> locations.Locations:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    return locations.find()


def test_a_configuration_that_is_not_there_or_wrong_is_named(
    places: locations.Locations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watchdog", "--config", str(tmp_path / "none.toml")]) == 1
    assert "is not a file; expected a config.toml" in one_line(capsys.readouterr().err)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[watchdog]\ndeadline_s = 1\n")
    assert main(["watchdog", "--config", str(wrong)]) == 1
    said = one_line(capsys.readouterr().err)
    assert "[watchdog] deadline_s = 1: expected" in said
    assert ">= 8" in said


def test_a_flag_that_is_none_is_the_command_line_s_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watchdog", "--chek"]) == 2
    assert "unrecognized arguments: --chek" in one_line(capsys.readouterr().err)


REHEARSAL = """
[[account]]
name = "r1"
venue = "okx"
mode = "rehearsal"
"""
LIVE = """
[live]
bases = ["BTC"]

[[account]]
name = "l1"
venue = "okx"
mode = "live"
keys = "main"
"""


def test_it_watches_paper_and_live_and_says_what_it_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cockpit.watchdog import process

    taken: list[process.Setting] = []

    def run(setting: process.Setting, *, as_json: bool, check: bool) -> int:
        taken.append(setting)
        return 0

    monkeypatch.setattr(process, "main", run)
    told: list[str] = []
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=told.append, flush=lambda: None))
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path))
    file = tmp_path / "config.toml"
    file.write_text(REHEARSAL)
    assert main(["watchdog", "--config", str(file)]) == 1
    assert "there is no account to watch: rehearsals end with the desk" in "".join(told)
    assert taken == []
    told.clear()
    file.write_text(LIVE + REHEARSAL + '[[account]]\nname = "p1"\nvenue = "okx"\n')
    assert main(["watchdog", "--config", str(file)]) == 0
    assert "not watched, for a rehearsal ends with the desk: r1" in "".join(told)
    (setting,) = taken
    assert setting.mine == ("l1", "p1")
    assert setting.accounts == ("l1", "r1", "p1"), "the others are still told of"
    assert [(account.name, account.keys_name) for account in setting.live] == [("l1", "main")]
    assert setting.bases == ("BTC",)


def test_a_passphrase_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watchdog", "--passphrase-fd", "1"]) == 1
    assert "cockpit watchdog: --passphrase-fd 1: expected the number of a descriptor" in one_line(
        capsys.readouterr().err
    )
