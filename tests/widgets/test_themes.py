"""Theme files: what ships is complete and readable, what is wrong is named with its line."""

from __future__ import annotations

import tomllib
from importlib import resources
from itertools import combinations

import pytest
from textual.color import Color

from themes.loader import (
    DARK_BASE,
    LIGHT_BASE,
    REQUIRED,
    VARIABLES,
    ThemeError,
    built_in,
    parse_theme,
    parse_user_theme,
)
from widgets.depth import Rgb, contrast, distance

HARBOR = (resources.files("themes") / "harbor.toml").read_text(encoding="utf-8")
THEMES = built_in()
GROUNDS = ("line", "cursor", "select")
INKS = tuple(name for name in VARIABLES if name not in GROUNDS)
COLOUR_BLIND_SAFE = ("signal", "chart")

PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
"""What is left of linear RGB at severity 1.0: Machado, Oliveira and Fernandes, "A physiologically-based model for
simulation of color vision deficiency", IEEE TVCG 15 (2009)."""
APART = 25.0
"""Least distance (CIE 1976) of up, down, warn and crit for eyes without red or without green; 2 can just be seen."""


def rgb(text: str | None) -> Rgb:
    assert text is not None
    return Color.parse(text).rgb


def as_seen(matrix: tuple[tuple[float, float, float], ...], colour: Rgb) -> Rgb:
    """A colour through eyes that lack a cone."""

    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    def back(share: float) -> int:
        share = min(1.0, max(0.0, share))
        return round(255 * (share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055))

    light = [linear(value) for value in colour]
    red, green, blue = (back(sum(a * b for a, b in zip(row, light, strict=True))) for row in matrix)
    return red, green, blue


def test_seven_themes_ship_two_of_them_light() -> None:
    assert set(THEMES) == {"harbor", "daylight", "beacon", "chart", "ember", "fathom", "signal"}
    assert {name for name, theme in THEMES.items() if not theme.dark} == {"daylight", "chart"}
    assert tuple(THEMES)[:2] == (DARK_BASE, LIGHT_BASE)


@pytest.mark.parametrize("name", THEMES)
def test_every_ink_can_be_read_on_the_ground(name: str) -> None:
    """WCAG's 4.5 for each ink, dim and warnings too; 7 in the theme of high contrast."""
    theme = THEMES[name]
    inks = {ink: theme.variables[ink] for ink in INKS} | {
        "foreground": theme.foreground,
        "primary": theme.primary,
        "accent": theme.accent,
    }
    least = 7.0 if name == "beacon" else 4.5
    poor = {ink: value for ink, value in inks.items() if contrast(rgb(value), rgb(theme.background)) < least}
    assert poor == {}


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", ["panel", "cursor", "select"])
def test_every_ink_can_be_told_under_the_cursor(name: str, ground: str) -> None:
    theme = THEMES[name]
    back = rgb(theme.panel if ground == "panel" else theme.variables[ground])
    poor = {ink for ink in INKS if contrast(rgb(theme.variables[ink]), back) < 3.0}
    assert poor == set()


@pytest.mark.parametrize("eyes", [PROTANOPIA, DEUTERANOPIA], ids=["protanopia", "deuteranopia"])
@pytest.mark.parametrize("pair", combinations(("up", "down", "warn", "crit"), 2), ids="-".join)
@pytest.mark.parametrize("name", COLOUR_BLIND_SAFE)
def test_what_means_different_things_looks_different_without_red_or_green(
    name: str, pair: tuple[str, str], eyes: tuple[tuple[float, float, float], ...]
) -> None:
    one, other = (as_seen(eyes, rgb(THEMES[name].variables[ink])) for ink in pair)
    assert distance(one, other) >= APART


def test_the_simulation_makes_red_and_green_alike() -> None:
    red, green = rgb("#f0717b"), rgb("#5ccb8f")
    assert distance(as_seen(DEUTERANOPIA, red), as_seen(DEUTERANOPIA, green)) < distance(red, green) / 3
    for matrix in (PROTANOPIA, DEUTERANOPIA):
        assert all(sum(row) == pytest.approx(1, abs=1e-5) for row in matrix)


