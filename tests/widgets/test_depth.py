"""Themes on terminals with few colours: text stays apart from its ground, gains from losses."""

from __future__ import annotations

from itertools import combinations

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from themes.loader import built_in
from widgets.depth import (
    PALETTE,
    READABLE,
    Colourless,
    Rgb,
    Sixteen,
    contrast,
    distance,
    in_sixteen,
    nearest,
    nearest_ground,
    without_colour,
)

THEMES = built_in()
INKS = ("up", "down", "warn", "crit", "paper", "rehearsal", "live", "dim", "staged", "spark")
GROUNDS = ("background", "panel", "cursor", "select")


def rgb(text: str | None) -> Rgb:
    assert text is not None
    return Color.parse(text).rgb


def colour(theme: str, name: str) -> Rgb:
    found = THEMES[theme]
    return rgb(found.variables.get(name) or getattr(found, name))


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("theme", THEMES)
def test_every_ink_differs_from_every_ground_in_sixteen_colours(theme: str, ground: str) -> None:
    back = nearest_ground(colour(theme, ground))
    for ink in (*INKS, "foreground", "primary", "accent"):
        fore = nearest(colour(theme, ink), PALETTE[back])
        assert contrast(PALETTE[fore], PALETTE[back]) >= READABLE, ink


@pytest.mark.parametrize("theme", THEMES)
def test_up_down_and_plain_text_stay_apart_in_sixteen_colours(theme: str) -> None:
    ground = PALETTE[nearest_ground(colour(theme, "background"))]
    numbers = {ink: nearest(colour(theme, ink), ground) for ink in ("up", "down", "foreground")}
    assert len(set(numbers.values())) == 3, numbers


@pytest.mark.parametrize("theme", THEMES)
def test_ground_of_dark_themes_is_black_and_of_light_ones_white(theme: str) -> None:
    assert nearest_ground(colour(theme, "background")) == (0 if THEMES[theme].dark else 15)


@pytest.mark.parametrize("theme", THEMES)
def test_badge_text_can_be_read_in_sixteen_colours(theme: str) -> None:
    for badge in ("paper", "live", "rehearsal", "warn", "crit"):
        back = nearest_ground(colour(theme, badge))
        fore = nearest(colour(theme, "background"), PALETTE[back])
        assert contrast(PALETTE[fore], PALETTE[back]) >= READABLE, badge


@pytest.mark.parametrize("theme", THEMES)
def test_every_ink_can_be_read_in_256_colours(theme: str) -> None:
    def shown(value: Rgb) -> Rgb:
        triplet = RichColor.from_rgb(*value).downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
        return triplet.red, triplet.green, triplet.blue

    ground = shown(colour(theme, "background"))
    for ink in (*INKS, "foreground"):
        assert contrast(shown(colour(theme, ink)), ground) >= 3.5, ink


def test_known_contrasts_and_distances() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)
    assert distance((255, 0, 0), (0, 0, 255)) == pytest.approx(176.3, abs=0.1)
    assert distance((1, 2, 3), (1, 2, 3)) == 0


def test_palette_colours_are_nearest_to_themselves() -> None:
    assert [nearest(value) for value in PALETTE] == list(range(16))


def test_filter_of_sixteen_keeps_attributes_and_the_terminals_own_colours() -> None:
    style = in_sixteen(Style.parse("bold #5ccb8f on #0d1319"))
    assert style.bold
    assert style.color is not None
    assert (style.color.type, style.color.number) == (ColorType.STANDARD, 10)
    plain = Style.parse("underline")
    assert in_sixteen(plain) == plain
    segments = [Segment("a", style), Segment("b")]
    assert [each.text for each in Sixteen().apply(segments, Color(0, 0, 0))] == ["a", "b"]


def test_without_colour_badges_are_reversed_and_text_is_not() -> None:
    ground = (13, 19, 25)
    badge = without_colour(Style.parse("bold #0d1319 on #5fb8c9"), ground)
    assert badge.reverse
    assert badge.bold
    assert badge.color is None
    assert badge.bgcolor is None
    text = without_colour(Style.parse("#5ccb8f on #0d1319"), ground)
    assert not text.reverse
    cursor = without_colour(Style.parse("#5ccb8f on #22384b"), ground)
    assert not cursor.reverse


@pytest.mark.parametrize("theme", THEMES)
def test_without_colour_every_badge_of_every_theme_stands_out(theme: str) -> None:
    shade = Colourless(colour(theme, "background"))
    for badge in ("paper", "live", "rehearsal", "warn", "crit"):
        back = "#{:02x}{:02x}{:02x}".format(*colour(theme, badge))
        (segment,) = shade.apply([Segment(" X ", Style.parse(f"#000000 on {back}"))], Color(0, 0, 0))
        assert segment.style is not None
        assert segment.style.reverse, badge


@pytest.mark.parametrize("names", combinations(("up", "down", "warn", "crit"), 2), ids="-".join)
@pytest.mark.parametrize("theme", THEMES)
def test_inks_that_mean_different_things_look_different(theme: str, names: tuple[str, str]) -> None:
    one, other = names
    assert distance(colour(theme, one), colour(theme, other)) >= (8 if set(names) == {"down", "crit"} else 20)
