"""`cockpit watchdog` where it cannot even start."""

from __future__ import annotations

from pathlib import Path

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