def test_files_are_toml_with_a_word_on_what_they_are_for() -> None:
    for entry in resources.files("themes").iterdir():
        if entry.name.endswith(".toml"):
            text = entry.read_text(encoding="utf-8")
            assert text.startswith("# ")
            assert tomllib.loads(text)["name"] == entry.name.removesuffix(".toml")


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
        ('primary = "#5fa8d3"', 'primary = "blueish"', r"mine.toml line 4: primary is 'blueish'; expected a colour"),
        ('up = "#5ccb8f"', 'up = "ansi_green"', r"line 16: variables.up is 'ansi_green'; expected a colour"),
        ('up = "#5ccb8f"', "up = 7", r"mine.toml line 16: variables.up is 7; expected a colour"),
        ("dark = true", 'dark = "yes"', r"mine.toml line 3: dark is 'yes'; expected true or false"),
        ("dark = true", "drak = true", r"mine.toml line 3: drak is not a key of a theme"),
        ("dark = true", "dark = ", r"mine.toml line 3: not TOML"),
        ('up = "#5ccb8f"', 'upp = "#5ccb8f"', r"mine.toml line 16: variables.upp is not a key"),
        ("[variables]", "variables = 3\n[other]", r"mine.toml line \d+: (other is not a key|variables is 3)"),
    ],
)
def test_wrong_value_is_named_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(ThemeError, match=message):
        parse_theme(HARBOR.replace(old, new, 1), "mine.toml")


# -- a user's theme


def test_user_names_as_little_as_he_likes_and_the_rest_is_lent() -> None:
    theme, troubles = parse_user_theme('[variables]\nup = "#00ff00"\n', "themes/mine.toml", "mine", THEMES)
    assert troubles == []
    assert (theme.name, theme.dark) == ("mine", True)
    assert theme.variables == THEMES[DARK_BASE].variables | {"up": "#00ff00"}
    assert theme.background == THEMES[DARK_BASE].background


def test_light_theme_of_a_user_lends_from_the_light_one() -> None:
    theme, troubles = parse_user_theme("dark = false\n", "themes/mine.toml", "mine", THEMES)
    assert troubles == []
    assert not theme.dark
    assert theme.variables == THEMES[LIGHT_BASE].variables


def test_users_ground_is_the_ground_of_everything() -> None:
    theme, _troubles = parse_user_theme('background = "#101010"\n', "themes/mine.toml", "mine", THEMES)
    assert (theme.background, theme.surface) == ("#101010", "#101010")


def test_each_mistake_is_told_with_line_and_what_is_used_instead() -> None:
    text = '# mine\nname = "night"\nprimary = "blueish"\nspeed = 3\n\n[variables]\nup = 7\nupp = "#fff"\n'
    theme, troubles = parse_user_theme(text, "themes/mine.toml", "mine", THEMES)
    assert theme.name == "night"
    assert theme.primary == THEMES[DARK_BASE].primary
    assert theme.variables == THEMES[DARK_BASE].variables
    told = "\n".join(troubles)
    assert len(troubles) == 4
    assert (
        "themes/mine.toml line 3: primary is 'blueish'; expected a colour such as '#1a2b3c'; the one of harbor" in told
    )
    assert "themes/mine.toml line 4: speed is not a key of a theme" in told
    assert "themes/mine.toml line 7: variables.up is 7" in told
    assert "themes/mine.toml line 8: variables.upp is not a key of a theme" in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 3\n", "line 1: name is 3; expected a text; it is called mine"),
        ("dark = 'yes'\n", "line 1: dark is 'yes'; expected true or false"),
        ("variables = 3\n", "line 1: variables is 3; expected a table of colours"),
        ('background = ""\n', "line 1: background is ''; expected a colour"),
    ],
)
def test_mistake_leaves_a_theme_that_can_be_used(text: str, message: str) -> None:
    theme, troubles = parse_user_theme(text, "themes/mine.toml", "mine", THEMES)
    assert message in troubles[0]
    assert theme.name == "mine"
    assert theme.background == theme.surface == THEMES[DARK_BASE].background


def test_what_is_no_toml_at_all_is_refused_with_its_line() -> None:
    with pytest.raises(ThemeError, match=r"themes/mine.toml line 2: not TOML"):
        parse_user_theme('up = "#fff"\nprimary "#fff"\n', "themes/mine.toml", "mine", THEMES)
