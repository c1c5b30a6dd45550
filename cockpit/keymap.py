"""The user's keys: `keymap.toml` in the config folder. A mistake in it never stops the start; it is told, with its line
and with what holds instead."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cockpit.actions.action import Action, Level
from cockpit.actions.keys import UNBOUND, is_plain, read, short
from cockpit.actions.registry import ACTIONS, BY_ID, at_place, places
from widgets.i18n import _

FILE = "keymap.toml"
TAKEN = {"ctrl+h": "backspace", "ctrl+i": "tab", "ctrl+j": "enter", "ctrl+m": "enter"}
"""Keys that terminals send for others."""

PRESETS: Mapping[str, Mapping[str, str]] = {
    "default": {},
    "vim": {
        "page.down": "pagedown,ctrl+d,ctrl+f",
        "page.up": "pageup,ctrl+u",
        "panel.next": "tab,l,right,ctrl+w",
    },
}
"""Preset to action's id to keys. The default one has hjkl, g, G, `/` and `:` already."""


@dataclass(frozen=True, slots=True)
class Keymap:
    preset: str = "default"
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action's id to keys, comma-separated; empty: no key. Only what differs from the registry."""
    problems: tuple[str, ...] = ()
    """What was wrong: file, line, value, and what holds instead."""

    def for_textual(self) -> dict[str, str]:
        """As `App.set_keymap` takes it."""
        return {BY_ID[name].binding_id: keys or f"{UNBOUND}-{name}" for name, keys in self.keys.items()}


def load(folder: Path) -> Keymap:
    """The keymap of a config folder; the default where there is no file."""
    file = folder / FILE
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Keymap()
    except (OSError, UnicodeDecodeError) as error:
        words = _("{file}: cannot be read: {error}; the default keys hold")
        return Keymap(problems=(words.format(file=file, error=error),))
    return parse(text, str(file))


def parse(text: str, source: str) -> Keymap:
    """A keymap from the text of its file; `source` names it in problems."""
    try:
        raw: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = _("{file}: is not TOML: {error}; the default keys hold")
        return Keymap(problems=(words.format(file=source, error=error),))
    return _Reader(text, source).read(raw)


class _Reader:
    """One reading of one file; collects what is wrong."""

    def __init__(self, text: str, source: str) -> None:
        self._lines = text.splitlines()
        self._source = source
        self._problems: list[str] = []

    def read(self, raw: Mapping[str, object]) -> Keymap:
        for name in raw:
            if name not in ("preset", "keys"):
                self._wrong(name, raw[name], _("expected preset or a table [keys]"), _("it is passed over"))
        preset = raw.get("preset", "default")
        if not isinstance(preset, str) or preset not in PRESETS:
            expected = _("expected one of {names}").format(names=", ".join(PRESETS))
            self._wrong("preset", preset, expected, _("the default preset holds"))
            preset = "default"
        base = dict(PRESETS[preset])
        own = raw.get("keys", {})
        asked: dict[str, str] = {}
        if isinstance(own, dict):
            for name, value in _flat(own):
                found = self._keys(name, value)
                if found is not None:
                    action, text = found
                    asked[action.id] = text
        else:
            self._wrong("keys", own, _("expected a table [keys]"), _("the default keys hold"))
        keys = self._settle(base, asked)
        differing = {name: text for name, text in keys.items() if text != BY_ID[name].keys}
        return Keymap(preset, differing, tuple(self._problems))

    def _keys(self, name: str, value: object) -> tuple[Action, str] | None:
        """The action that a line names and the keys that it gives; None where it is no use."""
        action = _action(name)
        if action is None:
            self._wrong(name, value, _("no action has this id; docs/screen-keys.md lists them"), _("it is passed over"))
            return None
        keeps = _keeps(action)
        if isinstance(value, str):
            parts = [value] if value.strip() == "," else value.split(",") if value.strip() else []
        elif isinstance(value, list) and all(isinstance(part, str) for part in value):
            parts = [str(part) for part in value]
        else:
            self._wrong(name, value, _("expected keys as text, such as 'p,ctrl+p'"), keeps)
            return None
        keys = []
        for part in parts:
            key = read(part)
            if key is None:
                example = _("no key has the name {key}; expected such as a, G, f5, ctrl+k, slash, pageup")
                self._wrong(name, value, example.format(key=repr(part.strip())), keeps)
                return None
            if key in TAKEN:
                words = _("terminals send {key} for {other}").format(key=key, other=TAKEN[key])
                self._wrong(name, value, words, keeps)
                return None
            if refusal := _unsafe(action, key):
                self._wrong(name, value, refusal, keeps)
                return None
            keys.append(key)
        return action, ",".join(dict.fromkeys(keys))

    def _settle(self, base: Mapping[str, str], asked: Mapping[str, str]) -> dict[str, str]:
        """What the preset and the user ask for, less what would give one key two meanings at one place."""
        keys = {**base, **asked}
        mine = list(asked)
        while (clash := _clash(keys, mine)) is not None:
            loser, key, other = clash
            mine.remove(loser)
            words = _("key {key} is {other}'s here").format(key=short(key), other=other)
            self._wrong(loser, asked[loser], words, _keeps(BY_ID[loser]))
            if loser in base:
                keys[loser] = base[loser]
            else:
                del keys[loser]
        return keys

    def _wrong(self, key: str, value: object, why: str, instead: str) -> None:
        line = self._line_of(key)
        place = _("{file}, line {line}").format(file=self._source, line=line) if line else self._source
        self._problems.append(f"{place}: {key} = {value!r}: {why}; {instead}")

    def _line_of(self, key: str) -> int:
        """Line on which a key stands, from 1; 0 where it is not found."""
        last = re.escape(key.rpartition(".")[2])
        for pattern in (re.escape(key), last):
            whole = re.compile(rf"""^\s*\[?\s*(?:[\w.]+\.)?["']?(?:[\w.]+\.)?{pattern}["']?\s*[=\]]""")
            for number, line in enumerate(self._lines, 1):
                if whole.search(line):
                    return number
        return 0


def _flat(table: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Names with their dots, as TOML reads them: `size.up = "+"` is a table in a table."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _action(name: str) -> Action | None:
    """By id, with its scope before it or without."""
    return BY_ID.get(name) or next((action for action in ACTIONS if action.binding_id == name), None)


def _keeps(action: Action) -> str:
    keys = ", ".join(short(key) for key in action.keys.split(",") if key)
    return _("it keeps {keys}").format(keys=keys) if keys else _("it has no key")


def _unsafe(action: Action, key: str) -> str:
    """Why a key is too easily pressed for an action; empty where it is not."""
    if not action.dangerous or key in action.keys.split(","):
        return ""
    if action.level is Level.CHORD and "ctrl+" not in key and not re.fullmatch(r"f\d+", key):
        return _("what closes positions needs ctrl or a function key")
    if is_plain(key):
        return _("this is dangerous and needs a capital, ctrl or a function key")
    return ""


def _clash(keys: Mapping[str, str], mine: list[str]) -> tuple[str, str, str] | None:
    """(the user's action that gives way, the key, the action that has it), the last line first."""
    for scopes in places().values():
        holders: dict[str, list[str]] = {}
        for action in at_place(scopes):
            for key in filter(None, keys.get(action.id, action.keys).split(",")):
                holders.setdefault(key, []).append(action.id)
        for key, ids in holders.items():
            losers = [name for name in reversed(mine) if name in ids]
            if len(ids) > 1 and losers:
                return losers[0], key, next(name for name in ids if name != losers[0])
    return None
