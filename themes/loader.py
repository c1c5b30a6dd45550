"""Themes from TOML files: the colours of Textual, and the ones an operator's screen needs beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

from textual.color import Color, ColorParseError
from textual.theme import Theme

from widgets.i18n import _

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

DARK_BASE, LIGHT_BASE = "harbor", "daylight"
"""Where a user's theme takes what it does not name."""


class ThemeError(ValueError):
    """A theme file that cannot be used: which file, line and key, what stands there and what would be right."""


@dataclass(slots=True)
class _Reader:
    """One file, and what is wrong with it."""

    source: str
    text: str
    base: Theme | None
    """Lends what is wrong or missing; without it anything wrong is an error."""
    troubles: list[str] = field(default_factory=list)

    def wrong(self, key: str, text: str, instead: str = "") -> None:
        """Note a mistake, or raise it where there is nothing to fall back to."""
        number = self._line_of(key)
        place = f"{self.source} {_('line')} {number}" if number else self.source
        if self.base is None:
            raise ThemeError(f"{place}: {text}")
        self.troubles.append(f"{place}: {text}; {instead or _('it is ignored')}")

    def colour(self, key: str, value: object, lent: str | None) -> str | None:
        """A colour, or the lent one where `value` is none."""
        try:
            # one of the terminal's own palette cannot be blended with what lies below it
            if isinstance(value, str) and Color.parse(value).ansi is None:
                return value
        except ColorParseError:
            pass
        text = _("{key} is {value}; expected a colour such as '#1a2b3c'").format(key=key, value=repr(value))
        base = self.base.name if self.base else ""
        self.wrong(key, text, _("the one of {theme} is used: {value}").format(theme=base, value=lent))
        return lent

    def _line_of(self, key: str) -> int:
        """Number of the line where `key` is given a value, or is the head of a table; 0 where it is not."""
        table, _dot, name = key.rpartition(".")
        now = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            head = re.match(r"\s*\[\s*([\w.-]+)\s*\]", line)
            if head:
                now = head[1]
                if now == key:
                    return number
            elif now == table and re.match(rf"""\s*["']?{re.escape(name)}["']?\s*=""", line):
                return number
        return 0


def parse_theme(text: str, source: str) -> Theme:
    """A whole theme from the text of its file; `source` names it in errors. Raises `ThemeError`."""
    data = _toml(text, source)
    reader = _Reader(source, text, None)
    variables = _table(reader, data)
    for key in (*REQUIRED, "name"):
        if key not in data:
            raise ThemeError(f"{source}: {key} is missing; a theme needs name, {', '.join(REQUIRED)}")
    for key in VARIABLES:
        if key not in variables:
            raise ThemeError(f"{source}: variables.{key} is missing; a theme needs {', '.join(VARIABLES)} there")
    return _theme(reader, data, variables, str(data["name"]))


def parse_user_theme(text: str, source: str, name: str, bases: Mapping[str, Theme]) -> tuple[Theme, list[str]]:
    """A theme that may name as little as it likes, and what is wrong with it, in words.

    `name` is what it is called unless it says so itself; `bases` are the themes to lend from. Raises `ThemeError` for
    a file that is not TOML: there is nothing of it to use.
    """
    data = _toml(text, source)
    base = bases[LIGHT_BASE if data.get("dark") is False else DARK_BASE]
    reader = _Reader(source, text, base)
    own = data.get("name", name)
    if not isinstance(own, str) or not own:
        expected = _("name is {value}; expected a text").format(value=repr(own))
        reader.wrong("name", expected, _("it is called {name}").format(name=name))
        own = name
    theme = _theme(reader, data, _table(reader, data), own)
    return theme, reader.troubles


def _toml(text: str, source: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\s*\(at line (\d+), column (\d+)\)$", str(error))
        place = f" {_('line')} {found[1]}" if found else ""
        words = str(error)[: found.start()] if found else str(error)
        raise ThemeError(f"{source}{place}: " + _("not TOML: {error}").format(error=words)) from error


def _table(reader: _Reader, data: Mapping[str, object]) -> Mapping[str, object]:
    """The table `[variables]`, after a look at all keys."""
    known = {"name", "dark", "variables", *COLOURS}
    for key in data:
        if key not in known:
            text = _("{key} is not a key of a theme; known are {known}").format(key=key, known=", ".join(sorted(known)))
            reader.wrong(key, text)
    variables = data.get("variables", {})
    if not isinstance(variables, Mapping):
        reader.wrong("variables", _("variables is {value}; expected a table of colours").format(value=repr(variables)))
        return {}
    for key in variables:
        if key not in VARIABLES:
            known_there = ", ".join(VARIABLES)
            text = _("{key} is not a key of a theme; known are {known}")
            reader.wrong(f"variables.{key}", text.format(key=f"variables.{key}", known=known_there))
    return variables


def _theme(reader: _Reader, data: Mapping[str, object], variables: Mapping[str, object], name: str) -> Theme:
    base = reader.base
    dark = data.get("dark", base.dark if base else True)
    if not isinstance(dark, bool):
        reader.wrong("dark", _("dark is {value}; expected true or false").format(value=repr(dark)))
        dark = True
    lent: dict[str, str | None] = {key: getattr(base, key) if base else None for key in COLOURS}
    if "background" in data:
        # A ground of its own carries the surfaces along that the theme does not name: they are meant to be one.
        lent["surface"] = lent["background"] = None
    colours = {
        key: reader.colour(key, data[key], getattr(base, key, None)) if key in data else lent[key] for key in COLOURS
    }
    colours["surface"] = colours["surface"] or colours["background"]
    inks = dict(base.variables) if base else {}
    for key, value in variables.items():
        if key in VARIABLES:
            ink = reader.colour(f"variables.{key}", value, inks.get(key))
            inks[key] = ink or ""
    return Theme(
        name=name,
        dark=dark,
        primary=colours["primary"] or "",
        secondary=colours["secondary"],
        warning=colours["warning"],
        error=colours["error"],
        success=colours["success"],
        accent=colours["accent"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        variables=inks,
    )


def built_in() -> dict[str, Theme]:
    """The themes that ship with cockpit, by name: the two bases first, then in the order of their files."""
    files = sorted(
        (entry for entry in resources.files("themes").iterdir() if entry.name.endswith(".toml")), key=lambda e: e.name
    )
    themes = {
        theme.name: theme for theme in (parse_theme(entry.read_text(encoding="utf-8"), entry.name) for entry in files)
    }
    return {DARK_BASE: themes.pop(DARK_BASE), LIGHT_BASE: themes.pop(LIGHT_BASE), **themes}
