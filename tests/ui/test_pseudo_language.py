"""A language in which every text stands in brackets: what stands outside of them was never given to a translator."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator

import msgspec
import pytest
import scenes
import sheets
from face_kit import Face
from fake_setup import VENUES, sheet
from language_kit import DIALOGS, OVERVIEW, dialog_of, eventful, face_of, go, lines_of

from cockpit.actions.registry import ACTIONS
from cockpit.link.rows import Tables
from cockpit.screens.catalogue import SCREENS
from widgets import i18n

LARGE = (300, 80)
BRACKETED = re.compile(r"⟦[^⟦⟧]*(⟧|…|$)")
WORD = re.compile(r"[A-Za-z]{2,}(?![A-Za-z…])")
"""Not one that an ellipsis cuts off."""
THE_SAME = {
    "USD": "currency", "USDC": "coin", "bps": "unit", "ms": "unit", "UTC": "clock", "PnL": "traders' word",
    "ctrl": "key", "esc": "key", "enter": "key", "tab": "key", "shift": "key", "space": "key", "pageup": "key",
    "pagedown": "key", "home": "key", "end": "key", "cockpit": "the program", "ticks": "unit of a parameter",
    "base": "unit of a parameter", "BTC": "coin", "TSV": "format", "SVG": "format", "English": "name of a language",
    "ascii": "value of a setting", "unicode": "value of a setting", "auto": "value of a setting", "kB": "unit",
    "pgup": "key", "pgdn": "key", "mix": "field of a form", "what": "field of a form", "typed": "field of a form",
}  # fmt: skip
"""Words that are the same in every language, and why."""


class Brackets(gettext.NullTranslations):
    """Every text in brackets, places and all; nested ones are taken off from the inside."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@pytest.fixture(autouse=True)
def brackets() -> Iterator[None]:
    i18n.speak(Brackets(), "en")
    yield
    i18n.use("en")


def words_of(value: object) -> set[str]:
    """All words in the texts of a value, names of its fields and of enumerated values left out."""
    return set(WORD.findall(msgspec.json.encode(value).decode()))


def bare_words(lines: list[str], known: set[str]) -> list[str]:
    """Words outside of brackets that are no name of the store, line by line."""
    found = []
    for line in lines:
        rest, before = line, ""
        while rest != before:
            before, rest = rest, BRACKETED.sub(" ", rest, count=1)
        bare = [word for word in WORD.findall(rest) if word not in known and word not in THE_SAME]
        if bare:
            found.append(f"{bare}: {rest.strip()}")
    return found


def known_words(face: Face, tables: Tables) -> set[str]:
    """Names of the store and of what the desk answers, and what is typed on the command line."""
    known = words_of(tables) | words_of(sheets.loop_sheet()) | words_of(sheets.account_sheet())
    known |= {word for action in ACTIONS for word in WORD.findall(f"{action.command} {action.id} {action.args}")}
    known |= words_of(sheet()) | words_of(VENUES)
    return known | words_of(face.link.strategies.result) | words_of(scenes.past())


def strangers(face: Face, known: set[str]) -> list[str]:
    """Bare words on the screen now; behind a dialog they are cut by it, and were looked at without it."""
    lines = lines_of(face)
    lines = [*lines[:2], *(dialog_of(face) or lines[2:-1]), lines[-1]]
    assert any("⟦" in line for line in lines)
    return bare_words(lines, known)


@pytest.mark.parametrize("place", [OVERVIEW, *DIALOGS])
async def test_no_word_stands_outside_of_the_catalogue(place: str) -> None:
    tables = eventful()
    face = face_of(tables)
    async with face.app.run_test(size=LARGE) as pilot:
        await go(face, pilot, place)
        assert strangers(face, known_words(face, tables)) == []


async def test_no_word_of_the_welcome_stands_outside_of_the_catalogue() -> None:
    tables = scenes.idle()
    face = face_of(tables, first=True)
    async with face.app.run_test(size=LARGE) as pilot:
        await go(face, pilot, OVERVIEW)
        assert strangers(face, known_words(face, tables)) == []


async def test_no_word_stands_outside_of_the_catalogue_on_any_screen() -> None:
    tables = eventful()
    face = face_of(tables)
    known = known_words(face, tables)
    found = []
    async with face.app.run_test(size=LARGE) as pilot:
        for place in SCREENS:
            await go(face, pilot, place)
            found += [(place, stranger) for stranger in strangers(face, known)]
    assert found == []


def test_a_bare_word_is_found() -> None:
    assert bare_words(["│ ⟦state⟧ running ⟦of ⟦net⟧⟧ 5 USD"], set()) == ["['running']: │   running   5 USD"]
    assert bare_words(["│ ⟦state⟧ hedge-1", "⟦cut of…"], {"hedge"}) == []
    assert len(SCREENS) >= 10
