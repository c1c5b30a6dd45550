"""The catalogues hold exactly what the code says, translated, and compiled as they stand."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "widgets" / "locale"
KEYWORDS = {"_": None, "N_": None, "plural": (1, 2), "within": ((1, "c"), 2), "NP_": ((1, "c"), 2)}
"""As `make words` has them."""
PLACE = re.compile(r"(?<!\{)\{([a-z_0-9]+)\}")
LANGUAGES = [folder.parent.name for folder in LOCALE.glob("*/LC_MESSAGES")]


@cache
def in_the_code() -> frozenset[tuple[str, str]]:
    """(context, text) of every text that is marked, or that the desk builds."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, "babel.cfg")
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
    return frozenset((context or "", first(text)) for _file, _line, text, _comments, context in found if first(text))


def first(text: str | tuple[str, ...] | list[str]) -> str:
    """The singular of a text that has two forms."""
    return text if isinstance(text, str) else text[0]


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES" / "cockpit.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def test_there_are_catalogues_and_texts() -> None:
    assert LANGUAGES == ["zh"]
    assert len(in_the_code()) > 800


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_code_is_there_and_nothing_else(language: str) -> None:
    there = {(message.context or "", first(message.id)) for message in messages(language)}
    assert sorted(in_the_code() - there) == [], "run `make words`, then translate"
    assert sorted(there - in_the_code()) == [], "run `make words`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    def told(message: Message) -> bool:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        return all(form.strip() or not first(message.id).strip() for form in forms)

    assert [first(message.id) for message in messages(language) if message.fuzzy or not told(message)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_places_of_its_text(language: str) -> None:
    def places(text: str) -> list[str]:
        return sorted(set(PLACE.findall(text)))

    wrong = [
        (first(message.id), form)
        for message in messages(language)
        for form in (message.string if isinstance(message.string, tuple) else (message.string,))
        if places(form) != places(first(message.id))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    out = io.BytesIO()
    write_mo(out, catalogue(language))
    compiled = (LOCALE / language / "LC_MESSAGES" / "cockpit.mo").read_bytes()
    assert compiled == out.getvalue(), "run `make words`"
