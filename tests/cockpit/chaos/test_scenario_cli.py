"""`cockpit chaos --scenario`."""

from __future__ import annotations

import json

import pytest

from cockpit.chaos.cli import main
from cockpit.chaos.scenario_file import names

NAME = "hummingbot-2501-fill-during-cancel"


def test_a_name_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "no-such"]) == 2
    assert "'no-such' is not known; expected one of" in capsys.readouterr().err


def test_a_defect_fails_the_story_and_shows_how_to_see_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", NAME, "--mutant", "forget-on-cancel"]) == 1
    out = capsys.readouterr().out
    assert f"FAILED  {NAME} with forget-on-cancel" in out
    assert "VIOLATION exposure_after_quiet" in out
    assert f"replay: cockpit chaos --scenario {NAME} --mutant forget-on-cancel" in out


def test_a_defect_that_a_story_does_not_show_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", NAME, "--mutant", "dust-dropped"]) == 0
    assert "dust-dropped was not caught" in capsys.readouterr().out


def test_the_story_is_told_with_what_the_desk_made_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", NAME]) == 0
    out = capsys.readouterr().out
    assert "What the peer does." in out
    assert "Before the cancel is there, somebody sells 0.4 into it." in out
    assert "! fault     cancel_raced maker" in out
    assert "sends taker hedge sell 0.400" in out
    assert f"passed  {NAME}" in out


def test_a_story_by_the_wall_clock_is_stamped_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "night-2025-10-11"]) == 0
    assert "23:53:00.000  Lighter goes dark." in capsys.readouterr().out


def test_json_holds_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", NAME, "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["scenario"], verdict["ok"], verdict["unmet"], verdict["violations"]) == (NAME, True, "", [])
    assert verdict["sim_s"] > 10
    assert verdict["hedge_fills"] == 3


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == names()
    assert main(["--scenario", "list", "--json"]) == 0
    assert [row["scenario"] for row in json.loads(capsys.readouterr().out)] == names()


def test_all_in_one_go(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    few = [NAME, "hummingbot-3849-taker-leg-fails"]
    monkeypatch.setattr("cockpit.chaos.scenario_cli.names", lambda: few)
    assert main(["--scenario", "all"]) == 0
    assert "2 of 2 scenarios passed" in capsys.readouterr().out
    assert main(["--scenario", "all", "--json"]) == 0
    assert [verdict["scenario"] for verdict in json.loads(capsys.readouterr().out)] == few
