"""Themes from TOML files: the colours of Textual, and the ones an operator's screen needs beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources

from textual.color import Color, ColorParseError
from textual.theme import Theme

VARIABLES = (
    "up",
    "down",
    "warn",
    "crit",
    "paper",
    "rehearsal",
    "live",
    "dim",
    "staged",
    "spark",
    "line",
    "cursor",
    "select",
)
"""Colours every theme names beside Textual's own, in its table `[variables]`."""

COLOURS = (
    "primary",
    "secondary",
    "warning",
    "error",
    "success",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
)
REQUIRED = ("primary", "accent", "foreground", "background", "surface", "panel")


class ThemeError(ValueError):
    """A theme file that cannot be used: which file and key, what stands there and what would be right."""


def _colour(source: str, key: str, value: object) -> str:
    try:
        if isinstance(value, str):
            Color.parse(value)
            return value
    except ColorParseError:
        pass
    raise ThemeError(f"{source}: {key} is {value!r}; expected a colour such as '#1a2b3c'")


def parse_theme(text: str, source: str) -> Theme:
    """A theme from the text of its file; `source` names it in errors. Raises `ThemeError`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThemeError(f"{source}: not TOML: {error}") from error
    known = {"name", "dark", "variables", *COLOURS}
    for key in data:
        if key not in known:
            raise ThemeError(f"{source}: {key} is not a key of a theme; known are {', '.join(sorted(known))}")
    variables = data.get("variables", {})
    if not isinstance(variables, Mapping):
        raise ThemeError(f"{source}: variables is {variables!r}; expected a table of colours")
    for key in (*REQUIRED, "name"):
        if key not in data:
            raise ThemeError(f"{source}: {key} is missing; a theme needs name, {', '.join(REQUIRED)}")
    for key in VARIABLES:
        if key not in variables:
            raise ThemeError(f"{source}: variables.{key} is missing; a theme needs {', '.join(VARIABLES)} there")
    dark = data.get("dark", True)
    if not isinstance(dark, bool):
        raise ThemeError(f"{source}: dark is {dark!r}; expected true or false")
    colours = {key: _colour(source, key, data[key]) for key in COLOURS if key in data}
    return Theme(
        name=str(data["name"]),
        dark=dark,
        primary=colours.pop("primary"),
        secondary=colours.get("secondary"),
        warning=colours.get("warning"),
        error=colours.get("error"),
        success=colours.get("success"),
        accent=colours["accent"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        variables={key: _colour(source, f"variables.{key}", value) for key, value in variables.items()},
    )


def built_in() -> dict[str, Theme]:
    """The themes that ship with cockpit, by name, in the order of their files."""
    files = sorted(
        (entry for entry in resources.files("themes").iterdir() if entry.name.endswith(".toml")), key=lambda e: e.name
    )
    themes = [parse_theme(entry.read_text(encoding="utf-8"), entry.name) for entry in files]
    return {theme.name: theme for theme in themes}
