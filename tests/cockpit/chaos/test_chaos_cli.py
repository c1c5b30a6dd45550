"""`cockpit chaos`: what it prints, its exit codes, and what it says of input that cannot be taken."""

from __future__ import annotations

import json

import pytest

from cockpit.chaos.cli import main
from cockpit.chaos.mutants import MUTANTS

FIELDS = {
    "seeds", "violations", "faults", "obligations", "hedge_fills", "cycles", "halts", "unaided_share", "sim_hours",
    "wall_s", "mutant",
}  # fmt: skip


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--seeds", "7"], "'7' is not valid; expected two whole numbers, as in 0:1000"),
        (["--seeds", "9:3"], "'9:3' holds no seed"),
        (["--seeds", "1:2", "--jobs", "0"], "'0' is not valid; expected 1 to 256 processes"),
        (["--replay", "-1"], "'-1' is not valid; expected one whole number"),
        (["--replay", "x"], "'x' is not valid; expected one whole number"),
    ],
)
def test_bad_options_name_value_and_cure(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(argv)
    assert stop.value.code == 2
    assert words in capsys.readouterr().err


def test_nothing_to_do_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "one of --seeds, --replay, --scenario is needed" in capsys.readouterr().err


def test_an_unknown_mutant_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "0:1", "--mutant", "none-such"]) == 2
    assert "'none-such' is not known" in capsys.readouterr().err


def test_mutants_are_listed_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mutant", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == list(MUTANTS)


def test_a_sound_range_exits_zero_and_reports_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "0:4", "--jobs", "1", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.keys() >= FIELDS
    assert report["seeds"] == 4
    assert report["violations"] == []
    assert report["obligations"] > 0
    assert report["sim_hours"] > 0


def test_two_processes_find_what_one_finds(capsys: pytest.CaptureFixture[str]) -> None:
    reports = []
    for jobs in ("1", "2"):
        assert main(["--seeds", "0:6", "--jobs", jobs, "--json"]) == 0
        reports.append(json.loads(capsys.readouterr().out))
    for report in reports:
        del report["wall_s"]
    assert reports[0] == reports[1]


def test_a_mutant_makes_it_exit_one_and_name_invariant_and_replay(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mutant", "hedge-size-from-the-order", "--jobs", "1", "--json"]) == 1
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert report["mutant"] == "hedge-size-from-the-order"
    (violation, *_) = report["violations"]
    assert violation.keys() >= {"seed", "invariant", "at"}
    assert f"cockpit chaos --replay {violation['seed']} --mutant hedge-size-from-the-order" in told.err


def test_a_replay_tells_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--replay", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("# seed 3")
    assert any("starts, life 1" in line for line in lines)
    assert any(" sends " in line for line in lines)
    assert lines[-1].startswith("digest ")


def test_the_words_of_a_report_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "0:3", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "0 violations" in out
    assert "simulated hours" in out
