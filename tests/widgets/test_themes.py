"""Theme files: what ships is complete, what is wrong is named."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest
from textual.color import Color

from themes.loader import REQUIRED, VARIABLES, ThemeError, built_in, parse_theme

HARBOR = (resources.files("themes") / "harbor.toml").read_text(encoding="utf-8")


def test_three_themes_ship_and_one_is_light() -> None:
    themes = built_in()
    assert {"harbor", "daylight", "signal"} <= set(themes)
    assert not themes["daylight"].dark
    assert themes["harbor"].dark


@pytest.mark.parametrize("name", ["harbor", "daylight", "signal"])
def test_every_ink_can_be_read_on_the_ground(name: str) -> None:
    """WCAG contrast of at least 4.5, for the dim ink and warnings too."""

    def luminance(colour: Color) -> float:
        def channel(value: int) -> float:
            share = value / 255
            return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

        return 0.2126 * channel(colour.r) + 0.7152 * channel(colour.g) + 0.0722 * channel(colour.b)

    theme = built_in()[name]
    ground = luminance(Color.parse(theme.background or ""))
    inks = {ink: theme.variables[ink] for ink in VARIABLES if ink not in ("line", "cursor", "select")}
    for ink, value in inks.items():
        other = luminance(Color.parse(value))
        high, low = max(ground, other), min(ground, other)
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{ink} {value}"


def test_signal_tells_up_from_down_without_red_and_green() -> None:
    theme = built_in()["signal"]
    up, down = Color.parse(theme.variables["up"]), Color.parse(theme.variables["down"])
    assert up.b > up.r
    assert down.r > down.b


@pytest.mark.parametrize("key", [*REQUIRED, "name"])
def test_missing_key_is_named(key: str) -> None:
    text = "\n".join(line for line in HARBOR.splitlines() if not line.startswith(f"{key} ="))
    with pytest.raises(ThemeError, match=f"mine.toml: {key} is missing"):
        parse_theme(text, "mine.toml")


@pytest.mark.parametrize("key", VARIABLES)
def test_missing_variable_is_named(key: str) -> None:
    head, tail = HARBOR.split("[variables]")
    kept = "\n".join(line for line in tail.splitlines() if not line.startswith(f"{key} ="))
    with pytest.raises(ThemeError, match=rf"mine.toml: variables.{key} is missing"):
        parse_theme(f"{head}[variables]{kept}", "mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('primary = "#5fa8d3"', 'primary = "blueish"', r"mine.toml: primary is 'blueish'; expected a colour"),
        ('up = "#5ccb8f"', "up = 7", r"mine.toml: variables.up is 7; expected a colour"),
        ("dark = true", 'dark = "yes"', r"mine.toml: dark is 'yes'; expected true or false"),
        ("dark = true", "drak = true", r"mine.toml: drak is not a key of a theme"),
        ("dark = true", "dark = ", r"mine.toml: not TOML"),
        ("[variables]", "variables = 3\n[other]", r"mine.toml: other is not a key|variables is 3"),
    ],
)
def test_wrong_value_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(ThemeError, match=message):
        parse_theme(HARBOR.replace(old, new, 1), "mine.toml")


def test_files_are_toml_with_a_word_on_what_they_are_for() -> None:
    for entry in resources.files("themes").iterdir():
        if entry.name.endswith(".toml"):
            text = entry.read_text(encoding="utf-8")
            assert text.startswith("# ")
            assert tomllib.loads(text)["name"] == entry.name.removesuffix(".toml")
