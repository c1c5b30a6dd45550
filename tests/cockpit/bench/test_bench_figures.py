"""Shares, targets, the page that shows them, and the arguments of `cockpit bench`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.bench.cli import main
from cockpit.bench.figures import Target, page, percentile


def test_no_share_of_nothing() -> None:
    with pytest.raises(ValueError, match="percentile of nothing"):
        percentile([], 0.5)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 51), (0.99, 100), (1.0, 100)])
def test_share_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile(list(range(1, 101)), share) == value


def test_share_of_a_single_value() -> None:
    assert percentile([7.0], 0.99) == 7.0


def test_bound_itself_is_met_on_either_side() -> None:
    assert Target("x", 5, "µs").met({"x": 5})
    assert not Target("x", 5, "µs").met({"x": 5.1})
    assert Target("x", 5, "/s", at_least=True).met({"x": 5})
    assert not Target("x", 5, "/s", at_least=True).met({"x": 4.9})


def test_page_says_which_target_was_missed() -> None:
    text = page("desk", {"rss_mb": 70.0, "cpu_percent": 3.0, "loop": "uvloop"}, [Target("rss_mb", 64, "MB")])
    name, memory, processor, loop = text.splitlines()
    assert name == "desk"
    assert memory.split() == ["rss_mb", "70.0", "≤", "64", "MB", "MISSED"]
    assert processor.split() == ["cpu_percent", "3.0"]
    assert loop.split() == ["loop", "uvloop"]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["hotpath", "--fills", "0"], "expected a whole number above 0"),
        (["hotpath", "--rate", "-1"], "expected a number above 0"),
        (["everything"], "invalid choice: 'everything'"),
    ],
)
def test_arguments_that_cannot_be_taken(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_simulate_needs_the_captures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("COCKPIT_DATA", raising=False)
    assert main(["simulate"]) == 2
    assert "--data or $COCKPIT_DATA" in capsys.readouterr().err


def test_simulate_names_the_capture_that_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--data", str(tmp_path)]) == 1
    assert "holds no captures/usdm_btcusdt_20240808.gz" in capsys.readouterr().err
