"""`[deleverage]`: stages that make no sense are refused by name, before a desk runs with them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from cockpit.config import Config, ConfigError, config_text, parse_config
from cockpit.desk.deleverage import Stages

FILE = Path("config.toml")
D = Decimal


@pytest.mark.parametrize(
    ("text", "key", "shown", "expected"),
    [
        ("distance_pct = 15", "distance_pct", "= 15", "a list of percentages, one for each stage"),
        ("distance_pct = [15, 10]", "distance_pct", "[15, 10]", "as many numbers as cut_pct has, 3"),
        ("distance_pct = [10, 15, 6]", "distance_pct", "[10, 15, 6]", "the mildest stage first: falling numbers"),
        ("margin_pct = [60, 40, 80]", "margin_pct", "[60, 40, 80]", "the mildest stage first: rising numbers"),
        ("cut_pct = [0, 50, 100]", "cut_pct", "[0, 50, 100]", "each a number > 0, <= 100"),
        ('beyond_pct = [2, "x", 6]', "beyond_pct", "[2, 'x', 6]", "each a number"),
        ("cut_pct = []", "distance_pct", "", "at least one number"),
        ("cut_pct = [100]", "distance_pct", "", "as many numbers as cut_pct has, 1"),
        ("early = 0.5", "early", "0.5", "a number >= 1, <= 5"),
        ("rearm_pct = [1]", "rearm_pct", "[1]", "a single value"),
        ("rearm_pct = nan", "rearm_pct", "NaN", "a number"),
        ('enabled = "perhaps"', "enabled", "'perhaps'", "yes or no"),
        ("stages = 3", "stages", "", "one of enabled, "),
        ("distance = [1]", "distance", "", "did you mean distance_pct?"),
    ],
)
def test_an_error_names_key_value_and_what_would_be_right(text: str, key: str, shown: str, expected: str) -> None:
    with pytest.raises(ConfigError) as told:
        parse_config(f"[deleverage]\n{text}", FILE)
    words = str(told.value)
    assert words.startswith(f"config.toml: [deleverage] {key}")
    assert shown in words
    assert expected in words


def test_it_must_be_a_table() -> None:
    with pytest.raises(ConfigError, match=r"a table \[deleverage\]"):
        parse_config("deleverage = 3", FILE)


def test_what_is_left_out_is_the_default_and_it_goes_round() -> None:
    config = parse_config("[deleverage]\nenabled = false\ncut_pct = [10, 20, 30]\nearly = 2", FILE)
    assert config.deleverage == Stages(enabled=False, cut_pct=(D(10), D(20), D(30)), early=D(2))
    assert parse_config(config_text(config), FILE) == config
    assert parse_config("", FILE).deleverage == Config().deleverage == Stages()


def test_another_number_of_stages_is_taken_whole() -> None:
    text = "distance_pct = [12]\nmargin_pct = [50]\ncut_pct = [100]\nbeyond_pct = [3]"
    stages = parse_config(f"[deleverage]\n{text}", FILE).deleverage
    assert (stages.distance_pct, stages.beyond_pct) == ((D(12),), (D(3),))
