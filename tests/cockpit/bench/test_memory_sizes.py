"""What a desk holds on to is found by its path, and what only grows is named."""

from __future__ import annotations

from collections import OrderedDict, deque

import pytest

from cockpit.bench.cli import main
from cockpit.bench.memory import GROWTH_PERCENT, Plan, failures, run
from cockpit.bench.memory_sizes import counted_apart, grown, sizes
from cockpit.desk.ledger_ids import SeenIds
from cockpit.desk.obligations import Obligations


def test_containers_are_found_in_slots_attributes_and_in_each_other() -> None:
    ids = SeenIds(2, lambda *_: False)
    for number in range(3):
        ids.first("a", "X", str(number))
    obligations = Obligations()
    obligations.latencies_ms.extend([1.0, 2.0])
    found = sizes({"desk": {"ids": ids, "owed": [obligations, obligations]}})
    assert found["desk"] == 2
    assert found["desk[]._ids"] == found["desk[]._order"] == 2
    assert found["desk[][].latencies_ms"] == 2, "an object that is held twice counts once"


def test_members_of_a_container_are_summed_up() -> None:
    found = sizes({"maps": OrderedDict(a=deque([1, 2]), b=deque([3]), c="text")})
    assert found == {"maps": 3, "maps[]": 3}


def test_what_is_held_in_a_circle_ends() -> None:
    circle: list[object] = []
    circle.append(circle)
    assert sizes({"circle": circle}) == {"circle": 1}


def test_counting_apart_counts_the_same() -> None:
    roots = {"maps": {"a": [1, 2], "b": [3]}}
    assert counted_apart(roots) == sizes(roots) == {"maps": 2, "maps[]": 3}


def test_only_what_grows_each_time_and_by_much_is_named() -> None:
    counts = [
        {"leak": 100 * hour, "full": min(hour, 2) * 1000, "little": hour, "waves": (hour % 2) * 500}
        for hour in range(1, 6)
    ]
    assert grown(counts) == ["leak: 100 200 300 400 500"]
    assert grown(counts[:2]) == [], "two counts are no trend"


def test_growth_above_the_bound_fails() -> None:
    assert failures({"grew_percent": GROWTH_PERCENT}) == ""
    assert "grew by 10.5 %" in failures({"grew_percent": GROWTH_PERCENT + 0.5})


def test_a_short_run_trades_and_samples() -> None:
    figures = run(Plan(hours=2, seed=3, hour_s=60.0))
    assert int(figures["cycles"]) > 0
    assert int(figures["fills"]) >= 4 * int(figures["cycles"])
    assert float(figures["rss_mb_after_2_h"]) > 10
    assert int(figures["containers"]) > 20
    assert float(figures["journal_mb"]) > 0


@pytest.mark.parametrize("argv", [["memory", "--hours", "0"], ["kills", "--kills", "x"]])
def test_arguments_that_cannot_be_run(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(argv)
    assert "--hours" in (said := capsys.readouterr().err) or "--kills" in said
