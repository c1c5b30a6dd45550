"""The pictures in docs/pictures: each screen of the real app at work. `make pictures` draws them anew."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

import pytest
import scenes
from face_kit import Face, settled
from fake_setup import FakeSetup
from language_kit import eventful, face_of
from textual.pilot import Pilot

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "pictures"
SIZE = (120, 36)
TEXT = re.compile(r"<text[^>]*>(.*?)</text>", re.DOTALL)

OPENED: dict[str, tuple[str, ...]] = {
    "overview": (),
    "loop": ("loop", "hedge-1"),
    "account": ("account", "lighter"),
    "spreads": ("spreads",),
    "funding": ("funding",),
    "orders": ("orders",),
    "alarms": ("alarms",),
    "history": ("history",),
    "log": ("log",),
    "audit": ("audit",),
    "settings": ("settings",),
}
"""Picture to the screen it shows, and of what."""
PRESSED: dict[str, tuple[str, ...]] = {
    "launch": ("n",),
    "tweak": ("greater_than_sign", "greater_than_sign", "right_curly_bracket"),
    "flatten": ("ctrl+x",),
    "palette": ("ctrl+p",),
    "help": ("question_mark",),
    "welcome": (),
}
"""Picture to the keys pressed on the overview."""
ALL = (*OPENED, *PRESSED)


def face_for(name: str) -> Face:
    face = face_of(eventful() if name == "alarms" else scenes.busy())
    face.app.setup = FakeSetup(first=name == "welcome")
    return face


async def come_to(face: Face, pilot: Pilot[str], name: str) -> None:
    await settled(pilot)
    for press in PRESSED.get(name, ()):
        await pilot.press(press)
        await rest(face, pilot)
    if opened := OPENED.get(name):
        face.app.action_open(*opened)
    await rest(face, pilot)
    await rest(face, pilot)


async def rest(face: Face, pilot: Pilot[str]) -> None:
    await settled(pilot)
    await face.app.workers.wait_for_complete()
    face.app.flush()
    await settled(pilot)


async def drawn(name: str) -> str:
    face = face_for(name)
    async with face.app.run_test(size=SIZE) as pilot:
        await come_to(face, pilot, name)
        return face.app.export_screenshot(title="cockpit")


def words(svg: str) -> list[str]:
    """What a picture says, line by line."""
    return [html.unescape(text).replace("\N{NO-BREAK SPACE}", " ").strip() for text in TEXT.findall(svg)]


@pytest.mark.parametrize("name", ALL)
async def test_the_picture_shows_the_screen_as_it_is(name: str) -> None:
    svg = await drawn(name)
    file = PICTURES / f"{name}.svg"
    if os.environ.get("COCKPIT_PICTURE"):
        PICTURES.mkdir(exist_ok=True)
        file.write_text(svg, encoding="utf-8")
    assert words(file.read_text(encoding="utf-8")) == words(svg), f"{file.name} is old: `make pictures` draws it anew"


def test_every_picture_is_shown_in_the_guide_and_none_is_left_over() -> None:
    guide = (DOCS / "operators-guide.md").read_text(encoding="utf-8")
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    there = {file.stem for file in PICTURES.glob("*.svg")}
    assert there == {*ALL, "replay"}
    assert {name for name in there if f"pictures/{name}.svg" not in guide} == set()
    assert "docs/pictures/overview.svg" in readme
