"""The command line's language: a word, what may follow it, and how both are completed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cockpit.actions.action import Action
from cockpit.actions.registry import ACTIONS
from widgets.i18n import _

MORE = "…"
"""Ends what may be said again and again."""
FREE = ("FILTER", "WORDS")
"""Kinds that take every word that is left."""


class CommandError(ValueError):
    """A line that cannot be done; the text says what would be right."""


class Vocabulary(Protocol):
    """What may stand in the place of a word in capitals."""

    def words(self, kind: str, before: Sequence[str]) -> Sequence[str]:
        """Words of a kind, `before` being those that were said already."""


@dataclass(frozen=True, slots=True)
class Spoken:
    action: Action
    args: tuple[str, ...] = ()


def speakable(action: Action) -> bool:
    """Whether the command line can say it: a dialog's own keys are no business of a line that is not open then."""
    return action.scope != "dialog"


WORDS: dict[str, Action] = {
    **{action.id: action for action in ACTIONS if speakable(action)},
    **{action.command: action for action in ACTIONS if action.command},
}
"""Every first word: commands, and ids of actions."""


def word_of(action: Action) -> str:
    """The word that one would type for it."""
    return action.command or action.id


def usage(action: Action) -> str:
    """`:size SIZE`"""
    return f":{word_of(action)} {action.args}".rstrip()


def resolve(word: str) -> Action:
    """The action of a first word. Raises `CommandError`."""
    action = WORDS.get(word) or WORDS.get(word.lower())
    if action is None:
        near = difflib.get_close_matches(word.lower(), WORDS, 3, 0.7)
        hint = _("nearest: {words}") if near else _("tab shows what there is; ? has the keys")
        raise CommandError(_("{word} is no command; {hint}").format(word=word, hint=hint.format(words=", ".join(near))))
    return action


def places_of(action: Action) -> list[str]:
    """What may follow, word by word."""
    return action.args.replace("[", " ").replace("]", " ").split()


def parse(line: str) -> Spoken | None:
    """What a line says; None for an empty one. Raises `CommandError`."""
    word, *args = line.strip().lstrip(":").split() or [""]
    if not word:
        return None
    action = resolve(word)
    places = places_of(action)
    if args and not places:
        raise CommandError(_("{word} takes nothing behind it").format(word=word))
    endless = bool(places) and (places[-1].endswith(MORE) or places[-1] in FREE)
    needed = len(places) if action.needs_words else 0
    if len(args) < needed or (len(args) > len(places) and not endless):
        raise CommandError(_("expected {usage}").format(usage=usage(action)))
    return Spoken(action, tuple(args))


def candidates(line: str, vocabulary: Vocabulary) -> tuple[str, list[str]]:
    """(the word that is being typed at the line's end, every whole word that it may become)."""
    text = line.lstrip().removeprefix(":")
    said = text.split()
    typed = "" if not text or text[-1].isspace() else said.pop()
    if not said:
        commands = {word_of(action) for action in WORDS.values() if action.command}
        pool = commands if not typed or any(word.startswith(typed) for word in commands) else set(WORDS)
        return typed, sorted(word for word in pool if word.startswith(typed))
    action = WORDS.get(said[0])
    places = places_of(action) if action else []
    if not places:
        return typed, []
    place = places[min(len(said) - 1, len(places) - 1)]
    if len(said) > len(places) and not place.endswith(MORE):
        return typed, []
    found: list[str] = []
    for kind in place.removesuffix(MORE).split("|"):
        upper = kind.isupper()
        found += vocabulary.words(kind, (*said[1:], typed) if "=" in kind else said[1:]) if upper else [kind]
    near = [word for word in dict.fromkeys(found) if word.casefold().startswith(typed.casefold())]
    return typed, near


def complete(line: str, vocabulary: Vocabulary) -> str:
    """The line with its last word completed as far as it is the only way on."""
    typed, near = candidates(line, vocabulary)
    if not near:
        return line
    whole = _common(near)
    if len(whole) < len(typed):
        return line
    blank = "" if len(near) > 1 or whole.endswith("=") else " "
    return line[: len(line) - len(typed)] + whole + blank


def _common(words: Sequence[str]) -> str:
    """What all words begin with."""
    first, last = min(words), max(words)
    same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]
