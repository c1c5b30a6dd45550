"""Without colour nothing is lost: what a colour says, a sign or a word says too."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
import pytest
import scenes
from face_kit import Face, settled
from paint_meter import Meter

from cockpit.link.rows import Tables
from venues.model import Health, Mode, OrderStatus, Side
from widgets.paint import Painted, Span

PLAIN = ("text", "dim", "bright", "head", "rule", "accent", "spark")
"""Inks that differ in weight and say nothing."""
FIGURE = re.compile(r"[-+−!]?[\d,.]+[%xkMB]?")
COLOUR = re.compile(r"(?:^|;)(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;|$)")
SGR = re.compile(r"\x1b\[([0-9;]*)m")


def every_state() -> Iterable[Tables]:
    """Scenes in which each state of each thing occurs."""
    yield scenes.busy()
    modes = scenes.busy()
    kinds = (Mode.LIVE, Mode.REHEARSAL, Mode.PAPER, Mode.PAPER)
    modes.accounts = [msgspec.structs.replace(row, mode=mode) for row, mode in zip(modes.accounts, kinds, strict=True)]
    yield modes
    ill = scenes.busy()
    ill.accounts = [
        scenes.account(name, index, health=health, state=state)
        for index, (name, health, state) in enumerate(
            zip(
                scenes.ACCOUNTS,
                (Health.SUSPECT, Health.DOWN, Health.STALE, Health.LIVE),
                ("halted", "reducing", "active", "active"),
                strict=True,
            )
        )
    ]
    ill.alarms = scenes.alarms()
    ill.flattens = [scenes.flatten()]
    ill.desk = [scenes.desk(denied=True)]
    yield ill
    for state in ("starting", "paused", "stopping", "stopped", "done", "halted", "flattening"):
        tables = scenes.busy()
        tables.loops = [msgspec.structs.replace(row, state=state) for row in tables.loops]
        yield tables
    orders = scenes.busy()
    first = orders.orders[0]
    orders.orders = [
        msgspec.structs.replace(first, client_order_id=f"{status}{side}", status=status, side=side)
        for status in OrderStatus
        for side in Side
    ]
    yield orders


def kind_of(ink: str) -> str:
    return "plain" if ink in PLAIN else ink.removeprefix("badge-")


SAID_BESIDE = {
    ("Header", "━━"): "the badge beside it says the mode",
    ("LoopsPanel", "quotes 3,412.30, 0.2 of 0.8 filled, first in the queue"): "its row says that the loop is halted",
    ("AlarmsPanel", "△ warning"): "its row says who has acknowledged it",
    **{
        (panel, name): "MIXED stands before the pair, and each account's own row says its mode"
        for panel in ("SpreadsPanel", "SpreadTable", "SpreadChart")
        for name in scenes.ACCOUNTS
    },
}
"""Where one text has two colours all the same, and what else tells the difference."""


@pytest.mark.parametrize("screen", ["", "orders", "alarms", "log", "spreads", "funding"])
async def test_the_same_words_never_stand_in_two_colours(monkeypatch: pytest.MonkeyPatch, screen: str) -> None:
    """Where a text decides its colour, the colour tells nothing that the text does not."""
    seen: dict[tuple[str, str], set[str]] = {}
    strip_of = Painted.strip_of

    def note(self: Painted, spans: Iterable[Span], width: int, under: str = "") -> object:
        spans = tuple(spans)
        for text, ink in spans:
            word = text.strip()
            if word and not FIGURE.fullmatch(word) and not under and ink != "head":
                seen.setdefault((type(self).__name__, word), set()).add(kind_of(ink))
        return strip_of(self, spans, width, under)

    monkeypatch.setattr(Painted, "strip_of", note)
    face = Face(scenes.busy())
    async with face.app.run_test(size=(160, 50)) as pilot:
        await settled(pilot)
        if screen:
            face.app.action_open(screen)
        for tables in every_state():
            face.change(tables)
            await settled(pilot)
    told_by_colour = {key: sorted(kinds) for key, kinds in seen.items() if len(kinds) > 1 and key not in SAID_BESIDE}
    assert len(seen) > 40
    assert told_by_colour == {}


async def test_no_colour_is_sent_and_badges_are_reversed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    face = Face(scenes.busy())
    texts: list[str] = []
    meter = Meter(face.app, monkeypatch, keep=texts.append)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("n")
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
    sent = "".join(texts)
    assert meter.bytes > 5000
    codes = SGR.findall(sent)
    assert [code for code in codes if COLOUR.search(code)] == []
    assert any("7" in code.split(";") for code in codes)
    assert re.search(r"\x1b\[[0-9;]*7m PAPER ", sent)


async def test_selected_row_is_known_by_its_mark_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("j")
        await settled(pilot)
        marks = [strip.text for strip in face.app.screen._compositor.render_strips() if "▌" in strip.text]
        assert len(marks) >= 1
        assert "hedge-2" in marks[0]


@pytest.mark.parametrize("theme", ["harbor", "daylight", "signal"])
async def test_sixteen_colours_are_all_that_is_sent(monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("COLORTERM")
    face = Face(scenes.busy(), theme=theme)
    texts: list[str] = []
    Meter(face.app, monkeypatch, keep=texts.append, colours="standard")
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
    codes = {code for found in SGR.findall("".join(texts)) for code in found.split(";")}
    assert not {"38", "48"} & codes
    assert codes & {"40", "47", "107"}
    assert codes & {"92", "32"} if theme != "signal" else codes & {"94", "34"}


async def test_ascii_is_all_that_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    face = Face(scenes.busy())
    face.app.use_glyphs("ascii")
    texts: list[str] = []
    Meter(face.app, monkeypatch, keep=texts.append)
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for key in ("n", "escape", "question_mark", "escape", "ctrl+x", "escape", "o"):
            await pilot.press(key)
            await face.app.workers.wait_for_complete()
            await settled(pilot)
    sent = "".join(texts)
    assert len(sent) > 5000
    assert sorted({char for char in sent if not char.isascii()}) == []
    assert "+-" in sent
