"""Keys that arrive in one read do what they would have done one by one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import scenes
from face_kit import Face, settled
from textual import events
from textual.keys import _character_to_key

from cockpit.screens.command_line import CommandLine
from cockpit.screens.flatten import FlattenDialog
from cockpit.screens.funding import FundingScreen
from cockpit.screens.overview import OverviewScreen
from widgets import type_ahead
from widgets.type_ahead import TypeAhead


def keys(text: str, *named: str) -> list[events.Event]:
    typed: list[events.Event] = [events.Key(_character_to_key(char), char) for char in text]
    return [*typed, *(events.Key(name, None) for name in named)]


def arrive(face: Face, *some: Iterable[events.Event]) -> None:
    """All at once."""
    for each in some:
        for event in each:
            face.app.post_message(event)


async def test_a_line_and_its_enter_are_a_line() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        arrive(face, keys(":funding", "enter"))
        await settled(pilot)
        assert isinstance(face.app.screen, FundingScreen)
        assert [type(screen) for screen in face.app.screen_stack] == [OverviewScreen, FundingScreen]
        assert not face.app.screen_stack[0].query(CommandLine)
        assert face.link.sent == []


async def test_each_line_of_several_is_run_where_the_one_before_has_led() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        arrive(face, keys(":theme beacon", "enter"), keys("2"), keys("jj"), keys(":funding", "enter", "escape"))
        await settled(pilot)
        assert isinstance(face.app.screen, OverviewScreen)
        assert face.app.screen.focused_panel.id == "positions"
        assert face.link.sent == []


async def test_a_paste_goes_where_the_key_before_it_has_led() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        arrive(face, keys(":"), [events.Paste("fund")], keys("ing"))
        await settled(pilot)
        assert face.app.screen.query_one(CommandLine).entry.text == "funding"


async def test_a_chord_in_one_read_is_a_held_key_and_flattens_nothing() -> None:
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        arrive(face, keys("", "ctrl+x", "ctrl+x", "ctrl+x"))
        await settled(pilot)
        assert isinstance(face.app.screen, FlattenDialog)
        assert face.link.sent == []


async def test_a_key_waits_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type_ahead, "LONGEST_S", 0.01)
    monkeypatch.setattr(TypeAhead, "_busy", lambda _self: True)
    face = Face(scenes.busy())
    async with face.app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        arrive(face, keys("2"), keys("5"))
        assert not face.app.type_ahead.waiting
        await settled(pilot)
        assert isinstance(face.app.screen, OverviewScreen)
        assert face.app.screen.focused_panel.id == "funding"
