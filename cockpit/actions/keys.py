"""Keys as the operator has them: the registry's own, unless the keymap of the user says otherwise."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from cockpit.actions.action import Action

UNBOUND = "none"
"""In the place of a key: what cannot be pressed. Textual lets only what has a key be given another one."""

MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
SHORT = {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "escape": "esc", "space": "space", "enter": "enter",
    "shift+tab": "⇧tab", "pageup": "pgup", "pagedown": "pgdn", "backspace": "⌫", "delete": "del",
}  # fmt: skip

_own: dict[str, str] = {}


def use(own: Mapping[str, str]) -> None:
    """From here on show these keys: action's id to keys, comma-separated; what is not named keeps the registry's."""
    _own.clear()
    _own.update(own)


def keys_of(action: Action) -> str:
    """Keys in force, comma-separated, as Textual names them; empty where there is none."""
    return _own.get(action.id, action.keys)


def display(action: Action) -> str:
    """The keys in force as a person reads them; empty where there is none."""
    keys = keys_of(action)
    if keys == action.keys and action.shown:
        return action.shown
    first = " ".join(short(key) for key in keys.split(",")[:2] if key)
    return first if keys != action.keys else short(keys.split(",")[0])


def name_of(character: str) -> str:
    """Textual's name of a character's key: `question_mark` of `?`."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


PUNCTUATION = {name_of(chr(code)): chr(code) for code in range(33, 127) if not chr(code).isalnum()}
"""Name to character of every ASCII key that is neither letter nor digit."""
NAMED = {key.value for key in Keys} | set(PUNCTUATION)


def short(key: str) -> str:
    """A key as a person reads it: `^x`, `?`, `F1`."""
    if key in SHORT:
        return SHORT[key]
    if key in PUNCTUATION:
        return PUNCTUATION[key]
    modifier, _plus, rest = key.rpartition("+")
    if modifier == "ctrl":
        return f"^{short(rest)}"
    if key[:1] == "f" and key[1:].isdigit():
        return key.upper()
    return f"{modifier}+{short(rest)}" if modifier else key


def read(key: str) -> str | None:
    """Textual's name of a key as a user writes it: a character, `^x`, `ctrl+x`, `f2`; None for none that there is."""
    text = key.strip()
    if len(text) == 1:
        return name_of(text) if text.isprintable() and not text.isspace() else None
    if text.startswith("^") and len(text) == 2:
        text = f"ctrl+{text[1].lower()}"
    *before, last = text.split("+")
    before = [part.strip().lower() for part in before]
    if any(part not in MODIFIERS for part in before) or len(set(before)) < len(before):
        return None
    if len(last) == 1:
        if before == ["shift"] and last.isalpha():
            return last.upper()
        last = name_of(last.lower() if before else last)
    else:
        last = last.lower()
    plain = len(last) == 1 or last in NAMED
    if not last or not plain:
        return None
    return "+".join([*(part for part in MODIFIERS if part in before), last]) if before else last


def is_plain(key: str) -> bool:
    """Whether a key is pressed without meaning much: a small letter, a digit, a mark without shift in most layouts,
    space, enter, and what moves the cursor."""
    modifier, _plus, rest = key.rpartition("+")
    if "ctrl" in modifier or "alt" in modifier or "super" in modifier:
        return False
    if len(rest) == 1:
        return not rest.isupper()
    return not (rest[:1] == "f" and rest[1:].isdigit())
