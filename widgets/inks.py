"""Inks: what spans of painted lines may name, and the colours of the theme that stand behind them.

They are no component classes of a stylesheet: Textual would match all of them anew for each panel whenever a window is
resized, a dialog opens or a class changes, which took more of a core than all painting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from textual.color import Color


@dataclass(frozen=True, slots=True)
class Ink:
    """Names of the theme's colours. `part` of the colour shows, the rest is what lies below it."""

    colour: str
    ground: str = ""
    bold: bool = False
    part: float = 1.0


INKS = {
    "text": Ink("foreground"),
    "dim": Ink("dim"),
    "bright": Ink("foreground", bold=True),
    "head": Ink("primary", part=0.8),
    "rule": Ink("line"),
    "up": Ink("up"),
    "down": Ink("down"),
    "warn": Ink("warn"),
    "crit": Ink("crit", bold=True),
    "accent": Ink("accent"),
    "staged": Ink("staged", bold=True),
    "spark": Ink("spark"),
    "paper": Ink("paper"),
    "live": Ink("live", bold=True),
    "rehearsal": Ink("rehearsal"),
    "badge-paper": Ink("background", "paper", bold=True),
    "badge-live": Ink("background", "live", bold=True),
    "badge-rehearsal": Ink("background", "rehearsal", bold=True),
    "badge-warn": Ink("background", "warn", bold=True),
    "badge-crit": Ink("background", "crit", bold=True),
}
"""Name of an ink to what it is."""


def colour_of(variables: Mapping[str, str], name: str) -> Color:
    """A colour of the theme by its name; the foreground where the theme does not know it."""
    return Color.parse(variables.get(name) or variables["foreground"])


def style_of(name: str, under: str, variables: Mapping[str, str], below: Style, ground: Color) -> Style:
    """An ink on a widget whose own style is `below` and whose background is `ground`; `under` names the colour of the
    theme that lies between, or is empty. A badge has a ground of its own. Raises `KeyError` for an ink that is none."""
    ink = INKS[name]
    if between := ink.ground or under:
        ground += colour_of(variables, between)
    colour = ground + colour_of(variables, ink.colour).multiply_alpha(ink.part)
    return below + Style(color=colour.rich_color, bgcolor=ground.rich_color, bold=ink.bold or None)
