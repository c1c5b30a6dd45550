"""The picture of the Chinese README, and that the Chinese guide has what the English one has."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

import pytest
import scenes
from language_kit import OVERVIEW, face_of, go, spoken

from cockpit.actions.registry import ACTIONS
from widgets import i18n

DOCS = Path(__file__).parents[2] / "docs"
PICTURE = DOCS / "zh" / "overview.svg"
TEXT = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)")
TABLES = re.compile(r"^\| `\[+([a-z]+)\]+`", re.MULTILINE)
KEYS = re.compile(r"^\| `([a-z_]+)`(?:、`([a-z_]+)`)* ", re.MULTILINE)

WALKED = re.compile(r"^\| ((?:`[^`]+` ?)+)\| ", re.MULTILINE)
"""First column of the table that says what to press."""


pytestmark = pytest.mark.usefixtures("chinese")


def words(svg: str) -> list[str]:
    """What a picture says, line by line."""
    return [html.unescape(text).replace("\N{NO-BREAK SPACE}", " ").strip() for text in TEXT.findall(svg)]


async def test_the_picture_shows_the_screen_as_it_is() -> None:
    face = face_of(spoken(scenes.busy()))
    async with face.app.run_test(size=(120, 40)) as pilot:
        await go(face, pilot, OVERVIEW)
        svg = face.app.export_screenshot(title="cockpit")
    if os.environ.get("COCKPIT_PICTURE"):
        PICTURE.write_text(svg, encoding="utf-8")
    assert words(PICTURE.read_text(encoding="utf-8")) == words(svg), "`make pictures` draws it anew"


def guide(language: str) -> str:
    folder = DOCS if language == "en" else DOCS / language
    return (folder / "operators-guide.md").read_text(encoding="utf-8")


def test_each_language_links_the_other() -> None:
    readme = DOCS.parent / "README.md"
    assert "README.zh.md" in readme.read_text(encoding="utf-8")
    assert "README.md" in (DOCS.parent / "README.zh.md").read_text(encoding="utf-8")
    assert "zh/operators-guide.md" in guide("en")
    assert "../operators-guide.md" in guide("zh")


def test_both_readmes_walk_by_the_same_keys() -> None:
    tables = [
        WALKED.findall((DOCS.parent / name).read_text(encoding="utf-8")) for name in ("README.md", "README.zh.md")
    ]
    assert len(tables[0]) > 5
    assert tables[0] == tables[1]


@pytest.mark.parametrize("name", ["README.zh.md", "docs/zh/operators-guide.md"])
def test_links_of_the_chinese_pages_lead_somewhere(name: str) -> None:
    page = DOCS.parent / name
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_anchors_of_the_chinese_guide_are_its_headings() -> None:
    text = guide("zh")
    anchors = set(re.findall(r"\]\(#([^)]+)\)", text))
    headings = {re.sub(r"[^\w-]", "", heading.replace(" ", "-")) for heading in HEADING.findall(text)}
    assert anchors - headings == set()


def test_both_guides_have_the_same_tables_of_the_configuration() -> None:
    assert set(TABLES.findall(guide("en"))) - set(TABLES.findall(guide("zh"))) == set()


def test_every_key_of_the_tables_of_the_english_guide_is_in_the_chinese_one() -> None:
    english = {name for found in KEYS.findall(guide("en")) for name in found if name}
    assert len(english) > 40
    assert {name for name in english if f"`{name}`" not in guide("zh")} == set()


def test_every_command_of_the_command_line_is_named_in_the_help_of_both() -> None:
    untranslated = [action.id for action in ACTIONS if i18n._(action.help) == action.help]
    assert untranslated == []
