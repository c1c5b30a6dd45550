"""What the desk says, in the operator's language.

The desk speaks English: its journal, its log and its command line are read by people and programs everywhere. The
catalogues hold its sentences as templates, taken from its code, with `{0}`, `{1}` … where figures stand; a text is
matched against them and told again in the other language. What matches nothing stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from widgets import i18n

CONTEXT = "desk\x04"
"""What stands before the desk's texts in a compiled catalogue."""
PLACE = re.compile(r"\{(\d+)\}")
JOINTS = ("; ", ", ", ": ")
"""Where the desk puts sentences together; each side is looked up by itself if the whole is not known."""
WHOLE, JOINED, ROUGH = range(3)
Told: TypeAlias = tuple[str, int]
"""Words in the other language, and how well they are understood: as one sentence, as several that were put together,
or with something left over in between."""
DEEPEST = 6
"""Sentences within sentences."""
LONGEST = 600
"""Characters; what is longer is no sentence of the desk."""
WEAK = 6
"""Letters; a template that fixes fewer says too little to take any words into its places."""


@dataclass(frozen=True, slots=True)
class Template:
    literals: tuple[str, ...]
    """Between the places, in their order; first and last may be empty."""
    pattern: re.Pattern[str]
    told: str
    """In the operator's language, with the same places."""

    @property
    def weight(self) -> int:
        """How much of a text it fixes."""
        return sum(map(len, self.literals))

    @property
    def weak(self) -> bool:
        return sum(char.isalpha() for literal in self.literals for char in literal) < WEAK

    def match(self, text: str) -> tuple[str, ...] | None:
        """What stands in its places; None where it does not fit."""
        at = 0
        for literal in self.literals:
            at = text.find(literal, at)
            if at < 0:
                return None
            at += len(literal)
        found = self.pattern.fullmatch(text)
        return found.groups() if found else None


def _shifted(text: str) -> str:
    """A fragment with a place for what stands before it."""
    return "{0}" + PLACE.sub(lambda found: f"{{{int(found[1]) + 1}}}", text)


def _grade(found: Told | None, part: str) -> int:
    """How well what stands in a place is understood; a name or a figure is whole."""
    if found is not None:
        return found[1]
    return ROUGH if any(joint in part for joint in JOINTS) else WHOLE


class Phrasebook:
    """Templates of one catalogue, those that fix the most of a text first."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._whole: dict[str, str] = {}
        self._templates: list[Template] = []
        for entry in entries:
            text, told = (each.replace("{pct}", "%") for each in entry)
            if not PLACE.search(text):
                self._whole[text.replace("{{", "{").replace("}}", "}")] = told.replace("{{", "{").replace("}}", "}")
                # what the desk puts before or behind something else
                before, behind = text.endswith(" "), text.startswith((" ", ",", ";"))
                if not before and not behind:
                    continue
                if before:
                    text, told = f"{text}{{0}}", f"{told}{{0}}"
            if text.startswith((" ", ",", ";")):
                text, told = _shifted(text), _shifted(told)
            literals = tuple(piece.replace("{{", "{").replace("}}", "}") for piece in PLACE.split(text)[::2])
            if any(literal.strip() for literal in literals):
                pattern = re.compile("(.*?)".join(map(re.escape, literals)), re.DOTALL)
                self._templates.append(Template(literals, pattern, told))
        self._templates.sort(key=lambda template: (-template.weight, template.literals))

    def tell(self, text: str) -> str | None:
        """The text in the other language; None where no template fits."""
        found = self._find(text, 0)
        return found[0] if found is not None else None

    def _find(self, text: str, depth: int) -> Told | None:
        whole = self._whole.get(text)
        if whole is not None:
            return whole, WHOLE
        if depth >= DEEPEST or len(text) > LONGEST or " " not in text:
            return None
        best: Told | None = None
        for template in self._templates:
            parts = template.match(text)
            if parts is None:
                continue
            found = [self._find(part, depth + 1) for part in parts]
            if template.weak and any(own is None and " " in part for own, part in zip(found, parts, strict=True)):
                continue
            grade = max((_grade(own, part) for own, part in zip(found, parts, strict=True)), default=WHOLE)
            if best is None or grade < best[1]:
                words = (own[0] if own else part for own, part in zip(found, parts, strict=True))
                best = template.told.format(*words), grade
            if grade == WHOLE:
                return best
        # it may reach over the joint of two sentences
        joined = self._joined(text, depth)
        if joined is not None and (best is None or joined[1] < best[1]):
            return joined[0], max(joined[1], JOINED)
        return best or self._ending(text)

    def _joined(self, text: str, depth: int) -> Told | None:
        """Sentences that the desk has put together, each by itself; better none left over than one."""
        rough: Told | None = None
        for joint in JOINTS:
            parts = text.split(joint, 1 if joint == ": " else -1)
            if len(parts) < 2:
                continue
            found = [self._find(part, depth + 1) for part in parts]
            if all(own is None for own in found):
                continue
            words = joint.join(own[0] if own else part for own, part in zip(found, parts, strict=True))
            if all(own is not None or " " not in part for own, part in zip(found, parts, strict=True)):
                return words, max(own[1] for own in found if own is not None)
            rough = rough or ((words, ROUGH) if joint == "; " else None)
        return rough

    def _ending(self, text: str) -> Told | None:
        """A name or two, and then what is said of it: `lighter BTC has no sound book`."""
        names = text.split(" ")
        for count in (1, 2):
            told = self._whole.get(" ".join(names[count:]))
            if told is not None:
                return " ".join((*names[:count], told)), WHOLE
        return None


_book = Phrasebook(())


def _learn() -> None:
    """Take the templates of the catalogue in use."""
    global _book
    entries = i18n.entries()
    _book = Phrasebook((key.removeprefix(CONTEXT), told) for key, told in entries if key.startswith(CONTEXT))
    said.cache_clear()


@lru_cache(maxsize=2048)
def said(text: str) -> str:
    """A text of the desk (log, alarm, refusal, state of a loop) as it is shown."""
    return _book.tell(text) or text


i18n.on_change(_learn)
